package vault_test

import (
	"bytes"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"example.org/secret/crypto"
	"example.org/secret/vault"

	"filippo.io/age"
	"filippo.io/age/armor"
)

// A published vector stays: an existing file is not written again.
var updateFlag = flag.Bool("update", false, "write the vectors and vaults that testdata does not have yet")

const vectorPassphrase = "correct horse battery staple"

func writeVectors(t *testing.T) {
	t.Helper()
	if !*updateFlag {
		return
	}
	for name, build := range vectors(t) {
		path := filepath.Join(vectorsDir, name)
		if _, err := os.Stat(path); err != nil {
			publish(t, path, build().encode())
		}
	}
}

func publish(t *testing.T, path string, data []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
}

const (
	oneVersion = `"id":"0b8f6a3e-3b1c-4f0e-9a57-1d2c3b4a5f60","revision":1,"created":"2026-03-01T12:00:00Z","changed":"2026-03-01T12:00:00Z","labels":{"current":1},` +
		`"versions":[{"number":1,"id":"5d9c2b7e-8f14-4a36-b0c9-7e6d5f4a3b21","created":"2026-03-01T12:00:00Z","origin":"set",`
	plainDocument = `{"name":"s","kind":"plaintext",` + oneVersion + `"value":"right"}]}`
)

func vectors(t *testing.T) map[string]func() vector {
	key := parseKey(t, testMaster, testVaultID)
	all := map[string]func() vector{"derivation": func() vector {
		v := vector{expect: "derived", comment: "What the master key and the vault's id derive to.", check: key.Check()}
		for _, name := range []string{"s", "a", "A", "openai/key", "prod/db", "keystore", "../x", strings.Repeat("n", 512)} {
			v.ids = append(v.ids, key.FileID(name)+" "+name)
		}
		return v
	}}
	addOpening(t, all, key)
	addDamaged(t, all, key)
	addHeaders(all, key)
	addFurther(t, all, key)
	return all
}

