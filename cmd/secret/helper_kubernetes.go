package main

import (
	"example.org/secret/cmd/secret/internal/loginhelper/kubernetes"
	"example.org/secret/cmd/secret/internal/usage"

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
		Args:              usage.Args(1, 1),
		ValidArgsFunction: a.completeNames(1),
		RunE:              func(_ *cobra.Command, args []string) error { return a.runKubernetesHelper(args[0]) },
	}
}

func (a *app) runKubernetesHelper(reference string) error {
	p, err := a.find(reference)
	if err != nil {
		return err
	}
	credential, err := kubernetes.Answer(p, a.getenv(kubernetes.InfoVariable))
	if err != nil {
		return err
	}
	return a.out.JSON(credential)
}
