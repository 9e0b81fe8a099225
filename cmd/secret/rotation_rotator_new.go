package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"example.org/secret/cmd/secret/internal/usage"
	"example.org/secret/examples/rotators/awsfunction"
	"example.org/secret/vault"

	"github.com/spf13/cobra"
)

func newRotationRotatorNewCommand(a *app) *cobra.Command {
	var function, handler string
	cmd := &cobra.Command{
		Use:   "new NAME [PATH]",
		Short: "Write a rotator to a file, to use or change it",
		Long: `Write a built-in rotator to PATH, by default into the rotators directory, where
secret rotation enable finds it by its name.

With --from-aws, write a rotator NAME that runs a rotation function of AWS Secrets
Manager as it is: a file of Python or JavaScript, or a directory of files that
belong together. The rotator answers the function's calls to Secrets Manager from
its input, also those for the secret that the fields masterarn or admin_secret
name. It gives the function throw-away AWS credentials if there are none. It needs
python3, for JavaScript also node, and the packages that the function imports,
such as boto3. Arguments NAME=VALUE of the rotator are the function's environment.
An exception of the function is the reason of a failure. If the function's files
change, the rotator refuses to run: remove it, write it again and enable it.`,
		Example: `  secret rotation rotator new postgres
  secret rotation rotator new template.py ./rotate-api.py
  secret rotation rotator new db --from-aws ./lambda_function.py
  secret rotation rotator new db --from-aws ./function --handler main.rotate`,
		Args: usage.Args(1, 2),
		ValidArgsFunction: func(cmd *cobra.Command, args []string, toComplete string) ([]string, cobra.ShellCompDirective) {
			if len(args) == 1 {
				return nil, cobra.ShellCompDirectiveDefault // PATH
			}
			return completeBuiltInRotators(cmd, args, toComplete)
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if cmd.Flags().Changed("from-aws") {
				return a.runRotatorFromAWS(args, function, handler)
			}
			if handler != "" {
				return usage.Errorf("--handler goes with --from-aws")
			}
			text, err := builtInRotator(args[0])
			if err != nil {
				return err
			}
			return a.writeRotator(args, ".sh", text)
		},
	}
	cmd.Flags().StringVar(&function, "from-aws", "", "run the AWS rotation function in `PATH`")
	cmd.Flags().StringVar(&handler, "handler", "", "handler of the function, as `FILE.FUNCTION`")
	return cmd
}

// runRotatorFromAWS writes a rotator that runs an AWS rotation function.
func (a *app) runRotatorFromAWS(args []string, path, handler string) error {
	function, err := awsfunction.Find(path, handler)
	if errors.Is(err, fs.ErrNotExist) {
		return vault.Errorf(vault.ErrNotFound, "cannot read the function: %v", err)
	}
	if errors.Is(err, awsfunction.ErrFunction) {
		return vault.Errorf(vault.ErrInvalid, "%v", err)
	}
	if err != nil {
		return fmt.Errorf("cannot read the function: %w", err)
	}
	for _, program := range function.Interpreters() {
		if _, err := exec.LookPath(program); err != nil {
			return fmt.Errorf("cannot run the function: install %s: %w", program, err)
		}
	}
	text, err := function.Rotator()
	if err != nil {
		return fmt.Errorf("cannot write the rotator: %w", err)
	}
	return a.writeRotator(args, "", text)
}

// writeRotator writes a new file: PATH, or NAME in the rotators directory. NAME gets the
// extension if it has none of its own.
func (a *app) writeRotator(args []string, extension string, text []byte) error {
	path, err := a.newRotatorPath(args, extension)
	if err != nil {
		return fmt.Errorf("cannot write the rotator: %w", err)
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o700)
	if errors.Is(err, fs.ErrExist) {
		return vault.Errorf(vault.ErrExists, "%s exists already, and was not changed", path)
	}
	if err != nil {
		return fmt.Errorf("cannot write the rotator: %w", err)
	}
	_, err = f.Write(text)
	if err := errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("cannot write the rotator: %w", err)
	}
	return a.out.Printf("%s\n", path)
}

// newRotatorPath returns PATH, or else the path in the rotators directory, which it
// makes.
func (a *app) newRotatorPath(args []string, extension string) (string, error) {
	if len(args) == 2 {
		return args[1], nil
	}
	dir, err := a.rotatorsDir()
	if err != nil {
		return "", err
	}
	file := args[0]
	if !strings.Contains(file, ".") {
		file += extension
	}
	return filepath.Join(dir, file), os.MkdirAll(dir, 0o700)
}
