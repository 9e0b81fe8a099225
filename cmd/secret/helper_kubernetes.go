package main

import (
	"encoding/json"

	"github.com/spf13/cobra"
)

func newKubernetesHelperCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:     "kubernetes NAME",
		Aliases: []string{"kubectl", "k8s"},
		Short:   "Print credentials for kubectl",
		Long: `Print a secret as kubectl wants it from an exec plugin. A plaintext secret is a
bearer token; else the fields are token, or client_certificate and client_key
(also tls.crt and tls.key), and for passing credentials expiration.`,
		Example: `  secret set prod/kube --file token
  secret helper install kubernetes prod/kube`,
		Args:              argCount(1, 1),
		ValidArgsFunction: a.completeNames(1),
		RunE:              func(_ *cobra.Command, args []string) error { return a.runKubernetesHelper(args[0]) },
	}
}

const kubernetesVersion = "client.authentication.k8s.io/v1"

func (a *app) runKubernetesHelper(arg string) error {
	p, err := a.find(arg)
	if err != nil {
		return err
	}
	type status struct {
		Expires     string `json:"expirationTimestamp,omitempty"`
		Token       string `json:"token,omitempty"`
		Certificate string `json:"clientCertificateData,omitempty"`
		Key         string `json:"clientKeyData,omitempty"`
	}
	var s status
	if p.IsWhole() {
		s = status{
			Expires:     p.FieldOf("expiration", "expirationtimestamp"),
			Token:       p.FieldOf("token"),
			Certificate: p.FieldOf("clientcertificate", "clientcertificatedata", "tlscrt"),
			Key:         p.FieldOf("clientkey", "clientkeydata", "tlskey"),
		}
	} else {
		s.Token = string(p.Bytes)
	}
	if s.Token != "" {
		if s.Token, err = oneLine(s.Token, "the token of "+string(p.Secret.Name)); err != nil {
			return err
		}
	}
	if s.Token == "" && (s.Certificate == "" || s.Key == "") {
		return p.Lacks("token, or client_certificate and client_key")
	}
	return a.printJSON(map[string]any{"apiVersion": a.kubernetesVersion(), "kind": "ExecCredential", "status": s})
}

// kubernetesVersion is the one that kubectl asked for: it takes no other.
func (a *app) kubernetesVersion() string {
	var asked struct {
		APIVersion string `json:"apiVersion"`
	}
	if json.Unmarshal([]byte(a.getenv("KUBERNETES_EXEC_INFO")), &asked) == nil && asked.APIVersion != "" {
		return asked.APIVersion
	}
	return kubernetesVersion
}