func addOpening(t *testing.T, all map[string]func() vector, key *crypto.VaultKey) {
	pad := func(document string) string {
		return document + strings.Repeat(" ", (256-(len(document)+1)%256)%256) + "\n"
	}
	second := `"versions":[{"number":3,"id":"11111111-1111-4111-8111-111111111111","created":"2026-02-01T00:00:00Z","origin":"rotate","value":"old"},` +
		`{"number":5,"id":"22222222-2222-4222-8222-222222222222","created":"2026-03-01T00:00:00Z","origin":"rollback","from":3,"value":"right"}]}`
	for name, test := range map[string]struct{ comment, document string }{
		"plaintext": {"A plaintext secret of one version.", pad(plainDocument)},
		"empty":     {"An empty value.", pad(strings.Replace(plainDocument, "right", "", 1))},
		"binary": {
			"A value that is no UTF-8.",
			pad(strings.Replace(plainDocument, `"right"`, `{"base64":"AP/+Cg0="}`, 1)),
		},
		"text-in-base64": {
			"A writer may write any value as base64.",
			pad(strings.Replace(plainDocument, `"right"`, `{"base64":"cmlnaHQ="}`, 1)),
		},
		"escapes": {
			"Characters that JSON escapes.",
			pad(strings.Replace(plainDocument, `right`, `\u0000\r\n\"\\\u2028\ud83d\ude00\u003c`, 1)),
		},
		"kv": {"Fields.", pad(`{"name":"s","kind":"kv",` + oneVersion +
			`"fields":{"A":"1","b c":"","bin":{"base64":"/w=="}}}]}`)},
		"credential": {"A database credential.", pad(`{"name":"s","kind":"credential",` + oneVersion +
			`"fields":{"engine":"postgres","host":"db.example.org","password":"p@ss","port":"5432","username":"app"}}]}`)},
		"two-chunks": {
			"A payload of two chunks.",
			pad(strings.Replace(plainDocument, "right", strings.Repeat("0123456789abcdef", 4096), 1)),
		},
		"unpadded": {"A reader does not need the padding.", plainDocument},
		"whole-chunk": {"A payload whose last chunk is full.", strings.Replace(plainDocument, "right",
			strings.Repeat("x", 64<<10-len(plainDocument)+5), 1)},
		"json": {"A flat object that came through AWS's API.", pad(`{"name":"s","kind":"credential",` + oneVersion +
			`"json":"{ \"password\" : \"\\u0070\", \"port\":5432, \"rate\":1.10, \"a\":null,\n\"a\":true, \"username\":\"<é>\" }"}]}`)},
		"binary-member": {
			"A value that is binary though it could be a text.",
			pad(`{"name":"s","kind":"plaintext",` + oneVersion + `"binary":"cmlnaHQ="}]}`),
		},
		"kinds": {
			"Versions of three kinds, of which the older ones say theirs.",
			pad(`{"name":"s","id":"0b8f6a3e-3b1c-4f0e-9a57-1d2c3b4a5f60","kind":"kv","revision":3,` +
				`"created":"2026-01-01T00:00:00Z","changed":"2026-03-01T00:00:00Z","labels":{"current":3,"previous":2},"versions":[` +
				`{"number":1,"id":"A token of 64 characters, as AWS's API takes any: {[<\"~!@#$%^&*(","created":"2026-01-01T00:00:00Z","origin":"set","kind":"plaintext","value":"text"},` +
				`{"number":2,"id":"00000000000000000000000000000002","created":"2026-02-01T00:00:00Z","origin":"set","kind":"credential","fields":{"username":"app","password":"p"}},` +
				`{"number":3,"id":"22222222-2222-4222-8222-222222222222","created":"2026-03-01T00:00:00Z","origin":"set","json":"{\"A\":1}"}]}`),
		},
		"no-value": {
			"A secret that has no value yet, and lost its only tag.",
			pad(`{"name":"s","id":"0b8f6a3e-3b1c-4f0e-9a57-1d2c3b4a5f60","kind":"plaintext","revision":2,` +
				`"created":"2026-03-01T12:00:00.5Z","changed":"2026-03-01T12:00:00.501Z","tags":{},"key":"payroll","labels":{},"versions":[]}`),
		},
		"api": {
			"What only AWS's API makes: other labels, a policy, the name of a key.",
			pad(`{"name":"s","kind":"plaintext","id":"0b8f6a3e-3b1c-4f0e-9a57-1d2c3b4a5f60","revision":1,` +
				`"created":"2026-03-01T12:00:00.007Z","changed":"2026-03-01T12:00:00.007Z","description":"` +
				strings.Repeat("한", 2048) + `","kms_key_id":"alias/aws/secretsmanager",` +
				`"resource_policy":"{\"Version\":\"2012-10-17\",\"Statement\":[]}","labels":{"current":1,"7":1,"출시 ✓":1,"AWSSOMETHING":1},` +
				`"versions":[{"number":1,"id":"00000000000000000000000000000000","created":"2026-03-01T12:00:00.007Z","origin":"api","value":"right"}]}`),
		},
		"unknown-members": {
			"Members that format 1 does not name.",
			pad(`{"later":[1.50],` + strings.Replace(plainDocument[1:], `"value"`, `"note":{},"value"`, 1)),
		},
		"history": {
			"Two versions left of five, with everything that a secret may have.",
			pad(`{"name":"s","id":"0b8f6a3e-3b1c-4f0e-9a57-1d2c3b4a5f60","kind":"plaintext","revision":9,` +
				`"created":"2026-01-01T00:00:00Z","changed":"2026-03-01T00:00:00Z","description":"what it is for","tags":{"team":"pay"},` +
				`"deletion":{"requested":"2026-03-01T00:00:00Z","due":"2026-03-31T00:00:00Z"},"labels":{"current":5,"previous":3,"v1.0":3},` +
				`"rotation":{"any":"thing"},"renamed_from":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",` + second),
		},
	} {
		all["opens-"+name] = func() vector {
			v := vector{
				expect: "opens", comment: test.comment, name: "s", document: hash([]byte(test.document)),
				body: sealFor(t, key, "s", test.document),
			}
			s, err := vault.DecodeRecord([]byte(test.document))
			if err != nil {
				t.Fatal(err)
			}
			v.value, v.fields = currentValue(t, s)
			if len(v.value) < 1000 {
				v.aws = currentAWS(t, s)
			}
			return v
		}
	}
}

