package process

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
)

// Run runs the command and returns its exit code.
func Run(c Command) (int, error) {
	// The console sends Ctrl-C to the command as well, which decides.
	signal.Notify(make(chan os.Signal, 1), os.Interrupt)
	f := filters{masker: c.Masker}
	files, err := f.streams(c)
	if err != nil {
		return 1, fmt.Errorf("cannot make a pipe: %w", err)
	}
	cmd := &exec.Cmd{Path: c.Path, Args: c.Args, Env: c.Env, Stdin: files[0], Stdout: files[1], Stderr: files[2]}
	err = cmd.Start()
	f.started()
	if err != nil {
		return CannotRun, err
	}
	err = cmd.Wait()
	f.copying.Wait()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return 1, err
	}
	return cmd.ProcessState.ExitCode(), nil
}
