// Package otp computes the one-time codes that a service asks for beside a password: by
// time (TOTP, RFC 6238), by a counter (HOTP, RFC 4226), and those of Steam.
package otp

import (
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base32"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Key is the secret that a service and its user share, and how codes are made of it.
type Key struct {
	secret []byte
	hash   func() hash.Hash
	digits int
	steam  bool
	period int64 // seconds

	// ByCounter tells that each code takes a counter, which must rise with each use, and
	// not the time. Counter is the first that the key was given with.
	ByCounter bool
	Counter   uint64
}

// Parse reads the secret in base32, as services show it, an otpauth:// URL, as their QR
// codes have it, or steam:// and the secret. Errors do not repeat the text.
func Parse(text string) (Key, error) {
	text = strings.TrimSpace(text)
	if secret, ok := strings.CutPrefix(text, "steam://"); ok {
		return newKey("steam", secret, url.Values{})
	}
	if !strings.Contains(text, "://") {
		return newKey("totp", text, url.Values{})
	}
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "otpauth" {
		return Key{}, errors.New("it is neither base32 nor an otpauth:// URL")
	}
	kind, options := u.Host, u.Query()
	if kind == "totp" && (options.Get("encoder") == "steam" || options.Get("issuer") == "Steam") {
		kind = "steam"
	}
	return newKey(kind, options.Get("secret"), options)
}

func newKey(kind, secret string, options url.Values) (Key, error) {
	plain := strings.TrimRight(strings.NewReplacer(" ", "", "-", "").Replace(strings.ToUpper(secret)), "=")
	encoding := base32.StdEncoding.WithPadding(base32.NoPadding)
	decoded, err := encoding.DecodeString(plain)
	if err != nil || len(decoded) == 0 || encoding.EncodedLen(len(decoded)) != len(plain) {
		return Key{}, errors.New("its secret is not base32")
	}
	k := Key{secret: decoded, hash: sha1.New, digits: 6, period: 30}
	switch kind {
	case "totp":
	case "hotp":
		k.ByCounter = true
		if text := options.Get("counter"); text != "" {
			if k.Counter, err = strconv.ParseUint(text, 10, 63); err != nil {
				return Key{}, errors.New("its counter is not a number")
			}
		}
	case "steam":
		k.steam = true
		return k, nil
	default:
		return Key{}, errors.New("it is none of otpauth://totp/, otpauth://hotp/ and otpauth://steam/")
	}
	switch strings.ToUpper(options.Get("algorithm")) {
	case "", "SHA1":
	case "SHA256":
		k.hash = sha256.New
	case "SHA512":
		k.hash = sha512.New
	default:
		return Key{}, errors.New("its algorithm is none of SHA1, SHA256 and SHA512")
	}
	if text := options.Get("digits"); text != "" {
		if k.digits, err = strconv.Atoi(text); err != nil || k.digits < 6 || k.digits > 8 {
			return Key{}, errors.New("it asks for other than 6 to 8 digits")
		}
	}
	if text := options.Get("period"); text != "" {
		if k.period, err = strconv.ParseInt(text, 10, 32); err != nil || k.period < 1 {
			return Key{}, errors.New("its period is not a number of seconds")
		}
	}
	return k, nil
}

// At returns the code at a time, and for how long it is still valid.
func (k Key) At(now time.Time) (code string, left time.Duration) {
	seconds := now.Unix()
	return k.Code(uint64(seconds / k.period)), time.Duration(k.period-seconds%k.period) * time.Second
}

// Code returns the code for a counter.
func (k Key) Code(counter uint64) string {
	mac := hmac.New(k.hash, k.secret)
	mac.Write(binary.BigEndian.AppendUint64(nil, counter))
	sum := mac.Sum(nil)
	offset := sum[len(sum)-1] & 15
	number := binary.BigEndian.Uint32(sum[offset:]) & 0x7fffffff
	if k.steam {
		return steamCode(number)
	}
	digits := fmt.Sprintf("%010d", number)
	return digits[len(digits)-k.digits:]
}

// steamCode writes a number in the five letters of Steam's app.
func steamCode(number uint32) string {
	const letters = "23456789BCDFGHJKMNPQRTVWXY"
	var code [5]byte
	for i := range code {
		code[i] = letters[number%uint32(len(letters))]
		number /= uint32(len(letters))
	}
	return string(code[:])
}