func sealFor(t *testing.T, key *crypto.VaultKey, name, document string) []byte {
	t.Helper()
	sealed, err := key.Seal(key.FileID(name), []byte(document))
	if err != nil {
		t.Fatal(err)
	}
	return sealed
}

// bystander sets down a stanza without having a key.
type bystander struct{ args []string }

func (b bystander) Wrap([]byte) ([]*age.Stanza, error) {
	return []*age.Stanza{{Type: "secret-vault", Args: b.args, Body: make([]byte, 32)}}, nil
}

func (b bystander) WrapWithLabels(fileKey []byte) ([]*age.Stanza, []string, error) {
	stanzas, err := b.Wrap(fileKey)
	return stanzas, []string{"postquantum"}, err
}

func addDamaged(t *testing.T, all map[string]func() vector, key *crypto.VaultKey) {
	good := sealFor(t, key, "s", plainDocument)
	long := sealFor(t, key, "s", strings.Replace(plainDocument, "right", strings.Repeat("x", 70_000), 1))
	replace := func(old, replacement string) []byte {
		return bytes.Replace(good, []byte(old), []byte(replacement), 1)
	}
	stanzas := strings.SplitAfterN(string(good), "-> ", 3)
	own := strings.Index(stanzas[2], "\n---")
	master := strings.TrimSuffix(stanzas[1], "-> ")
	document := func(old, replacement string) func() []byte {
		return func() []byte { return sealFor(t, key, "s", strings.Replace(plainDocument, old, replacement, 1)) }
	}
	forged := func(args ...string) func() []byte {
		return func() []byte { return forge(t, args) }
	}
	nonce := strings.Repeat("A", 32)
	for name, test := range map[string]struct {
		comment string
		body    func() []byte
	}{
		"nothing": {"An empty file.", func() []byte { return nil }},
		"payload-changed": {
			"The last bit is another.",
			func() []byte { return append(bytes.Clone(good[:len(good)-1]), good[len(good)-1]^1) },
		},
		"payload-cut": {"The last byte is missing.", func() []byte { return good[:len(good)-1] }},
		"byte-behind": {"A byte stands behind the payload.", func() []byte { return append(bytes.Clone(good), 0) }},
		"last-chunk-missing": {
			"Cut where a chunk of the payload ends.",
			func() []byte { return long[:bytes.Index(long, []byte("\n---"))+1+3+1+43+1+16+64<<10+16] },
		},
		"mac-changed": {"Another MAC.", func() []byte { return anotherMAC(good) }},
		"stanza-order": {"The stanzas changed places.", func() []byte {
			return replace(stanzas[1]+stanzas[2][:own], stanzas[2][:own]+"\n-> "+strings.TrimSuffix(master, "\n"))
		}},
		"master-stanza-gone": {
			"Without the master key's stanza, under the old MAC.",
			func() []byte { return replace(stanzas[1], "") },
		},
		"age-version": {
			"Another version of age.",
			func() []byte { return replace("age-encryption.org/v1", "age-encryption.org/v2") },
		},
		"crlf": {
			"Lines that end in CRLF.",
			func() []byte { return []byte(strings.Replace(string(good), "\n", "\r\n", 3)) },
		},
		"armored": {"The same file in ASCII armor.", func() []byte { return inArmor(t, good) }},
		"other-secret": {
			"The file of another secret.",
			func() []byte { return sealFor(t, key, "a", strings.Replace(plainDocument, `"s"`, `"a"`, 1)) },
		},
		"other-secret-renamed": {
			"Sealed for another file, though the name inside is right.",
			func() []byte { return sealFor(t, key, "a", plainDocument) },
		},
		"other-vault": {
			"The file of a vault with another id and the same master key.",
			func() []byte { return sealFor(t, parseKey(t, testMaster, aUUID), "s", plainDocument) },
		},
		"no-own-stanza": {"Made by somebody who knows the recipient only.", func() []byte { return forge(t, nil) }},
		"forged-stanza": {"The same with a stanza that was made up.", forged(nonce)},
		"two-arguments": {"The same with two arguments.", forged(nonce, nonce)},
		"short-nonce":   {"The same with a nonce of 23 bytes.", forged(nonce[:31])},
		"padded-nonce":  {"The same with base64 that is padded.", forged(nonce[:30] + "==")},
		"name-inside":   {"A document that has another name.", document(`"s"`, `"a"`)},
		"not-json":      {"A document that is cut short.", document("}]}", "}]")},
		"two-documents": {"Another document behind the document.", document("}]}", "}]} {}")},
		"no-version": {
			"A document without a version.",
			func() []byte { return sealFor(t, key, "s", plainDocument[:strings.Index(plainDocument, `[{"n`)]+"[]}") },
		},
		"json-nested": {"JSON that is no flat object.", document(`"value":"right"`, `"json":"{\"a\":{}}"`)},
		"json-empty":  {"JSON without a member.", document(`"value":"right"`, `"json":"{}"`)},
		"labels-no-version": {"Labels without a version.", func() []byte {
			return sealFor(t, key, "s", `{"name":"s","kind":"plaintext",`+oneVersion[:strings.Index(oneVersion,
				`"labels"`)]+`"labels":{"blue":1},"versions":[]}`)
		}},
		"versions-missing": {"A document without versions.", func() []byte {
			return sealFor(t, key, "s", `{"name":"s","kind":"plaintext",`+oneVersion[:strings.Index(oneVersion,
				`"labels"`)]+`"labels":{}}`)
		}},
		"two-values":    {"A version with two values.", document(`"value":"right"`, `"value":"right","binary":"cmlnaHQ="`)},
		"version-twice": {"A number that two versions have.", document("}]}", `},{"number":1}]}`)},
	} {
		all["damaged-"+name] = func() vector {
			return vector{expect: "damaged", comment: test.comment, name: "s", body: test.body()}
		}
	}
}

