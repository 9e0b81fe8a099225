// Package mask replaces secret values in the output of programs.
//
// It keeps secrets out of logs that they got into by accident: as they are, line by line,
// and in the encodings that programs print. It is no barrier against a program that means
// to give a value away, because the ways to write a value differently have no end.
//
// A [Masker] finds all values in one pass and tells how much of a stream may still become
// a value, which libraries for searching do not.
//
// Only the command line, the file format and the rotator protocol of this module are
// promised to stay compatible. This package may change.
package mask

import (
	"bytes"
	"io"
	"slices"
)

const (
	// MinLength is the length of the shortest value that is masked: shorter ones
	// would be found everywhere.
	MinLength = 4

	replacement = "*****"
)

// Masker knows the values to mask. It may be used by several goroutines at once.
//
// It is the automaton of Aho and Corasick: a tree of all values in all of their forms,
// with a link from each node to the longest suffix of the input that is a prefix of some
// value. So it takes one step for each byte of the input, however many values there are.
type Masker struct {
	nodes []node
	root  [256]int32 // the first step, which is taken most
}

// node stands for a beginning of one or more values. 0, the empty beginning, is
// no child and no sibling.
type node struct {
	child, sibling int32
	fail           int32 // the longest proper end of this beginning that is a beginning too
	match          int32 // the length of the longest value that ends here
	hold           int32 // how many of the last bytes may begin a value that goes on
	char           byte
}

// New returns a Masker for values: as they are, each of their lines, in base64 and
// hexadecimal, and escaped for URLs, JSON, HTML and shells. It ignores values of less
// than [MinLength] bytes.
func New(values ...[]byte) *Masker {
	m := &Masker{nodes: make([]node, 1)}
	for _, value := range values {
		for _, form := range forms(string(value)) {
			m.add(form)
		}
	}
	m.link()
	return m
}

func (m *Masker) add(form string) {
	at := int32(0)
	for _, c := range []byte(form) {
		next := m.childOf(at, c)
		if next == 0 {
			next = int32(len(m.nodes))
			m.nodes = append(m.nodes, node{char: c, sibling: m.nodes[at].child})
			m.nodes[at].child = next
			if at == 0 {
				m.root[c] = next
			}
		}
		at = next
	}
	m.nodes[at].match = int32(len(form))
}

func (m *Masker) childOf(at int32, c byte) int32 {
	if at == 0 {
		return m.root[c]
	}
	child := m.nodes[at].child
	for child != 0 && m.nodes[child].char != c {
		child = m.nodes[child].sibling
	}
	return child
}

// link finds for each node where to go on when its children do not fit, those
// nearest to the root first.
func (m *Masker) link() {
	level, depth := []int32{0}, int32(0)
	for len(level) > 0 {
		var below []int32
		for _, at := range level {
			n := &m.nodes[at]
			fallback := m.nodes[n.fail]
			n.match = max(n.match, fallback.match)
			n.hold = fallback.hold
			if n.child != 0 {
				n.hold = depth
			}
			for child := n.child; child != 0; child = m.nodes[child].sibling {
				if at != 0 {
					m.nodes[child].fail = m.step(n.fail, m.nodes[child].char)
				}
				below = append(below, child)
			}
		}
		level, depth = below, depth+1
	}
}

// step returns the node for the longest suffix of the input that is in the tree.
func (m *Masker) step(at int32, c byte) int32 {
	for {
		next := m.childOf(at, c)
		if next != 0 || at == 0 {
			return next
		}
		at = m.nodes[at].fail
	}
}

// Mask returns a copy of text in which each value is replaced by five asterisks.
// Values that overlap are replaced together: no byte of any of them is left.
func (m *Masker) Mask(text []byte) []byte {
	var b bytes.Buffer
	w := m.Writer(&b)
	_, _ = w.Write(text) // a buffer takes everything
	_ = w.Close()
	return b.Bytes()
}

// Writer returns a writer that masks the text that goes through to w, however it is cut
// into pieces. It holds back only bytes that may be the beginning of a value;
// Close writes these and does not close w.
func (m *Masker) Writer(w io.Writer) io.WriteCloser {
	return &writer{masker: m, to: w}
}

// span is a part of writer.text to mask.
type span struct {
	from, to int
	written  bool // its replacement
}

type writer struct {
	masker *Masker
	to     io.Writer
	at     int32
	text   []byte // from done on it is not written yet
	done   int
	spans  []span // in order, apart from each other, not wholly written
	output []byte
}

// Write implements [io.Writer].
func (w *writer) Write(p []byte) (int, error) {
	const piece = 32 << 10 // bounds the memory that a large write takes
	written := 0
	for part := range slices.Chunk(p, piece) {
		w.read(part)
		if err := w.flush(len(w.text) - int(w.masker.nodes[w.at].hold)); err != nil {
			return written, err
		}
		written += len(part)
	}
	return written, nil
}

// Close implements [io.Closer].
func (w *writer) Close() error { return w.flush(len(w.text)) }

func (w *writer) read(p []byte) {
	if w.done > len(w.text)/2 {
		w.text = append(w.text[:0], w.text[w.done:]...)
		for i := range w.spans {
			w.spans[i].from -= w.done
			w.spans[i].to -= w.done
		}
		w.done = 0
	}
	for _, c := range p {
		w.text = append(w.text, c)
		w.at = w.masker.step(w.at, c)
		if length := int(w.masker.nodes[w.at].match); length > 0 {
			w.mark(span{from: len(w.text) - length, to: len(w.text)})
		}
	}
}

// mark adds a span that ends behind all others, joined with those it overlaps.
func (w *writer) mark(s span) {
	for len(w.spans) > 0 {
		last := w.spans[len(w.spans)-1]
		if last.to <= s.from {
			break
		}
		s.from, s.written = min(s.from, last.from), s.written || last.written
		w.spans = w.spans[:len(w.spans)-1]
	}
	w.spans = append(w.spans, s)
}

// flush writes the text before end, in which no further value can begin.
func (w *writer) flush(end int) error {
	w.output = w.output[:0]
	for len(w.spans) > 0 && w.spans[0].from < end {
		s := &w.spans[0]
		if !s.written {
			w.output = append(w.output, w.text[w.done:s.from]...)
			w.output = append(w.output, replacement...)
			s.written = true
		}
		w.done = min(s.to, end)
		if s.to > end {
			break
		}
		w.spans = w.spans[1:]
	}
	if len(w.spans) == 0 || !w.spans[0].written {
		w.output = append(w.output, w.text[w.done:end]...)
		w.done = end
	}
	if len(w.output) == 0 {
		return nil
	}
	_, err := w.to.Write(w.output)
	return err
}
