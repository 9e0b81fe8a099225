package main

import (
	"strings"
	"testing"
)

func TestHasTags(t *testing.T) {
	tags := map[string]string{"team": "billing", "empty": ""}
	for wanted, want := range map[string]bool{
		"": true, "team": true, "team=billing": true, "team=web": false, "team=": false, "env": false,
		"empty": true, "empty=": true, "team empty=": true, "team env": false, "Team": false,
	} {
		if got := hasTags(tags, strings.Fields(wanted)); got != want {
			t.Errorf("hasTags(%q) = %v", wanted, got)
		}
	}
}
