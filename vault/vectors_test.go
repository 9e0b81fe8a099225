package vault_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"example.org/secret/crypto"
	"example.org/secret/vault"

	"filippo.io/age"
)

// vector is a file of testdata/vectors, as FORMAT.md describes them: lines of a
// header, an empty line, and the bytes that they are about.
type vector struct {
	expect, comment string
	name            string   // of the secret
	document        string   // SHA-256 of the document, in hexadecimal
	value           string   // the current value: "base64 …", or "sha256 …" of a long one
	fields          []string // the current fields, "NAME BASE64"
	aws             string   // the current value in AWS's API: "string BASE64" or "binary BASE64"
	check           string
	ids             []string // "FILE-ID NAME"
	body            []byte
}

const vectorsDir = "testdata/vectors"

func (v vector) encode() []byte {
	var b bytes.Buffer
	line := func(key, value string) {
		if value != "" {
			fmt.Fprintf(&b, "%s: %s\n", key, value)
		}
	}
	line("expect", v.expect)
	line("comment", v.comment)
	line("master key", testMaster)
	line("vault", testVaultID)
	line("check", v.check)
	line("name", v.name)
	line("document", v.document)
	line("value", v.value)
	for _, field := range v.fields {
		line("field", field)
	}
	line("aws", v.aws)
	for _, id := range v.ids {
		line("file id", id)
	}
	b.WriteString("\n")
	b.Write(v.body)
	return b.Bytes()
}

func parseVector(t *testing.T, data []byte) (v vector) {
	t.Helper()
	head, body, ok := bytes.Cut(data, []byte("\n\n"))
	if !ok {
		t.Fatal("no empty line")
	}
	v.body = body
	for line := range strings.SplitSeq(string(head), "\n") {
		key, value, ok := strings.Cut(line, ": ")
		set, known := map[string]func(){
			"expect":     func() { v.expect = value },
			"comment":    func() { v.comment = value },
			"name":       func() { v.name = value },
			"document":   func() { v.document = value },
			"value":      func() { v.value = value },
			"field":      func() { v.fields = append(v.fields, value) },
			"aws":        func() { v.aws = value },
			"check":      func() { v.check = value },
			"file id":    func() { v.ids = append(v.ids, value) },
			"master key": func() { ok = ok && value == testMaster },
			"vault":      func() { ok = ok && value == testVaultID },
		}[key]
		if known {
			set()
		}
		if !ok || !known {
			t.Fatalf("not a line of a vector: %q", line)
		}
	}
	return v
}

func TestVectors(t *testing.T) {
	writeVectors(t)
	entries, err := os.ReadDir(vectorsDir)
	if err != nil {
		t.Fatal(err)
	}
	ran := map[string]int{}
	for _, entry := range entries {
		t.Run(entry.Name(), func(t *testing.T) {
			v := parseVector(t, readFile(t, filepath.Join(vectorsDir, entry.Name())))
			ran[v.expect]++
			switch v.expect {
			case "derived":
				checkDerived(t, v)
			case "opens":
				checkOpens(t, v)
			case "damaged":
				s, err := placed(t, v).Get(vault.Name(v.name))
				if s != nil || !errors.Is(err, vault.ErrDamaged) {
					t.Errorf("%+v, %v", s, err)
				}
			case "header", "damaged header", "newer header":
				checkHeader(t, v)
			default:
				t.Errorf("nothing is known to expect: %q", v.expect)
			}
		})
	}
	for expect, atLeast := range map[string]int{
		"derived": 1, "opens": 10, "damaged": 20, "header": 1, "damaged header": 3,
		"newer header": 1,
	} {
		if ran[expect] < atLeast {
			t.Errorf("%d vectors that expect %q, want %d or more", ran[expect], expect, atLeast)
		}
	}
}

func checkDerived(t *testing.T, v vector) {
	key := parseKey(t, testMaster, testVaultID)
	if key.Check() != v.check || len(v.ids) < 5 {
		t.Errorf("check %s, want %s; %d ids", key.Check(), v.check, len(v.ids))
	}
	for _, line := range v.ids {
		id, name, _ := strings.Cut(line, " ")
		if got := key.FileID(name); got != id {
			t.Errorf("%s: %s, want %s", name, got, id)
		}
	}
}

// placed is a vault that has the vector's body as the file of its secret.
func placed(t *testing.T, v vector) *vault.Vault {
	t.Helper()
	made, dir, _ := newVault(t)
	writeFile(t, pathOf(t, dir, vault.Name(v.name)), v.body)
	return made
}

func checkOpens(t *testing.T, v vector) {
	made := placed(t, v)
	s, err := made.Get(vault.Name(v.name))
	if err != nil {
		t.Fatal(err)
	}
	if value, fields := currentValue(t, s); value != v.value || !slices.Equal(fields, v.fields) {
		t.Errorf("value %q, fields %q", value, fields)
	}
	if aws := currentAWS(t, s); v.aws != "" && aws != v.aws {
		t.Errorf("%q in AWS, want %q", aws, v.aws)
	}
	if names := listed(t, made); !slices.Equal(names, []vault.Name{s.Name}) {
		t.Error(names)
	}
	identity, err := age.ParseHybridIdentity(testMaster)
	if err != nil {
		t.Fatal(err)
	}
	r, err := age.Decrypt(bytes.NewReader(v.body), identity)
	if err != nil {
		t.Fatal(err)
	}
	if document, err := io.ReadAll(r); err != nil || hash(document) != v.document {
		t.Errorf("the document's hash is %s, %v", hash(document), err)
	}
}

