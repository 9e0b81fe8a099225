package main

import (
	"maps"
	"slices"

	"example.org/secret/cmd/secret/internal/secretview"
	"example.org/secret/cmd/secret/internal/usage"
)

// sortedKeys returns the keys in the order that output has from run to run.
func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// view returns the way to print secrets.
func (a *app) view() secretview.View { return secretview.View{Out: a.out, AsJSON: a.jsonFlag} }

// confirmByName has the user type a name before the thing is deleted for good.
func (a *app) confirmByName(question, name string) error {
	typed, err := a.prompt.Line(question + " Type its name:")
	if err == nil && typed != name {
		err = usage.Errorf("that is not its name; nothing was deleted")
	}
	return err
}
