package export_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ledgersheet/internal/export"
)

func TestStoredPausesAreRead(t *testing.T) {
	t.Parallel()
	for stored, want := range map[string]*export.Pause{
		`{"name":"x"}`: nil,
		`{"name":"x","paused":false,"paused_why":"y"}`:                                   nil,
		`{"name":"x","paused":true,"paused_why":"paused by ann@example.com"}`:            {Reason: export.PausedByPerson, Who: "ann@example.com"},
		`{"name":"x","paused":true,"paused_why":"Alder is disconnected"}`:                {Reason: export.CompanyDisconnect, Who: "Alder"},
		`{"name":"x","paused":true,"paused_why":"paused by nobody Ltd is disconnected"}`: {Reason: export.CompanyDisconnect, Who: "paused by nobody Ltd"},
		`{"name":"x","paused":true,"paused_why":"its Google account a@b was deleted"}`:   {Reason: export.AccountDeleted, Who: "a@b"},
		`{"name":"x","paused":true,"paused_why":"its Google account was deleted"}`:       {Reason: export.AccountDeleted},
		`{"name":"x","pause":{"reason":"person","who":"ann","since":"2026-03-02T00:00:00Z"}}`: {
			Reason: export.PausedByPerson, Who: "ann", Since: time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)},
	} {
		var e export.Exporter
		if err := json.Unmarshal([]byte(stored), &e); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, e.Pause); diff != "" || e.Name != "x" {
			t.Errorf("%s: %s", stored, diff)
		}
		again, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		var e2 export.Exporter
		if err := json.Unmarshal(again, &e2); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(e, e2); diff != "" {
			t.Errorf("%s changes when it is stored again: %s", stored, diff)
		}
	}
}

func TestPausesInWords(t *testing.T) {
	t.Parallel()
	for want, p := range map[string]export.Pause{
		"paused by ann@example.com":          {Reason: export.PausedByPerson, Who: "ann@example.com"},
		"Alder is disconnected":              {Reason: export.CompanyDisconnect, Who: "Alder"},
		"a@b is disconnected":                {Reason: export.AccountDisconnect, Who: "a@b"},
		"its Google account a@b was deleted": {Reason: export.AccountDeleted, Who: "a@b"},
		"its Google account was deleted":     {Reason: export.AccountDeleted},
	} {
		if got := p.String(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
