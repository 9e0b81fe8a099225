package crypto_test

import (
	"bytes"
	"crypto/rand"
	"errors"
	"io"
	"testing"

	"example.org/secret/crypto"

	"filippo.io/age"
)

// Files of one chunk and longer ones are opened in different ways, which must not
// differ in anything, also from the result of stock age.
func TestOpenAroundTheChunkSize(t *testing.T) {
	const chunk = 64 << 10
	master, err := crypto.GenerateMasterKey()
	if err != nil {
		t.Fatal(err)
	}
	key, err := crypto.DeriveVaultKey(master, "vault", rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	identity, err := age.ParseHybridIdentity(master.Reveal())
	if err != nil {
		t.Fatal(err)
	}
	for _, size := range []int{0, 1, chunk - 1, chunk, chunk + 1, 2 * chunk, 2*chunk + 1} {
		plaintext := make([]byte, size)
		rand.Read(plaintext)
		sealed, err := key.Seal("file", plaintext)
		if err != nil {
			t.Fatal(err)
		}
		if opened, err := key.Open("file", sealed); err != nil || !bytes.Equal(opened, plaintext) {
			t.Errorf("%d bytes: opened %d bytes, %v", size, len(opened), err)
		}
		r, err := age.Decrypt(bytes.NewReader(sealed), identity)
		if err != nil {
			t.Fatal(err)
		}
		if opened, err := io.ReadAll(r); err != nil || !bytes.Equal(opened, plaintext) {
			t.Errorf("%d bytes: age opened %d bytes, %v", size, len(opened), err)
		}
		start := len(sealed) - payloadSize(size)
		for _, cut := range []int{
			start, start + 15, start + 16, start + 31, start + 32 + size/2, start + 32 + chunk,
			len(sealed) - 17, len(sealed) - 1,
		} {
			if cut >= len(sealed) {
				continue
			}
			if opened, err := key.Open("file", sealed[:cut]); !errors.Is(err, crypto.ErrDamaged) || opened != nil {
				t.Errorf("%d bytes, cut at %d of %d: %d bytes, %v", size, cut, len(sealed), len(opened), err)
			}
		}
		if opened, err := key.Open("file", append(sealed, 0)); !errors.Is(err, crypto.ErrDamaged) || opened != nil {
			t.Errorf("%d bytes and one more: %d bytes, %v", size, len(opened), err)
		}
	}
}

// payloadSize is the size of the part behind age's header: a nonce, and 16 bytes for each chunk.
func payloadSize(plaintext int) int {
	chunks := max(1, (plaintext+(64<<10)-1)/(64<<10))
	return 16 + plaintext + 16*chunks
}
