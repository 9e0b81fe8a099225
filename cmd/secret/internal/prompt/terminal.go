package prompt

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"example.org/secret/cmd/secret/internal/escape"
	"example.org/secret/vault"

	"golang.org/x/term"
)

// maxLine is the longest line that a terminal delivers. It drops the rest silently.
const maxLine = 4095

// Terminal is the user's terminal.
type Terminal struct {
	// In and Out are the same file where the system has one for both directions.
	In, Out *os.File
	// Lines reads the lines that show from In.
	Lines *bufio.Reader

	signals func() (signals <-chan os.Signal, release func())
}

// Close closes the terminal.
func (t *Terminal) Close() {
	_ = t.In.Close()
	if t.Out != t.In {
		_ = t.Out.Close()
	}
}

// Hidden asks for a line and does not show the typed text.
func (t *Terminal) Hidden(prompt string) ([]byte, error) {
	fd := int(t.In.Fd())
	line, err := t.interruptible(prompt+": ", func() ([]byte, error) { return readHidden(fd) })
	fmt.Fprintln(t.Out)
	if err != nil {
		return nil, promptError(err)
	}
	if len(line) >= maxLine {
		return nil, vault.Errorf(vault.ErrInvalid, "a terminal passes on at most %d characters of a line; use a file or "+
			"a pipe", maxLine)
	}
	return line, nil
}

// Line asks for a line.
func (t *Terminal) Line(prompt string) (string, error) {
	line, err := t.interruptible(prompt+" ", func() ([]byte, error) { return t.Lines.ReadBytes('\n') })
	if err != nil {
		fmt.Fprintln(t.Out)
		return "", promptError(err)
	}
	return strings.TrimRight(string(line), "\r\n"), nil
}

// Confirm asks a question, and returns true only for y or yes.
func (t *Terminal) Confirm(question string) (bool, error) {
	answer, err := t.Line(question + " [y/N]")
	answer = strings.ToLower(strings.TrimSpace(answer))
	return answer == "y" || answer == "yes", err
}

// interruptible shows the prompt and reads the answer. A signal ends it with [ErrInterrupted], so that the caller can
// undo its work. The read is then left behind, since the program is about to end, and the terminal is as it was
// before. Signals are caught before the prompt shows: a user who sees it may interrupt it at once.
func (t *Terminal) interruptible(prompt string, read func() ([]byte, error)) ([]byte, error) {
	signals, release := t.signals()
	before := t.State()
	stops, ignoreStops := catchStops()
	defer ignoreStops()
	prompt = escape.Text(prompt)
	fmt.Fprint(t.Out, prompt)
	type result struct {
		line []byte
		err  error
	}
	done := make(chan result, 1)
	go func() {
		line, err := read()
		done <- result{line, err}
	}()
	for {
		select {
		case r := <-done:
			// A terminal that goes away fails the read and sends a signal, in any order. The signal must not end the
			// program before it has cleaned up.
			if r.err == nil {
				release()
			}
			return r.line, r.err
		case <-signals:
			t.Restore(before)
			return nil, ErrInterrupted
		case <-stops:
			// The shell does not hide the input again when the program continues.
			asking := t.State()
			t.Restore(before)
			stopProcess()
			t.Restore(asking)
			fmt.Fprint(t.Out, prompt)
		}
	}
}

// State returns the mode of the terminal, such as whether it shows typed text. It is nil if In is no terminal, as in
// tests.
func (t *Terminal) State() *term.State {
	state, err := term.GetState(int(t.In.Fd()))
	if err != nil {
		return nil
	}
	return state
}

// Restore sets the mode of the terminal to one that [Terminal.State] returned.
func (t *Terminal) Restore(state *term.State) {
	if state != nil {
		_ = term.Restore(int(t.In.Fd()), state)
	}
}

func promptError(err error) error {
	if errors.Is(err, ErrInterrupted) {
		return vault.Errorf(ErrInterrupted, "interrupted; nothing was changed")
	}
	if errors.Is(err, io.EOF) {
		return errors.New("nothing was entered; nothing was changed")
	}
	return fmt.Errorf("reading from the terminal: %w", err)
}
