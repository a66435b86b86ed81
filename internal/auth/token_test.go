package auth

import (
	"fmt"
	"strings"
	"testing"
)

func TestAPIToken(t *testing.T) {
	t.Parallel()
	const token = "0123456789abcdef01234567"
	for header, want := range map[string]bool{
		"Bearer " + token:          true,
		"bearer " + token:          true,
		" Bearer   " + token + " ": true,
		"Bearer " + token + "x":    false,
		"Bearer " + token[1:]:      false,
		"Bearer ":                  false,
		"Bearer":                   false,
		"":                         false,
		token:                      false,
		"Basic " + token:           false,
		"Bearer x " + token:        false,
	} {
		if got := NewAPIToken(token).Allows(header); got != want {
			t.Errorf("%q: %v", header, got)
		}
		if NewAPIToken("").Allows(header) || (APIToken{}).Allows(header) {
			t.Errorf("%q opens an API that is switched off", header)
		}
	}
	if NewAPIToken("").Set() || !NewAPIToken(token).Set() {
		t.Error("Set is wrong")
	}
	if shown := fmt.Sprintf("%v %+v %#v", NewAPIToken(token), NewAPIToken(token),
		NewAPIToken(token)); strings.Count(shown, "redacted") != 3 {
		t.Errorf("shown as %s", shown)
	}
}
