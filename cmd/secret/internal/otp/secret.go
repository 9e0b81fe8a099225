package otp

import (
	"strconv"
	"time"

	"example.org/secret/cmd/secret/internal/picked"
	"example.org/secret/cmd/secret/internal/usage"
	"example.org/secret/vault"
)

// counterTag is the tag that keeps the counter of codes by a counter. A new version for
// each code would push older versions out of the history.
const counterTag = "hotp-counter"

// CodeOf returns the code that a secret makes now, and for how long it is valid; zero for
// a code by a counter, which is used up before it is returned, so that no other run
// returns it too. The error is [vault.ErrNotFound] for a secret without a field for codes,
// and [vault.ErrInvalid] for a field that is not one.
func CodeOf(v *vault.Vault, p picked.Value, now time.Time) (code string, left time.Duration, err error) {
	text := string(p.Bytes)
	if p.IsWhole() {
		if text = p.FieldOf("totp", "otp", "otpauth"); text == "" {
			return "", 0, p.Lacks("totp or otp, with the service's base32 secret or otpauth:// URL")
		}
	}
	key, err := Parse(text)
	if err != nil {
		return "", 0, usage.Errorf("the one-time codes of %q: %v", p.Secret.Name, err)
	}
	if key.ByCounter {
		counter, err := useCounter(v, p.Secret.Name, key.Counter)
		if err != nil {
			return "", 0, err
		}
		return key.Code(counter), 0, nil
	}
	code, left = key.At(now)
	return code, left, nil
}

// useCounter returns the next counter of a secret, and stores the one after it. The
// counter is at least first.
func useCounter(v *vault.Vault, name vault.Name, first uint64) (counter uint64, err error) {
	_, err = v.UpdateMeta(name, func(s *vault.Secret) error {
		counter = first
		if text, ok := s.Tags[counterTag]; ok {
			next, err := strconv.ParseUint(text, 10, 63)
			if err != nil {
				return usage.Errorf("the tag %s of %q is not a number; set it to the counter of the service: secret tag %s %s=N",
					counterTag, name, name, counterTag)
			}
			counter = max(first, next)
		}
		return s.Tag(counterTag, strconv.FormatUint(counter+1, 10))
	})
	return counter, err
}
