package crypto_test

import (
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"testing"

	"example.org/secret/crypto"
)

const testMaster = "AGE-SECRET-KEY-PQ-13JZ5PG4UKDTHDL9M4M0KYNMHXF885E7KQ94WS4K5WT3LJUAWNGESZ6QXFZ"

func TestParseMasterKey(t *testing.T) {
	for name, text := range map[string]string{
		"bare":              testMaster,
		"newline":           testMaster + "\n",
		"CRLF":              testMaster + "\r\n",
		"comments":          "# created by age-keygen\n\n# public key: age1pq1…\n" + testMaster + "\n",
		"spaces around":     "  " + testMaster + "\t\n",
		"comment behind it": testMaster + "\n# keep this\n",
	} {
		t.Run(name, func(t *testing.T) {
			key, err := crypto.ParseMasterKey(text)
			if err != nil || key.Reveal() != testMaster {
				t.Errorf("%q, %v", key.Reveal(), err)
			}
		})
	}
	for name, text := range map[string]string{
		"nothing":      "",
		"comment only": "# " + testMaster,
		"two keys":     testMaster + "\n" + testMaster,
		"cut short":    testMaster[:76],
		"too long":     testMaster + "Q",
		"lower case":   strings.ToLower(testMaster),
		"other type":   "AGE-SECRET-KEY-1" + testMaster[19:],
		"a plugin's":   "AGE-PLUGIN-YUBIKEY-" + testMaster[19:],
		"bad letter":   strings.Replace(testMaster, "Z", "B", 1),
		"recipient":    "age1pq1" + strings.ToLower(testMaster[19:]),
		"inner space":  testMaster[:40] + " " + testMaster[40:],
	} {
		t.Run(name, func(t *testing.T) {
			key, err := crypto.ParseMasterKey(text)
			if !errors.Is(err, crypto.ErrNotAMasterKey) || key != (crypto.MasterKey{}) {
				t.Errorf("%q, %v", key.Reveal(), err)
			}
			if err != nil && text != "" && strings.Contains(err.Error(), testMaster[20:40]) {
				t.Errorf("the error repeats the input: %v", err)
			}
		})
	}
}

func TestGenerateMasterKey(t *testing.T) {
	a, err := crypto.GenerateMasterKey()
	if err != nil {
		t.Fatal(err)
	}
	b, err := crypto.GenerateMasterKey()
	if err != nil {
		t.Fatal(err)
	}
	if a == b {
		t.Error("two keys are the same")
	}
	if parsed, err := crypto.ParseMasterKey(a.Reveal()); err != nil || parsed != a {
		t.Errorf("a new key does not parse: %v", err)
	}
}

// A key must not get into a log when the struct that holds it is printed.
func TestKeysDoNotPrint(t *testing.T) {
	master, err := crypto.ParseMasterKey(testMaster)
	if err != nil {
		t.Fatal(err)
	}
	key, err := crypto.DeriveVaultKey(master, "id", rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for _, value := range []any{master, &master, key, []any{key}, struct{ K crypto.MasterKey }{master}} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
			if s := fmt.Sprintf(verb, value); strings.Contains(s, testMaster[20:40]) {
				t.Errorf("%s of %T: %s", verb, value, s)
			}
		}
	}
}
