package vault_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"example.org/secret/vault"
)

// Members that a later version of the program put into a document survive a write by
// this one.
func TestUnknownMembersAreKept(t *testing.T) {
	v, dir, c := newVault(t)
	key := parseKey(t, testMaster, testVaultID)
	plant := func(document string) {
		sealed, err := key.Seal(key.FileID("s"), []byte(document))
		if err != nil {
			t.Fatal(err)
		}
		writeFile(t, pathOf(t, dir, "s"), sealed)
	}
	read := func() map[string]any {
		document, err := key.Open(key.FileID("s"), readFile(t, pathOf(t, dir, "s")))
		if err != nil {
			t.Fatal(err)
		}
		var members map[string]any
		if err := json.Unmarshal(document, &members); err != nil {
			t.Fatal(err)
		}
		return members
	}
	plant(`{"name":"s","id":"` + aUUID + `","kind":"plaintext","revision":7,"created":"2026-01-01T00:00:00Z","changed":"2026-01-02T00:00:00Z",
		"labels":{"current":2},"rotation":{"every":"30d","x":[1,{"y":null}]},"later":{"a":[1.50,"<&>"]},"nothing":null,
		"versions":[{"number":1,"id":"11111111-1111-4111-8111-111111111111","created":"2026-01-01T00:00:00Z","origin":"set","value":"one","note":"first","later":{"k":1}},
		            {"number":2,"id":"22222222-2222-4222-8222-222222222222","created":"2026-01-02T00:00:00Z","origin":"teleport","value":"two","note":"second"}]}`)
	before := read()
	set(t, v, "s", "three")
	after := read()

	for _, member := range []string{"later", "nothing", "rotation", "id", "created"} {
		if got, ok := after[member]; !ok || !reflect.DeepEqual(got, before[member]) {
			t.Errorf("%s: %v, was %v", member, got, before[member])
		}
	}
	versions := after["versions"].([]any)
	if len(versions) != 3 || !reflect.DeepEqual(versions[:2], before["versions"]) {
		t.Errorf("versions %v", versions)
	}
	if _, ok := versions[2].(map[string]any)["note"]; ok {
		t.Error("a new version took over what belongs to an old one")
	}
	if after["revision"] != 8.0 {
		t.Errorf("revision %v", after["revision"])
	}

	// They go where the secret goes, and away with their version.
	if _, err := v.Rename("s", "t"); err != nil {
		t.Fatal(err)
	}
	if _, err := v.Rename("t", "s"); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(read()["later"], before["later"]) {
		t.Error("renaming lost a member")
	}
	out := options(c)
	out.History = 1
	c.add(2 * 24 * time.Hour)
	set(t, openVault(t, dir, out), "s", "four")
	if versions := read()["versions"].([]any); len(versions) != 3 ||
		!reflect.DeepEqual(versions[0], before["versions"].([]any)[1]) {
		t.Errorf("after pruning: %v", versions)
	}
}

func TestDocumentOfASecret(t *testing.T) {
	s, err := vault.DecodeRecord([]byte(`{"name":"s","id":"ce9a7f3b-59f9-42aa-a3eb-28cb670f0e97","kind":"plaintext","versions":[{"number":1,"value":{"base64":"/w=="}},{"number":7}]}  ` + "\n"))
	if err != nil {
		t.Fatal(err)
	}
	if string(s.Versions[0].Plain) != "\xff" || s.Versions[1].Plain != nil || s.Labels == nil {
		t.Errorf("%+v", s)
	}
}

// A value that only a later version of the program can reach must not be taken
// for an empty one, nor be lost by a write.
func TestValueSealedInALaterWay(t *testing.T) {
	v, dir, _ := newVault(t)
	key := parseKey(t, testMaster, testVaultID)
	sealed, err := key.Seal(key.FileID("s"),
		[]byte(`{"name":"s","id":"ce9a7f3b-59f9-42aa-a3eb-28cb670f0e97","kind":"plaintext","labels":{"current":1},"lock":"hsm","versions":[{"number":1,"locked":"…"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	writeFile(t, pathOf(t, dir, "s"), sealed)
	_, err = v.Get("s")
	wantError(t, err, vault.ErrNewerFormat)
	_, err = v.Upsert("s", func(s *vault.Secret) error { return s.Add(text("new")) })
	wantError(t, err, vault.ErrNewerFormat)
	if names := listed(t, v); len(names) != 1 {
		t.Error(names)
	}
}

// The length of a file tells the length of a value in steps only.
func TestLengthIsHidden(t *testing.T) {
	v, dir, _ := newVault(t)
	sizes := map[int]bool{}
	for i, value := range []string{"", "x", strings.Repeat("x", 100)} {
		name := vault.Name("s" + string(rune('0'+i)))
		set(t, v, name, value)
		sizes[len(readFile(t, pathOf(t, dir, name)))%256] = true
	}
	if len(sizes) != 1 {
		t.Errorf("sizes modulo 256: %v", sizes)
	}
}
