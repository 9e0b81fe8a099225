package main

import (
	"runtime/debug"

	"example.org/secret/cmd/secret/internal/usage"

	"github.com/spf13/cobra"
)

// version is set by the release build.
var version string

func versionText() string {
	if version != "" {
		return version
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "unknown"
}

func newVersionCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:     "version",
		Short:   "Print the version of this program",
		Example: "  secret version",
		Args:    usage.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			return a.out.Printf("secret version %s\n", versionText())
		},
	}
}
