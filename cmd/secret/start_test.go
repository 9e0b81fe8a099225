package main_test

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// TestStart bounds the cost of each start: the size of the program, and the work of its packages before main.
func TestStart(t *testing.T) {
	const maxSize, maxBytes = 12 << 20, 256 << 10
	binary := build(t, ".")
	info, err := os.Stat(binary)
	if err != nil {
		t.Fatal(err)
	}
	if info.Size() >= maxSize {
		t.Errorf("the program has %d bytes; the limit is %d", info.Size(), maxSize)
	}
	o := owner{binary: binary, env: []string{"GODEBUG=inittrace=1"}}
	var best initCost
	for i := range 10 { // the quickest, since others use the machine too
		if cost := parseInitTrace(t, run(t, o.command("version"), "").stderr); i == 0 ||
			cost.milliseconds < best.milliseconds {
			best = cost
		}
	}
	t.Logf("%d bytes; %d packages start in %.2f ms with %d bytes", info.Size(), best.packages, best.milliseconds,
		best.bytes)
	if best.bytes > maxBytes {
		t.Errorf("packages start in %.2f ms with %d bytes; the limit is %d bytes; the dearest is %s",
			best.milliseconds, best.bytes, maxBytes, best.dearest)
	}
}

type initCost struct {
	packages, bytes int
	milliseconds    float64
	dearest         string
}

func parseInitTrace(t *testing.T, trace string) initCost {
	t.Helper()
	var sum initCost
	var most float64
	for line := range strings.Lines(trace) {
		var name string
		var at, clock float64
		var bytes, allocs int
		if _, err := fmt.Sscanf(line, "init %s @%f ms, %f ms clock, %d bytes, %d allocs", &name, &at, &clock, &bytes,
			&allocs); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		sum.packages++
		sum.bytes += bytes
		sum.milliseconds += clock
		if clock > most {
			most, sum.dearest = clock, strings.TrimSpace(line)
		}
	}
	if sum.packages == 0 {
		t.Fatal("no trace")
	}
	return sum
}
