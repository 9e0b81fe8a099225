package clipboard

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"time"

	"example.org/secret/cmd/secret/internal/escape"
	"example.org/secret/cmd/secret/internal/process"
	"example.org/secret/cmd/secret/internal/prompt"
	"example.org/secret/cmd/secret/internal/usage"

	"github.com/aymanbagabas/go-osc52/v2"
)

// maxOSC52 is the longest such sequence that all terminals take, in bytes.
const maxOSC52 = 74_000

// Clipboard is the clipboard of the user: that of the desktop or, over SSH, of the terminal.
type Clipboard struct {
	Getenv  func(string) string
	Environ []string
	Prompt  *prompt.Prompter
	// Clear are the arguments that make this program call ClearAfter, with the time and perhaps [TerminalFlag] behind.
	Clear []string
}

// TerminalFlag makes [Clipboard.ClearAfter] clear the clipboard of the terminal.
const TerminalFlag = "--terminal"

// Copy copies text for a limited time, and returns the words for the place where it is. The error is
// [vault.ErrInvalid] if the text cannot be pasted, the time is below a second, or there is no clipboard.
func (c Clipboard) Copy(text []byte, clearAfter time.Duration) (place string, err error) {
	if !escape.Harmless(text) || len(text) == 0 {
		return "", usage.Errorf("the value is empty or binary, and cannot be pasted")
	}
	if clearAfter < time.Second {
		return "", usage.Errorf("--clip-time must be one second or more")
	}
	if tool, ok := Find(runtime.GOOS, c.Getenv); ok {
		if err := tool.Copy(c.Environ, text); err != nil {
			return "", fmt.Errorf("cannot copy to the clipboard: %w", err)
		}
		return tool.Place + "; it is cleared", c.clearLater(clearAfter, SumOf(text), nil)
	}
	t, err := c.Prompt.Terminal()
	if err != nil {
		return "", usage.Errorf("there is no clipboard: neither a desktop with wl-copy, xclip or xsel, nor a terminal that " +
			"copies")
	}
	defer t.Close()
	if len(text) > maxOSC52 {
		return "", usage.Errorf("the value has %d bytes, and a terminal copies %d at most", len(text), maxOSC52)
	}
	if _, err := io.WriteString(t.Out, c.sequence(osc52.New(string(text)))); err != nil {
		return "", fmt.Errorf("cannot copy through the terminal: %w", err)
	}
	return "the clipboard through the terminal; the clipboard is cleared", c.clearLater(clearAfter, Sum{}, t.Out)
}

// sequence returns the text that makes the terminal set its clipboard, also from within screen.
func (c Clipboard) sequence(s osc52.Sequence) string {
	if c.Getenv("STY") != "" {
		return s.Screen().String()
	}
	return s.String()
}

// clearLater starts a process that clears the clipboard. The sum goes through a pipe, because a reader of a command
// line could check guesses with it. A program cannot read the clipboard of a terminal.
func (c Clipboard) clearLater(after time.Duration, sum Sum, terminal *os.File) error {
	program, err := os.Executable()
	if err != nil {
		return fmt.Errorf("cannot start the process that clears the clipboard: %w", err)
	}
	cmd := &exec.Cmd{Path: program, Args: append(c.Clear, after.String()), Env: c.Environ}
	process.Detach(cmd)
	if terminal != nil {
		cmd.Args = append(cmd.Args, TerminalFlag)
		cmd.Stdout = terminal
	}
	input, err := cmd.StdinPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err == nil {
		_, err = input.Write(sum[:])
	}
	if err != nil {
		return fmt.Errorf("cannot start the process that clears the clipboard: %w", err)
	}
	return input.Close()
}

// ClearAfter waits, and clears the clipboard if it still has the text whose sum is read from stdin. With terminal it
// writes the sequence that clears the clipboard of that terminal.
func (c Clipboard) ClearAfter(after time.Duration, stdin io.Reader, terminal io.Writer) error {
	var sum Sum
	if _, err := io.ReadFull(stdin, sum[:]); err != nil {
		return fmt.Errorf("cannot read the sum of the copied text: %w", err)
	}
	time.Sleep(after)
	if terminal != nil {
		_, err := io.WriteString(terminal, c.sequence(osc52.Clear()))
		return err
	}
	tool, ok := Find(runtime.GOOS, c.Getenv)
	if !ok {
		return nil
	}
	return tool.Clear(c.Environ, sum)
}
