package crypto_test

import (
	"errors"
	"slices"
	"testing"

	"example.org/secret/crypto"
)

// While a master key is replaced, two are in one place.
func TestSeveralMasterKeys(t *testing.T) {
	other := otherMaster(t)
	keys, err := crypto.ParseMasterKeys("# one\n" + testMaster + "\n\n  " + other)
	if err != nil || len(keys) != 2 || keys[0].Reveal() != testMaster || keys[1].Reveal() != other {
		t.Fatalf("%d keys, %v", len(keys), err)
	}
	sealed, err := crypto.SealWithPassphrase("words", 10, keys...)
	if err != nil {
		t.Fatal(err)
	}
	if opened, err := crypto.OpenKeysWithPassphrase(sealed, "words"); err != nil || !slices.Equal(opened, keys) {
		t.Errorf("%d keys, %v", len(opened), err)
	}
	for _, text := range []string{"", "# none\n", testMaster + "\n" + other[1:], testMaster + other, "x\n" + testMaster} {
		if keys, err := crypto.ParseMasterKeys(text); !errors.Is(err, crypto.ErrNotAMasterKey) || keys != nil {
			t.Errorf("%d keys, %v", len(keys), err)
		}
	}
}
