package askpass_test

import (
	"errors"
	"testing"

	"example.org/secret/cmd/secret/internal/loginhelper/askpass"
	"example.org/secret/vault"
)

// A known prompt opens the vault, and an unknown one does not parse.
func TestParse(t *testing.T) {
	opened := false
	open := func() (*vault.Vault, error) { opened = true; return nil, vault.ErrNoKey }
	for prompt, opens := range map[string]bool{
		"Enter passphrase for key '/home/me/.ssh/id_ed25519': ": true,
		"me@example.org's password: ":                           true,
		"(me@example.org) Password: ":                           true,
		"[sudo] password for me: ":                              true,
		"Password for 'https://me@example.org': ":               true,
		"Enter PIN for authenticator: ":                         false, // only the variable can tell
	} {
		question, err := askpass.Parse(prompt)
		if err != nil {
			t.Errorf("%q: %v", prompt, err)
		}
		opened = false
		_, err = question.Find(open, "")
		if opened != opens || errors.Is(err, askpass.ErrNotNamed) == opens {
			t.Errorf("%q: the vault was opened: %t; the error is %v", prompt, opened, err)
		}
	}
	for _, prompt := range []string{
		"", "Bad passphrase, try again for key: ", "Are you sure you want to continue connecting (yes/no/[fingerprint])? ",
		"Password for 'no URL': ",
	} {
		if question, err := askpass.Parse(prompt); err == nil {
			t.Errorf("%q: parsed as %+v", prompt, question)
		}
	}
}
