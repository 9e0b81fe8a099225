package vault_test

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"example.org/secret/vault"
)

// A key file may hold the keys of several vaults, each of which has its own lock.
func TestRewriteKeyFileSeesWhatOthersWrote(t *testing.T) {
	path := filepath.Join(t.TempDir(), "key")
	writeFile(t, path, nil)
	const writers = 8
	var writing sync.WaitGroup
	for range writers {
		writing.Go(func() {
			err := vault.RewriteKeyFile(path, time.Minute, func() ([]byte, error) {
				text, err := os.ReadFile(path)
				return append(text, "a key\n"...), err
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	writing.Wait()
	if got := strings.Count(string(readFile(t, path)), "a key\n"); got != writers {
		t.Errorf("it has %d of %d keys", got, writers)
	}
}
