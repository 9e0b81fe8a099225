package mask_test

import (
	"bytes"
	"fmt"
	"testing"

	"example.org/secret/vault/mask"
)

func TestGrowing(t *testing.T) {
	var b bytes.Buffer
	g := mask.NewGrowing([]byte("hunter1"))
	w := g.Writer(&b)
	fmt.Fprint(w, "hunter1 hunter2 hunt")
	g.Add([]byte("hunter2"))
	fmt.Fprint(w, " hunter1 hunt")
	fmt.Fprint(w, "er2")
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if got, want := b.String(), "***** hunter2 hunt ***** *****"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
