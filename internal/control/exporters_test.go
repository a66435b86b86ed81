package control_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

// TestEmptySpreadsheet: a caller who has not seen the spreadsheet that the first run created does not ask for a second.
func TestEmptySpreadsheet(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	e := b.create(b.input(alder))
	stale := e.Revision
	made := func(e *export.Exporter) error {
		tab := int64(7)
		e.Target.Spreadsheet, e.Target.Created, e.Target.Tab = "1abcdefghijklmnop", true, &tab
		e.Revision++
		return nil
	}
	_, err := b.store.UpdateExporter(b.ctx, e.ID, made)
	must(t, err)
	empty := func(e *export.Exporter) { e.Target.Spreadsheet, e.Name = "", "Renamed" }
	if s := b.update(e.ID, 0, empty); s.Target.Spreadsheet != "1abcdefghijklmnop" || s.Target.Tab == nil ||
		s.Name != "Renamed" {
		t.Errorf("without a revision: %+v", s.Target)
	}
	old := b.stored(e.ID)
	empty(&old)
	if _, err := b.UpdateExporter(b.ctx, e.ID, old, stale); !problem.HasCode(err, problem.Conflict) {
		t.Errorf("with the revision of before the first run: %v", err)
	}
	key := old.Target.CreateKey
	if s := b.update(e.ID, old.Revision, empty); s.Target.Spreadsheet != "" || s.Target.CreateKey == key ||
		s.Target.Created {
		t.Errorf("by somebody who has seen it: %+v", s.Target)
	}
	_, err = b.store.UpdateExporter(b.ctx, e.ID, made)
	must(t, err)
	other := func(e *export.Exporter) { e.Target.Spreadsheet, e.Target.Account = "", "con_2" }
	if s := b.update(e.ID, 0, other); s.Target.Spreadsheet != "" {
		t.Errorf("with another account, which cannot open it: %+v", s.Target)
	}
}

// TestEditKeepsADueTime edits an exporter between its due time and the scheduler's next look.
// TestTemplates: what an exporter will be given is known from its template and company, and so are two that would get
// the same cell.
func TestTemplates(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	wanted := b.input(alder)
	wanted.Target.Template = "https://docs.google.com/spreadsheets/d/1template01/edit"
	wanted.Target.DriveFolder = "https://drive.google.com/drive/u/1/folders/1folder0001?x=y"
	wanted.Target.Start = "Ledgersheet_Vendors"
	e := b.create(wanted)
	got := []string{e.Target.Template, e.Target.DriveFolder, e.Target.Start}
	if !slices.Equal(got, []string{"1template01", "1folder0001", "ledgersheet_vendors"}) {
		t.Fatalf("target %+v", e.Target)
	}
	_, err := b.CreateExporter(b.ctx, wanted)
	if p := problem.From(err); p == nil || p.Fields["destination.start_cell"] == "" {
		t.Errorf("two at one cell of a shared copy: %v", err)
	}
	other := wanted
	other.Target.Sheet, other.Target.Start = "Elsewhere", "A1"
	b.create(other)
	now := b.update(e.ID, 0, func(e *export.Exporter) { e.Target.Template = "" })
	if now.Target.CreateKey == e.Target.CreateKey {
		t.Error("another kind of spreadsheet has the key of the one that may have been made")
	}
	for field, change := range map[string]func(e *export.Exporter){
		"destination.template_spreadsheet_id": func(e *export.Exporter) { e.Target.Template = "what?" },
		"destination.folder_id":               func(e *export.Exporter) { e.Target.DriveFolder = "what?" },
		"destination.start_cell":              func(e *export.Exporter) { e.Target.Start = "ledgersheet_exp_01" },
	} {
		bad := b.input(alder)
		change(&bad)
		_, err := b.CreateExporter(b.ctx, bad)
		if p := problem.From(err); p == nil || p.Fields[field] == "" {
			t.Errorf("%s: %v", field, err)
		}
	}
}

func TestEditKeepsADueTime(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	e := b.create(b.input(alder))
	due := e.NextAt
	b.now = due.Add(time.Second)
	if s := b.update(e.ID, 0, func(e *export.Exporter) { e.Name = "Renamed" }); !s.NextAt.Equal(due) {
		t.Errorf("a new name moved the due time to %s", s.NextAt)
	}
	if s := b.update(e.ID, 0,
		func(e *export.Exporter) { e.Schedule.Cron = "0 7 * * *" }); !s.NextAt.Equal(due.Add(time.Hour)) {
		t.Errorf("a new schedule is due at %s", s.NextAt)
	}
}

