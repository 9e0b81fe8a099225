package vault_test

import (
	"encoding/json"
	"testing"

	"example.org/secret/vault"
)

func TestBytesAsJSON(t *testing.T) {
	for value, want := range map[string]string{
		"":                `""`,
		"a<b>&c\"\\\n é":  `"a<b>&c\"\\\n é"`,
		"\xff\x00":        `{"base64":"/wA="}`,
		`{"base64":"eA"}`: `"{\"base64\":\"eA\"}"`,
	} {
		encoded, err := vault.Bytes(value).MarshalJSON()
		if err != nil || string(encoded) != want {
			t.Errorf("%q is %s (%v), want %s", value, encoded, err, want)
		}
		var decoded vault.Bytes
		if err := json.Unmarshal(encoded, &decoded); err != nil || string(decoded) != value {
			t.Errorf("%s is %q (%v), want %q", encoded, decoded, err, value)
		}
	}
}
