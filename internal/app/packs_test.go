package app_test

import (
	"slices"
	"testing"

	"ledgersheet/internal/control"
	"ledgersheet/internal/export"
	"ledgersheet/internal/google/googlesim"
)

// TestPacks makes a pack and runs all of it: its exporters share one new spreadsheet, each with a tab of its own.
func TestPacks(t *testing.T) {
	t.Parallel()
	for name, perCompany := range map[string]bool{"for each company": true, "together": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, smallBooks())
			companies := w.connect(2)
			account := w.newExporter("invoices", nil, nil, companies[0]).Target.Account
			order := control.PackOrder{
				Companies: []export.RealmID{companies[0].Realm, companies[1].Realm}, Account: account,
				PerCompany: perCompany, Schedule: export.Schedule{Timezone: "UTC"},
			}
			dry, err := w.desk().CreatePack(w.ctx, "month_end", order, true)
			must(t, err)
			if all, err := w.desk().Exporters(w.ctx, export.ExporterFilter{}); err != nil || len(all) > 0 {
				t.Fatalf("a dry run made %d exporters, %v", len(all), err)
			}
			made, err := w.desk().CreatePack(w.ctx, "month_end", order, false)
			must(t, err)
			sets := 1
			if perCompany {
				sets = 2
			}
			if len(made) != 5*sets || len(dry) != len(made) {
				t.Fatalf("%d exporters made, %d foreseen, want %d", len(made), len(dry), 5*sets)
			}
			// All begin at once, yet only one makes the spreadsheet.
			ended := w.desk().Follow(w.ctx, func(r export.Run) bool { return r.Status.Over() })
			for _, e := range made {
				_, _, err := w.desk().RunNow(w.ctx, e.ID)
				must(t, err)
			}
			for range made {
				if r := (<-ended).Run; r.Status != export.RunSucceeded {
					t.Fatalf("%s: %v", r.Exporter.Name, r.Problem)
				}
			}
			docs := map[string]*googlesim.Spreadsheet{}
			tabs := map[string][]string{}
			for i, e := range made {
				if e.Name != dry[i].Name || len(e.Companies) != 3-sets {
					t.Errorf("%q of %d companies, foreseen %q", e.Name, len(e.Companies), dry[i].Name)
				}
				again, doc := w.mustRun(e.ID)
				if !again.Unchanged {
					t.Errorf("%s has changed: %+v", e.Name, again.Result)
				}
				now, err := w.desk().Exporter(w.ctx, e.ID)
				must(t, err)
				docs[now.Target.Spreadsheet] = doc
				tabs[now.Target.Spreadsheet] = append(tabs[now.Target.Spreadsheet], e.Target.Sheet)
			}
			if len(docs) != sets {
				t.Fatalf("%d spreadsheets, want %d", len(docs), sets)
			}
			for id, doc := range docs {
				var visible []string
				for _, tab := range doc.Tabs() {
					if !tab.Hidden {
						visible = append(visible, tab.Title)
					}
				}
				slices.Sort(visible)
				slices.Sort(tabs[id])
				if !slices.Equal(visible, tabs[id]) {
					t.Errorf("the tabs are %q, want %q", visible, tabs[id])
				}
				want := "Month-end"
				if perCompany {
					want = "Month-end, " + companies[0].Name
				}
				if title := doc.Title(); title != want && (!perCompany || title != "Month-end, "+companies[1].Name) {
					t.Errorf("the spreadsheet is titled %q, want %q", title, want)
				}
			}
		})
	}
}
