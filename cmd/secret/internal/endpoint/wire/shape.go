package wire

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Decode reads the input of an operation, a JSON object, into the struct that into points to, and checks its
// constraints. It takes members by the exact names of the fields, passes over others, and takes null as absent. A field
// is a string, []byte (base64), bool, int, a struct, a pointer to one of these, which is nil if the member is absent,
// or a list.
//
// The tag `check` of a field has constraints, separated by commas: required, min=N and max=N (of the length in
// characters, bytes or entries, or of the number), enum=A|B, pattern=NAME of [patterns], and hidden, which keeps the
// value out of errors. The tag `item` has those of the entries of a list.
//
// The error is of code [Serialization], or [Validation] with all constraints that the input breaks.
func (r *Request) Decode(into any) error {
	input := map[string]any{}
	if len(bytes.TrimSpace(r.Body)) > 0 {
		if !utf8.Valid(r.Body) {
			return Errorf(Serialization, "The request is not valid UTF-8")
		}
		decoder := json.NewDecoder(bytes.NewReader(r.Body))
		decoder.UseNumber()
		// A literal null decodes into a nil map, which is an object without members.
		if err := decoder.Decode(&input); err != nil {
			return Errorf(Serialization, "The request is not a JSON object")
		}
		if _, err := decoder.Token(); err != io.EOF {
			return Errorf(Serialization, "The request has text after its JSON object")
		}
	}
	d := shapeDecoder{}
	if err := d.object(reflect.ValueOf(into).Elem(), input, ""); err != nil {
		return err
	}
	if len(d.broken) == 0 {
		return nil
	}
	plural := "s"
	if len(d.broken) == 1 {
		plural = ""
	}
	return Errorf(Validation, "%d validation error%s detected: %s", len(d.broken), plural, strings.Join(d.broken, "; "))
}

// patterns are the regular expressions of AWS's model, by the names that tags have for them.
var patterns = map[string]string{
	"duration":      `[0-9]+h`,
	"filter":        `^\!?[a-zA-Z0-9 :_@\/\+\=\.\-\!]*$`,
	"region":        `^([a-z]+-)+\d+$`,
	"rotationtoken": `^[a-zA-Z0-9\-]+$`,
	"schedule":      `[0-9A-Za-z\(\)#\?\*\-\/, ]+`,
}

type shapeDecoder struct {
	broken []string // constraints, as AWS words them
}

func (d *shapeDecoder) object(into reflect.Value, input map[string]any, path string) error {
	for i := range into.NumField() {
		field := into.Type().Field(i)
		path := path + lowerFirst(field.Name)
		value := input[field.Name]
		if value == nil {
			if hasRule(field.Tag.Get("check"), "required") {
				d.breaks("null", path, "Member must not be null")
			}
			continue
		}
		if err := d.value(into.Field(i), value, path, field.Tag); err != nil {
			return err
		}
	}
	return nil
}

func (d *shapeDecoder) value(into reflect.Value, input any, path string, tag reflect.StructTag) error {
	if into.Kind() == reflect.Pointer {
		into.Set(reflect.New(into.Type().Elem()))
		into = into.Elem()
	}
	rules, mismatch := tag.Get("check"), Errorf(Serialization, "%s can not be converted to %s", jsonType(input),
		awsType(into.Type()))
	switch {
	case into.Kind() == reflect.String:
		text, ok := input.(string)
		if !ok {
			return mismatch
		}
		into.SetString(text)
		d.check(rules, path, text, utf8.RuneCountInString(text), "length")
	case into.Type() == reflect.TypeFor[[]byte]():
		text, ok := input.(string)
		if !ok {
			return mismatch
		}
		blob, err := base64.StdEncoding.DecodeString(text)
		if err != nil {
			return Errorf(Serialization, "A blob is not valid Base64")
		}
		into.SetBytes(blob)
		d.check(rules, path, text, len(blob), "length")
	case into.Kind() == reflect.Bool:
		flag, ok := input.(bool)
		if !ok {
			return mismatch
		}
		into.SetBool(flag)
	case into.Kind() == reflect.Int:
		number, ok := input.(json.Number)
		if !ok {
			return mismatch
		}
		n, err := strconv.ParseInt(number.String(), 10, 32)
		if err != nil {
			return mismatch
		}
		into.SetInt(n)
		d.check(rules, path, number.String(), int(n), "value")
	case into.Kind() == reflect.Struct:
		object, ok := input.(map[string]any)
		if !ok {
			return mismatch
		}
		return d.object(into, object, path+".")
	case into.Kind() == reflect.Slice:
		list, ok := input.([]any)
		if !ok {
			return mismatch
		}
		return d.list(into, list, path, tag)
	default:
		panic("shape has a field of type " + into.Type().String())
	}
	return nil
}

