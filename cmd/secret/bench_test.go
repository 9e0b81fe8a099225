//go:build unix

package main_test

import (
	"bufio"
	"crypto/rand"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"example.org/secret/crypto"
	"example.org/secret/vault"
	"example.org/secret/vault/durable"
)

// These compare whole processes, in turn within one run, by their medians:
//
//	go test -run '^$' -bench . -benchtime 100x ./cmd/secret
//
// The times depend on the machine, and the ratios are promised. Packages vault and crypto measure the work inside one
// process.

// rival is a command line that is measured against others.
type rival struct {
	name    string
	command func() *exec.Cmd
}

// compare runs the rivals in turn and reports the median time of each. It returns
// the medians.
func compare(b *testing.B, rivals ...rival) []time.Duration {
	b.Helper()
	times := make([][]time.Duration, len(rivals))
	for b.Loop() {
		for i, r := range rivals {
			cmd := r.command()
			began := time.Now()
			if output, err := cmd.CombinedOutput(); err != nil {
				b.Fatalf("%v: %v: %s", cmd, err, output)
			}
			times[i] = append(times[i], time.Since(began))
		}
	}
	medians := make([]time.Duration, len(rivals))
	for i, r := range rivals {
		slices.Sort(times[i])
		medians[i] = times[i][len(times[i])/2]
		b.ReportMetric(float64(medians[i].Microseconds())/1000, "ms/"+r.name)
	}
	b.ReportMetric(0, "ns/op") // of all rivals together, which says nothing
	return medians
}

// reportRatio reports the ratio of the first median to the second, with the highest ratio that is promised.
func reportRatio(b *testing.B, medians []time.Duration, promised string) {
	b.ReportMetric(float64(medians[0])/float64(medians[1]), "ratio(max."+promised+")")
}

// The cost above that of a program with the same packages that does nothing.
func BenchmarkGetAndNothing(b *testing.B) {
	o := newOwner(b, build(b, "."))
	// The comparison is fair only while both link the same.
	if theirs, ours := imports(b, "./testdata/nothing"), imports(b, "."); theirs != ours {
		b.Fatalf("testdata/nothing imports\n%s\nand not\n%s", theirs, ours)
	}
	nothing := build(b, "./testdata/nothing")
	medians := compare(b,
		rival{"get", func() *exec.Cmd { return o.command("get", "target") }},
		rival{"nothing", func() *exec.Cmd { return exec.Command(nothing, "get", "target") }})
	reportRatio(b, medians, "1.6")
}

