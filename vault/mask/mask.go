// Package mask replaces secret values in the output of programs.
//
// It keeps secrets out of logs that they got into by accident: as they are, line by line,
// and in the encodings that programs print. It is no barrier against a program that means
// to give a value away, because the ways to write a value differently have no end.
//
// A [Masker] finds all values in one pass and tells how much of a stream may still become
// a value, which libraries for searching do not. It takes memory in proportion to the
// values alone: some ten times their length, and more for those of up to 2 KiB that have
// characters to escape.
//
// Only the command line, the file format and the rotator protocol of this module are
// promised to stay compatible. This package may change.
package mask

import (
	"bytes"
	"cmp"
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
type Masker struct {
	plain, hex, base64 *index
}

// New returns a Masker for values: as they are, each of their lines, in base64 and
// hexadecimal in lines of any width, and escaped for URLs, JSON, HTML and shells. It
// ignores values of less than [MinLength] bytes.
func New(values ...[]byte) *Masker {
	var all forms
	for _, value := range values {
		all.add(string(value))
	}
	return &Masker{newIndex(all.plain), newIndex(all.hex), newIndex(all.base64)}
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
	out := &writer{to: w}
	for _, v := range []*view{
		{index: m.plain},
		{index: m.hex, alphabet: hexadecimal},
		{index: m.base64, alphabet: base64Letters},
	} {
		if len(v.forms) > 0 {
			out.views = append(out.views, v)
		}
	}
	return out
}

// span is a part of the text to mask.
type span struct {
	from, to int
	written  bool // its replacement
}

// writer counts its places from the beginning of the text.
type writer struct {
	to     io.Writer
	views  []*view
	text   []byte // from done on it is not written yet
	start  int    // the place of text
	done   int
	spans  []span // in order, apart from each other, not wholly written
	output []byte
}

// Write implements [io.Writer].
func (w *writer) Write(p []byte) (int, error) {
	const piece = 32 << 10 // bounds the memory that a large write takes
	written := 0
	for part := range slices.Chunk(p, piece) {
		at := w.start + len(w.text)
		w.text = append(w.text, part...)
		for _, v := range w.views {
			v.read(part, at)
		}
		if err := w.flush(false); err != nil {
			return written, err
		}
		written += len(part)
	}
	return written, nil
}

// Close implements [io.Closer].
func (w *writer) Close() error { return w.flush(true) }

// mark adds a span, joined with those it overlaps.
func (w *writer) mark(from, to int) {
	s := span{from: from, to: to}
	first, _ := slices.BinarySearchFunc(w.spans, from, func(old span, from int) int { return cmp.Compare(old.to, from+1) })
	last := first
	for ; last < len(w.spans) && w.spans[last].from < to; last++ {
		old := w.spans[last]
		s = span{min(s.from, old.from), max(s.to, old.to), s.written || old.written}
	}
	w.spans = slices.Replace(w.spans, first, last, s)
}

// flush writes the text in which no further value can begin.
func (w *writer) flush(atEnd bool) error {
	end := w.start + len(w.text)
	for _, v := range w.views {
		end = min(end, v.settle(atEnd, w.mark))
	}
	w.output = w.output[:0]
	for len(w.spans) > 0 && w.spans[0].from < end {
		s := &w.spans[0]
		if !s.written {
			w.take(s.from)
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
		w.take(end)
	}
	if drop := w.done - w.start; drop > len(w.text)/2 {
		w.text, w.start = append(w.text[:0], w.text[drop:]...), w.done
	}
	if len(w.output) == 0 {
		return nil
	}
	_, err := w.to.Write(w.output)
	return err
}

// take moves the text before end to the output.
func (w *writer) take(end int) {
	w.output = append(w.output, w.text[w.done-w.start:end-w.start]...)
	w.done = end
}
