// Package rotators has the built-in rotators of secret: small programs to use or adjust,
// which speak the protocol of rotate/PROTOCOL.md.
package rotators

import (
	"embed"
	"fmt"
	"io/fs"
	"slices"
	"strings"
)

//go:embed *.sh template.py template.go
var files embed.FS

// Names returns the names of the rotators in alphabetical order. The name of a shell
// script has no ".sh"; the templates keep their extension.
func Names() []string {
	entries, err := files.ReadDir(".")
	if err != nil {
		panic("rotators: embedded files cannot be listed: " + err.Error())
	}
	names := make([]string, len(entries))
	for i, e := range entries {
		names[i] = strings.TrimSuffix(e.Name(), ".sh")
	}
	slices.Sort(names)
	return names
}

// Read returns the source of the rotator name. The error is [fs.ErrNotExist] if there is
// none of that name.
func Read(name string) ([]byte, error) {
	file := name
	if !strings.Contains(name, ".") {
		file += ".sh"
	}
	data, err := files.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("no rotator %q: %w", name, fs.ErrNotExist)
	}
	return data, nil
}

// Describe returns one sentence about the rotator name: the first comment line of its
// source. It is empty for an unknown name.
func Describe(name string) string {
	data, err := Read(name)
	if err != nil {
		return ""
	}
	for line := range strings.Lines(string(data)) {
		for _, mark := range []string{"# ", "// "} {
			if text, ok := strings.CutPrefix(line, mark); ok {
				return strings.TrimSpace(text)
			}
		}
	}
	return ""
}