func (d *shapeDecoder) list(into reflect.Value, input []any, path string, tag reflect.StructTag) error {
	into.Set(reflect.MakeSlice(into.Type(), len(input), len(input)))
	item := reflect.StructTag(`check:` + strconv.Quote(tag.Get("item")))
	for i, entry := range input {
		if entry == nil {
			return Errorf(Serialization, "A list has an entry that is null")
		}
		if err := d.value(into.Index(i), entry, fmt.Sprintf("%s.%d.member", path, i+1), item); err != nil {
			return err
		}
	}
	shown := "[...]"
	if texts, ok := reflect.TypeAssert[[]string](into); ok && !hasRule(tag.Get("item"), "hidden") {
		shown = "[" + strings.Join(texts, ", ") + "]"
	}
	d.check(tag.Get("check"), path, shown, len(input), "length")
	return nil
}

// check compares a value with the rules of a tag. size is its length, or itself if it is a number.
func (d *shapeDecoder) check(rules, path, value string, size int, sized string) {
	shown := value
	if hasRule(rules, "hidden") {
		shown = "***"
	}
	for rule := range strings.SplitSeq(rules, ",") {
		name, argument, _ := strings.Cut(rule, "=")
		switch name {
		case "min":
			if limit, _ := strconv.Atoi(argument); size < limit {
				d.breaks(shown, path, fmt.Sprintf("Member must have %s greater than or equal to %d", sized, limit))
			}
		case "max":
			if limit, _ := strconv.Atoi(argument); size > limit {
				d.breaks(shown, path, fmt.Sprintf("Member must have %s less than or equal to %d", sized, limit))
			}
		case "enum":
			if !hasRule(strings.ReplaceAll(argument, "|", ","), value) {
				d.breaks(shown, path, "Member must satisfy enum value set: ["+strings.ReplaceAll(argument, "|", ", ")+"]")
			}
		case "pattern":
			if pattern := patterns[argument]; !regexp.MustCompile(`^(?:` + pattern + `)$`).MatchString(value) {
				d.breaks(shown, path, "Member must satisfy regular expression pattern: "+pattern)
			}
		}
	}
}

func (d *shapeDecoder) breaks(shown, path, constraint string) {
	if shown != "null" {
		shown = "'" + shown + "'"
	}
	d.broken = append(d.broken, fmt.Sprintf("Value %s at '%s' failed to satisfy constraint: %s", shown, path, constraint))
}

func hasRule(rules, name string) bool {
	for rule := range strings.SplitSeq(rules, ",") {
		if rule == name {
			return true
		}
	}
	return false
}

func lowerFirst(s string) string {
	first, size := utf8.DecodeRuneInString(s)
	return string(unicode.ToLower(first)) + s[size:]
}

func jsonType(value any) string {
	switch value.(type) {
	case string:
		return "STRING_VALUE"
	case json.Number:
		return "NUMBER_VALUE"
	case bool:
		return strings.ToUpper(fmt.Sprint(value)) + "_VALUE"
	case []any:
		return "START_ARRAY"
	}
	return "START_OBJECT"
}

func awsType(t reflect.Type) string {
	switch {
	case t.Kind() == reflect.String:
		return "a String"
	case t.Kind() == reflect.Int:
		return "an Integer"
	case t.Kind() == reflect.Bool:
		return "a Boolean"
	case t == reflect.TypeFor[[]byte]():
		return "a Blob"
	case t.Kind() == reflect.Slice:
		return "a List"
	}
	return "a Structure"
}
