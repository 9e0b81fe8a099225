package main

import (
	"example.org/secret/cmd/secret/internal/connurl"
	"example.org/secret/vault"
)

// readCredentialURL reads a connection URL from the command line, a prompt or standard input.
func (a *app) readCredentialURL(text string) (map[string]vault.Bytes, error) {
	switch {
	case text == "-" && a.stdinIsTerminal:
		typed, err := a.prompt.Hidden("Connection URL")
		if err != nil {
			return nil, err
		}
		text = string(typed)
	case text == "-":
		piped, err := a.readStdin(false)
		if err != nil {
			return nil, err
		}
		text = string(piped)
	default:
		a.warnCommandLine()
	}
	return connurl.Parse(text)
}
