// Package prompt asks the user at the terminal: for a line that shows, for one that does not, and for a yes.
//
// The terminal is the user's own, wherever the standard streams lead. A prompt is ended by Ctrl-C or another signal
// ([ErrInterrupted]), by Ctrl-D, and by a terminal that goes away; Ctrl-Z stops the program, and the prompt appears
// again when it continues. After each of these the terminal shows typed text again. A command that has something to
// undo calls [Prompter.HoldSignals] first: from then on signals end no more than the prompts.
package prompt

import (
	"errors"
	"os"
	"os/signal"
	"syscall"

	"example.org/secret/vault"
)

// ErrInterrupted means that the user ended a prompt by Ctrl-C or another signal.
var ErrInterrupted = errors.New("interrupted")

// ErrNoTerminal means that there is no terminal to ask at. A command that has an alternative catches it and names that.
var ErrNoTerminal = vault.Errorf(vault.ErrInvalid, "there is no terminal to ask at; use flags, a file or a pipe "+
	"instead")

// Prompter asks the user at the terminal that Open opens.
type Prompter struct {
	// Open returns [ErrNoTerminal] if there is none.
	Open func() (*Terminal, error)

	held chan os.Signal
}

// Terminal opens the terminal. The caller must close it.
func (p *Prompter) Terminal() (*Terminal, error) {
	t, err := p.Open()
	if err != nil {
		return nil, err
	}
	t.signals = p.Signals
	return t, nil
}

// Hidden asks for a line and does not show the typed text.
func (p *Prompter) Hidden(prompt string) ([]byte, error) {
	t, err := p.Terminal()
	if err != nil {
		return nil, err
	}
	defer t.Close()
	return t.Hidden(prompt)
}

// Line asks for a line.
func (p *Prompter) Line(prompt string) (string, error) {
	t, err := p.Terminal()
	if err != nil {
		return "", err
	}
	defer t.Close()
	return t.Line(prompt)
}

// Confirm asks a question, and returns true only for y or yes.
func (p *Prompter) Confirm(question string) (bool, error) {
	t, err := p.Terminal()
	if err != nil {
		return false, err
	}
	defer t.Close()
	return t.Confirm(question)
}

// HoldSignals keeps signals from ending the program from now on. The caller must look at [Prompter.Interrupted] before
// a step that it cannot undo.
func (p *Prompter) HoldSignals() {
	if p.held == nil {
		p.held = catchSignals()
	}
}

// Interrupted returns [ErrInterrupted] if a signal has come since [Prompter.HoldSignals].
func (p *Prompter) Interrupted() error {
	select {
	case <-p.held:
		return promptError(ErrInterrupted)
	default:
		return nil
	}
}

// Signals returns the signals by which users end a program, and keeps them from ending this one until release is
// called. After [Prompter.HoldSignals] release does nothing.
func (p *Prompter) Signals() (signals <-chan os.Signal, release func()) {
	if p.held != nil {
		return p.held, func() {}
	}
	caught := catchSignals()
	return caught, func() { signal.Stop(caught) }
}

// Interruptible returns the result of read, which may wait for another program. A signal that would end this one ends
// the wait with [ErrInterrupted], and read is left behind.
func Interruptible(read func() ([]byte, error)) (data []byte, err error) {
	signals := catchSignals()
	defer signal.Stop(signals)
	done := make(chan struct{})
	var found []byte
	var problem error
	go func() {
		found, problem = read()
		close(done)
	}()
	select {
	case <-done:
		return found, problem
	case <-signals:
		return nil, promptError(ErrInterrupted)
	}
}

// catchSignals catches the signals by which users end a program, unless it was started to ignore them.
func catchSignals() chan os.Signal {
	signals := make(chan os.Signal, 1)
	for _, s := range []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT} {
		if !signal.Ignored(s) {
			signal.Notify(signals, s)
		}
	}
	return signals
}
