//go:build unix

package edit

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"

	"example.org/secret/cmd/secret/internal/prompt"
	"example.org/secret/vault"
)

// runEditor runs the user's editor, which may be a command with arguments. Ctrl-C is for the editor.
func (s *Session) runEditor(path string) error {
	editor := s.Getenv("VISUAL")
	if editor == "" {
		editor = s.Getenv("EDITOR")
	}
	if editor == "" {
		editor = "vi"
	}
	cmd := exec.Command("/bin/sh", "-c", editor+quietOptions(editor)+` "$@"`, editor, path)
	cmd.Env = s.Environ
	cmd.Stdin, cmd.Stdout, cmd.Stderr = s.Stdin, s.Stdout, s.Stderr
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGQUIT, syscall.SIGTERM, syscall.SIGHUP)
	defer signal.Stop(signals)
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("cannot start the editor: %w", err)
	}
	var err error
	done := make(chan struct{})
	go func() {
		err = cmd.Wait()
		close(done)
	}()
	for {
		select {
		case <-done:
			if endedBy(err, syscall.SIGHUP) || endedBy(err, syscall.SIGTERM) {
				return errInterrupted // a terminal that closes ends both
			}
			if exit, ok := errors.AsType[*exec.ExitError](err); ok && exit.ExitCode() > 0 && exit.ExitCode() < 128 {
				return vault.Errorf(ErrGivenUp, "the editor %q failed (%v); nothing was stored", editor, err)
			}
			if err != nil { // the shell reports a signal as 128 and more
				return vault.Errorf(vault.ErrInvalid, "the editor %q failed (%v); nothing was stored", editor, err)
			}
			return nil
		case sig := <-signals:
			if sig == syscall.SIGTERM || sig == syscall.SIGHUP {
				_ = cmd.Process.Signal(sig)
				<-done
				return errInterrupted
			}
		}
	}
}

var errInterrupted = vault.Errorf(prompt.ErrInterrupted, "interrupted; nothing was stored")

func endedBy(err error, sig syscall.Signal) bool {
	exit, ok := errors.AsType[*exec.ExitError](err)
	if !ok {
		return false
	}
	status, ok := exit.Sys().(syscall.WaitStatus)
	return ok && status.Signaled() && status.Signal() == sig
}

// quietOptions returns the options that keep vim from copying the text into swap, backup, undo and history files.
func quietOptions(editor string) string {
	program, _, _ := strings.Cut(editor, " ")
	switch filepath.Base(program) {
	case "vim", "nvim", "gvim":
		return " -n -i NONE --cmd 'set nobackup nowritebackup noundofile'"
	}
	return ""
}

func processExists(pid int) bool {
	err := syscall.Kill(pid, 0)
	return err == nil || errors.Is(err, syscall.EPERM)
}
