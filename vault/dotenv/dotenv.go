// Package dotenv reads .env files.
//
// The many readers of such files disagree. This one knows lines of NAME=VALUE,
// with or without export before them, and comments behind #. A value stands in
// single quotes, where every character is itself; in double quotes, where \n, \r,
// \t, \\, \", \$ and \` are escapes; or bare, up to the end of the line or a # with
// white space before it. Quoted values may go over several lines, and \\ behind the
// quotes is a backslash more, as in a shell. A name may have dots and hyphens, as in
// Node's reader; not every user of a variable takes those.
//
// Nothing is ever expanded: a password with a dollar in it stays one. Where other
// readers would expand ${NAME} or $(COMMAND), the file is refused instead of being
// read differently.
package dotenv

import (
	"errors"
	"fmt"
	"strings"
)

// Variable is one line of a file.
type Variable struct {
	Name, Value string
	Line        int
}

// Replaced is an assignment that a later one in the same file replaces.
type Replaced struct {
	Name     string
	Line, By int // the lines of the two
}

// Effective returns the variables that count, in their order: of several assignments to
// one name the last, as the programs that read such files have it.
func Effective(all []Variable) (effective []Variable, replaced []Replaced) {
	last := map[string]int{}
	for i, v := range all {
		last[v.Name] = i
	}
	for i, v := range all {
		if by := last[v.Name]; by != i {
			replaced = append(replaced, Replaced{v.Name, v.Line, all[by].Line})
			continue
		}
		effective = append(effective, v)
	}
	return effective, replaced
}

// Parse returns the variables of a file in their order. Errors name a line and
// nothing that could be a value.
func Parse(text string) ([]Variable, error) {
	p := &parser{rest: strings.TrimPrefix(text, "\ufeff"), line: 1}
	if strings.IndexByte(text, 0) >= 0 {
		return nil, errors.New("the file holds a NUL byte, which no variable can")
	}
	var all []Variable
	for p.skipToName() {
		v, err := p.variable()
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", p.line, err)
		}
		all = append(all, v)
	}
	return all, nil
}

type parser struct {
	rest string
	line int
}

func (p *parser) advance(n int) string {
	passed := p.rest[:n]
	p.line += strings.Count(passed, "\n")
	p.rest = p.rest[n:]
	return passed
}

// skipToName passes over blank lines and comments and reports whether anything
// is left.
func (p *parser) skipToName() bool {
	for {
		p.advance(len(p.rest) - len(strings.TrimLeft(p.rest, " \t\r\n")))
		if !strings.HasPrefix(p.rest, "#") {
			return p.rest != ""
		}
		p.advance(lineLength(p.rest))
	}
}

func lineLength(s string) int {
	if end := strings.IndexByte(s, '\n'); end >= 0 {
		return end
	}
	return len(s)
}

func (p *parser) variable() (Variable, error) {
	v := Variable{Line: p.line}
	equals := strings.IndexByte(p.rest[:lineLength(p.rest)], '=')
	if equals < 0 {
		return v, errors.New("there is no = in it")
	}
	v.Name = strings.Trim(p.advance(equals), " \t")
	p.advance(1)
	if words := strings.Fields(v.Name); len(words) == 2 && words[0] == "export" {
		v.Name = words[1]
	}
	if !isName(v.Name) {
		// It is not shown: it may be a line of a value that lacks its quotes.
		return v, errors.New("the text before = is not a name: a name has letters, digits, _ . and -")
	}
	p.advance(len(p.rest) - len(strings.TrimLeft(p.rest, " \t")))
	var err error
	switch {
	case strings.HasPrefix(p.rest, "'"):
		v.Value, err = p.singleQuoted()
	case strings.HasPrefix(p.rest, `"`):
		v.Value, err = p.doubleQuoted()
	default:
		return p.bare(v)
	}
	if err != nil {
		return v, err
	}
	for strings.HasPrefix(p.rest, `\\`) {
		p.advance(2)
		v.Value += `\`
	}
	behind := strings.Trim(p.rest[:lineLength(p.rest)], " \t\r")
	if behind != "" && !strings.HasPrefix(behind, "#") {
		return v, errors.New("there is something behind the closing quote")
	}
	p.advance(lineLength(p.rest))
	return v, nil
}

func isName(s string) bool {
	for _, c := range []byte(s) {
		letter := 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
		if !letter && (c < '0' || c > '9') && !strings.ContainsRune("_.-", rune(c)) {
			return false
		}
	}
	return s != ""
}

func (p *parser) bare(v Variable) (Variable, error) {
	line := p.rest[:lineLength(p.rest)]
	for i := range len(line) {
		if line[i] == '#' && (i == 0 || line[i-1] == ' ' || line[i-1] == '\t') {
			line = line[:i]
			break
		}
	}
	v.Value = strings.Trim(line, " \t\r")
	if err := refuseExpansion(v.Value); err != nil {
		return v, err
	}
	p.advance(lineLength(p.rest))
	return v, nil
}

func refuseExpansion(s string) error {
	if strings.Contains(s, "${") || strings.Contains(s, "$(") {
		return errExpansion
	}
	return nil
}

var errExpansion = errors.New("${NAME} and $(COMMAND) are not expanded here; if they are meant as they stand, put the" +
	" value into single quotes")

func (p *parser) singleQuoted() (string, error) {
	end := strings.IndexByte(p.rest[1:], '\'')
	if end < 0 {
		return "", errors.New("the single quote is not closed")
	}
	quoted := p.advance(end + 2)
	return quoted[1 : end+1], nil
}

// The characters of escapes, and the characters that they stand for.
const (
	escapes = "nrt\\\"$`"
	escaped = "\n\r\t\\\"$`"
)

func (p *parser) doubleQuoted() (string, error) {
	var b strings.Builder
	for i := 1; i < len(p.rest); i++ {
		c := p.rest[i]
		switch {
		case c == '"':
			p.advance(i + 1)
			return b.String(), nil
		case c == '\\' && i+1 < len(p.rest):
			i++
			if known := strings.IndexByte(escapes, p.rest[i]); known >= 0 {
				b.WriteByte(escaped[known])
				continue
			}
			// As in a shell, where it stands for itself and the backslash stays.
			b.WriteByte('\\')
			b.WriteByte(p.rest[i])
		case c == '$' && i+1 < len(p.rest) && (p.rest[i+1] == '{' || p.rest[i+1] == '('):
			p.advance(i)
			return "", errExpansion
		default:
			b.WriteByte(c)
		}
	}
	return "", errors.New("the double quote is not closed")
}
