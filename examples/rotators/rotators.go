// Package rotators holds the rotators that come with secret: small programs,
// to be written out and adjusted, that speak the protocol of rotate/PROTOCOL.md.
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

// Names lists the rotators in alphabetical order. A shell script goes by its
// name without ".sh"; the templates keep their extension.
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

// Read returns the source of a rotator, which is [fs.ErrNotExist] if there is
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

// Describe returns the one sentence that says what a rotator does, which is the
// first comment line of its source. It is empty for a name that is not known.
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
