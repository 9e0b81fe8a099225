package edit_test

import (
	"bytes"
	"testing"

	"example.org/secret/cmd/secret/internal/edit"
	"example.org/secret/cmd/secret/internal/environ/environtest"
	"example.org/secret/cmd/secret/internal/yamltext"
	"example.org/secret/vault"

	"gopkg.in/yaml.v3"
)

func TestYAMLReadsBackTheSameBytes(t *testing.T) {
	for _, value := range environtest.Values() {
		checkYAML(t, []byte(value), "d", "t")
		checkYAML(t, []byte("v"), value, value)
	}
}

func FuzzDocument(f *testing.F) {
	for _, value := range environtest.Values() {
		f.Add([]byte(value), "about", "key")
		f.Add([]byte("v"), value, value)
	}
	f.Fuzz(checkYAML)
}

// checkYAML writes a plaintext and a kv secret as the editor shows them, and reads them back unchanged. Then it reads a
// field as get --format yaml prints it.
func checkYAML(t *testing.T, value []byte, text, key string) {
	t.Helper()
	tags := map[string]string{"team": text}
	fields := map[string]vault.Bytes{"plain": value, "text": vault.Bytes(text)}
	if key != "" {
		tags[key], fields[key] = text, value
	}
	annotations := vault.Annotations{Description: text, Tags: tags}
	for kind, want := range map[vault.Kind]edit.Document{
		vault.Plaintext: {Annotations: annotations, Value: vault.Value{Plain: value}},
		vault.KV:        {Annotations: annotations, Value: vault.Value{Fields: fields}},
	} {
		s := &vault.Secret{Meta: vault.Meta{Name: "a/b", Kind: kind}}
		encoded, err := want.Encode(s, vault.Version{Number: 1, Value: want.Value})
		if err != nil {
			t.Fatalf("encoding %q, %q, %q: %v", value, text, key, err)
		}
		got, err := edit.Decode(encoded, kind)
		if err != nil {
			t.Errorf("%q, %q, %q cannot be read back: %v\n%s", value, text, key, err, encoded)
		} else if !got.Equal(want) {
			t.Errorf("%q, %q, %q come back as %q:\n%s", value, text, key, got, encoded)
		}
	}
	encoded, err := yamltext.Encode(yamltext.Scalar(value))
	if err != nil {
		t.Fatal(err)
	}
	// Other programs read the output of get --format yaml by its types.
	var generic any
	if err := yaml.Unmarshal(encoded, &generic); err != nil {
		t.Fatalf("%q: %v\n%s", value, err, encoded)
	}
	if got, ok := generic.(string); !ok || !bytes.Equal([]byte(got), value) {
		t.Errorf("%q is read as %#v from\n%s", value, generic, encoded)
	}
}
