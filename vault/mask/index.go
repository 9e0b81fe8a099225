package mask

import (
	"math"
	"math/bits"
	"slices"
	"sort"
	"strings"
)

const (
	maxWindow = 8 // bytes, as many as a word holds
	maxStride = 8
	block     = 64        // bytes of a form for each of its sums
	long      = 8 * block // has sums

	factor = 0x9e3779b97f4a7c15 // odd, with bits that look random
)

// index finds the forms of values that begin at a place. Filters pass over nearly every
// place where none begins: a part of each form is at one of stride places in a row.
type index struct {
	forms          []form // in order
	window, stride int
	known          uint64 // the bits of as many bytes as the window has
	parts, starts  filter
	begins         [256]bool // with this byte
	powers         []uint64  // of factor, for each number of blocks
}

// form is one way to print a value.
type form struct {
	text   string
	within int      // the longest other form with which text begins, or -1
	sums   []uint64 // of the first block, the first two, …; only of a long form
}

func newIndex(texts []string) *index {
	slices.Sort(texts)
	texts = slices.Compact(texts)
	x := &index{forms: make([]form, len(texts)), window: maxWindow}
	shortest, longest, within := math.MaxInt, 0, -1
	for i, text := range texts {
		for within >= 0 && !strings.HasPrefix(text, texts[within]) {
			within = x.forms[within].within
		}
		x.forms[i] = form{text: text, within: within, sums: sums(text)}
		within = i
		shortest, longest = min(shortest, len(text)), max(longest, len(text))
		x.begins[text[0]] = true
	}
	x.window = min(shortest, maxWindow)
	x.stride = min(shortest-x.window+1, maxStride)
	x.known = ^uint64(0) >> (64 - 8*x.window)
	x.starts, x.parts = newFilter(len(texts)), newFilter(len(texts)*x.stride)
	for _, text := range texts {
		x.starts.add(x.keyOf([]byte(text[:x.window])))
		for i := range x.stride {
			x.parts.add(x.keyOf([]byte(text[i : i+x.window])))
		}
	}
	power := uint64(1)
	for range block {
		power *= factor
	}
	x.powers = append(x.powers, 1)
	for range longest / block {
		x.powers = append(x.powers, x.powers[len(x.powers)-1]*power)
	}
	return x
}

// keyOf returns the bytes in the window at the beginning of text, as a number.
func (x *index) keyOf(text []byte) uint64 {
	var key uint64
	for i := range x.window {
		key |= uint64(text[i]) << (8 * i)
	}
	return key
}

// filter is a set of keys that has some others as well, one in thirty-two or fewer.
type filter struct {
	bits  []uint64
	shift uint
}

func newFilter(keys int) filter {
	size := max(10, bits.Len(uint(keys))+5)
	return filter{make([]uint64, 1<<(size-6)), uint(64 - size)}
}

func (f *filter) add(key uint64) {
	bit := key * factor >> f.shift
	f.bits[bit/64] |= 1 << (bit % 64)
}

func (f *filter) has(key uint64) bool {
	bit := key * factor >> f.shift
	return f.bits[bit/64]>>(bit%64)&1 != 0
}

// sums returns the sums of the beginnings of text that are whole blocks.
func sums(text string) []uint64 {
	if len(text) < long {
		return nil
	}
	all := make([]uint64, 0, len(text)/block)
	var sum uint64
	for i := range len(text) / block * block {
		sum = addByte(sum, text[i])
		if (i+1)%block == 0 {
			all = append(all, sum)
		}
	}
	return all
}

func addByte(sum uint64, c byte) uint64 { return sum*factor + uint64(c) + 1 }

// mayBegin reports whether a form begins with text, which is shorter than all of them.
func (x *index) mayBegin(text []byte) bool {
	if !x.begins[text[0]] {
		return false
	}
	i := sort.Search(len(x.forms), func(i int) bool { return x.forms[i].text >= string(text) })
	return i < len(x.forms) && strings.HasPrefix(x.forms[i].text, string(text))
}
