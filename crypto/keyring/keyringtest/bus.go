//go:build linux

// Package keyringtest starts Secret Services for tests, each on a session bus of
// its own: GNOME's, and a fake one that misbehaves as a test wants.
package keyringtest

import (
	"bufio"
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"
)

const startTimeout = 20 * time.Second

// busConfig is of a bus without .service files, so that it starts no program of this machine.
const busConfig = `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:path=DIR/bus</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
`

// Bus starts a session bus and returns its address. The bus ends with the test,
// or by stop.
func Bus(t *testing.T) (address string, stop func()) {
	t.Helper()
	Need(t, "dbus-daemon")
	dir := t.TempDir()
	config := filepath.Join(dir, "bus.conf")
	text := strings.ReplaceAll(busConfig, "DIR", dbus.EscapeBusAddressValue(dir))
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("dbus-daemon", "--config-file="+config, "--nofork", "--print-address")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	stop = start(t, cmd)
	address, err = bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("dbus-daemon said no address: %v", err)
	}
	return strings.TrimSpace(address), stop
}

// Need skips the test if program is missing, or fails it where SECRET_TEST_SERVICES requires all programs.
func Need(t *testing.T, program string) {
	t.Helper()
	if _, err := exec.LookPath(program); err == nil {
		return
	}
	if os.Getenv("SECRET_TEST_SERVICES") == "required" {
		t.Fatalf("%s is not installed", program)
	}
	t.Skipf("%s is not installed", program)
}

// Use makes address the session bus of this process until the test ends.
func Use(t *testing.T, address string) {
	t.Helper()
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", address)
	// The library shares one connection among all of its callers.
	forget := func() {
		if conn, err := dbus.SessionBus(); err == nil {
			conn.Close()
		}
	}
	forget()
	t.Cleanup(forget)
}

// start starts cmd and ends it with the test. It returns a func that ends it
// earlier.
func start(t *testing.T, cmd *exec.Cmd) (stop func()) {
	t.Helper()
	var said bytes.Buffer
	cmd.Stderr = &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	stop = sync.OnceFunc(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		if t.Failed() {
			t.Logf("%s: %s", cmd.Path, said.Bytes())
		}
	})
	t.Cleanup(stop)
	return stop
}

// connect returns a connection to the bus that ends with the test.
func connect(t *testing.T, address string, options ...dbus.ConnOption) *dbus.Conn {
	t.Helper()
	conn, err := dbus.Connect(address, options...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}
