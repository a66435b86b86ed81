package web

import (
	"strings"
	"testing"

	"ledgersheet/internal/control"
	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

// TestPackOnCompanyPage runs a whole pack from the company's page, which then says what is missing and why.
func TestPackOnCompanyPage(t *testing.T) {
	t.Parallel()
	s := newSite(t, siteOptions{}).signIn().fill()
	path := "/companies/" + string(realmA)
	if strings.Contains(s.wantGet(path), "Run all") {
		t.Error("the page offers packs of which there are no exporters")
	}
	_, err := s.desk.CreatePack(t.Context(), "month_end", control.PackOrder{
		Companies: []export.RealmID{realmA}, Account: s.account, Schedule: export.Schedule{Timezone: "UTC"},
	}, false)
	must(t, err)
	if page := s.wantGet(path); !strings.Contains(page, "Not run as a whole yet") {
		t.Error("the page does not offer the pack")
	}
	s.wantSent(path+"/packs/month_end/run", nil, path+"#packs")
	o, err := s.desk.LastPackRun(t.Context(), "month_end", realmA)
	must(t, err)
	if page := s.wantGet(path); !strings.Contains(page, "are under way") {
		t.Error("the page does not say that it is running")
	}
	for i, p := range o.Parts {
		_, err := s.store.UpdateRun(t.Context(), p.Run, func(r *export.Run) error {
			r.Status, r.FinishedAt = export.RunSucceeded, noon
			if i == 0 {
				r.Status, r.Problem = export.RunFailed, problem.New(problem.SheetConflict, "Cells are in the way.")
			}
			return nil
		})
		must(t, err)
	}
	page := s.wantGet(path)
	for _, want := range []string{"Incomplete", "1 of ", "are missing", "its run failed: Cells are in the way",
		`href="/runs/` + string(o.Parts[0].Run)} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
}
