package main

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"

	"example.org/secret/cmd/secret/internal/clipboard"
	"example.org/secret/cmd/secret/internal/escape"
	"example.org/secret/cmd/secret/internal/picked"
	"example.org/secret/cmd/secret/internal/process"

	"github.com/aymanbagabas/go-osc52/v2"
)

const (
	clipTime = 45 * time.Second

	// maxOSC52 is the longest such sequence that all terminals take, in bytes.
	maxOSC52 = 74_000
)

// copyValue copies a value to the clipboard for a limited time.
func (a *app) copyValue(p picked.Value, after time.Duration) error {
	if p.IsWhole() {
		password, ok := p.Version.Fields["password"]
		if !ok {
			return usagef("which field of %q? It has %s", p.Secret.Name, strings.Join(p.Version.FieldNames(), ", "))
		}
		p.Field, p.Bytes = "password", password
	}
	text := []byte(strings.TrimSuffix(string(p.Bytes), "\n"))
	if !escape.Harmless(text) || len(text) == 0 {
		return usagef("the value is empty or binary, and cannot be pasted")
	}
	if after < time.Second {
		return usagef("--clip-time must be one second or more")
	}
	copied := string(p.Secret.Name)
	if p.Field != "" {
		copied = "the " + p.Field + " of " + copied
	}
	if tool, ok := clipboard.Find(runtime.GOOS, a.getenv); ok {
		if err := tool.Copy(a.environ, text); err != nil {
			return fmt.Errorf("cannot copy to the clipboard: %w", err)
		}
		if err := a.clearLater(after, clipboard.SumOf(text), nil); err != nil {
			return err
		}
		a.out.Sayf("Copied %s to %s; it is cleared in %v if it is still there.\n", copied, tool.Place, after)
		return nil
	}
	t, err := a.prompt.Terminal()
	if err != nil {
		return usagef("there is no clipboard: neither a desktop with wl-copy, xclip or xsel, nor a terminal that copies")
	}
	defer t.Close()
	if len(text) > maxOSC52 {
		return usagef("the value has %d bytes, and a terminal copies %d at most", len(text), maxOSC52)
	}
	if _, err := io.WriteString(t.Out, a.osc52(osc52.New(string(text)))); err != nil {
		return fmt.Errorf("cannot copy through the terminal: %w", err)
	}
	if err := a.clearLater(after, clipboard.Sum{}, t.Out); err != nil {
		return err
	}
	a.out.Sayf("Copied %s to the clipboard through the terminal; the clipboard is cleared in %v.\n", copied, after)
	return nil
}

// osc52 returns the sequence that makes the terminal set its clipboard, also from within screen.
func (a *app) osc52(s osc52.Sequence) string {
	if a.getenv("STY") != "" {
		return s.Screen().String()
	}
	return s.String()
}

// clearLater starts a process that clears the clipboard. The sum goes through a pipe, because a reader of a command
// line could check guesses with it. A program cannot read the clipboard of a terminal.
func (a *app) clearLater(after time.Duration, sum clipboard.Sum, terminal *os.File) error {
	program, err := os.Executable()
	if err != nil {
		return fmt.Errorf("cannot start the process that clears the clipboard: %w", err)
	}
	cmd := &exec.Cmd{Path: program, Args: []string{"secret", clearCommand, after.String()}, Env: a.environ}
	process.Detach(cmd)
	if terminal != nil {
		cmd.Args = append(cmd.Args, "--terminal")
		cmd.Stdout = terminal
	}
	input, err := cmd.StdinPipe()
	if err != nil {
		return fmt.Errorf("cannot start the process that clears the clipboard: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("cannot start the process that clears the clipboard: %w", err)
	}
	if _, err := input.Write(sum[:]); err != nil {
		return fmt.Errorf("cannot start the process that clears the clipboard: %w", err)
	}
	return input.Close()
}
