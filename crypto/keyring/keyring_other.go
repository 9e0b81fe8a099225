//go:build !linux

package keyring

import gokeyring "github.com/zalando/go-keyring"

func (k OS) reachable() error { return nil }

// get asks once: after a dismissed prompt a keychain would show another.
func get(account string) (string, error) { return gokeyring.Get(service, account) }

func getQuietly(account string) (string, error) { return gokeyring.Get(service, account) }

func classifyBus(err error) error { return err }
