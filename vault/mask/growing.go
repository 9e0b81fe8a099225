package mask

import (
	"io"
	"sync"
)

// Growing is a [Masker] that learns values while text goes through its writers. It may be
// used by several goroutines at once.
type Growing struct {
	mu     sync.Mutex
	known  map[string]bool
	values [][]byte
	masker *Masker // of all values; nil after one was added
}

// NewGrowing returns a Growing for values that are known at the beginning.
func NewGrowing(values ...[]byte) *Growing {
	g := &Growing{known: map[string]bool{}}
	g.Add(values...)
	return g
}

// Add adds values. When it returns, the writers mask them in all text that they get from
// then on. The first write after it takes time in proportion to all values.
func (g *Growing) Add(values ...[]byte) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, value := range values {
		if !g.known[string(value)] {
			g.known[string(value)] = true
			g.values, g.masker = append(g.values, value), nil
		}
	}
}

func (g *Growing) current() *Masker {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.masker == nil {
		g.masker = New(g.values...)
	}
	return g.masker
}

// Writer is [Masker.Writer]. Bytes that may be the beginning of a value are not held back
// any longer when a value is added.
func (g *Growing) Writer(w io.Writer) io.WriteCloser {
	masker := g.current()
	return &growingWriter{g, w, masker, masker.Writer(w)}
}

type growingWriter struct {
	*Growing
	to     io.Writer
	masker *Masker // of the writer below
	masked io.WriteCloser
}

func (w *growingWriter) Write(p []byte) (int, error) {
	if masker := w.current(); masker != w.masker {
		if err := w.masked.Close(); err != nil {
			return 0, err
		}
		w.masker, w.masked = masker, masker.Writer(w.to)
	}
	return w.masked.Write(p)
}

func (w *growingWriter) Close() error { return w.masked.Close() }