func TestShortestInterval(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		cron, zone string
		least      time.Duration
		ok         bool
	}{
		{"0 6 * * *", "America/New_York", 24 * time.Hour, true},
		{"@daily", "Europe/Berlin", 24 * time.Hour, true},
		{"0 6,18 * * *", "America/New_York", 24 * time.Hour, false},
		{"0 */1 * * *", "Europe/Berlin", time.Hour, true},
		{"*/5 * * * *", "UTC", 5 * time.Minute, true},
		{"*/4 * * * *", "UTC", 5 * time.Minute, false},
		{"0,1 6 * * *", "UTC", 5 * time.Minute, false},
		{"0 6 * * *; 3 6 * * *", "UTC", 5 * time.Minute, false},
		{"0 6 * * *; 30 12 * * 1-5", "UTC", 5 * time.Minute, true},
		{"0 18 LW,1B * *", "America/New_York", 24 * time.Hour, true},
		{"0 18 L * *", "Pacific/Apia", 24 * time.Hour, true},
	} {
		b := newBench(t)
		b.open(test.least)
		e := b.input(alder)
		e.Schedule.Cron, e.Schedule.Timezone = test.cron, test.zone
		_, err := b.CreateExporter(b.ctx, e)
		var fields map[string]string
		if p := problem.From(err); p != nil {
			fields = p.Fields
		}
		if _, refused := fields["schedule.cron"]; refused == test.ok {
			t.Errorf("%s in %s with at least %s: %v", test.cron, test.zone, test.least, err)
		}
	}
}

// TestWrongInput: each wrong field is named and nothing is stored. Input that is far too long is refused before the
// store is asked about each part of it.
func TestWrongInput(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	long := strings.Repeat("x", 100_000)
	var crowd []export.RealmID
	for i := range 100_000 {
		crowd = append(crowd, export.RealmID(fmt.Sprint(i)))
	}
	first := b.input(alder)
	first.Target.Spreadsheet = "1abcdefghijklmnop"
	b.create(first)
	for field, change := range map[string]func(e *export.Exporter){
		"type":           func(e *export.Exporter) { e.Definition = long },
		"name":           func(e *export.Exporter) { e.Name = "a\nb" },
		"company_ids":    func(e *export.Exporter) { e.Companies = crowd },
		"company_ids[0]": func(e *export.Exporter) { e.Companies = []export.RealmID{"1"} },
		"columns[0]":     func(e *export.Exporter) { e.Columns = []string{long} },
		"filters[0]": func(e *export.Exporter) {
			e.Filters = []export.Filter{{Column: "DisplayName", Op: "=", Value: long}}
		},
		"destination.google_account_id": func(e *export.Exporter) { e.Target.Account = export.ID(long) },
		"destination.spreadsheet_id":    func(e *export.Exporter) { e.Target.Spreadsheet = long },
		"destination.sheet":             func(e *export.Exporter) { e.Target.Sheet = "a\x00b" },
		"destination.start_cell":        func(e *export.Exporter) { e.Target = first.Target; e.Target.Start = "a1" },
		"schedule.timezone":             func(e *export.Exporter) { e.Schedule.Timezone = "../../etc/passwd" },
		"schedule.cron":                 func(e *export.Exporter) { e.Schedule.Cron = long },
		"options.include_inactive": func(e *export.Exporter) {
			e.Options = map[string]string{"include_inactive": "TRUE"}
		},
		"mode": func(e *export.Exporter) { e.Mode = "append " },
	} {
		e := b.input(alder)
		change(&e)
		b.looked.Store(0)
		_, err := b.CreateExporter(b.ctx, e)
		p := problem.From(err)
		if p == nil || p.Code != problem.InvalidInput || p.Fields[field] == "" {
			t.Errorf("%s: got %.200v", field, err)
			continue
		}
		if len(fmt.Sprint(p.Fields)) > 5_000 {
			t.Errorf("%s: the answer has %d bytes", field, len(fmt.Sprint(p.Fields)))
		}
		if n := b.looked.Load(); n > 2 { // one company, one account
			t.Errorf("%s: the store was asked %d times", field, n)
		}
	}
	if all, err := b.Exporters(b.ctx, export.ExporterFilter{}); err != nil || len(all) != 1 {
		t.Errorf("%d exporters, %v", len(all), err)
	}
}
