package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"example.org/secret/cmd/secret/internal/escape"
	"example.org/secret/vault"

	"golang.org/x/term"
)

// maxTerminalLine is the longest line that a terminal delivers. It silently drops the
// rest.
const maxTerminalLine = 4095

// errNoTerminal reaches a person only where no command knows a way without one.
var errNoTerminal = vault.Errorf(vault.ErrInvalid, "there is no terminal to ask at; give what is wanted by flags, a file or a pipe")

// terminal is where a person sits, whatever the standard streams are.
type terminal struct {
	in, out *os.File
	lines   *bufio.Reader
	// interrupts is the app's.
	interrupts chan os.Signal
}

func (t *terminal) close() {
	_ = t.in.Close()
	if t.out != t.in {
		_ = t.out.Close()
	}
}

// askHidden asks for a line without showing what is typed.
func (a *app) askHidden(prompt string) ([]byte, error) {
	t, err := a.atTerminal()
	if err != nil {
		return nil, err
	}
	defer t.close()
	line, err := t.interruptible(prompt+": ", func() ([]byte, error) { return term.ReadPassword(int(t.in.Fd())) })
	fmt.Fprintln(t.out)
	if err != nil {
		return nil, promptError(err)
	}
	if len(line) >= maxTerminalLine {
		return nil, usagef("a terminal passes on %d characters of a line at most; use a file or a pipe", maxTerminalLine)
	}
	return line, nil
}

// catchSignals keeps the signals by which people end a program from doing so.
func catchSignals() chan os.Signal {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT)
	return signals
}

// interruptible returns errInterrupted when a signal comes before read has its
// line, so that whoever asked can take back what it has begun. The read is left
// behind: the program is about to end, and the terminal is as it was before. Signals are caught before the prompt is
// seen, since whoever sees it may interrupt it.
func (t *terminal) interruptible(prompt string, read func() ([]byte, error)) ([]byte, error) {
	signals := t.interrupts
	if signals == nil {
		signals = catchSignals()
	}
	before := t.state()
	stops, ignoreStops := catchStops()
	defer ignoreStops()
	prompt = escape.Text(prompt)
	fmt.Fprint(t.out, prompt)
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
			// A terminal that goes away fails the read and sends a signal, in any order.
			// The signal must not end the program before it has cleared up.
			if r.err == nil && t.interrupts == nil {
				signal.Stop(signals)
			}
			return r.line, r.err
		case <-signals:
			t.restore(before)
			return nil, errInterrupted
		case <-stops:
			// The shell would not hide again what is typed when the program goes on.
			asking := t.state()
			t.restore(before)
			stopProcess()
			t.restore(asking)
			fmt.Fprint(t.out, prompt)
		}
	}
}

// state is whether the terminal shows what is typed, and more. It is nil if in is no
// terminal, which happens in tests.
func (t *terminal) state() *term.State {
	state, err := term.GetState(int(t.in.Fd()))
	if err != nil {
		return nil
	}
	return state
}

func (t *terminal) restore(state *term.State) {
	if state != nil {
		_ = term.Restore(int(t.in.Fd()), state)
	}
}

// atTerminal opens the terminal for a prompt.
func (a *app) atTerminal() (*terminal, error) {
	t, err := a.openTerminal()
	if err != nil {
		return nil, err
	}
	t.interrupts = a.interrupts
	return t, nil
}

// ask asks for a line that may be seen.
func (a *app) ask(prompt string) (string, error) {
	t, err := a.atTerminal()
	if err != nil {
		return "", err
	}
	defer t.close()
	return t.ask(prompt)
}

func (t *terminal) ask(prompt string) (string, error) {
	line, err := t.interruptible(prompt+" ", func() ([]byte, error) { return t.lines.ReadBytes('\n') })
	if err != nil {
		fmt.Fprintln(t.out)
		return "", promptError(err)
	}
	return strings.TrimRight(string(line), "\r\n"), nil
}

// confirm asks a question whose answer is no unless it is yes.
func (a *app) confirm(question string) (bool, error) {
	answer, err := a.ask(question + " [y/N]")
	answer = strings.ToLower(strings.TrimSpace(answer))
	return answer == "y" || answer == "yes", err
}

func promptError(err error) error {
	if errors.Is(err, errInterrupted) {
		return vault.Errorf(errInterrupted, "interrupted; nothing was changed")
	}
	if errors.Is(err, io.EOF) {
		return errors.New("nothing was entered; nothing was changed")
	}
	return fmt.Errorf("reading from the terminal: %w", err)
}
