package exchange

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"example.org/secret/vault"
	"example.org/secret/vault/dotenv"
)

// Format is the form of a file.
type Format string

// The formats of files. Dotenv, JSON, YAML, AWS and Kubernetes can be written as
// well.
const (
	Dotenv      Format = "dotenv"
	JSON        Format = "json" // ours, or names with values
	YAML        Format = "yaml" // the same in YAML
	CSV         Format = "csv"  // a column name, and one for each field
	KeePassXC   Format = "keepassxc"
	OnePassword Format = "1password"  // CSV or 1PUX
	Bitwarden   Format = "bitwarden"  // CSV or JSON, not encrypted
	AWS         Format = "aws"        // aws secretsmanager batch-get-secret-value
	Chamber     Format = "chamber"    // chamber export --format json
	Kubernetes  Format = "kubernetes" // manifests of Secrets in YAML or JSON
)

// ImportFormats returns the formats that [Parse] reads.
func ImportFormats() []Format {
	var formats []Format
	for _, i := range importers() {
		formats = append(formats, i.format)
	}
	return formats
}

// About returns a line of help on a format that [Parse] reads, else "".
func (f Format) About() string {
	for _, i := range importers() {
		if i.format == f {
			return i.about
		}
	}
	return ""
}

// refuseEncrypted returns an error that says how to decrypt an encrypted file.
func refuseEncrypted(text []byte) error {
	for _, known := range []struct{ magic, advice string }{
		{"\x03\xd9\xa2\x9a", "it is a database of KeePass; export it as CSV"},
		{"age-encryption.org/", "it is encrypted by age; import the output of age -d"},
		{"-----BEGIN AGE ENCRYPTED FILE-----", "it is encrypted by age; import the output of age -d"},
		{"-----BEGIN PGP MESSAGE-----", "it is encrypted by gpg; import the output of gpg -d"},
		{"$ANSIBLE_VAULT;", "it is encrypted by ansible-vault; import the output of ansible-vault view"},
	} {
		if bytes.HasPrefix(text, []byte(known.magic)) {
			return formatf("%s", known.advice)
		}
	}
	return nil
}

// Detect guesses the format of a file from its content. The error is [ErrFormat].
func Detect(data []byte) (Format, error) {
	text := bytes.TrimSpace(toUTF8(data))
	if err := refuseEncrypted(text); err != nil {
		return "", err
	}
	if len(text) == 0 {
		return "", formatf("it is empty")
	}
	c := contentOf(text)
	for _, i := range importers() {
		if i.detect != nil && i.detect(c) {
			return i.format, nil
		}
	}
	return "", formatf("it looks like none of the formats that are known; name it with --format")
}

// Parse reads a file of a format. The error is [ErrFormat].
func Parse(format Format, data []byte) ([]Entry, error) {
	entries, err := parse(format, toUTF8(data))
	if err != nil {
		return nil, err
	}
	if len(entries) == 0 {
		return nil, formatf("there are no secrets in it")
	}
	slices.SortStableFunc(entries, func(a, b Entry) int { return strings.Compare(a.Name, b.Name) })
	return entries, nil
}

// toUTF8 removes the byte order mark of a text, and converts UTF-16, which PowerShell
// writes into files.
func toUTF8(data []byte) []byte {
	var order binary.ByteOrder
	switch {
	case bytes.HasPrefix(data, []byte("\xff\xfe")):
		order = binary.LittleEndian
	case bytes.HasPrefix(data, []byte("\xfe\xff")):
		order = binary.BigEndian
	default:
		return bytes.TrimPrefix(data, []byte("\ufeff"))
	}
	units := make([]uint16, 0, len(data)/2)
	for i := 2; i+1 < len(data); i += 2 {
		units = append(units, order.Uint16(data[i:]))
	}
	return []byte(string(utf16.Decode(units)))
}

func parse(format Format, data []byte) ([]Entry, error) {
	for _, i := range importers() {
		if i.format != format {
			continue
		}
		if (i.isText || isObject(data)) && !utf8.Valid(data) {
			return nil, formatf("it is not UTF-8 throughout")
		}
		return i.parse(data)
	}
	return nil, formatf("%q is not a format that can be read", format)
}

// parseDotenv reads a .env file, in which nothing is expanded.
func parseDotenv(data []byte) ([]Entry, error) {
	variables, err := dotenv.Parse(string(data))
	if err != nil {
		return nil, formatf("%v", err)
	}
	effective, replaced := dotenv.Effective(variables)
	warnings := map[string][]string{}
	for _, r := range replaced {
		warnings[r.Name] = append(warnings[r.Name],
			fmt.Sprintf("line %d: %s is given again on line %d, which counts", r.Line, r.Name, r.By))
	}
	var entries []Entry
	for _, v := range effective {
		if strings.HasPrefix(v.Value, "encrypted:") && strings.Contains(string(data), "DOTENV_PUBLIC_KEY") {
			return nil, formatf("line %d: it is encrypted by dotenvx; import the output of dotenvx decrypt --stdout", v.Line)
		}
		entry := plaintext(v.Name, []byte(v.Value))
		entry.Warnings = warnings[v.Name]
		entries = append(entries, entry)
	}
	return entries, nil
}

func parseAWS(data []byte) ([]Entry, error) {
	type secretValue struct {
		Name         string
		SecretString *string
		SecretBinary []byte
	}
	var answer struct {
		SecretValues []secretValue
		Errors       []struct{ SecretID, ErrorCode string }
		NextToken    string
		secretValue
	}
	if _, err := decodeJSON(data); err != nil {
		return nil, err
	}
	if err := json.Unmarshal(data, &answer); err != nil {
		return nil, formatf("it is not the output of aws secretsmanager")
	}
	if len(answer.Errors) > 0 {
		failed := answer.Errors[0]
		return nil, formatf("aws could not read all secrets: %q failed with %q; ask for those that you may read",
			failed.SecretID, failed.ErrorCode)
	}
	if answer.NextToken != "" {
		return nil, formatf("it is only a part: it has a NextToken for the rest")
	}
	values := answer.SecretValues
	if answer.Name != "" {
		values = append(values, answer.secretValue)
	}
	var entries []Entry
	for _, v := range values {
		value := vault.AWSValue{Binary: append([]byte{}, v.SecretBinary...)}
		if v.SecretString != nil {
			value = vault.AWSValue{String: *v.SecretString}
		}
		kind, parsed := value.Value()
		entries = append(entries, Entry{Name: v.Name, Kind: kind, Value: parsed})
	}
	return entries, nil
}