func anotherMAC(sealed []byte) []byte {
	changed := bytes.Clone(sealed)
	at := bytes.Index(changed, []byte("\n--- ")) + 5
	letters := []byte("AB")
	changed[at] = letters[(bytes.IndexByte(letters, changed[at])+1)%2]
	return changed
}

func forge(t *testing.T, args []string) []byte {
	t.Helper()
	identity, err := age.ParseHybridIdentity(testMaster)
	if err != nil {
		t.Fatal(err)
	}
	recipients := []age.Recipient{identity.Recipient()}
	if args != nil {
		recipients = append(recipients, bystander{args})
	}
	var out bytes.Buffer
	w, err := age.Encrypt(&out, recipients...)
	if err != nil {
		t.Fatal(err)
	}
	w.Write([]byte(plainDocument))
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func inArmor(t *testing.T, data []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w := armor.NewWriter(&out)
	w.Write(data)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func addHeaders(all map[string]func() vector, key *crypto.VaultKey) {
	const dummy = "0123456789abcdef0123456789abcdef"
	good := header(dummy, key.Check())
	for name, v := range map[string]vector{
		"header": {expect: "header", comment: "A header.", check: key.Check(), body: []byte(good)},
		"header-unknown": {
			expect: "header", comment: "A line and a way that format 1 does not name.",
			check: key.Check(), body: []byte(header(dummy, key.Check(), "[key-file]", "[key-file, tpm-2]", "check:",
				"motto: x\ncheck:")),
		},
		"header-next": {
			expect: "header", comment: "The master key was replaced, and is about to be once more.",
			check: key.Check(), body: []byte(header(dummy, key.Check()+"\nsecrets: secrets."+key.Check()+"\nnext: "+dummy)),
		},
		"header-replaced": {
			expect: "header", comment: "The master key was replaced, and the old one is not cleared" +
				" away yet.", check: key.Check(),
			body: []byte(header(dummy, key.Check()+"\nsecrets: secrets."+key.Check()+"\nreplaced: "+dummy)),
		},
		"header-next-replaced": {
			expect: "damaged header", comment: "A master key that is replaced twice at once.",
			body: []byte(header(dummy, dummy+"\nnext: "+key.Check()+"\nreplaced: "+key.Check())),
		},
		"header-secrets": {
			expect: "damaged header", comment: "The secrets are elsewhere.",
			body: []byte(header(dummy, dummy+"\nsecrets: ../secrets")),
		},
		"header-newer": {
			expect: "newer header", comment: "Format 2, with members of other types.",
			body: []byte(header("format: 1", "format: 2", "[key-file]", "{a: [b]}")),
		},
		"header-changed": {
			expect: "damaged header", comment: "A line that the checksum does not know.",
			body: []byte(strings.Replace(good, "key-file", "keyring", 1)),
		},
		"header-cut": {
			expect: "damaged header", comment: "Without its last newline.",
			body: []byte(strings.TrimSuffix(good, "\n")),
		},
		"header-checksum-missing": {
			expect: "damaged header", comment: "Without a checksum.",
			body: []byte(good[:strings.Index(good, "checksum")]),
		},
		"header-way": {
			expect: "damaged header", comment: "A way that is no word.",
			body: []byte(header("[key-file]", "[../key]")),
		},
		"header-vault": {
			expect: "damaged header", comment: "An id that is not a UUID in lower case.",
			body: []byte(header("6f1c3a52", "6F1C3A52")),
		},
	} {
		all[name] = func() vector { return v }
	}
}

func writeVaults(t *testing.T) {
	t.Helper()
	if !*updateFlag {
		return
	}
	if _, err := os.Stat("testdata/vaults/v1"); err == nil {
		return
	}
	dir := filepath.Join(t.TempDir(), "v1")
	c := newClock()
	out := options(c)
	var seed [32]byte
	out.Rand = rand.NewChaCha8(seed) // for the ids
	master, err := crypto.ParseMasterKey(testMaster)
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := crypto.SealWithPassphrase(vectorPassphrase, 10, master)
	if err != nil {
		t.Fatal(err)
	}
	v, err := vault.Create(dir, testVaultID, parseKey(t, testMaster, testVaultID), vault.SealedKeys{
		vault.KeyFile:    nil,
		vault.Passphrase: sealed,
	}, out)
	if err != nil {
		t.Fatal(err)
	}
	set(t, v, "openai/key", "sk-one")
	c.add(time.Hour)
	set(t, v, "openai/key", "sk-two")
	set(t, v, "keystore", "\x00\xff\r\n")
	_, err = v.Upsert("prod/db", func(s *vault.Secret) error {
		fields := map[string]vault.Bytes{}
		for name, value := range map[string]string{
			"engine": "postgres", "host": "db.example.org", "username": "app",
			"password": "s3cr3t",
		} {
			fields[name] = vault.Bytes(value)
		}
		if err := s.Add(vault.NewVersion{
			Kind: vault.Credential, Value: vault.Value{Fields: fields},
			Origin: vault.OriginSet,
		}); err != nil {
			return err
		}
		if err := s.Tag("team", "payments"); err != nil {
			return err
		}
		return s.SetDescription("The main database")
	})
	if err != nil {
		t.Fatal(err)
	}
	publishVault(t, dir, "v1", nil)
	publishVault(t, dir, "no-header", map[string][]byte{"vault.yaml": nil})
	publishVault(t, dir, "half-initialised", map[string][]byte{"vault.yaml": nil, "secrets": nil})

	old := pathOf(t, dir, "keystore")
	before := readFile(t, old)
	if _, err := v.Rename("keystore", "store"); err != nil {
		t.Fatal(err)
	}
	journal := fmt.Sprintf("%s %s\n", id(old), id(pathOf(t, dir, "store")))
	publishVault(t, dir, "half-renamed", map[string][]byte{
		"secrets/" + filepath.Base(old): before, "secrets/.rename": []byte(journal),
		"secrets/.new": []byte("age-encryption.org/v1\n-> "),
	})
}

// publishVault copies dir into testdata, with some files changed or left out.
func publishVault(t *testing.T, dir, name string, changes map[string][]byte) {
	t.Helper()
	copied := copyVault(t, dir)
	for file, data := range changes {
		if data == nil {
			remove(t, filepath.Join(copied, file))
		} else {
			writeFile(t, filepath.Join(copied, file), data)
		}
	}
	if err := os.CopyFS(filepath.Join("testdata/vaults", name), os.DirFS(copied)); err != nil {
		t.Fatal(err)
	}
}
