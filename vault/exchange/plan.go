package exchange

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"example.org/secret/vault"
)

// TitleTag is the tag in which an import keeps a name that a secret cannot have.
const TitleTag = "title"

// maxTitleLength is the longest value of a tag, in bytes.
const maxTitleLength = 256

// Action is the effect of an import on one secret.
type Action string

// The actions. For a name that a secret has already, the user chooses one of the last four.
const (
	Create    Action = "create"
	Fail      Action = "fail"
	Skip      Action = "skip"
	Version   Action = "version"   // a new version
	Overwrite Action = "overwrite" // a new version without the old history
)

// ClashActions returns the actions for a name that a secret has already.
func ClashActions() []Action { return []Action{Fail, Skip, Version, Overwrite} }

// Item is an entry in a plan.
type Item struct {
	Name   vault.Name
	Entry  Entry
	Action Action
}

// Plan is an import of many entries at once.
type Plan struct {
	vault *vault.Vault
	items []Item // to be stored
	skip  []Item
}

// NewPlan plans to store entries with prefix before their names. The error is [vault.ErrInvalid] for a name that cannot
// be made, or is made twice, and [vault.ErrExists] if a name is taken and onClash is [Fail].
func NewPlan(v *vault.Vault, prefix string, onClash Action, entries []Entry) (*Plan, error) {
	p := &Plan{vault: v}
	from := map[vault.Name]string{}
	clashes := 0
	var clash error
	for _, entry := range entries {
		name, err := MapName(prefix, entry.Name)
		if err != nil {
			return nil, vault.Errorf(vault.ErrInvalid, "%v", err)
		}
		if other, twice := from[name]; twice {
			return nil, vault.Errorf(vault.ErrInvalid, "%q and %q would both be named %q; nothing was stored", other,
				entry.Name, name)
		}
		from[name] = entry.Name
		action := Create
		s, err := v.GetMeta(name)
		switch {
		case entry.Discarded:
			action = Skip
		case err == nil:
			action = onClash
			if clash = s.Deleted(); clash == nil {
				clash = fmt.Errorf("there is a secret named %q already", name)
			}
			clashes++
		case !errors.Is(err, vault.ErrNotFound):
			return nil, err
		}
		if item := (Item{name, entry, action}); action == Skip {
			p.skip = append(p.skip, item)
		} else {
			p.items = append(p.items, item)
		}
	}
	if onClash != Fail || clashes == 0 {
		return p, nil
	}
	more := ""
	if clashes > 1 {
		more = fmt.Sprintf(", and %d more are taken", clashes-1)
	}
	return nil, vault.Errorf(vault.ErrExists, "%v%s; nothing was stored; see --on-clash and --prefix", clash, more)
}

// Items returns the entries that are to be stored, and behind them the others.
func (p *Plan) Items() []Item { return slices.Concat(p.items, p.skip) }

// Stored returns the number of entries that are to be stored.
func (p *Plan) Stored() int { return len(p.items) }

// Skipped returns the number of the others.
func (p *Plan) Skipped() int { return len(p.skip) }

// Store stores all or, if an error is returned or ctx ends, nothing. progress is told how many are ready.
func (p *Plan) Store(ctx context.Context, progress func(done int)) error {
	return p.apply(ctx, nil, progress)
}

// Check returns the error that Store would return, and stores nothing.
func (p *Plan) Check(ctx context.Context, progress func(done int)) error {
	return p.apply(ctx, vault.ErrUnchanged, progress)
}

func (p *Plan) apply(ctx context.Context, result error, progress func(done int)) error {
	names := make([]vault.Name, len(p.items))
	for i, item := range p.items {
		names[i] = item.Name
	}
	return p.vault.UpsertAll(ctx, names, func(i int, s *vault.Secret) error {
		if err := p.items[i].change(s); err != nil {
			return fmt.Errorf("%s: %w; nothing was stored", s.Name, err)
		}
		return result
	}, progress)
}

func (i Item) change(s *vault.Secret) error {
	if s.Exists() && i.Action == Create {
		return vault.Errorf(vault.ErrExists, "another process made it meanwhile")
	}
	add := s.Add
	if i.Action == Overwrite {
		add = s.Replace
	}
	if err := add(vault.NewVersion{Kind: i.Entry.Kind, Value: i.Entry.Value, Origin: vault.OriginImport}); err != nil {
		return err
	}
	if err := s.AddAnnotations(i.Entry.Annotations); err != nil {
		return err
	}
	if KeepsLetters(i.Entry.Name) {
		return nil
	}
	title := i.Entry.Name[:min(len(i.Entry.Name), maxTitleLength)]
	return s.Tag(TitleTag, strings.ToValidUTF8(title, ""))
}
