package main_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"example.org/secret/vault"
)

const (
	contenders    = 32
	sharedSecrets = 3
)

// contender is one of many who use the same vault at once. Each of its steps is a
// process.
type contender struct {
	owner
	id        int
	sets      map[vault.Name]int
	latencies []time.Duration
}

// No value that was set is lost, no get sees another value, and no process waits for long.
func TestManyProcesses(t *testing.T) {
	skipIfShort(t)
	o := newOwner(t, build(t, "."))
	o.env = []string{"SECRET_HISTORY=1000000"}
	for i := range sharedSecrets {
		o.must(t, contendedValue(0, 0), "set", string(sharedName(i)))
	}
	duration := 2 * time.Second
	if isLong() {
		duration = 10 * time.Second
	}
	all := make([]contender, contenders)
	var running sync.WaitGroup
	end := time.Now().Add(duration)
	for i := range all {
		all[i] = contender{owner: o, id: i + 1, sets: map[vault.Name]int{}}
		running.Go(func() {
			for step := 0; time.Now().Before(end); step++ {
				all[i].step(t, step)
			}
		})
	}
	running.Wait()

	sets := map[vault.Name]int{}
	var latencies []time.Duration
	fewest, most := len(all[0].latencies), 0
	for _, c := range all {
		for name, n := range c.sets {
			sets[name] += n
		}
		latencies = append(latencies, c.latencies...)
		fewest, most = min(fewest, len(c.latencies)), max(most, len(c.latencies))
	}
	for i := range sharedSecrets {
		sets[sharedName(i)]++ // before the start
	}
	o.checkVersions(t, sets)
	slices.Sort(latencies)
	t.Logf("%d sets by %d contenders, %d to %d each; median %v, 99th of 100 %v, slowest %v", len(latencies), contenders,
		fewest, most, latencies[len(latencies)/2], latencies[len(latencies)*99/100], latencies[len(latencies)-1])
	if fewest == 0 {
		t.Errorf("of %d sets one contender had none", len(latencies))
	}
}

func sharedName(i int) vault.Name { return vault.Name(fmt.Sprintf("shared/%d", i)) }

// contendedValue is long enough to be torn, and tells whole from torn.
func contendedValue(contender, step int) string {
	return strings.Repeat(fmt.Sprintf("%d.%d ", contender, step), 600)
}

// step sets and gets a secret that all contenders share, and one of its own.
func (c *contender) step(t *testing.T, step int) {
	own := vault.Name(fmt.Sprintf("own/%d", c.id))
	for _, name := range []vault.Name{sharedName(rand.IntN(sharedSecrets)), own} {
		value := contendedValue(c.id, step)
		began := time.Now()
		if r := run(t, c.command("set", string(name)), value); r.code != 0 {
			t.Errorf("set %s: exit code %d: %s", name, r.code, r.stderr)
			return
		}
		c.latencies = append(c.latencies, time.Since(began))
		c.sets[name]++
		r := run(t, c.command("get", string(name)), "")
		if r.code != 0 {
			t.Errorf("get %s: exit code %d: %s", name, r.code, r.stderr)
			return
		}
		if name == own && r.stdout != value {
			t.Errorf("get %s, which nobody else sets: %.20q…, want %.20q…", name, r.stdout, value)
		}
		checkWhole(t, name, r.stdout)
	}
}

func checkWhole(t *testing.T, name vault.Name, value string) {
	first, _, _ := strings.Cut(value, " ")
	var contender, step int
	if _, err := fmt.Sscanf(first, "%d.%d", &contender, &step); err != nil || value != contendedValue(contender, step) {
		t.Errorf("%s holds what nobody set: %.40q…, %d bytes", name, value, len(value))
	}
}

// checkVersions finds a version, once, for every set that succeeded.
func (o owner) checkVersions(t *testing.T, sets map[vault.Name]int) {
	t.Helper()
	v := o.open(t)
	for name, n := range sets {
		s, err := v.Get(name)
		if err != nil {
			t.Error(err)
			continue
		}
		values := map[string]bool{}
		for i, version := range s.Versions {
			checkWhole(t, name, string(version.Plain))
			values[string(version.Plain)] = true
			if version.Number != i+1 {
				t.Errorf("%s has version %d as its version %d", name, version.Number, i+1)
			}
		}
		if len(s.Versions) != n || len(values) != n {
			t.Errorf("%s was set %d times and has %d versions of %d values", name, n, len(s.Versions), len(values))
		}
	}
	if left := o.leftovers(t); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}
