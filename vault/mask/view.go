package mask

import (
	"encoding/binary"
	"math"
	"slices"
	"sort"
)

// alphabet tells how a view reads a byte of the text: as a letter of forms, or as one of
// these.
type alphabet [256]byte

const (
	foreign = iota // in no form
	space          // left out
	newline        // left out, but not near the beginning of a form
)

// settled is how many letters of a form must stand together before it goes on in another
// line. Without them each line that ends in the first letter of some form would be held
// back until the next one.
const settled = 4

var (
	hexadecimal = makeAlphabet(func(c byte) byte {
		switch {
		case '0' <= c && c <= '9', 'a' <= c && c <= 'f':
			return c
		case 'A' <= c && c <= 'F':
			return c - 'A' + 'a'
		case c == ' ': // as od has it between bytes
			return space
		}
		return lineBreak(c)
	})
	base64Letters = makeAlphabet(func(c byte) byte {
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '+', c == '/', c == '=':
			return c
		case c == '-':
			return '+'
		case c == '_':
			return '/'
		case c == ' ':
			return newline
		}
		return lineBreak(c)
	})
)

func makeAlphabet(letter func(c byte) byte) *alphabet {
	var a alphabet
	for c := range a {
		a[c] = letter(byte(c))
	}
	return &a
}

func lineBreak(c byte) byte {
	if c == '\n' || c == '\r' || c == '\t' {
		return newline
	}
	return foreign
}

// view looks for forms in the text, or in those bytes of it that belong to an alphabet.
// Letters and places are counted from the beginning of the text.
type view struct {
	*index
	*alphabet        // nil: each byte is a letter
	letters   []byte // those that may still be part of a form
	start     int    // the number of the first one
	runs      []run  // in order; the first one has the first letter
	broken    bool   // a newline follows the last letter
	apart     bool   // something does
	next      int    // the first letter that the filter did not see
	found     []int  // where a form may begin, by the filter
	sums      []uint64
	sumsFrom  int
}

// run is a part of the text of which each byte is a letter.
type run struct {
	letter, at int
	broken     bool // a newline is before it
}

func (v *view) end() int { return v.start + len(v.letters) }

// read reads the part of the text that begins at the place at.
func (v *view) read(part []byte, at int) {
	if v.alphabet == nil {
		v.letters = append(v.letters, part...)
	} else {
		v.translate(part, at)
	}
	i := max(0, v.next-v.start)
	filter, known, shift, stride := v.parts.bits, v.known, v.parts.shift&63, v.stride
	for ; i+8 <= len(v.letters); i += stride {
		bit := binary.LittleEndian.Uint64(v.letters[i:]) & known * factor >> shift
		if filter[bit/64]>>(bit%64)&1 != 0 {
			v.find(i)
		}
	}
	for ; i+v.window <= len(v.letters); i += stride {
		if v.parts.has(v.keyOf(v.letters[i:])) {
			v.find(i)
		}
	}
	v.next = v.start + i
}

// translate adds the letters in a part of the text.
func (v *view) translate(part []byte, at int) {
	n := len(v.letters)
	letters := slices.Grow(v.letters, len(part))[:n+len(part)]
	for i := 0; i < len(part); {
		if c := v.alphabet[part[i]]; c <= newline {
			v.apart, v.broken = true, v.broken || c == newline
			if c == foreign && n > 0 && letters[n-1] != foreign {
				letters[n] = foreign
				n++
			}
			i++
			continue
		}
		if v.apart || len(v.runs) == 0 {
			v.runs = append(v.runs, run{v.start + n, at + i, v.broken})
			v.apart, v.broken = false, false
		}
		for ; i < len(part); i++ {
			c := v.alphabet[part[i]]
			if c <= newline {
				break
			}
			letters[n] = c
			n++
		}
	}
	v.letters = letters[:n]
}

// find notes where forms may begin that have a part at letters[i:].
func (v *view) find(i int) {
	for begin := max(0, i-v.stride+1); begin <= i; begin++ {
		if v.starts.has(v.keyOf(v.letters[begin:])) && v.together(v.start+begin) {
			v.found = append(v.found, v.start+begin)
		}
	}
}

