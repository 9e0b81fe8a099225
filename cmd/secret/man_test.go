//go:build unix

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

func TestManPages(t *testing.T) {
	dir := t.TempDir()
	env := append(scriptEnv(dir), "SOURCE_DATE_EPOCH=1772352000")
	if _, code := secretIn(t, env, "man", dir); code != 0 {
		t.Fatalf("man exits with %d", code)
	}
	var want []string
	walkCommands(newRootCommand(newApp()), func(cmd *cobra.Command) {
		want = append(want, strings.ReplaceAll(cmd.CommandPath(), " ", "-")+".1")
		checkManPage(t, dir, cmd)
	})
	for _, topic := range newTopics() {
		if topic.Name() != "environment" { // secret(1) has it
			want = append(want, "secret-"+topic.Name()+".7")
			checkTopicPage(t, filepath.Join(dir, "secret-"+topic.Name()+".7"), topic.Long)
		}
	}
	pages, err := filepath.Glob(filepath.Join(dir, "*.[17]"))
	if err != nil {
		t.Fatal(err)
	}
	for i, page := range pages {
		pages[i] = filepath.Base(page)
	}
	slices.Sort(want)
	if !slices.Equal(pages, want) || len(pages) < 25 {
		t.Errorf("there are the pages %q, want %q", pages, want)
	}
}

// walkCommands calls f for every command that people see, but for cobra's own.
func walkCommands(cmd *cobra.Command, f func(*cobra.Command)) {
	if cmd.Hidden || cmd.Name() == "help" || cmd.IsAdditionalHelpTopicCommand() {
		return
	}
	f(cmd)
	for _, sub := range cmd.Commands() {
		walkCommands(sub, f)
	}
}

func checkManPage(t *testing.T, dir string, cmd *cobra.Command) {
	t.Helper()
	path := filepath.Join(dir, strings.ReplaceAll(cmd.CommandPath(), " ", "-")+".1")
	source, err := os.ReadFile(path)
	if err != nil {
		t.Error(err)
		return
	}
	if !strings.Contains(string(source), " 2026-03-01 ") {
		t.Errorf("%s is not dated as SOURCE_DATE_EPOCH says", path)
	}
	text, ok := rendered(t, path)
	if !ok {
		return
	}
	if !cmd.HasParent() && !strings.Contains(text, " ENVIRONMENT SECRET_VAULT the vault's directory ") {
		t.Errorf("the page of %s does not show the environment variables", cmd.CommandPath())
	}
	for _, want := range []string{
		" SYNOPSIS " + strings.TrimSuffix(cmd.UseLine(), " [flags]"), " DESCRIPTION ", " OPTIONS ",
		"--vault string the vault's directory",
		" EXAMPLES " + words(cmd.Example), " EXIT STATUS 0 done 1 failed ",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the page of %s does not show %q", cmd.CommandPath(), want)
		}
	}
}

func checkTopicPage(t *testing.T, path, text string) {
	t.Helper()
	page, ok := rendered(t, path)
	plain := func(text string) string { return strings.ReplaceAll(text, " o ", " ") } // without the points of lists
	if want := plain(words(strings.ReplaceAll(text, "\n- ", "\n"))); ok && !strings.Contains(plain(page), want) {
		t.Errorf("%s does not show the topic", path)
	}
}

// rendered returns the words of a page as mandoc shows them, unless there is no mandoc.
func rendered(t *testing.T, path string) (text string, ok bool) {
	t.Helper()
	if _, err := exec.LookPath("mandoc"); err != nil && os.Getenv("SECRET_TEST_SERVICES") != "required" {
		return "", false
	}
	if out, err := exec.Command("mandoc", "-T", "lint", "-W", "warning", path).CombinedOutput(); err != nil {
		t.Errorf("mandoc: %v\n%s", err, out)
	}
	out, err := exec.Command("mandoc", "-T", "ascii", "-O", "width=200", path).Output()
	if err != nil {
		t.Fatal(err)
	}
	return words(regexp.MustCompile(".\b").ReplaceAllString(string(out), "")), true // bold and underlined
}

// words is text without regard to how it is laid out.
func words(text string) string { return strings.Join(strings.Fields(text), " ") }

func TestEveryCommandHasExamples(t *testing.T) {
	count := 0
	walkCommands(newRootCommand(newApp()), func(cmd *cobra.Command) {
		count++
		if cmd.Example == "" || cmd.Short == "" {
			t.Errorf("%s has no example or no short description", cmd.CommandPath())
		}
		for line := range strings.Lines(cmd.Example) {
			if !strings.HasPrefix(line, "  ") {
				t.Errorf("%s has an example that is not indented: %q", cmd.CommandPath(), line)
			}
		}
	})
	if count < 25 {
		t.Errorf("looked at %d commands only", count)
	}
}
