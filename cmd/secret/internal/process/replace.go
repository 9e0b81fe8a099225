package process

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"sync"

	"example.org/secret/vault/mask"
)

// Command is a command to run with the standard streams of this process.
type Command struct {
	Path   string   // as Find returns it
	Args   []string // the first is the command's name
	Env    []string
	Masker Masker

	// The streams to mask. They are pipes to the command then.
	MaskStdout, MaskStderr bool
	// Stay keeps this process beside the command, for which it works.
	Stay bool
}

// Masker is a [mask.Masker] or a [mask.Growing].
type Masker interface {
	Writer(w io.Writer) io.WriteCloser
}

var (
	_ Masker = (*mask.Masker)(nil)
	_ Masker = (*mask.Growing)(nil)
)

// The exit codes that shells have for a command that did not start.
const (
	CannotRun = 126
	NotFound  = 127
)

// Find looks for the program of a command in PATH. The code tells why there is
// none.
func Find(name string) (path string, code int, err error) {
	path, err = exec.LookPath(name)
	switch {
	case err == nil:
		return path, 0, nil
	case errors.Is(err, exec.ErrNotFound):
		return "", NotFound, fmt.Errorf("there is no program %q in PATH", name)
	case errors.Is(err, fs.ErrNotExist):
		return "", NotFound, fmt.Errorf("there is no program %s", name)
	}
	return "", CannotRun, err
}

// filters are the masked streams of a running command.
type filters struct {
	masker  Masker
	writing []*os.File // our copies of the command's ends
	copying sync.WaitGroup
}

// streams returns the standard streams for the command.
func (f *filters) streams(c Command) ([]*os.File, error) {
	stdout, stderr := os.Stdout, os.Stderr
	var err error
	if c.MaskStdout {
		if stdout, err = f.filter(os.Stdout); err != nil {
			return nil, err
		}
	}
	switch {
	case c.MaskStdout && c.MaskStderr && sameFile(os.Stdout, os.Stderr):
		// One pipe keeps the order of the output to both.
		stderr = stdout
	case c.MaskStderr:
		if stderr, err = f.filter(os.Stderr); err != nil {
			return nil, err
		}
	}
	return []*os.File{os.Stdin, stdout, stderr}, nil
}

func sameFile(a, b *os.File) bool {
	infoA, errA := a.Stat()
	infoB, errB := b.Stat()
	return errA == nil && errB == nil && os.SameFile(infoA, infoB)
}

func (f *filters) filter(to *os.File) (*os.File, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	f.writing = append(f.writing, w)
	f.copying.Go(func() {
		masked := f.masker.Writer(to)
		// The reader of our output may have gone. Closing the pipe tells the command.
		if _, err := io.Copy(onlyWriter{masked}, r); err == nil {
			_ = masked.Close()
		}
		_ = r.Close()
	})
	return w, nil
}

// onlyWriter keeps io.Copy from looking for faster ways around the masker.
type onlyWriter struct{ io.Writer }

// started is called when the command has its ends of the pipes.
func (f *filters) started() {
	for _, w := range f.writing {
		_ = w.Close()
	}
}
