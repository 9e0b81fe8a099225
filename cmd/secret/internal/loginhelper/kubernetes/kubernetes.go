// Package kubernetes is an exec plugin of kubectl.
package kubernetes

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"example.org/secret/cmd/secret/internal/loginhelper"
	"example.org/secret/cmd/secret/internal/picked"
	"example.org/secret/vault"
)

const (
	// InfoVariable is the variable in which kubectl says which version of the protocol it speaks.
	InfoVariable = "KUBERNETES_EXEC_INFO"

	version = "client.authentication.k8s.io/v1"
)

// Credential is the answer of an exec plugin, for JSON.
type Credential struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	Status     Status `json:"status"`
}

// Status has the credentials.
type Status struct {
	Expires     string `json:"expirationTimestamp,omitempty"`
	Token       string `json:"token,omitempty"`
	Certificate string `json:"clientCertificateData,omitempty"`
	Key         string `json:"clientKeyData,omitempty"`
}

// Answer returns the credentials in a secret, in the version for which info asks: kubectl takes no other. A single
// value is a token. The error is [vault.ErrNotFound] if the secret lacks a field.
func Answer(p picked.Value, info string) (Credential, error) {
	s := Status{Token: string(p.Bytes)}
	if p.IsWhole() {
		s = Status{
			Expires:     p.FieldOf("expiration", "expirationtimestamp"),
			Token:       p.FieldOf("token"),
			Certificate: p.FieldOf("clientcertificate", "clientcertificatedata", "tlscrt"),
			Key:         p.FieldOf("clientkey", "clientkeydata", "tlskey"),
		}
	}
	var err error
	if s.Token, err = loginhelper.OneLine(s.Token, "the token of "+string(p.Secret.Name)); err != nil {
		return Credential{}, err
	}
	if s.Token == "" && (s.Certificate == "" || s.Key == "") {
		return Credential{}, p.Lacks("token, or client_certificate and client_key")
	}
	return Credential{versionOf(info), "ExecCredential", s}, nil
}

func versionOf(info string) string {
	var asked struct {
		APIVersion string `json:"apiVersion"`
	}
	if json.Unmarshal([]byte(info), &asked) == nil && asked.APIVersion != "" {
		return asked.APIVersion
	}
	return version
}

// User returns the lines of a user for ~/.kube/config. Flags go before the command of the program.
func User(program string, flags []string, name vault.Name) string {
	var words []string
	for _, word := range append(flags, "helper", "kubernetes", string(name)) {
		words = append(words, strconv.Quote(word))
	}
	return fmt.Sprintf(`users:
- name: %s
  user:
    exec:
      apiVersion: %s
      command: %q
      args: [%s]
      interactiveMode: IfAvailable
`, strings.ReplaceAll(string(name), "/", "-"), version, program, strings.Join(words, ", "))
}
