package vault_test

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"

	"example.org/secret/vault"

	"pgregory.net/rapid"
)

// do runs a sequence such as "create; put pending; move current 1>2".
func do(t *testing.T, v *vault.Vault, name vault.Name, steps string) *vault.Secret {
	t.Helper()
	var s *vault.Secret
	for step := range strings.SplitSeq(steps, "; ") {
		verb, rest, _ := strings.Cut(step, " ")
		switch verb {
		case "create", "put":
			var labels []vault.Label
			for label := range strings.FieldsSeq(rest) {
				labels = append(labels, vault.Label(label))
			}
			s = set(t, v, name, step, labels...)
		case "move":
			label, versions, _ := strings.Cut(rest, " ")
			from, to, _ := strings.Cut(versions, ">")
			s = update(t, v, name, func(s *vault.Secret) error {
				return s.MoveLabel(vault.Label(label), number(to), number(from))
			})
		default:
			t.Fatalf("%q?", step)
		}
	}
	return s
}

func number(s string) int {
	n, _ := strconv.Atoi(s)
	return n
}

// describe tells the labels of each version: "1 previous; 2 current pending".
func describe(s *vault.Secret) string {
	var all []string
	for _, version := range s.Versions {
		text := strconv.Itoa(version.Number)
		for _, label := range s.LabelsOf(version.Number) {
			text += " " + string(label)
		}
		all = append(all, text)
	}
	return strings.Join(all, "; ")
}

