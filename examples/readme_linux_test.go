package examples_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// step is a command in a transcript, and its output.
type step struct {
	file            string
	line            int
	command, output string
}

// transcripts returns the steps in the console blocks of a Markdown file: those above the first section, and those
// below.
func transcripts(t *testing.T, path string) (opening, rest []step) {
	t.Helper()
	var steps []step
	inBlock := false
	for i, line := range readLines(t, path) {
		command, isCommand := strings.CutPrefix(line, "$ ")
		switch {
		case strings.HasPrefix(line, "## ") && opening == nil:
			opening, steps = steps, nil
		case strings.HasPrefix(line, "```"):
			inBlock = line == "```console"
		case inBlock && isCommand:
			steps = append(steps, step{file: filepath.Base(path), line: i + 1, command: command})
		case inBlock && len(steps) > 0:
			steps[len(steps)-1].output += line + "\n"
		}
	}
	return opening, steps
}

// topicTranscripts returns the steps in the topics of help, which are indented.
func topicTranscripts(t *testing.T) (steps []step) {
	t.Helper()
	topics, err := filepath.Glob("../cmd/secret/help/*.txt")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range topics {
		inBlock := false
		for i, line := range readLines(t, path) {
			text, indented := strings.CutPrefix(line, "  ")
			command, isCommand := strings.CutPrefix(text, "$ ")
			switch {
			case indented && isCommand:
				inBlock = true
				steps = append(steps, step{file: filepath.Base(path), line: i + 1, command: command})
			case indented && inBlock:
				steps[len(steps)-1].output += text + "\n"
			default:
				inBlock = false
			}
		}
	}
	return steps
}

func readLines(t *testing.T, path string) []string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(string(text), "\n")
}

// volatile is the text that differs from one run to the next.
var volatile = []struct {
	what        *regexp.Regexp
	replacement string
}{
	// The test has no keyring; a key file takes its place, and is announced.
	{regexp.MustCompile(`(?m)^The master key is in .*\n`), ""},
	{regexp.MustCompile(`\d{4}-\d\d-\d\d \d\d:\d\d:\d\d [+-]\d\d:\d\d \(\w+\)`), "TIME"},
	{regexp.MustCompile(`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,3})?Z`), "TIME"},
	{regexp.MustCompile(`\d{4}-\d\d-\d\d( \d\d:\d\d\b)?`), "DATE"},
	// A progress line is overwritten.
	{regexp.MustCompile(`(\r\x1b\[K[^\r\n]*)*\r\x1b\[K`), ""},
	{regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`), "UUID"},
	{recoveryWords, "WORDS"},
	{regexp.MustCompile(`://app:.*@`), "://app:PASSWORD@"},
	// The width of a column depends on these.
	{regexp.MustCompile(`[ \t]+`), " "},
	{regexp.MustCompile(`(?m) $`), ""},
}

var recoveryWords = regexp.MustCompile(`\b[a-z]+(-[a-z]+){7,}\b`)

func settle(text, home string) string {
	text = strings.ReplaceAll(text, home, "/home/ana")
	text = strings.ReplaceAll(text, bin+"/", "/usr/local/bin/")
	for _, v := range volatile {
		text = v.what.ReplaceAllString(text, v.replacement)
	}
	return text
}

// hidden is an answer that README.md does not show.
func hidden(prompt, text string) answer {
	return answer{prompt, func(string) string { return text }, true}
}

func TestReadme(t *testing.T) {
	need(t, "bash")
	need(t, "git")
	opening, rest := transcripts(t, "../README.md")
	topics := topicTranscripts(t)
	if len(opening) < 3 || len(rest) < 15 || len(topics) < 10 {
		t.Fatalf("found %d, %d and %d commands", len(opening), len(rest), len(topics))
	}
	t.Run("opening", func(t *testing.T) {
		// By somebody who has a vault already.
		opening := append([]step{{command: "secret init --no-recovery >/dev/null 2>&1"}}, opening...)
		checkTranscript(t, readmeUser(t), opening, []answer{
			hidden("Value of openai/key: ", "sk-proj-4242"),
			hidden("Value of openai/key: ", "sk-proj-4343"),
		})
	})
	t.Run("tour and topics", func(t *testing.T) {
		checkTranscript(t, readmeUser(t), append(rest, topics...), []answer{
			{"lost? [y/N] ", func(string) string { return "y" }, false},
			{"from your paper: ", func(output string) string { return recoveryWords.FindString(output) }, false},
			hidden("Value of openai/key: ", "sk-proj-4242"),
			hidden("PUBLISHABLE_KEY: ", "pk_live_51"),
			hidden("SECRET_KEY: ", "sk_live_99"),
		})
	})
}

func readmeUser(t *testing.T) map[string]string {
	return map[string]string{
		"SECRET_KEY_FILE": filepath.Join(t.TempDir(), "key"),
		"GIT_AUTHOR_NAME": "Ana", "GIT_AUTHOR_EMAIL": "ana@example.org",
		"GIT_COMMITTER_NAME": "Ana", "GIT_COMMITTER_EMAIL": "ana@example.org",
	}
}

// checkTranscript types the commands into one shell and compares the output of each with that in the file. It returns
// the user's home and environment.
func checkTranscript(t *testing.T, user map[string]string, steps []step,
	answers []answer,
) (home string, environ []string) {
	t.Helper()
	home, environ = newHome(t, user)
	const mark = "\x1e"
	var script strings.Builder
	script.WriteString("umask 022\n")
	for _, s := range steps {
		fmt.Fprintf(&script, "%s\nprintf '%s'\n", s.command, mark)
	}
	path := filepath.Join(t.TempDir(), "transcript.sh")
	if err := os.WriteFile(path, []byte(script.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("bash", path)
	cmd.Env, cmd.Dir = environ, home
	outputs := strings.Split(atTerminal(t, cmd, answers), mark)
	if len(outputs) != len(steps)+1 {
		t.Fatalf("%d outputs of %d commands: %q", len(outputs)-1, len(steps), outputs)
	}
	for i, s := range steps {
		if got, want := settle(outputs[i], home), settle(s.output, home); got != want {
			t.Errorf("%s:%d: %s\nprints\n%s\nand not\n%s", s.file, s.line, s.command, outputs[i], s.output)
		}
	}
	return home, environ
}
