package mask_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"example.org/secret/vault/mask"
)

// randomValues returns values of a length that are made of the letters.
func randomValues(many, length int, letters string) [][]byte {
	rnd := rand.New(rand.NewPCG(1, 2))
	values := make([][]byte, many)
	for i := range values {
		values[i] = make([]byte, length)
		for j := range values[i] {
			values[i][j] = letters[rnd.IntN(len(letters))]
		}
	}
	return values
}

const (
	alphanumeric = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
	printable    = alphanumeric + "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~ "
)

var sets = []struct {
	name   string
	values [][]byte
}{
	{"1x20B", randomValues(1, 20, printable)},
	{"1000x40B", randomValues(1000, 40, alphanumeric)},
	{"1000x40B,printable", randomValues(1000, 40, printable)},
	{"1000x200B", randomValues(1000, 200, alphanumeric)},
	{"1000x200B,printable", randomValues(1000, 200, printable)},
	{"1x1MiB", randomValues(1, 1<<20, printable)},
}

func BenchmarkNew(b *testing.B) {
	for _, set := range sets {
		b.Run(set.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				mask.New(set.values...)
			}
		})
	}
}

func BenchmarkMask(b *testing.B) {
	var log strings.Builder
	for i := range 20_000 {
		fmt.Fprintf(&log, "2026-11-23 12:00:%02d GET /index.html?page=%d 200 hunted by user-%x\n", i%60, i, i*i)
	}
	binary := make([]byte, 1<<20)
	rand.NewChaCha8([32]byte{}).Read(binary)
	for _, set := range sets {
		m := mask.New(set.values...)
		for _, text := range []struct {
			name string
			text []byte
		}{
			{"log", []byte(log.String())},
			{"binary", binary},
			{"base64", []byte(base64.StdEncoding.EncodeToString(binary))},
			{"hex", fmt.Appendf(nil, "%x", binary)},
			{"values", bytes.Repeat(bytes.Join(set.values, []byte("\n")), 1+(1<<20)/len(set.values)/len(set.values[0]))},
		} {
			b.Run(set.name+"/"+text.name, func(b *testing.B) {
				b.SetBytes(int64(len(text.text)))
				for b.Loop() {
					m.Mask(text.text)
				}
			})
		}
	}
}