// The recorded behaviour of AWS Secrets Manager, with its AWSCURRENT, AWSPENDING
// and AWSPREVIOUS as current, pending and previous.
func TestLabelsMoveAsInAWS(t *testing.T) {
	v, _, _ := newVault(t)
	const staged = "create; put pending; move current 1>2"
	for i, test := range []struct{ steps, want string }{
		{"create", "1 current"},
		{"create one", "1 current one"},
		{"create; put", "1 previous; 2 current"},
		{staged, "1 previous; 2 current pending"},
		{staged + "; put", "1; 2 previous; 3 current"},
		{staged + "; put pending", "1 previous; 2 current; 3 pending"},
		{staged + "; put pending; move current 2>3", "1; 2 previous; 3 current pending"},
		{"create; put current PUT0; put pending PUT1; move current 2>3", "1; 2 previous PUT0; 3 current pending PUT1"},
		{"create; put one two three; put one two four", "1 current; 2 three; 3 four one two"},
		{"create; put one two three; put one two three four", "1 current; 2; 3 four one three two"},
		{"create; put; put; put", "1; 2; 3 previous; 4 current"},
		// The rules that no sequence was recorded for.
		{"create; put one; move one 2>1", "1 current one; 2"},
		{"create; put one; move two >2", "1 current; 2 one two"},
		{"create; put one; move one 2>", "1 current; 2"},
		{"create; put; move current 2>1", "1 current; 2 previous"},
		{"create; put; move previous 1>", "1; 2 current"},
		{"create; put pending; put", "1 previous; 2; 3 current"},
		{"create pending", "1 current pending"},
		{"create; put previous", "1 current; 2 previous"},
		{"create; put; put previous", "1; 2 current; 3 previous"},
		{"create previous", "1 current previous"},
		{"create; put one; move current 1>2; put", "1; 2 previous one; 3 current"},
	} {
		t.Run(test.steps, func(t *testing.T) {
			s := do(t, v, vault.Name("s"+strconv.Itoa(i)), test.steps)
			if got := describe(s); got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
}

func TestLabelMovesThatAreRefused(t *testing.T) {
	v, _, _ := newVault(t)
	before := do(t, v, "s", "create; put; put one")
	for what, test := range map[string]struct {
		label    vault.Label
		to, from int
		want     error
	}{
		"from where it is not":       {"one", 1, 2, vault.ErrRule},
		"without saying from where":  {"one", 1, 0, vault.ErrRule},
		"current off":                {"current", 0, 2, vault.ErrRule},
		"current off, unsaid":        {"current", 0, 0, vault.ErrRule},
		"a free label from a place":  {"two", 1, 2, vault.ErrRule},
		"a free label off":           {"two", 0, 0, vault.ErrNotFound},
		"to no version":              {"one", 9, 3, vault.ErrNotFound},
		"a free label to no version": {"two", 9, 0, vault.ErrNotFound},
		"off, unsaid":                {"one", 0, 0, vault.ErrRule},
	} {
		t.Run(what, func(t *testing.T) {
			_, err := v.Update("s", func(s *vault.Secret) error { return s.MoveLabel(test.label, test.to, test.from) })
			wantError(t, err, test.want)
		})
	}
	if s := update(t, v, "s",
		func(s *vault.Secret) error { return s.MoveLabel("one", 3, 0) }); s.Revision != before.Revision {
		t.Error("what was so already was committed")
	}
	if s, err := v.Get("s"); err != nil || describe(s) != describe(before) {
		t.Errorf("%s, %v", describe(s), err)
	}
}

func TestLabelLimit(t *testing.T) {
	v, _, _ := newVault(t)
	var labels []vault.Label
	for i := range 19 {
		labels = append(labels, vault.Label(fmt.Sprintf("l%d", i)))
	}
	before := set(t, v, "s", "one", labels...)
	_, err := v.Upsert("s", func(s *vault.Secret) error { return s.Add(text("two", "l0", "one-too-many")) })
	wantError(t, err, vault.ErrLimit)
	_, err = v.Update("s", func(s *vault.Secret) error { return s.MoveLabel("one-too-many", 1, 0) })
	wantError(t, err, vault.ErrLimit)
	wantError(t, err, vault.ErrInvalid)
	if s, err := v.Get("s"); err != nil || describe(s) != describe(before) {
		t.Errorf("%s, %v", describe(s), err)
	}
	// The limit must not prevent a new value.
	set(t, v, "s", "two")
	wantValue(t, v, "s", "two")
}

// model is AWS's rules again, as plain as can be: the labels of each version.
type model []map[string]bool

func (m model) at(label string) int {
	for i, labels := range m {
		if labels[label] {
			return i
		}
	}
	return -1
}

func (m model) give(to int, label string) {
	from := m.at(label)
	if from == to {
		return
	}
	if from >= 0 {
		delete(m[from], label)
	}
	m[to][label] = true
	if label == "current" && from >= 0 {
		m.give(from, "previous")
	}
}

func (m model) put(labels []string) model {
	m = append(m, map[string]bool{})
	last := len(m) - 1
	if len(labels) == 0 {
		if pending := m.at("pending"); pending >= 0 {
			delete(m[pending], "pending")
		}
		labels = []string{"current"}
	}
	for _, label := range labels {
		m.give(last, label)
	}
	if m.at("current") < 0 {
		m.give(last, "current")
	}
	return m
}

// move answers whether AWS allows it.
func (m model) move(label string, to, from int) bool {
	at := m.at(label)
	switch {
	case to < 0 && (from < 0 || at < 0 || label == "current"):
		return false
	case from >= 0 && from != at, at >= 0 && at != to && from < 0, to >= len(m):
		return false
	case to < 0:
		delete(m[at], label)
	default:
		m.give(to, label)
	}
	return true
}

func (m model) describe() map[vault.Label]int {
	labels := map[vault.Label]int{}
	for i := range m {
		for label := range m[i] {
			labels[vault.Label(label)] = i + 1
		}
	}
	return labels
}

// Whatever is put and moved, labels are where AWS's rules say, each on one
// version, an id has one value, the secret is of the kind of its current version,
// and a refused change changes nothing.
func TestLabelsFollowTheModel(t *testing.T) {
	v, _, _ := newVault(t)
	label := rapid.SampledFrom([]string{"current", "pending", "previous", "a", "b"})
	count := 0
	rapid.Check(t, func(t *rapid.T) {
		count++
		var m model
		tokens := map[string]string{}
		name := vault.Name("s" + strconv.Itoa(count))
		steps := rapid.IntRange(1, 12).Draw(t, "steps")
		_, err := v.Upsert(name, func(s *vault.Secret) error {
			for range steps {
				if m = step(t, s, m, tokens, label); t.Failed() {
					return errors.New("failed")
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		s, err := v.Get(name)
		if err != nil || !maps.Equal(s.Labels, m.describe()) {
			t.Fatalf("on the disk: %v, %v; want %v", s.Labels, err, m.describe())
		}
	})
}

// step puts a version or moves a label. tokens has the values of the ids that were used.
func step(t *rapid.T, s *vault.Secret, m model, tokens map[string]string, label *rapid.Generator[string]) model {
	if len(m) == 0 || rapid.Bool().Draw(t, "put") {
		labels := rapid.SliceOfNDistinct(label, 0, 3, rapid.ID).Draw(t, "labels")
		value := rapid.SampledFrom([]string{"x", `{"a":1}`, `{"a": 1}`}).Draw(t, "value")
		n := vault.NewVersion{
			AnyKind: true,
			ID:      rapid.SampledFrom([]string{"", strings.Repeat("a", 32), strings.Repeat("b", 64)}).Draw(t, "id"),
		}
		n.Kind, n.Value = vault.AWSValue{String: value}.Value()
		for _, l := range labels {
			n.Labels = append(n.Labels, vault.Label(l))
		}
		var want error
		if used, ok := tokens[n.ID]; ok {
			want = map[bool]error{true: vault.ErrUnchanged, false: vault.ErrVersionExists}[used == value]
		} else {
			m = m.put(labels)
		}
		if err := s.Add(n); !errors.Is(err, want) {
			t.Fatalf("put %v: %v, want %v", labels, err, want)
		}
		if want == nil && n.ID != "" {
			tokens[n.ID] = value
		}
	} else {
		l := label.Draw(t, "label")
		to, from := rapid.IntRange(0, len(m)+1).Draw(t, "to"), rapid.IntRange(0, len(m)).Draw(t, "from")
		err := s.MoveLabel(vault.Label(l), to, from)
		if allowed := m.move(l, to-1, from-1); allowed != (err == nil || errors.Is(err, vault.ErrUnchanged)) {
			t.Fatalf("move %s %d>%d: %v, allowed %v", l, from, to, err, allowed)
		}
	}
	if !maps.Equal(s.Labels, m.describe()) {
		t.Fatalf("labels %v, want %v", s.Labels, m.describe())
	}
	if current, err := s.Find(vault.Selector{}); err != nil || current.Kind != s.Kind || len(s.Versions) != len(m) {
		t.Fatalf("%d versions, the current one %+v, %v, of a %s secret", len(s.Versions), current, err, s.Kind)
	}
	return m
}

func TestLabelsOfAreInOrder(t *testing.T) {
	v, _, _ := newVault(t)
	s := do(t, v, "s", "create b pending a; move previous >1")
	if got := s.LabelsOf(1); !slices.Equal(got, []vault.Label{"current", "pending", "previous", "a", "b"}) {
		t.Error(got)
	}
	if got := s.LabelsOf(2); len(got) != 0 {
		t.Error(got)
	}
}
