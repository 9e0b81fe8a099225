package secretview

import (
	"bytes"
	"slices"
	"strings"

	"example.org/secret/cmd/secret/internal/connurl"
	"example.org/secret/cmd/secret/internal/environ"
	"example.org/secret/cmd/secret/internal/picked"
	"example.org/secret/cmd/secret/internal/usage"
	"example.org/secret/cmd/secret/internal/yamltext"
	"example.org/secret/vault"
)

// Formats returns the ways to print a value. The empty format is raw as well, and is safe at a terminal.
func Formats() []string { return []string{"raw", "json", "yaml", "env", "shell", "url"} }

// CheckFormat returns [vault.ErrInvalid] for a format that is neither empty nor in [Formats].
func CheckFormat(format string) error {
	if format == "" || slices.Contains(Formats(), format) {
		return nil
	}
	return usage.Errorf("unknown format %q; the formats are %s", format, strings.Join(Formats(), ", "))
}

// Value prints a value in a format.
func (v View) Value(p picked.Value, format string) error {
	switch format {
	case "json":
		if p.IsWhole() {
			return v.Out.JSON(p.Version.Fields)
		}
		return v.Out.JSON(p.Bytes)
	case "yaml":
		return v.yaml(p)
	case "env":
		return v.variables(p, "dotenv")
	case "shell":
		return v.variables(p, "sh")
	case "url":
		if p.Kind() != vault.Credential || p.Field != "" {
			return usage.Errorf("--format url is for a whole credential; %q is a %s secret", p.Secret.Name, p.Kind())
		}
		text, err := connurl.Format(p.Version.Fields)
		if err != nil {
			return err
		}
		return v.Out.Text(v.line([]byte(text)))
	}
	if p.IsWhole() {
		return v.Out.JSON(p.Version.Fields)
	}
	if format == "raw" {
		return v.Out.Write(v.line(p.Bytes))
	}
	return v.Out.Text(v.line(p.Bytes))
}

// line returns the value. At a terminal it ends in a newline.
func (v View) line(value []byte) []byte {
	if v.Out.StdoutIsTerminal && !bytes.HasSuffix(value, []byte("\n")) {
		return append(slices.Clone(value), '\n')
	}
	return value
}

func (v View) yaml(p picked.Value) error {
	document := yamltext.Scalar(p.Bytes)
	if p.IsWhole() {
		document = yamltext.Mapping(p.Version.Fields)
	}
	text, err := yamltext.Encode(document)
	if err != nil {
		return err
	}
	return v.Out.Text(text)
}

// variables prints variables for a .env file or for a shell.
func (v View) variables(p picked.Value, dialect string) error {
	variables, err := environ.Variables(p, "")
	if err != nil {
		return err
	}
	var b strings.Builder
	for _, variable := range variables {
		b.WriteString(environ.Assignment(dialect, variable))
	}
	return v.Out.Text([]byte(b.String()))
}
