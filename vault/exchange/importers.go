package exchange

import (
	"bytes"
	"encoding/json"
	"strings"
)

// importer reads one format. A new format needs an importer in [importers], and a sample
// of the same name in testdata.
type importer struct {
	format Format
	about  string               // a line of help
	detect func(c content) bool // nil if the format is read only by its name
	parse  func(data []byte) ([]Entry, error)
	isText bool // always UTF-8; a format in JSON is so anyway
}

// importers returns the table of formats in the order in which they are detected:
// a special format comes before the general one that it is written in.
func importers() []importer {
	return []importer{
		{
			format: AWS, about: "AWS Secrets Manager (JSON of batch-get-secret-value)",
			detect: func(c content) bool {
				return c.members["SecretValues"] || c.members["SecretString"] || c.members["SecretBinary"]
			},
			parse: parseAWS, isText: true,
		},
		{
			format: Bitwarden, about: "exports of Bitwarden (CSV, JSON)",
			detect: func(c content) bool {
				isEncrypted := c.members["encrypted"] && (c.members["data"] || c.members["items"])
				hasGroups := c.members["folders"] || c.members["collections"]
				return isEncrypted || c.members["items"] && hasGroups || c.columns["login_password"]
			},
			parse: parseBitwarden,
		},
		{
			format: Kubernetes, about: "manifests (YAML, JSON), of which only Secrets are read",
			detect: func(c content) bool {
				isYAML := c.mark == ':' && startsLine(c.text, "apiVersion:") && startsLine(c.text, "kind:")
				return isYAML || c.members["apiVersion"] && c.members["kind"]
			},
			parse: parseKubernetes, isText: true,
		},
		{
			format: KeePassXC, about: "exports of KeePassXC (CSV)",
			detect: func(c content) bool { return c.columns["title"] && c.columns["group"] && c.columns["password"] },
			parse:  func(data []byte) ([]Entry, error) { return parseCSV(KeePassXC, data) },
		},
		{
			format: OnePassword, about: "exports of 1Password (CSV, 1PUX)",
			detect: func(c content) bool {
				return isZip(c.text) || c.columns["title"] && c.columns["password"]
			},
			parse: parseOnePassword,
		},
		{
			format: CSV, about: "CSV with a column name, and exports of browsers",
			detect: func(c content) bool { return c.columns["name"] || isLogins(c.columns) },
			parse:  func(data []byte) ([]Entry, error) { return parseCSV(CSV, data) },
		},
		{
			format: Dotenv, about: ".env files",
			detect: func(c content) bool { return c.mark == '=' },
			parse:  parseDotenv,
		},
		{
			format: Chamber, about: "chamber export --format json",
			parse: parseJSON, isText: true,
		},
		{
			format: JSON, about: "JSON: our own exports, or an object of names and values",
			detect: func(c content) bool { return isObject(c.text) },
			parse:  parseJSON, isText: true,
		},
		{
			format: YAML, about: "the same in YAML",
			detect: func(c content) bool { return c.mark == ':' },
			parse:  parseYAML, isText: true,
		},
	}
}

// content is a file, in the views that the detection of formats needs.
type content struct {
	text    []byte
	members map[string]bool // the names in a JSON object
	columns map[string]bool // the columns of a CSV file, in lower case
	mark    byte            // the first = or : of a file that is not JSON; see firstMark
}

func contentOf(text []byte) content {
	c := content{text: text, members: map[string]bool{}}
	switch {
	case isZip(text):
	case isObject(text):
		var members map[string]json.RawMessage
		_ = json.Unmarshal(text, &members) // the parser says where broken JSON is wrong
		for name := range members {
			c.members[name] = true
		}
	default:
		c.columns = csvColumns(text)
		c.mark = firstMark(text)
	}
	return c
}

func isZip(data []byte) bool { return bytes.HasPrefix(data, []byte("PK\x03\x04")) }

func isObject(data []byte) bool { return bytes.HasPrefix(bytes.TrimSpace(data), []byte("{")) }

// firstMark returns the first = or : of the first line that is neither blank nor a
// comment. The mark follows a name in a .env file and in YAML.
func firstMark(text []byte) byte {
	for line := range strings.Lines(string(text[:min(len(text), 1<<20)])) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") || strings.HasPrefix(line, "%") || strings.HasPrefix(line, "---") {
			continue
		}
		if i := strings.IndexAny(line, "=:"); i > 0 {
			return line[i]
		}
		return 0
	}
	return 0
}

func startsLine(text []byte, start string) bool {
	return bytes.HasPrefix(text, []byte(start)) || bytes.Contains(text, []byte("\n"+start))
}

func parseOnePassword(data []byte) ([]Entry, error) {
	if isZip(data) {
		return parse1PUX(data)
	}
	return parseCSV(OnePassword, data)
}

func parseBitwarden(data []byte) ([]Entry, error) {
	if isObject(data) {
		return parseBitwardenJSON(data)
	}
	return parseCSV(Bitwarden, data)
}
