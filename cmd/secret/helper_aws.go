package main

import (
	"example.org/secret/cmd/secret/internal/loginhelper/aws"
	"example.org/secret/cmd/secret/internal/usage"

	"github.com/spf13/cobra"
)

func newAWSHelperCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "aws NAME",
		Short: "Print AWS credentials for credential_process",
		Long: `Print a secret as the AWS tools want it from a credential_process. The fields are
access_key_id and secret_access_key, and for passing credentials session_token and
expiration, in any of their usual spellings; or username and password.`,
		Example: `  secret set prod/aws AWS_ACCESS_KEY_ID=@id AWS_SECRET_ACCESS_KEY
  secret helper install aws prod/aws --profile prod >> ~/.aws/config`,
		Args:              usage.Args(1, 1),
		ValidArgsFunction: a.completeNames(1),
		RunE:              func(_ *cobra.Command, args []string) error { return a.runAWSHelper(args[0]) },
	}
}

func (a *app) runAWSHelper(reference string) error {
	p, err := a.findWhole(reference)
	if err != nil {
		return err
	}
	credentials, err := aws.Answer(p)
	if err != nil {
		return err
	}
	return a.out.JSON(credentials)
}