func hash(data []byte) string { return fmt.Sprintf("%x", sha256.Sum256(data)) }

func currentValue(t *testing.T, s *vault.Secret) (value string, fields []string) {
	t.Helper()
	version, err := s.Find(vault.Selector{})
	if errors.Is(err, vault.ErrNoValue) {
		return "none", nil
	}
	if err != nil {
		t.Fatal(err)
	}
	switch {
	case len(version.Plain) > 1000:
		return "sha256 " + hash(version.Plain), nil
	case s.Kind == vault.Plaintext:
		return "base64 " + base64.StdEncoding.EncodeToString(version.Plain), nil
	}
	for _, name := range version.FieldNames() {
		fields = append(fields, name+" "+base64.StdEncoding.EncodeToString(version.Fields[name]))
	}
	return "", fields
}

func currentAWS(t *testing.T, s *vault.Secret) string {
	t.Helper()
	version, err := s.Find(vault.Selector{})
	if errors.Is(err, vault.ErrNoValue) {
		return ""
	}
	if err != nil {
		t.Fatal(err)
	}
	value, err := version.AWS()
	switch {
	case err != nil:
		return ""
	case value.Binary != nil:
		return "binary " + base64.StdEncoding.EncodeToString(value.Binary)
	}
	return "string " + base64.StdEncoding.EncodeToString([]byte(value.String))
}

func checkHeader(t *testing.T, v vector) {
	dir := private(t)
	writeFile(t, filepath.Join(dir, "vault.yaml"), v.body)
	h, err := vault.ReadHeader(dir)
	want := map[string]error{
		"header": nil, "damaged header": vault.ErrDamaged,
		"newer header": vault.ErrNewerFormat,
	}[v.expect]
	if !errors.Is(err, want) || (h == nil) == (err == nil) {
		t.Errorf("%+v, %v", h, err)
	}
	if h != nil && (h.ID != testVaultID || h.Check != v.check) {
		t.Errorf("%+v", h)
	}
}

// The vaults in testdata, each with the expected content. They are copied,
// since a checkout of the repository is open to other users.
func TestVaults(t *testing.T) {
	writeVaults(t)
	v1 := map[vault.Name]string{"openai/key": "sk-two", "prod/db": "s3cr3t", "keystore": "\x00\xff\r\n"}
	for dir, want := range map[string]struct {
		err    error
		values map[vault.Name]string
	}{
		"v1":               {nil, v1},
		"half-renamed":     {nil, v1},
		"no-header":        {vault.ErrDamaged, nil},
		"half-initialised": {vault.ErrNoVault, nil},
	} {
		t.Run(dir, func(t *testing.T) {
			dir := copyVault(t, filepath.Join("testdata/vaults", dir))
			header, err := vault.ReadHeader(dir)
			wantError(t, err, want.err)
			if want.err != nil {
				return
			}
			if key := parseKey(t, testMaster, header.ID); header.Check != key.Check() || header.ID != testVaultID {
				t.Errorf("%+v", header)
			}
			v := openVault(t, dir, options(newClock()))
			checkVaultValues(t, v, want.values)
			sealed, err := header.ReadSealedKey(vault.Passphrase)
			if err != nil {
				t.Fatal(err)
			}
			if master, err := crypto.OpenWithPassphrase(sealed, vectorPassphrase); err != nil || master.Reveal() != testMaster {
				t.Error(err)
			}
			// It is not only read.
			set(t, v, "new", "new")
			set(t, v, "keystore", v1["keystore"])
			checkVaultValues(t, v, map[vault.Name]string{
				"new": "new", "openai/key": "sk-two", "prod/db": "s3cr3t",
				"keystore": v1["keystore"],
			})
			wantNoFile(t, filepath.Join(dir, "secrets", ".rename"))
			wantNoFile(t, filepath.Join(dir, "secrets", ".new"))
		})
	}
}

func checkVaultValues(t *testing.T, v *vault.Vault, values map[vault.Name]string) {
	t.Helper()
	if names := listed(t, v); len(names) != len(values) {
		t.Error(names)
	}
	for name, want := range values {
		s, err := v.Get(name)
		if err != nil {
			t.Fatal(err)
		}
		version, err := s.Find(vault.Selector{})
		if got := string(version.Plain) + string(version.Fields["password"]); err != nil || got != want {
			t.Errorf("%s = %q, %v; want %q", name, got, err, want)
		}
	}
}

func copyVault(t *testing.T, from string) string {
	t.Helper()
	to := private(t)
	err := fs.WalkDir(os.DirFS(from), ".", func(path string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			writeFile(t, filepath.Join(to, path), readFile(t, filepath.Join(from, path)))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return to
}