// together reports whether a form that begins at a letter is not too soon in another line.
func (v *view) together(at int) bool {
	for _, run := range v.runs[v.run(at)+1:] {
		if run.letter >= at+settled {
			return true
		}
		if run.broken {
			return false
		}
	}
	return !v.broken || v.end() >= at+settled
}

// settle marks the forms in the text and returns the place from which on the text may be
// the beginning of a further one. At the end of the text there is none.
func (v *view) settle(atEnd bool, mark func(from, to int)) (open int) {
	for len(v.found) > 0 {
		at := v.found[0]
		length, more := v.match(at)
		if length > 0 {
			mark(v.place(at), v.place(at+length-1)+1)
		}
		if more && !atEnd {
			return v.forget(at)
		}
		v.found = v.found[1:]
	}
	for at := max(v.start, v.next-v.stride+1); at < v.end() && !atEnd; at++ {
		if v.together(at) && v.mayBegin(v.letters[at-v.start:]) {
			return v.forget(at)
		}
	}
	v.forget(v.end())
	return math.MaxInt
}

// forget drops the letters before at, and returns the place of at.
func (v *view) forget(at int) int {
	open := math.MaxInt
	if at < v.end() {
		open = v.place(at)
	}
	if drop := at - v.start; drop > len(v.letters)/2 {
		v.letters = append(v.letters[:0], v.letters[drop:]...)
		v.start = at
		if i := v.run(at); i > 0 {
			v.runs = append(v.runs[:0], v.runs[i:]...)
		}
		if keep := at - v.sumsFrom; keep >= 0 && keep < len(v.sums) {
			v.sums, v.sumsFrom = append(v.sums[:0], v.sums[keep:]...), at
		}
	}
	return open
}

// run returns the number of the run that a letter is in.
func (v *view) run(letter int) int {
	return sort.Search(len(v.runs), func(i int) bool { return v.runs[i].letter > letter }) - 1
}

func (v *view) place(letter int) int {
	if v.alphabet == nil {
		return letter
	}
	run := v.runs[v.run(letter)]
	return run.at + letter - run.letter
}

// match returns the length of the longest form that begins at a letter, or 0, and whether
// a longer one may when the text goes on.
func (v *view) match(at int) (length int, more bool) {
	rest := v.letters[at-v.start:]
	after := sort.Search(len(v.forms), func(i int) bool {
		text := v.forms[i].text
		common := v.common(i, at)
		return common < len(text) && (common == len(rest) || text[common] > rest[common])
	})
	more = after < len(v.forms) && v.common(after, at) == len(rest)
	before := after - 1
	if before >= 0 {
		for common := v.common(before, at); before >= 0 && len(v.forms[before].text) > common; {
			before = v.forms[before].within
		}
	}
	if before >= 0 {
		length = len(v.forms[before].text)
	}
	return length, more
}

// common returns how many letters a form and the text from at on have in common. Long ones
// are compared by sums: a text of many beginnings of a long form takes no longer.
func (v *view) common(i, at int) int {
	f, rest := &v.forms[i], v.letters[at-v.start:]
	n, same := min(len(f.text), len(rest)), 0
	if n >= block && len(f.sums) > 0 && string(rest[:block]) == f.text[:block] {
		same = block * sort.Search(n/block, func(blocks int) bool { return v.sum(at, blocks+1) != f.sums[blocks] })
	}
	for same < n && rest[same] == f.text[same] {
		same++
	}
	return same
}

// sum returns the sum of the blocks from at on.
func (v *view) sum(at, blocks int) uint64 {
	if at < v.sumsFrom || at >= v.sumsFrom+len(v.sums) {
		v.sums, v.sumsFrom = append(v.sums[:0], 0), at
	}
	end := at + blocks*block
	for next := v.sumsFrom + len(v.sums) - 1; next < end; next++ {
		v.sums = append(v.sums, addByte(v.sums[len(v.sums)-1], v.letters[next-v.start]))
	}
	return v.sums[end-v.sumsFrom] - v.sums[at-v.sumsFrom]*v.powers[blocks]
}