// imports lists the packages of others that a program is made of.
func imports(b *testing.B, pkg string) string {
	b.Helper()
	const others = `{{with .Module}}{{if not .Main}}{{$.ImportPath}}{{end}}{{end}}`
	output, err := exec.Command("go", "list", "-deps", "-f", others, pkg).Output()
	if err != nil {
		b.Fatalf("go list %s: %v", pkg, err)
	}
	lines := strings.Fields(string(output))
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// The cost of many secrets for a command that reads one, and for one that lists them.
func BenchmarkLargeVault(b *testing.B) {
	const many = 10_000
	binary := build(b, ".")
	small, large := filledOwner(b, binary, 10), filledOwner(b, binary, many)
	b.Run("get", func(b *testing.B) {
		reportRatio(b, compare(b,
			rival{"10000", func() *exec.Cmd { return large.command("get", "group3/secret3") }},
			rival{"10", func() *exec.Cmd { return small.command("get", "group3/secret3") }}), "1.2")
	})
	b.Run("set", func(b *testing.B) {
		step := 0
		set := func(o owner) func() *exec.Cmd {
			return func() *exec.Cmd {
				step++ // few versions each, or a growing history is measured
				cmd := o.command("set", fmt.Sprintf("group%d/secret%d", step/2%10, step/2%10))
				cmd.Stdin = strings.NewReader("value")
				return cmd
			}
		}
		reportRatio(b, compare(b, rival{"10000", set(large)}, rival{"10", set(small)}), "1.2")
	})
	b.Run("list", func(b *testing.B) {
		uncached := large
		uncached.env = []string{"XDG_CACHE_HOME=" + os.DevNull} // where no file can be
		var usage []time.Duration
		var peak int64
		for b.Loop() {
			cmd := uncached.command("list")
			if output, err := cmd.Output(); err != nil || strings.Count(string(output), "\n") != many {
				b.Fatalf("list: %d lines, %v", strings.Count(string(output), "\n"), err)
			}
			usage = append(usage, cmd.ProcessState.UserTime()+cmd.ProcessState.SystemTime())
			// Linux starts to count at the memory of the parent, so that this is an upper bound.
			peak = max(peak, cmd.ProcessState.SysUsage().(*syscall.Rusage).Maxrss)
		}
		if runtime.GOOS != "darwin" {
			peak *= 1024
		}
		slices.Sort(usage)
		b.ReportMetric(float64(usage[len(usage)/2].Microseconds())/many, "µs-cpu/secret(max.70)")
		b.ReportMetric(float64(peak)/(1<<20), "MiB-peak(max.128)")
	})
}

// The cost of the keyring of the system above that of a key file.
func BenchmarkKeyringAndKeyFile(b *testing.B) {
	binary := build(b, ".")
	file := newOwner(b, binary)
	dir := b.TempDir()
	keyring := owner{binary: binary, vault: filepath.Join(dir, "vault"), keyFile: filepath.Join(dir, "none")}
	// An empty variable counts as none.
	keyring.env = []string{"SECRET_KEY_FILE=", "DBUS_SESSION_BUS_ADDRESS=" + startKeyring(b, dir)}
	keyring.fill(b)
	medians := compare(b,
		rival{"keyring", func() *exec.Cmd { return keyring.command("get", "target") }},
		rival{"key-file", func() *exec.Cmd { return file.command("get", "target") }})
	b.ReportMetric(float64((medians[0]-medians[1]).Microseconds())/1000, "ms-more(max.4)")
}

// filledOwner makes an owner with a vault of n secrets of five versions of 200 bytes.
func filledOwner(b *testing.B, binary string, n int) owner {
	b.Helper()
	dir := b.TempDir()
	o := owner{binary: binary, vault: filepath.Join(dir, "vault"), keyFile: filepath.Join(dir, "key")}
	master, err := crypto.GenerateMasterKey()
	if err != nil {
		b.Fatal(err)
	}
	if err := durable.Create(o.keyFile, []byte(master.Reveal()+"\n")); err != nil {
		b.Fatal(err)
	}
	o.must(b, "", "init")
	v := o.open(b)
	for i := range n {
		_, err := v.Upsert(vault.Name(fmt.Sprintf("group%d/secret%d", i%10, i)), func(s *vault.Secret) error {
			for range 5 {
				value := make(vault.Bytes, 150) // 200 in base64
				rand.Read(value)
				if err := s.Add(vault.NewVersion{
					Kind: vault.Plaintext, Value: vault.Value{Plain: value},
					Origin: vault.OriginSet,
				}); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	return o
}

// startKeyring starts a session bus with an unlocked gnome-keyring that ends with
// the benchmark, and returns its address.
func startKeyring(b *testing.B, dir string) string {
	b.Helper()
	for _, program := range []string{"dbus-run-session", "gnome-keyring-daemon"} {
		if _, err := exec.LookPath(program); err != nil {
			unavailable(b, "%s is not installed", program)
		}
	}
	session := exec.Command("dbus-run-session", "--", "sh", "-c",
		`printf password | gnome-keyring-daemon --unlock --components=secrets >/dev/null 2>&1; echo "$DBUS_SESSION_BUS_ADDRESS"; cat`)
	session.Env = append(os.Environ(), "HOME="+dir, "XDG_DATA_HOME="+dir, "XDG_RUNTIME_DIR="+dir)
	stdin, err := session.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	stdout, err := session.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := session.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		stdin.Close()
		io.Copy(io.Discard, stdout)
		session.Wait()
	})
	address, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		b.Fatalf("starting the keyring: %v", err)
	}
	return strings.TrimSpace(address)
}
