//go:build linux

package keyringtest

import (
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"
)

// Gnome is a gnome-keyring-daemon with a home of its own.
type Gnome struct {
	Address string // of its session bus
	home    string
	stop    func()
}

// StartGnome starts a daemon whose login keyring is new and unlocked.
func StartGnome(t *testing.T) *Gnome {
	t.Helper()
	return startGnome(t, "--unlock")
}

// StartGnomeWithoutKeyring starts a daemon that has no login keyring yet.
func StartGnomeWithoutKeyring(t *testing.T) *Gnome {
	t.Helper()
	return startGnome(t)
}

func startGnome(t *testing.T, args ...string) *Gnome {
	t.Helper()
	Need(t, "gnome-keyring-daemon")
	address, _ := Bus(t)
	g := &Gnome{Address: address, home: t.TempDir()}
	g.start(t, args...)
	return g
}

// Lock starts the daemon again, as after a login without a password.
func (g *Gnome) Lock(t *testing.T) {
	t.Helper()
	g.stop()
	g.start(t)
}

func (g *Gnome) start(t *testing.T, args ...string) {
	t.Helper()
	conn := connect(t, g.Address)
	if err := conn.AddMatchSignal(dbus.WithMatchInterface("org.freedesktop.DBus"),
		dbus.WithMatchMember("NameOwnerChanged"), dbus.WithMatchArg(0, serviceName)); err != nil {
		t.Fatal(err)
	}
	changes := make(chan *dbus.Signal, 8)
	conn.Signal(changes)
	args = append(args, "--foreground", "--components=secrets", "--control-directory="+t.TempDir())
	cmd := exec.Command("gnome-keyring-daemon", args...)
	cmd.Env = []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + g.home, "XDG_DATA_HOME=" + g.home, "XDG_CONFIG_HOME=" + g.home,
		"XDG_CACHE_HOME=" + g.home, "XDG_RUNTIME_DIR=" + g.home, "DBUS_SESSION_BUS_ADDRESS=" + g.Address,
	}
	cmd.Stdin = strings.NewReader("login password")
	g.stop = start(t, cmd)
	deadline := time.After(startTimeout)
	for {
		select {
		case change := <-changes:
			if owner, ok := change.Body[2].(string); ok && owner != "" {
				return
			}
		case <-deadline:
			t.Fatal("gnome-keyring-daemon did not take its name on the bus")
		}
	}
}
