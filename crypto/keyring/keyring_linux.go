package keyring

import (
	"fmt"
	"os"
	"strings"

	secretservice "github.com/zalando/go-keyring/secret_service"
)

// reachable reports whether there is a session bus to call. Without one the
// D-Bus library would start its own.
func (k OS) reachable() error {
	if address := k.Getenv("DBUS_SESSION_BUS_ADDRESS"); address != "" && !strings.HasPrefix(address, "autolaunch:") {
		return nil
	}
	bus := fmt.Sprintf("/run/user/%d/bus", os.Getuid())
	if info, err := os.Stat(bus); err == nil && info.Mode().Type() == os.ModeSocket {
		return nil
	}
	return fmt.Errorf("%w: no session bus in DBUS_SESSION_BUS_ADDRESS or at %s", ErrUnavailable, bus)
}

// lookUp reads an entry of an unlocked login keyring in three calls where the
// library's Get needs eight, which is most of the time that a read takes. It
// never prompts. Any error means: ask the library.
func lookUp(account string) (string, error) {
	svc, err := secretservice.NewSecretService()
	if err != nil {
		return "", err
	}
	attributes := map[string]string{"service": service, "username": account}
	items, err := svc.SearchItems(svc.GetCollection("login"), attributes)
	if err != nil {
		return "", err
	}
	if len(items) == 0 {
		return "", ErrNotFound
	}
	session, err := svc.OpenSession()
	if err != nil {
		return "", err
	}
	secret, err := svc.GetSecret(items[0], session.Path())
	if err != nil {
		return "", fmt.Errorf("%w: %v", ErrLocked, err)
	}
	return string(secret.Value), nil
}

func isLocked(err error) bool {
	return strings.HasPrefix(err.Error(), "failed to unlock correct collection")
}
