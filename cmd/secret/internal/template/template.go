// Package template replaces references in a text by the values to which they lead.
package template

import (
	"bytes"
	"fmt"
	"regexp"

	"example.org/secret/vault"
)

// Replace replaces the references in a template, with braces or without. An error names the line of the reference.
func Replace(template []byte, resolve func(reference string) ([]byte, error)) ([]byte, error) {
	const name = `[A-Za-z0-9/_+=.@-]+`
	reference := regexp.MustCompile(`\{\{[ \t]*(` + vault.ReferenceScheme + `.*?)[ \t]*\}\}` +
		`|` + vault.ReferenceScheme + name + `(?:#[A-Za-z0-9_.%~+@/-]+)?(?:\?(?:version|label)=` + name + `)?`)
	var b bytes.Buffer
	done := 0
	for _, at := range reference.FindAllSubmatchIndex(template, -1) {
		found := template[at[0]:at[1]]
		if at[2] >= 0 {
			found = template[at[2]:at[3]]
		} else if at[0] > 0 && isWordByte(template[at[0]-1]) {
			continue // the end of another scheme
		}
		value, err := resolve(string(found))
		if err != nil {
			line := 1 + bytes.Count(template[:at[0]], []byte("\n"))
			return nil, fmt.Errorf("nothing was written: line %d of the template: %w", line, err)
		}
		b.Write(template[done:at[0]])
		b.Write(value)
		done = at[1]
	}
	b.Write(template[done:])
	return b.Bytes(), nil
}

func isWordByte(c byte) bool {
	return c >= 0x80 || c == '_' || c == '-' || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}
