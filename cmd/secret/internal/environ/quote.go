package environ

import (
	"strings"

	"al.essio.dev/pkg/shellescape"
)

// Dialects returns the shells, and dotenv, for which Assignment writes.
func Dialects() []string {
	return []string{"sh", "bash", "zsh", "fish", "powershell", "dotenv"}
}

// Assignment returns the line that sets an exported variable in a dialect.
func Assignment(dialect string, v Variable) string {
	name, value := v.Name, v.Value
	switch dialect {
	case "fish":
		return "set -gx " + name + " '" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(value) + "'\n"
	case "powershell":
		// PowerShell takes typographic quotes for its own.
		quotes := strings.NewReplacer("'", "''", "‘", "‘‘", "’", "’’", "‚", "‚‚", "‛", "‛‛")
		return "$env:" + name + " = '" + quotes.Replace(value) + "'\n"
	case "dotenv":
		return name + "=" + QuoteDotenv(value) + "\n"
	}
	return "export " + name + "=" + shellescape.Quote(value) + "\n"
}

// QuoteDotenv quotes a value for a .env file. Readers differ. Most of them, and a shell that sources the file, agree on
// single quotes around a value without a single quote, and on double quotes with these escapes around any other. They
// differ in these cases:
//
//   - The readers of Node take the escapes literally. They misread a value with a single quote and one of \ " $ `.
//   - A carriage return is written \r, because readers take a real one for the end of a line. A shell reads a backslash
//     and an r; --format shell is for shells.
//   - Many readers take a quote behind a backslash for an escaped quote, and read on into the next lines. So
//     backslashes at the end of a value stand behind the quotes. A shell reads them there; those readers report an
//     error or misread this one value.
//   - joho/godotenv loses a quote at the end of a value in double quotes.
func QuoteDotenv(value string) string {
	body := strings.TrimRight(value, `\`)
	behind := strings.Repeat(`\\`, len(value)-len(body))
	if strings.ContainsAny(body, "\\\"$`") && !strings.ContainsAny(body, "'\r") {
		return "'" + body + "'" + behind
	}
	return `"` + strings.NewReplacer(
		`\`, `\\`, `"`, `\"`, "$", `\$`, "`", "\\`", "\r", `\r`,
	).Replace(body) + `"` + behind
}
