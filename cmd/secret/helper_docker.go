package main

import (
	"strings"

	"example.org/secret/cmd/secret/internal/loginhelper/docker"
	"example.org/secret/cmd/secret/internal/usage"

	"github.com/spf13/cobra"
)

func newDockerHelperCommand(a *app) *cobra.Command {
	actions := docker.Actions()
	return &cobra.Command{
		Use:   "docker " + strings.Join(actions, " | "),
		Short: "Be a credential helper of docker",
		Long: `Be a credential helper of docker, as docker-credential-secret: answer the request
on standard input. Logins are credentials named docker/REGISTRY. As docker wants
it, errors are on standard output.`,
		Example:           "  secret helper install docker\n  echo ghcr.io | secret helper docker get",
		Args:              usage.Args(1, 1),
		ValidArgsFunction: cobra.FixedCompletions(actions, noFiles),
		RunE: func(_ *cobra.Command, args []string) error {
			if err := a.runDockerHelper(args[0]); err != nil {
				if err := a.out.Printf("%s\n", a.errorText(err)); err != nil {
					return err
				}
				return &exitError{exitFailed, ""}
			}
			return nil
		},
	}
}

func (a *app) runDockerHelper(action string) error {
	helper := docker.Helper{Open: a.openVault, List: a.list, Version: versionText()}
	switch answer, err := helper.Serve(action, a.stdin); answer := answer.(type) {
	case nil:
		return err
	case string:
		return a.out.Printf("%s\n", answer)
	default:
		return a.out.JSON(answer)
	}
}
