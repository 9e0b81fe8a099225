package main

import (
	"fmt"
	"strconv"

	"example.org/secret/cmd/secret/internal/otp"
	"example.org/secret/cmd/secret/internal/picked"
	"example.org/secret/vault"
)

// counterTag is the tag that keeps the counter of codes by a counter. A new version for
// each code would push older versions out of the history.
const counterTag = "hotp-counter"

// oneTimeCode returns the code that a secret makes now. A code by a counter is used up
// before it is shown, so that no other run shows it too.
func (a *app) oneTimeCode(p picked.Value) (picked.Value, error) {
	text := string(p.Bytes)
	if p.IsWhole() {
		if text = p.FieldOf("totp", "otp", "otpauth"); text == "" {
			return p, p.Lacks("totp or otp, with the service's base32 secret or otpauth:// URL")
		}
	}
	key, err := otp.Parse(text)
	if err != nil {
		return p, usagef("the one-time codes of %q: %v", p.Secret.Name, err)
	}
	var code string
	if key.ByCounter {
		counter, err := a.useCounter(p.Secret.Name, key.Counter)
		if err != nil {
			return p, err
		}
		code = key.Code(counter)
	} else {
		var left fmt.Stringer
		code, left = key.At(a.now())
		if a.out.StdoutIsTerminal {
			a.out.Sayf("Valid for %v.\n", left)
		}
	}
	p.Field, p.Bytes = "one-time code", vault.Bytes(code)
	return p, nil
}

// useCounter returns the next counter of a secret, and stores the one after it. The
// counter is at least first.
func (a *app) useCounter(name vault.Name, first uint64) (counter uint64, err error) {
	_, err = a.opened.UpdateMeta(name, func(s *vault.Secret) error {
		counter = first
		if text, ok := s.Tags[counterTag]; ok {
			next, err := strconv.ParseUint(text, 10, 63)
			if err != nil {
				return usagef("the tag %s of %q is not a number; set it to the counter of the service: secret tag %s %s=N",
					counterTag, name, name, counterTag)
			}
			counter = max(first, next)
		}
		return s.Tag(counterTag, strconv.FormatUint(counter+1, 10))
	})
	return counter, err
}
