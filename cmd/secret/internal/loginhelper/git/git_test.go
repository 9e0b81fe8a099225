package git_test

import (
	"errors"
	"strings"
	"testing"

	"example.org/secret/cmd/secret/internal/loginhelper/git"
	"example.org/secret/vault"
)

func TestReadRequest(t *testing.T) {
	request, err := git.ReadRequest(strings.NewReader("protocol=https\nhost=example.org\nhost=example.com\n\nignored"))
	if err != nil || request["protocol"] != "https" || request["host"] != "example.com" || len(request) != 2 {
		t.Errorf("the request is %v, %v", request, err)
	}
	for _, text := range []string{
		"protocol\n\n", "host=a\rb\n\n", "host=a\x00b\n\n", "path=" + strings.Repeat("x", 1<<20) + "\n\n",
	} {
		if _, err := git.ReadRequest(strings.NewReader(text)); !errors.Is(err, vault.ErrInvalid) {
			t.Errorf("%.20q: the error is %v", text, err)
		}
	}
}

// The vault stays closed for an action of a later git, and for a login without a password.
func TestServeWithoutVault(t *testing.T) {
	open := func() (*vault.Vault, error) { t.Error("the vault was opened"); return nil, vault.ErrNoKey }
	for action, request := range map[string]string{
		"capability": "", "store": "protocol=https\nhost=example.org\nusername=me\n\n",
	} {
		if answer, err := git.Serve(open, action, strings.NewReader(request)); answer != "" || err != nil {
			t.Errorf("%s: the answer is %q, %v", action, answer, err)
		}
	}
	if _, err := git.Serve(open, "get", strings.NewReader("protocol=https\n\n")); !errors.Is(err, vault.ErrInvalid) {
		t.Errorf("without a host the error is %v", err)
	}
}
