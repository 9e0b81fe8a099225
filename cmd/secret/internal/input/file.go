package input

import (
	"io"
	"os"

	"example.org/secret/cmd/secret/internal/prompt"
	"example.org/secret/cmd/secret/internal/usage"
)

// MaxFile is the largest template or .env file, in bytes.
const MaxFile = 16 << 20

// ReadFile reads a file that the user names. It may be a pipe, which has to wait for its writer. The error is
// [vault.ErrInvalid] if the file has more than limit bytes or cannot be read, and [prompt.ErrInterrupted] after a
// signal.
func ReadFile(path string, limit int64, subject string) ([]byte, error) {
	return prompt.Interruptible(func() ([]byte, error) {
		f, err := os.Open(path)
		if err != nil {
			return nil, usage.Errorf("cannot read %s: %v", subject, err)
		}
		defer f.Close()
		return ReadAtMost(f, limit, subject)
	})
}

// ReadAtMost reads to the end, or fails at the limit: a device such as /dev/zero has no end.
func ReadAtMost(r io.Reader, limit int64, subject string) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err != nil {
		return nil, usage.Errorf("cannot read %s: %v", subject, err)
	}
	if int64(len(data)) > limit {
		return nil, usage.Errorf("%s is larger than %d bytes (%d MiB), which is the limit", subject, limit, limit>>20)
	}
	return data, nil
}
