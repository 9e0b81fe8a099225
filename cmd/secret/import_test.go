//go:build unix

package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"filippo.io/age"
	"github.com/rogpeppe/go-internal/testscript"
)

// cmdSeal seals a file to the first identity in another, as passage does.
func cmdSeal(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: seal IDENTITIES FILE SEALED")
	}
	identities, err := age.ParseIdentities(bytes.NewReader([]byte(ts.ReadFile(args[0]))))
	ts.Check(err)
	recipient := identities[0].(*age.HybridIdentity).Recipient()
	var sealed bytes.Buffer
	w, err := age.Encrypt(&sealed, recipient)
	ts.Check(err)
	_, err = w.Write([]byte(ts.ReadFile(args[1])))
	ts.Check(err)
	ts.Check(w.Close())
	ts.Check(os.WriteFile(ts.MkAbs(args[2]), sealed.Bytes(), 0o600))
}

// At a terminal, import asks before it removes the plain file.
func TestImportOffersToRemoveThePlainFile(t *testing.T) {
	for name, test := range map[string]struct {
		answer string
		stays  bool
	}{
		"yes": {"y\r", false}, "no": {"n\r", true}, "Ctrl-C": {"\x03", true}, "Ctrl-D": {"\x04", true},
	} {
		t.Run(name, func(t *testing.T) {
			env := newHome(t)
			file := filepath.Join(t.TempDir(), "app.env")
			if err := os.WriteFile(file, []byte("A=s3cret\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			p := secretAtTerminal(t, env, "import", file)
			p.waitFor(`app\.env still holds the secrets in clear\. Remove it\? \[y/N\] `)
			p.types(test.answer)
			if code := p.wait(); code != exitDone {
				t.Errorf("exits with %d:\n%s", code, p.screen())
			}
			if _, err := os.Stat(file); (err == nil) != test.stays {
				t.Errorf("the file: %v", err)
			}
			if got, _ := secretIn(t, env, "get", "A"); got != "s3cret" {
				t.Errorf("get prints %q", got)
			}
			if test.stays {
				p.waitFor("remove it when you have checked the import")
			} else {
				p.waitFor(`Removed .*app\.env\.`)
			}
		})
	}
}

func TestExportRefusesATerminal(t *testing.T) {
	env := newHome(t)
	if _, code := secretIn(t, env, "set", "key", "--value", "s3cret"); code != exitDone {
		t.Fatal("not set")
	}
	p := secretAtTerminal(t, env, "export")
	if code := p.wait(); code != exitUsage {
		t.Errorf("exits with %d", code)
	}
	p.waitFor("that would show all values on the terminal; use --out FILE or a pipe, or add --yes")
	p = secretAtTerminal(t, env, "export", "--yes")
	if code := p.wait(); code != exitDone {
		t.Errorf("with --yes it exits with %d", code)
	}
	p.waitFor(`"s3cret"`)
}
