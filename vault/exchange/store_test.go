package exchange_test

import (
	"errors"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"example.org/secret/vault"
	"example.org/secret/vault/exchange"
)

// fromStore reads one text as pass, or its kin, keeps it.
func fromStore(t testing.TB, text string) exchange.Entry {
	t.Helper()
	store := fstest.MapFS{"a/b.gpg": {Data: []byte(text)}}
	entries, err := exchange.ReadStore(store, ".gpg", func(_ string, sealed []byte) ([]byte, error) { return sealed, nil },
		func(int) {})
	if err != nil || len(entries) != 1 || entries[0].Name != "a/b" {
		t.Fatalf("%q: %+v, %v", text, entries, err)
	}
	return entries[0]
}

func TestTextsOfPass(t *testing.T) {
	for _, test := range []struct {
		name, text string
		fields     map[string]string // nil for one that stays whole
	}{
		{"a password", "hunter2\n", nil},
		{"no newline", "hunter2", nil},
		{"empty", "", nil},
		{"pass", "hunter2\nlogin: ana\nurl: https://x.org:8080/a\n", map[string]string{
			"password": "hunter2",
			"username": "ana", "url": "https://x.org:8080/a",
		}},
		{"login before email", "p\nEmail: a@x.org\nUser: ana\n", map[string]string{
			"password": "p", "username": "ana",
			"Email": "a@x.org",
		}},
		{"email", "p\nemail: a@x.org\n", map[string]string{"password": "p", "username": "a@x.org"}},
		{"pass-otp", "p\notpauth://totp/x?secret=JBSWY3DP\n", map[string]string{
			"password": "p",
			"totp":     "otpauth://totp/x?secret=JBSWY3DP",
		}},
		{"gopass without a password", "\nuser: ana\npin: 1234\n", map[string]string{"username": "ana", "pin": "1234"}},
		{"gopass YAML", "p\n---\nuser: ana\nnote: |\n  one: 1\n  two\nquoted: \"it's\"\n", map[string]string{
			"password": "p",
			"username": "ana", "note": "one: 1\ntwo\n", "quoted": "it's",
		}},
		{"CRLF", "p\r\nuser: ana\r\n", map[string]string{"password": "p", "username": "ana"}},
		{"a comment", "p\nurl: https://x/\n# comment\n", map[string]string{
			"password": "p", "url": "https://x/",
			"notes": "# comment",
		}},
		{"a comment with a colon", "p\nuser: ana\n# old: bob\n- a: b\n", map[string]string{
			"password": "p", "username": "ana",
			"notes": "# old: bob\n- a: b\n",
		}},
		{
			"pass-otp among others", "p\nlogin: bob\notpauth://totp/x?secret=JBSWY3DP\nfree text\n",
			map[string]string{
				"password": "p", "username": "bob", "totp": "otpauth://totp/x?secret=JBSWY3DP",
				"notes": "free text",
			},
		},
		{"prose", "p\nask Bob for the token\n", map[string]string{"password": "p", "notes": "ask Bob for the token"}},
		{"an address", "p\nhttps://x.y/\n", map[string]string{"password": "p", "notes": "https://x.y/"}},
		{"notes, exactly", "p\r\n\r\n  a \r\n\r\nurl: u\r\nb\r\n\r\n", map[string]string{
			"password": "p", "url": "u",
			"notes": "  a \r\n\r\nb\r\n",
		}},
		{"headings", "p\nQuestions:\n  pet: rex\n  town:\nuser: ana\n", map[string]string{
			"password": "p", "username": "ana",
			"notes": "Questions:\n  pet: rex\n  town:\n",
		}},
		{
			"a key below", "p\nuser: ana\n-----BEGIN KEY-----\nProc-Type: 4\n\nabc=\n-----END KEY-----\npin: 1\n",
			map[string]string{"password": "p", "username": "ana", "pin": "1", "notes": "-----BEGIN KEY-----\nProc-Type:" +
				" 4\n\nabc=\n-----END KEY-----\n"},
		},
		{"a second password", "p\nPassword: q\n", map[string]string{"password": "p", "notes": "Password: q"}},
		{"the only password", "\nPassword: q\nuser: ana\n", map[string]string{"password": "q", "username": "ana"}},
		{"twice", "p\npin: 1\npin: 2\npin: 1\n", map[string]string{"password": "p", "pin": "1", "pin-2": "2"}},
		{"notes twice", "p\nnotes: a\nb\n", map[string]string{"password": "p", "notes": "a", "notes-2": "b"}},
		{"a long name", "p\n" + strings.Repeat("x", 255) + ": y\n", map[string]string{
			"password": "p",
			"notes":    strings.Repeat("x", 255) + ": y",
		}},
		{"nested YAML", "p\n---\na:\n  b: c\n", map[string]string{"password": "p", "notes": "---\na:\n  b: c\n"}},
		{"YAML with a password", "p\n---\npassword: other\n", map[string]string{
			"password": "p",
			"notes":    "---\npassword: other\n",
		}},
		{"YAML with marks", "p\n---\npin: &abc\n", map[string]string{"password": "p", "notes": "---\npin: &abc\n"}},
		{"YAML with comments", "p\r\n---\r\n# one\r\na: b # two\r\n# three\r\n", map[string]string{
			"password": "p", "a": "b",
			"notes": "# one\n# two\n# three",
		}},
		{"blank below", "p\n\n \n", nil},
		{"prose without a password", "\nask Bob\n", nil},
		{"a key", "-----BEGIN KEY-----\nabc=\na: b\n-----END KEY-----\n", nil},
		{"JSON", "{\n  \"a\": \"b\"\n}\n", nil},
		{"settings", "PuTTY-User-Key-File-2: ssh-rsa\nEncryption: none\nabc\n", nil},
		{"sections", "[default]\naws_access_key_id = a\n", nil},
		{"variables", "A=1\nB=2\n", nil},
		{"a script", "#!/bin/sh\necho a: b\n", nil},
		{"not UTF-8", "p\nlogin: \xff\n", nil},
		{"binary", "p\nlogin: \x00\n", nil},
		{"spaces at the ends", "  p  \n", nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			e := fromStore(t, test.text)
			if test.fields == nil {
				want := test.text
				if first, rest, _ := strings.Cut(want, "\n"); strings.TrimSpace(rest) == "" {
					want = first
				}
				if e.Kind != vault.Plaintext || string(e.Value.Plain) != want {
					t.Errorf("read as %s %q %q", e.Kind, e.Value.Plain, e.Value.Fields)
				}
				return
			}
			got := map[string]string{}
			for field, value := range e.Value.Fields {
				got[field] = string(value)
			}
			if !maps.Equal(got, test.fields) {
				t.Errorf("read as %q, want %q", got, test.fields)
			}
			if want := got["username"] != "" && got["password"] != ""; want != (e.Kind == vault.Credential) {
				t.Errorf("it is a %s", e.Kind)
			}
		})
	}
}

