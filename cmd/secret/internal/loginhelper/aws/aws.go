// Package aws writes credentials for the credential_process of the AWS tools.
package aws

import (
	"fmt"
	"strings"

	"example.org/secret/cmd/secret/internal/picked"
	"example.org/secret/vault"
)

// Credentials are the answer of a credential_process, for JSON.
type Credentials struct {
	Version         int
	AccessKeyID     string `json:"AccessKeyId"`
	SecretAccessKey string
	SessionToken    string `json:",omitempty"`
	Expiration      string `json:",omitempty"`
}

// Answer returns the credentials in a secret. The error is [vault.ErrNotFound] if it lacks a field.
func Answer(p picked.Value) (Credentials, error) {
	c := Credentials{
		Version:         1,
		AccessKeyID:     p.FieldOf("accesskeyid", "awsaccesskeyid", "accesskey", "username"),
		SecretAccessKey: p.FieldOf("secretaccesskey", "awssecretaccesskey", "secretkey", "password"),
		SessionToken:    p.FieldOf("sessiontoken", "awssessiontoken"),
		Expiration:      p.FieldOf("expiration", "awscredentialexpiration"),
	}
	if c.AccessKeyID == "" || c.SecretAccessKey == "" {
		return Credentials{}, p.Lacks("access_key_id and secret_access_key")
	}
	return c, nil
}

// Profile returns the lines of a profile for ~/.aws/config. Flags go before the command of the program. The empty first
// line ends the last line of the file, which may lack its end.
func Profile(profile, program string, flags []string, name vault.Name) string {
	section := "profile " + profile
	if profile == "default" {
		section = profile
	}
	var words strings.Builder
	for _, word := range append([]string{program}, flags...) {
		words.WriteString(quote(word) + " ")
	}
	return fmt.Sprintf("\n[%s]\ncredential_process = %shelper aws %s\n", section, &words, name)
}

// quote quotes as the AWS tools do, which know double quotes only.
func quote(word string) string {
	if strings.ContainsAny(word, " \t") {
		return `"` + word + `"`
	}
	return word
}
