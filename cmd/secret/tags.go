package main

import (
	"strings"

	"example.org/secret/cmd/secret/internal/usage"
	"example.org/secret/vault"
)

func hasTags(tags map[string]string, wanted []string) bool {
	for _, want := range wanted {
		key, value, withValue := strings.Cut(want, "=")
		if has, ok := tags[key]; !ok || (withValue && has != value) {
			return false
		}
	}
	return true
}

func parseTags(args []string) (map[string]string, error) {
	tags := map[string]string{}
	for _, arg := range args {
		key, value, ok := strings.Cut(arg, "=")
		if !ok {
			return nil, usage.Errorf("the tag %q is not a KEY=VALUE pair", arg)
		}
		tags[key] = value
	}
	return tags, nil
}

func applyTags(s *vault.Secret, tags map[string]string) error {
	for key, value := range tags {
		if err := s.Tag(key, value); err != nil {
			return err
		}
	}
	return nil
}
