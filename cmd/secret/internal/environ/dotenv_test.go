package environ_test

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"strings"
	"testing"
	"unicode/utf8"

	"example.org/secret/cmd/secret/internal/environ"
	"example.org/secret/cmd/secret/internal/environ/environtest"
	"example.org/secret/vault/dotenv"

	"github.com/joho/godotenv"
)

func TestDotenvReadersGetWhatIsWritten(t *testing.T) {
	for _, value := range environtest.Values() {
		checkDotenv(t, value)
	}
}

func FuzzDotenv(f *testing.F) {
	for _, value := range environtest.Values() {
		f.Add(value)
	}
	f.Fuzz(func(t *testing.T, value string) {
		if strings.Contains(value, "\x00") {
			t.Skip("no variable can hold a NUL byte")
		}
		checkDotenv(t, value)
	})
}

func dotenvFile(value string) string {
	return "BEFORE=\"1\"\nVALUE=" + environ.QuoteDotenv(value) + "\nAFTER=\"2\"\n"
}

// checkDotenv has a file with a value in it read, between two others that must
// not change. The exceptions are those that environ.QuoteDotenv names.
func checkDotenv(t *testing.T, value string) {
	t.Helper()
	file := dotenvFile(value)
	ours, err := dotenv.Parse(file)
	if err != nil || len(ours) != 3 || ours[1].Value != value || ours[2].Value != "2" {
		t.Errorf("we read %q as %+v, %v", value, ours, err)
	}

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

	// One variable of the environment cannot hold more.
	if strings.Contains(value, "\r") || len(file) > 100_000 {
		return
	}
	for _, shell := range []string{"sh", "bash"} {
		path, err := exec.LookPath(shell)
		if err != nil {
			continue
		}
		cmd := exec.Command(path, "-c", `eval "$FILE"; printf '%s\n%s' "$AFTER" "$VALUE"`)
		cmd.Env = []string{"FILE=" + file}
		out, err := cmd.Output()
		if err != nil || string(out) != "2\n"+value {
			t.Errorf("%s reads %q as %q, %v", shell, value, out, err)
		}
	}
}

// The package dotenv of Node has to be where NODE_PATH says.
func TestNodeReadsDotenv(t *testing.T) {
	if err := exec.Command("node", "-e", `require("dotenv")`).Run(); err != nil {
		if os.Getenv("SECRET_TEST_SERVICES") == "required" {
			t.Fatal("node or its package dotenv is missing; see .ci/run")
		}
		t.Skip("node or its package dotenv is missing")
	}
	var values, files []string
	for _, value := range append(environtest.Values(), "it's $5", `it's\ours`, "'", "''", `a'b"c`, `'\n'`, "'#'", `"#"`) {
		if utf8.ValidString(value) && !strings.HasSuffix(value, `\`) {
			values, files = append(values, value), append(files, dotenvFile(value))
		}
	}
	input, err := json.Marshal(files)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("node", "-e", `
		const files = JSON.parse(require("fs").readFileSync(0))
		console.log(JSON.stringify(files.map(f => require("dotenv").parse(f))))`)
	cmd.Stdin = bytes.NewReader(input)
	output, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var read []map[string]string
	if err := json.Unmarshal(output, &read); err != nil || len(read) != len(files) || len(read) < 50 {
		t.Fatalf("%d of %d files were read: %v", len(read), len(files), err)
	}
	for i, value := range values {
		escaped := strings.ContainsAny(value, "'\r") && strings.ContainsAny(value, "\\\"$`")
		if (read[i]["VALUE"] == value) == escaped || read[i]["BEFORE"] != "1" || read[i]["AFTER"] != "2" {
			t.Errorf("it reads %q as %q", value, read[i])
		}
	}
}
