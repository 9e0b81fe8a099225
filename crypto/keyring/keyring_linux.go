package keyring

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/godbus/dbus/v5"
	gokeyring "github.com/zalando/go-keyring"
	secretservice "github.com/zalando/go-keyring/secret_service"
)

const (
	serviceName  = "org.freedesktop.secrets"
	defaultAlias = "/org/freedesktop/secrets/aliases/default"
)

const busVariable = "DBUS_SESSION_BUS_ADDRESS"

// reachable looks for the session bus and gives its address to the D-Bus library. The library starts a bus of its own
// if it finds no address, and in a container whose user id has no name it looks only in the environment.
func (k OS) reachable() error {
	address := k.Getenv(busVariable)
	if address == "" || strings.HasPrefix(address, "autolaunch:") {
		bus := fmt.Sprintf("/run/user/%d/bus", os.Getuid())
		if info, err := os.Stat(bus); err != nil || info.Mode().Type() != os.ModeSocket {
			return fmt.Errorf("%w: no session bus in %s or at %s", ErrUnavailable, busVariable, bus)
		}
		address = "unix:path=" + bus
	}
	return os.Setenv(busVariable, address)
}

// get tries three calls first, which most reads need, before the eight of the library's Get.
func get(account string) (string, error) {
	if value, err := getQuietly(account); err == nil {
		return value, nil
	}
	return gokeyring.Get(service, account)
}

// getQuietly reads an entry of an unlocked collection. It never prompts.
func getQuietly(account string) (string, error) {
	svc, err := secretservice.NewSecretService()
	if err != nil {
		return "", err
	}
	attributes := map[string]string{"service": service, "username": account}
	items, err := svc.SearchItems(svc.GetCollection("login"), attributes)
	if isNoObject(err) {
		// KeePassXC names the collection after its database.
		items, err = svc.SearchItems(svc.Object(serviceName, defaultAlias), attributes)
	}
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
		return "", err
	}
	return string(secret.Value), nil
}

func isNoObject(err error) bool {
	switch busErrorName(err) {
	case "org.freedesktop.Secret.Error.NoSuchObject",
		"org.freedesktop.DBus.Error.UnknownObject",
		"org.freedesktop.DBus.Error.UnknownMethod",
		"org.freedesktop.DBus.Error.UnknownInterface":
		return true
	}
	return false
}

func busErrorName(err error) string {
	failure, _ := errors.AsType[dbus.Error](err)
	return failure.Name
}

// classifyBus knows the names of D-Bus errors, and the text of those that the library makes itself.
func classifyBus(err error) error {
	text := err.Error()
	switch {
	case busErrorName(err) == "org.freedesktop.Secret.Error.IsLocked":
		return ErrLocked
	case !strings.HasPrefix(text, "failed to unlock correct collection"):
		return err
	case strings.Contains(text, defaultAlias):
		return fmt.Errorf("%w, or has not been set up yet", ErrLocked)
	}
	return ErrLocked
}
