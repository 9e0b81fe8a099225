//go:build unix

package examples_test

import (
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
)

// The benchmark measures nothing here, but its commands have to work: all peers
// that are installed.
func TestPeersBenchmark(t *testing.T) {
	if os.Getenv("SECRET_TEST_LONG") == "" {
		t.Skip("SECRET_TEST_LONG is not set")
	}
	need(t, "bash")
	cmd := exec.Command("bash", "bench/peers.sh", "--quick")
	cmd.Env = append(os.Environ(), "BENCH_SIZES=2 3", "BENCH_RUNS=1")
	var stderr strings.Builder
	cmd.Stderr = &stderr
	output, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s%s", err, output, stderr.String())
	}
	if !strings.HasPrefix(string(output),
		"| milliseconds, with | get, 2 | get, 3 | set, 2 | set, 3 | list, 2 | list, 3 |\n") {
		t.Errorf("it printed\n%s", output)
	}
	rows := map[string]bool{}
	row := regexp.MustCompile(`(?m)^\| (\S+) \S*((?: \| [0-9.]+){4}(?: \| [0-9.–]+){2}) \|$`)
	for _, match := range row.FindAllStringSubmatch(string(output), -1) {
		rows[match[1]] = true
	}
	for _, program := range []string{"secret", "age", "pass", "sops", "keepassxc-cli"} {
		if _, err := exec.LookPath(program); err != nil && program != "secret" && program != "age" {
			if !strings.Contains(stderr.String(), "# skipped: "+strings.TrimSuffix(program, "-cli")) {
				t.Errorf("it does not say that %s is missing:\n%s", program, stderr.String())
			}
			continue
		}
		if !rows[program] {
			t.Errorf("it has no figures of %s:\n%s%s", program, output, stderr.String())
		}
	}
}
