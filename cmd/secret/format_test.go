package main

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/joho/godotenv"
)

var trickyValues = []string{
	"", " ", "simple", "two words", " around ", "#no comment", "a #b", "a=b", "$HOME", "${HOME}", "$(id)", "`id`", "$$", `\$x`,
	"it's", `"`, `"quoted"`, `"it's"`, `\`, `\\`, `a\`, `\n`, `\"`, "a\nb", "\n", "a\n", "\r", "a\r\nb", "\t", "!history!",
	"x\nLD_PRELOAD=/tmp/e.so", "export A=1", "007", "+5", "1e3", "null", "~", "yes", "0x10", "2001-01-01", "- a", "? a", ": b", "a: b",
	"[a", "{a", "&a", "*a", "!a", "%a", "@a", "|", ">", "---", "...", "--- a\n--- b\n", "<<", "=", "é", "日本", "\u0085", "\u2028", "\ufeff",
	"\u00a0", "\x7f", "\x1b[2J", "\xff\xfe", "\xc3", "\ufffd", "\U000e0001", "\ufffe",
	"-----BEGIN KEY-----\nabc\n-----END KEY-----\n", "  indented\n    more\n", "a\n\n\nb\n\n", "a \nb\n", "\ta\n", strings.Repeat("x", 300),
	strings.Repeat("long words ", 40), strings.Repeat("line\n", 40),
}

func TestDotenvReadersGetWhatIsWritten(t *testing.T) {
	for _, value := range trickyValues {
		checkDotenv(t, value)
	}
}

func FuzzDotenv(f *testing.F) {
	for _, value := range trickyValues {
		f.Add(value)
	}
	f.Fuzz(func(t *testing.T, value string) {
		if strings.Contains(value, "\x00") {
			t.Skip("no variable can hold a NUL byte")
		}
		checkDotenv(t, value)
	})
}

// checkDotenv has a file with a value in it read, between two others that must
// not change. The exceptions are those that quoteDotenv names.
func checkDotenv(t *testing.T, value string) {
	t.Helper()
	file := "BEFORE=\"1\"\nVALUE=" + quoteDotenv(value) + "\nAFTER=\"2\"\n"

	read, err := godotenv.Unmarshal(file)
	switch {
	case strings.HasSuffix(value, `\`):
		if err == nil && (read["VALUE"] != value || read["AFTER"] != "2") {
			t.Errorf("godotenv misreads %q without an error, as %q", value, read)
		}
	case strings.HasSuffix(value, `"`) && strings.ContainsAny(value, "'\r"):
		if err != nil || read["AFTER"] != "2" {
			t.Errorf("godotenv reads %q as %q, %v", value, read, err)
		}
	case err != nil || len(read) != 3 || read["VALUE"] != value || read["AFTER"] != "2":
		t.Errorf("godotenv reads %q as %q, %v", value, read, err)
	}

	sh, err := exec.LookPath("sh")
	if err != nil || strings.Contains(value, "\r") {
		return
	}
	cmd := exec.Command(sh, "-c", `eval "$FILE"; printf '%s\n%s' "$AFTER" "$VALUE"`)
	cmd.Env = []string{"FILE=" + file}
	if len(file) > 100_000 {
		return // one variable of the environment cannot hold it
	}
	out, err := cmd.Output()
	if err != nil || string(out) != "2\n"+value {
		t.Errorf("sh reads %q as %q, %v", value, out, err)
	}
}
