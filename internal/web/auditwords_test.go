package web

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"ledgersheet/internal/export"
)

// TestEveryDeedHasWords finds the actions that the control notes, and demands words for each.
func TestEveryDeedHasWords(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../control/*.go")
	must(t, err)
	action := regexp.MustCompile(`"((?:calendar|company|exporter|installation|link|notice|pack|run|store|user)\.[a-z_]+)"`)
	found := []string{}
	for _, kind := range []string{"company", "google"} { // put together where they are noted
		found = append(found, kind+".connect", kind+".disconnect", kind+".delete")
	}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		text, err := os.ReadFile(name)
		must(t, err)
		for _, m := range action.FindAllStringSubmatch(string(text), -1) {
			found = append(found, m[1])
		}
	}
	if len(found) < 30 {
		t.Fatalf("only %d actions were found", len(found))
	}
	for _, action := range found {
		if words := auditWords(action); strings.Contains(words, ": ") {
			t.Errorf("%s has no words but %q", action, words)
		}
	}
}

func TestWhatADeedIsAbout(t *testing.T) {
	t.Parallel()
	k := known{companies: []export.Company{{Realm: "1", Name: "Alder & Sons"}}}
	for _, test := range []struct {
		entry export.AuditEntry
		want  string
	}{
		{
			export.AuditEntry{Action: "company.month_sent", Object: "1", Detail: "2026-02"},
			"Alder & Sons, February 2026",
		},
		{export.AuditEntry{Action: "company.connect", Object: "1", Detail: "Alder & Sons"}, "Alder & Sons"},
		{export.AuditEntry{Action: "company.group", Object: "1"}, "Alder & Sons"},
		{export.AuditEntry{Action: "company.group", Object: "9"}, "9"},
		{export.AuditEntry{Action: "exporter.create", Object: "exp_1", Detail: "Profit"}, "Profit"},
		{export.AuditEntry{Action: "calendar.renew"}, ""},
	} {
		if got := auditAbout(test.entry, k); got != test.want {
			t.Errorf("%+v is about %q, want %q", test.entry, got, test.want)
		}
	}
}
