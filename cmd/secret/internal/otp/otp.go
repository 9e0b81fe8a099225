// Package otp computes the one-time codes of RFC 6238, which a service asks for
// beside a password.
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

// Key is what a service and its user share.
type Key struct {
	secret []byte
	hash   func() hash.Hash
	digits int
	period int64 // seconds
}

// Parse reads the secret in base32, as services show it, or an otpauth:// URL, as
// their QR codes have it. Errors do not repeat the text.
func Parse(text string) (Key, error) {
	text = strings.TrimSpace(text)
	if !strings.Contains(text, "://") {
		return newKey(text, url.Values{})
	}
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "otpauth" {
		return Key{}, errors.New("it is neither base32 nor an otpauth:// URL")
	}
	if u.Host != "totp" {
		return Key{}, errors.New("only codes by time (otpauth://totp/) are supported")
	}
	return newKey(u.Query().Get("secret"), u.Query())
}

func newKey(secret string, options url.Values) (Key, error) {
	plain := strings.TrimRight(strings.NewReplacer(" ", "", "-", "").Replace(strings.ToUpper(secret)), "=")
	decoded, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(plain)
	if err != nil || len(decoded) == 0 || base32.StdEncoding.WithPadding(base32.NoPadding).EncodedLen(len(decoded)) != len(plain) {
		return Key{}, errors.New("its secret is not base32")
	}
	k := Key{secret: decoded, digits: 6, period: 30}
	switch strings.ToUpper(options.Get("algorithm")) {
	case "", "SHA1":
		k.hash = sha1.New
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

// Code returns the code at a time, and for how long it is still valid.
func (k Key) Code(now time.Time) (code string, left time.Duration) {
	seconds := now.Unix()
	mac := hmac.New(k.hash, k.secret)
	mac.Write(binary.BigEndian.AppendUint64(nil, uint64(seconds/k.period)))
	sum := mac.Sum(nil)
	offset := sum[len(sum)-1] & 15
	number := binary.BigEndian.Uint32(sum[offset:]) & 0x7fffffff
	digits := fmt.Sprintf("%010d", number)
	return digits[len(digits)-k.digits:], time.Duration(k.period-seconds%k.period) * time.Second
}
