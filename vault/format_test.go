package vault_test

import (
	"bytes"
	"encoding/json"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// The samples in FORMAT.md are the bytes in testdata.
func TestSamplesOfTheSpecification(t *testing.T) {
	key := parseKey(t, testMaster, testVaultID)
	v1 := "testdata/vaults/v1"
	sealed := readFile(t, filepath.Join(v1, "secrets", key.FileID("prod/db")+".age"))
	document, err := key.Open(key.FileID("prod/db"), sealed)
	if err != nil {
		t.Fatal(err)
	}
	checked := 0
	for kind, sample := range samples(t) {
		checked++
		ok := false
		switch kind {
		case "yaml":
			ok = sample == string(readFile(t, filepath.Join(v1, "vault.yaml")))
		case "json":
			var a, b any
			ok = json.Unmarshal([]byte(sample), &a) == nil && json.Unmarshal(document, &b) == nil && reflect.DeepEqual(a, b)
		case "age":
			ok = bytes.Contains(sealed, []byte(sample))
		case "vector":
			ok = true
			for line := range strings.Lines(sample) {
				ok = ok && bytes.Contains(readFile(t, filepath.Join(vectorsDir, "derivation")), []byte("\n"+line))
			}
		case "value-key":
			ok = sealsFurther(t, strings.Split(sample, "\n"))
		case "journal":
			ok = sample == string(readFile(t, "testdata/vaults/half-renamed/secrets/.rename"))
		}
		if !ok {
			t.Errorf("the %s sample differs from testdata", kind)
		}
	}
	if checked != 6 {
		t.Errorf("%d samples, want 6", checked)
	}
}

// sealsFurther checks a value key, a value id and the value that is sealed for it.
func sealsFurther(t *testing.T, lines []string) bool {
	t.Helper()
	v := openVault(t, copyVault(t, valueKeyVault), options(newClock()))
	s, err := v.GetMeta("payroll/token")
	if err != nil {
		t.Fatal(err)
	}
	value, err := parseKey(t, lines[0], testVaultID).Open(lines[1], s.Versions[0].Sealed)
	return err == nil && strings.TrimRight(string(value), " \n") == lines[2] && len(value)%256 == 0
}

// samples returns the fenced blocks of FORMAT.md that are not mere text.
func samples(t *testing.T) map[string]string {
	t.Helper()
	found := map[string]string{}
	for i, block := range strings.Split("\n"+string(readFile(t, "FORMAT.md")), "\n```") {
		kind, text, _ := strings.Cut(block, "\n")
		if i%2 == 0 || kind == "text" {
			continue
		}
		if _, ok := found[kind]; ok {
			t.Errorf("two %s samples", kind)
		}
		found[kind] = text + "\n"
	}
	return found
}
