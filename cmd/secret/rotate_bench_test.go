//go:build unix

package main_test

import (
	"fmt"
	"os"
	"os/exec"
	"testing"
	"time"

	"example.org/secret/rotate"
	"example.org/secret/vault"
)

// An hourly run that finds nothing due, where half of the secrets are in grace, costs no more than a list of the
// secrets, with the cache of the list and without.
func BenchmarkDueAndList(b *testing.B) {
	const many = 10_000
	o := filledOwner(b, build(b, "."), many)
	v := o.open(b)
	now := time.Now()
	idle := rotate.Rotation{Enabled: true, Rotator: "app", Schedule: "30d", Since: now}
	inGrace := idle
	inGrace.Grace, inGrace.Run = 86400, &rotate.Run{Step: rotate.Finish, FinishAt: now.Add(24 * time.Hour)}
	for i := range many {
		rotation := idle
		if i%2 == 0 {
			rotation = inGrace
		}
		_, err := v.Update(vault.Name(fmt.Sprintf("group%d/secret%d", i%10, i)), rotation.Save)
		if err != nil {
			b.Fatal(err)
		}
	}
	if output, err := o.command("rotate", "--due").CombinedOutput(); err != nil || len(output) > 0 {
		b.Fatalf("%v: %s", err, output)
	}
	for name, env := range map[string][]string{"cached": nil, "uncached": {"XDG_CACHE_HOME=" + os.DevNull}} {
		b.Run(name, func(b *testing.B) {
			o := o
			o.env = env
			reportRatio(b, compare(b,
				rival{"due", func() *exec.Cmd { return o.command("rotate", "--due") }},
				rival{"list", func() *exec.Cmd { return o.command("list") }}), "1")
		})
	}
}
