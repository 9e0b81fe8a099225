package rotate

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"time"
	"unicode/utf8"

	"example.org/secret/vault"
)

const (
	protocolVersion = 1

	// exitRefused is the exit code of a rotator whose service refused the pending value
	// itself, and did not apply it.
	exitRefused = 10
)

// Call is one call of a rotator.
type Call struct {
	Rotator string
	Args    []string
	Timeout time.Duration
	Step    Step
	ID      string // of the secret
	Name    vault.Name
	Token   string
	Kind    vault.Kind
	Tags    map[string]string
	// The fields of the versions; nil for a version that is not there.
	Current, Pending, Previous, Admin map[string]vault.Bytes
	// Inherit is the lock of the secret's rotators, which the rotator and its children
	// keep open. It is nil if the caller holds no lock.
	Inherit *os.File
}

// Caller calls a rotator and returns its output. The error is a [*StepError] unless the
// rotator could not be started.
type Caller func(context.Context, Call) (output []byte, err error)

// StepError is the failure of a step. The outcome is unknown unless Refused.
type StepError struct {
	Step    Step
	Refused bool   // exit code 10
	Problem string // such as "exit code 1" or "timed out after 60s"
	Reason  string // the end of standard error: one line, masked and escaped
}

func (e *StepError) Error() string {
	if e.Reason == "" {
		return fmt.Sprintf("%s: %s", e.Step, e.Problem)
	}
	return fmt.Sprintf("%s: %s: %s", e.Step, e.Problem, e.Reason)
}

// fieldsOf returns the fields of a value in the protocol, where a plaintext secret has
// the one field value.
func fieldsOf(kind vault.Kind, value vault.Value) map[string]vault.Bytes {
	if kind == vault.Plaintext {
		return map[string]vault.Bytes{"value": value.Plain}
	}
	return value.Fields
}

// input returns the document for a rotator's standard input (PROTOCOL.md, section 3).
func (c Call) input() ([]byte, error) {
	tags := c.Tags
	if tags == nil {
		tags = map[string]string{}
	}
	return json.Marshal(struct {
		Protocol int                    `json:"protocol"`
		Step     Step                   `json:"step"`
		Name     vault.Name             `json:"name"`
		Token    string                 `json:"token"`
		Kind     vault.Kind             `json:"kind"`
		Tags     map[string]string      `json:"tags"`
		Current  map[string]vault.Bytes `json:"current,omitempty"`
		Pending  map[string]vault.Bytes `json:"pending,omitempty"`
		Previous map[string]vault.Bytes `json:"previous,omitempty"`
		Admin    map[string]vault.Bytes `json:"admin,omitempty"`
	}{protocolVersion, c.Step, c.Name, c.Token, c.Kind, tags, c.Current, c.Pending, c.Previous, c.Admin})
}

const (
	maxVariable       = 131071 // with name and =; Linux accepts no more
	maxVariables      = 1 << 20
	maxModestVariable = 4096
)

// environment returns a rotator's variables without the base (PROTOCOL.md, section 4).
func (c Call) environment() []string {
	variables := []string{
		fmt.Sprintf("SECRET_PROTOCOL=%d", protocolVersion),
		"SECRET_STEP=" + string(c.Step),
		"SECRET_NAME=" + string(c.Name),
		"SECRET_TOKEN=" + c.Token,
		"SECRET_KIND=" + string(c.Kind),
	}
	var fields []string
	total := 0
	for prefix, values := range map[string]map[string]vault.Bytes{
		"CURRENT_": c.Current, "PENDING_": c.Pending, "PREVIOUS_": c.Previous, "ADMIN_": c.Admin,
	} {
		for _, variable := range fieldVariables(prefix, values) {
			fields = append(fields, variable)
			total += len(variable)
		}
	}
	for _, variable := range fields {
		if total <= maxVariables || len(variable) <= maxModestVariable {
			variables = append(variables, variable)
		}
	}
	return variables
}

