//go:build !linux

package keyring

import gokeyring "github.com/zalando/go-keyring"

func (k OS) reachable() error { return nil }

func lookUp(account string) (string, error) { return gokeyring.Get(service, account) }

func isLocked(error) bool { return false }
