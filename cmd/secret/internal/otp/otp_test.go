package otp_test

import (
	"encoding/base32"
	"strings"
	"testing"
	"time"

	"example.org/secret/cmd/secret/internal/otp"
)

// The vectors of RFC 6238, appendix B.
func TestVectors(t *testing.T) {
	url := func(algorithm string, length int) string {
		secret := base32.StdEncoding.EncodeToString([]byte(strings.Repeat("1234567890", 7)[:length]))
		return "otpauth://totp/x?digits=8&secret=" + strings.TrimRight(secret, "=") + "&algorithm=" + algorithm
	}
	keys := []string{url("SHA1", 20), url("SHA256", 32), url("SHA512", 64)}
	for seconds, want := range map[int64][3]string{
		59:          {"94287082", "46119246", "90693936"},
		1111111109:  {"07081804", "68084774", "25091201"},
		1111111111:  {"14050471", "67062674", "99943326"},
		1234567890:  {"89005924", "91819424", "93441116"},
		2000000000:  {"69279037", "90698825", "38618901"},
		20000000000: {"65353130", "77737706", "47863826"},
	} {
		for i, text := range keys {
			key, err := otp.Parse(text)
			if err != nil {
				t.Fatal(err)
			}
			if got, _ := key.At(time.Unix(seconds, 0)); got != want[i] {
				t.Errorf("%s at %d: got %s, want %s", text, seconds, got, want[i])
			}
		}
	}
}

// The vectors of RFC 4226, appendix D.
func TestCounterVectors(t *testing.T) {
	key, err := otp.Parse("otpauth://hotp/x?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&counter=3")
	if err != nil || !key.ByCounter || key.Counter != 3 {
		t.Fatalf("%+v, %v", key, err)
	}
	for counter, want := range []string{
		"755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583", "399871", "520489",
	} {
		if got := key.Code(uint64(counter)); got != want {
			t.Errorf("counter %d: got %s, want %s", counter, got, want)
		}
	}
}

// Each spelling gives the code that Steam's app shows.
func TestSteam(t *testing.T) {
	const secret = "HXDMVJECJJWSRB3HWIZR4IFUGFTMXBOZ"
	for _, text := range []string{
		"steam://" + secret,
		"otpauth://steam/Steam:bob?secret=" + secret + "&issuer=Steam",
		"otpauth://totp/Steam:bob?secret=" + secret + "&issuer=Steam",
		"otpauth://totp/x?secret=" + secret + "&encoder=steam&digits=5",
	} {
		key, err := otp.Parse(text)
		if err != nil {
			t.Errorf("%q: %v", text, err)
			continue
		}
		if got, _ := key.At(time.Date(2023, 1, 1, 0, 0, 0, 0, time.UTC)); got != "7W6CJ" {
			t.Errorf("%q: got %s", text, got)
		}
	}
}

func TestParse(t *testing.T) {
	at := time.Unix(59, 0)
	for _, test := range []struct{ text, want string }{
		{"GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", "287082"},
		{" gezd gnbv-gy3t qojq gezd gnbv gy3t qojq\n", "287082"},
		{"GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ====", "287082"},
		{"otpauth://totp/Example:bob@example.org?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Example", "287082"},
		{"otpauth://totp/x?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&period=60", "755224"},
	} {
		key, err := otp.Parse(test.text)
		if err != nil {
			t.Errorf("%q: %v", test.text, err)
			continue
		}
		if got, _ := key.At(at); got != test.want {
			t.Errorf("%q: got %s, want %s", test.text, got, test.want)
		}
	}
	key, _ := otp.Parse("GEZDGNBVGY3TQOJQ")
	if _, left := key.At(at); left != time.Second {
		t.Errorf("one second before the next code there is %v left", left)
	}
	for _, text := range []string{
		"", "canary!", "0189", "GEZDGNBVG", "https://example.org/canary",
		"otpauth://hotp/x?secret=GEZDGNBVGY3TQOJQ&counter=one", "otpauth://totp/x?secret=",
		"otpauth://totp/x?secret=GEZDGNBV&algorithm=canary", "otpauth://totp/x?secret=GEZDGNBV&digits=canary",
		"otpauth://totp/x?secret=GEZDGNBV&digits=40", "otpauth://totp/x?secret=GEZDGNBV&period=0",
		"otpauth://totp/%zz?canary",
	} {
		if _, err := otp.Parse(text); err == nil || strings.Contains(err.Error(), "canary") {
			t.Errorf("%q: the error is %v", text, err)
		}
	}
}
