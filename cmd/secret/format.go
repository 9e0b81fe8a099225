package main

import (
	"bytes"
	"slices"
	"strings"

	"example.org/secret/cmd/secret/internal/connurl"
	"example.org/secret/cmd/secret/internal/environ"
	"example.org/secret/cmd/secret/internal/picked"
	"example.org/secret/cmd/secret/internal/yamltext"
	"example.org/secret/vault"
)

// formatNames returns the ways to print a value. The empty name is raw as well, and is safe at a terminal.
func formatNames() []string { return []string{"raw", "json", "yaml", "env", "shell", "url"} }

func parseFormat(s string) (string, error) {
	if s == "" || slices.Contains(formatNames(), s) {
		return s, nil
	}
	return "", usagef("unknown format %q; the formats are %s", s, strings.Join(formatNames(), ", "))
}

func (a *app) printValue(p picked.Value, format string) error {
	switch format {
	case "json":
		if p.IsWhole() {
			return a.out.JSON(p.Version.Fields)
		}
		return a.out.JSON(p.Bytes)
	case "yaml":
		return a.printYAML(p)
	case "env":
		return a.printVariables(p, "dotenv")
	case "shell":
		return a.printVariables(p, "sh")
	case "url":
		if p.Kind() != vault.Credential || p.Field != "" {
			return usagef("--format url is for a whole credential; %q is a %s secret", p.Secret.Name, p.Kind())
		}
		text, err := connurl.Format(p.Version.Fields)
		if err != nil {
			return err
		}
		return a.out.Text(a.lineForTerminal([]byte(text)))
	}
	if p.IsWhole() {
		return a.out.JSON(p.Version.Fields)
	}
	if format == "raw" {
		return a.out.Write(a.lineForTerminal(p.Bytes))
	}
	return a.out.Text(a.lineForTerminal(p.Bytes))
}

// lineForTerminal returns the value. At a terminal it ends in a newline.
func (a *app) lineForTerminal(value []byte) []byte {
	if a.out.StdoutIsTerminal && !bytes.HasSuffix(value, []byte("\n")) {
		return append(slices.Clone(value), '\n')
	}
	return value
}

func (a *app) printYAML(p picked.Value) error {
	document := yamltext.Scalar(p.Bytes)
	if p.IsWhole() {
		document = yamltext.Mapping(p.Version.Fields)
	}
	text, err := yamltext.Encode(document)
	if err != nil {
		return err
	}
	return a.out.Text(text)
}

// printVariables prints variables for a .env file or for a shell.
func (a *app) printVariables(p picked.Value, dialect string) error {
	variables, err := environ.Variables(p, "")
	if err != nil {
		return err
	}
	var b strings.Builder
	for _, v := range variables {
		b.WriteString(environ.Assignment(dialect, v))
	}
	return a.out.Text([]byte(b.String()))
}
