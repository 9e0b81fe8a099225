package main

import (
	"bytes"
	"slices"
	"strings"

	"example.org/secret/cmd/secret/internal/yamltext"
	"example.org/secret/vault"

	"al.essio.dev/pkg/shellescape"
	"gopkg.in/yaml.v3"
)

// formats are the ways to print a value. The empty name is raw as well, but
// keeps a terminal from harm.
func formatNames() []string { return []string{"raw", "json", "yaml", "env", "shell", "url"} }

func parseFormat(s string) (string, error) {
	if s == "" || slices.Contains(formatNames(), s) {
		return s, nil
	}
	return "", usagef("%q is not a format; the formats are %s", s, strings.Join(formatNames(), ", "))
}

func (a *app) printValue(p picked, format string) error {
	switch format {
	case "json":
		if p.isWhole() {
			return a.printJSON(p.version.Fields)
		}
		return a.printJSON(p.bytes)
	case "yaml":
		return a.printYAML(p)
	case "env", "shell":
		return a.printVariables(p, format)
	case "url":
		if p.secret.Kind != vault.Credential || p.field != "" {
			return usagef("--format url is for a whole credential; %q is a %s secret", p.secret.Name, p.secret.Kind)
		}
		text, err := credentialURL(p.version.Fields)
		if err != nil {
			return err
		}
		return a.printText(a.lineForTerminal([]byte(text)))
	}
	if p.isWhole() {
		return a.printJSON(p.version.Fields)
	}
	if format == "raw" {
		return a.write(a.lineForTerminal(p.bytes))
	}
	return a.printText(a.lineForTerminal(p.bytes))
}

// lineForTerminal returns the value, on a terminal with a newline at its end.
func (a *app) lineForTerminal(value []byte) []byte {
	if a.stdoutIsTerminal && !bytes.HasSuffix(value, []byte("\n")) {
		return append(slices.Clone(value), '\n')
	}
	return value
}

func (a *app) printYAML(p picked) error {
	document := yamltext.Scalar(p.bytes)
	if p.isWhole() {
		document = fieldsNode(p.version.Fields)
	}
	text, err := yamltext.Encode(document)
	if err != nil {
		return err
	}
	return a.printText(text)
}

func fieldsNode(fields map[string]vault.Bytes) *yaml.Node {
	node := &yaml.Node{Kind: yaml.MappingNode}
	for _, field := range sortedKeys(fields) {
		node.Content = append(node.Content, yamltext.Scalar([]byte(field)), yamltext.Scalar(fields[field]))
	}
	return node
}

// printVariables prints variables for a .env file or for a shell.
func (a *app) printVariables(p picked, format string) error {
	variables, err := p.variables("")
	if err != nil {
		return err
	}
	var b strings.Builder
	for _, v := range variables {
		if format == "shell" {
			b.WriteString("export " + v.name + "=" + shellescape.Quote(string(v.value)) + "\n")
		} else {
			b.WriteString(v.name + "=" + quoteDotenv(string(v.value)) + "\n")
		}
	}
	return a.printText([]byte(b.String()))
}

// quoteDotenv quotes for a .env file. There is no one dialect. Most readers, and a
// shell that sources the file, agree upon single quotes around anything but a
// single quote, and where there is one upon double quotes with these escapes. Where
// they cannot agree:
//
//   - Node's readers take the escapes literally: a value with a single quote and one
//     of \ " $ ` as well is not what they make of it.
//   - A carriage return is written \r, since readers take a real one for the end
//     of a line. A shell reads a backslash and an r; --format shell is for shells.
//   - Many readers take a quote behind a backslash for an escaped one whatever
//     stands before it, and would read on into the next lines. So backslashes at
//     the end of a value stand behind the quotes, where a shell reads them and
//     those readers report an error or something else.
//   - joho/godotenv loses a quote at the end of a value in double quotes.
func quoteDotenv(value string) string {
	body := strings.TrimRight(value, `\`)
	behind := strings.Repeat(`\\`, len(value)-len(body))
	if strings.ContainsAny(body, "\\\"$`") && !strings.ContainsAny(body, "'\r") {
		return "'" + body + "'" + behind
	}
	return `"` + strings.NewReplacer(
		`\`, `\\`, `"`, `\"`, "$", `\$`, "`", "\\`", "\r", `\r`,
	).Replace(body) + `"` + behind
}