func fieldVariables(prefix string, values map[string]vault.Bytes) []string {
	byName := map[string][]string{}
	for field, value := range values {
		name := vault.VariableName(prefix, field)
		byName[name] = append(byName[name], name+"="+string(value))
	}
	var variables []string
	for _, same := range byName {
		if len(same) == 1 && len(same[0]) <= maxVariable && !strings.Contains(same[0], "\x00") {
			variables = append(variables, same[0])
		}
	}
	return variables
}

// secrets returns the values to mask in a rotator's standard error.
func (c Call) secrets() [][]byte {
	var all [][]byte
	for _, values := range []map[string]vault.Bytes{c.Current, c.Pending, c.Previous, c.Admin} {
		for _, value := range values {
			all = append(all, value)
		}
	}
	return all
}

// parseCreated returns the fields in the output of create, which replace those of the
// current version. It returns nil if create printed nothing. Errors repeat nothing of
// the output but names, because the values are secret.
func parseCreated(kind vault.Kind, output []byte) (map[string]vault.Bytes, error) {
	if kind == vault.Plaintext {
		value := bytes.TrimSuffix(output, []byte("\n"))
		if len(value) == 0 {
			return nil, nil
		}
		return map[string]vault.Bytes{"value": value}, nil
	}
	if len(bytes.TrimSpace(output)) == 0 {
		return nil, nil
	}
	if !utf8.Valid(output) {
		return nil, fmt.Errorf("its output is not UTF-8")
	}
	decoder := json.NewDecoder(bytes.NewReader(output))
	if token, err := decoder.Token(); err != nil || token != json.Delim('{') {
		return nil, fmt.Errorf("its output is not a JSON object")
	}
	fields := map[string]vault.Bytes{}
	for decoder.More() {
		name, err := decoder.Token()
		field, isString := name.(string)
		if err != nil || !isString {
			return nil, fmt.Errorf("its output is not a whole JSON object")
		}
		if _, twice := fields[field]; twice {
			return nil, fmt.Errorf("its output has the member %q twice", field)
		}
		var raw json.RawMessage
		if decoder.Decode(&raw) != nil {
			return nil, fmt.Errorf("its output is not a whole JSON object")
		}
		var value createdField
		if json.Unmarshal(raw, &value) != nil {
			return nil, fmt.Errorf("the member %q of its output is neither a string nor {\"base64\": …}", field)
		}
		fields[field] = vault.Bytes(value)
	}
	if _, err := decoder.Token(); err != nil {
		return nil, fmt.Errorf("its output is not a whole JSON object")
	}
	if _, err := decoder.Token(); err != io.EOF {
		return nil, fmt.Errorf("its output has more than one JSON object")
	}
	return fields, nil
}

// maxGrace bounds the grace of a rotation.
const maxGrace = 30 * 24 * time.Hour

// parseDescription reads the output of describe: the grace that the rotator asks for.
func parseDescription(output []byte) (grace time.Duration, err error) {
	if len(bytes.TrimSpace(output)) == 0 {
		return 0, nil
	}
	var description struct {
		Grace int64 `json:"grace"`
	}
	if err := json.Unmarshal(output, &description); err != nil {
		return 0, fmt.Errorf("its output is not a JSON object with a number of seconds as grace")
	}
	if description.Grace < 0 || description.Grace > int64(maxGrace/time.Second) {
		return 0, fmt.Errorf("the grace in its output is not between 0 and %d seconds", int64(maxGrace/time.Second))
	}
	return time.Duration(description.Grace) * time.Second, nil
}

// createdField decodes like [vault.Bytes], but refuses null.
type createdField vault.Bytes

func (f *createdField) UnmarshalJSON(data []byte) error {
	if !bytes.HasPrefix(data, []byte(`"`)) {
		var tokens []json.Token
		decoder := json.NewDecoder(bytes.NewReader(data))
		for token, err := decoder.Token(); err == nil; token, err = decoder.Token() {
			tokens = append(tokens, token)
		}
		if len(tokens) != 4 || tokens[0] != json.Delim('{') || tokens[1] != "base64" || tokens[2] == nil {
			return fmt.Errorf("neither a string nor a base64 object")
		}
	}
	return (*vault.Bytes)(f).UnmarshalJSON(data)
}