func TestReadStoreLooksOnlyAtSecrets(t *testing.T) {
	file := &fstest.MapFile{Data: []byte("x")}
	store := fstest.MapFS{
		".gpg-id": file, ".git/objects/a.gpg": file, ".extensions/b.gpg": file, "README": file, "c.age": file,
		"Web Sites/d é.gpg": file, "e.gpg": file, "link.gpg": {Data: []byte("/etc/passwd"), Mode: fs.ModeSymlink},
	}
	var opened []string
	entries, err := exchange.ReadStore(store, ".gpg", func(path string, sealed []byte) ([]byte, error) {
		opened = append(opened, path)
		return sealed, nil
	}, func(done int) {
		if done != len(opened) {
			t.Errorf("after %d files it tells of %d", len(opened), done)
		}
	})
	if want := []string{"Web Sites/d é.gpg", "e.gpg"}; err != nil || !slices.Equal(opened, want) || len(entries) != 2 {
		t.Errorf("it opened %q and made %v (%v), want %q", opened, entries, err, want)
	}
	sealed := errors.New("no key")
	if _, err := exchange.ReadStore(store, ".gpg", func(string, []byte) ([]byte, error) { return nil, sealed },
		func(int) {}); !errors.Is(err, sealed) {
		t.Errorf("a file that does not open: %v", err)
	}
	if _, err := exchange.ReadStore(fstest.MapFS{"a": file}, ".gpg", nil, nil); !errors.Is(err, exchange.ErrFormat) {
		t.Errorf("nothing in it: %v", err)
	}
}
