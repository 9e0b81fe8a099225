package main

import (
	"maps"
	"slices"
)

// sortedKeys returns the keys in the order that output has from run to run.
func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
