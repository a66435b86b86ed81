package control_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"ledgersheet/internal/control"
	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

// fail ends a run of the exporter with a problem.
func (b *bench) fail(e export.Exporter, p *problem.Problem) export.ID {
	return b.ended(e, func(r *export.Run) { r.Status, r.Problem, r.FinishedAt = export.RunFailed, p, b.now })
}

// causeTexts returns each cause as one text.
func (b *bench) causeTexts() []string {
	b.t.Helper()
	status, err := b.Status(b.ctx)
	must(b.t, err)
	var texts []string
	for _, c := range status.Causes {
		var names []string
		for _, e := range c.Waiting {
			names = append(names, e.Name)
		}
		since := "?"
		if !c.Since.IsZero() {
			since = c.Since.Format("15:04")
		}
		texts = append(texts, fmt.Sprintf("%s %s %s [%s]", since, c.Code, c.Title, strings.Join(names, ", ")))
	}
	return append(texts, fmt.Sprintf("%d of %d", status.Current, status.Companies))
}

// TestCauses proves that what many exporters suffer from is said once, and that what is mended is not said any more.
func TestCauses(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	expect := func(want ...string) {
		t.Helper()
		if d := cmp.Diff(want, b.causeTexts()); d != "" {
			t.Errorf("causes (-want +got):\n%s", d)
		}
	}
	add := func(name, sheet string, realms ...export.RealmID) export.Exporter {
		e := b.input(realms...)
		e.Name, e.Target.Spreadsheet, e.Target.Sheet = name, sheet, name
		e.Schedule = export.Schedule{Timezone: "UTC"}
		return b.create(e)
	}
	one, two, three := add("One", "spreadsheet_1", alder), add("Two", "spreadsheet_1", alder),
		add("Three", "spreadsheet_2", birch)
	expect("0 of 2") // nothing has been read yet
	b.now = b.now.Add(-3 * time.Minute)
	for _, e := range []export.Exporter{one, two, three} {
		b.ended(e, func(r *export.Run) { r.Status, r.FinishedAt = export.RunSucceeded, b.now })
	}
	expect("2 of 2")

	full := problem.New(problem.SpreadsheetFull, "It has 10 million cells.")
	b.fail(one, full) // at 12:01
	b.fail(two, full)
	b.fail(one, full) // at 12:03, which does not make it newer
	expect("12:01 spreadsheet_full The spreadsheet of One and Two is full. [One, Two]", "1 of 2")

	down := problem.New(problem.QuickBooksUnavailable, "503")
	b.fail(two, down)
	b.fail(three, down)
	expect(
		// Two has failed since 12:02, if for another reason then.
		"12:02 quickbooks_unavailable QuickBooks did not answer. [Three, Two]",
		"12:01 spreadsheet_full The spreadsheet of One is full. [One]", "0 of 2")

	b.ended(three, func(r *export.Run) {
		r.Checks, r.FinishedAt = []export.Check{{What: "Total", Says: "2.00", AddsUpTo: "1.99"}}, b.now
	})
	b.system.CompanyEnded(b.ctx, alder, problem.New(problem.CompanyReconnectRequired, "Intuit has ended it."))
	expect(
		"12:06 company_reconnect_required QuickBooks access to Alder has ended. [One, Two]",
		"12:06 differences In the books of Birch, QuickBooks' own figures disagree with each other. [Three]", "0 of 2")

	_, err := b.PauseExporter(b.ctx, one.ID, time.Time{})
	must(t, err)
	b.system.AccountEnded(b.ctx, "con_1", problem.New(problem.GoogleReconnectRequired, "Google has ended it."))
	expect(
		"12:06 google_reconnect_required Google access for con_1@example.com has ended. [Three]",
		"12:06 company_reconnect_required QuickBooks access to Alder has ended. [Two]", "0 of 2")

	b.now = b.now.Add(time.Hour)
	b.reconnect(alder)
	b.reconnectAccount("con_1")
	b.ended(two, func(*export.Run) {})
	b.ended(three, func(*export.Run) {})
	expect("2 of 2")
}

// TestCauseOfAStoppedRun proves that a run that people stopped does not hide why the one before failed.
func TestCauseOfAStoppedRun(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	e := b.create(b.input(alder))
	failed := b.fail(e, problem.New(problem.ReportTooLarge, "Too large.").WithHint("Less."))
	b.ended(e, func(r *export.Run) {
		r.Status, r.Problem = export.RunCancelled, problem.New(problem.Cancelled, "Stopped.")
	})
	status, err := b.Status(b.ctx)
	must(t, err)
	if len(status.Causes) != 1 || status.Causes[0].Detail != "Too large." || status.Causes[0].Hint != "Less." ||
		status.Causes[0].Run != failed || status.Causes[0].Company != alder {
		t.Errorf("got %+v", status.Causes)
	}
}

// TestCausesAreOfWhatOneSees proves that nobody learns of companies and exporters that they may not see.
func TestCausesAreOfWhatOneSees(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.fail(b.create(b.input(alder)), problem.New(problem.Deadline, "Out of time."))
	b.system.CompanyEnded(b.ctx, birch, problem.New(problem.CompanyReconnectRequired, "Ended."))
	for _, test := range []struct {
		who  control.Actor
		want []control.CauseCode
		of   int
	}{
		{person("viewer"), []control.CauseCode{"company_reconnect_required", "deadline"}, 2},
		{person("viewer", alder), []control.CauseCode{"deadline"}, 1},
		{person("viewer", birch), []control.CauseCode{"company_reconnect_required"}, 1},
		{control.Actor{}, nil, 0},
	} {
		status, err := b.system.As(test.who).Status(b.ctx)
		must(t, err)
		var got []control.CauseCode
		for _, c := range status.Causes {
			got = append(got, c.Code)
		}
		if !slices.Equal(got, test.want) || status.Companies != test.of || status.Current != 0 && test.of < 2 {
			t.Errorf("%s sees %v of %d companies, want %v", test.who.Email, got, status.Companies, test.want)
		}
	}
}

// TestOneCauseEach proves, whatever the connections, that each exporter that needs a person waits for exactly one
// cause, that no other does, and that there is one cause for a company, an account or a spreadsheet and a reason.
func TestOneCauseEach(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	codes := []problem.Code{
		problem.SpreadsheetFull, problem.ReportTooLarge, problem.QuickBooksUnavailable, problem.GoogleRateLimited,
		problem.QuickBooksRejected, problem.Internal, "",
	}
	var all []export.Exporter
	for i := range 42 {
		e := b.input([][]export.RealmID{{alder}, {birch}, {alder, birch}}[i%3]...)
		e.Name, e.Target.Sheet = fmt.Sprint("E", i), fmt.Sprint("Tab ", i)
		e.Target.Spreadsheet = fmt.Sprint("spreadsheet_", i%2)
		e.Target.Account = []export.ID{"con_1", "con_2"}[i%2]
		e.Schedule.Enabled = i%5 == 0
		e = b.create(e)
		if code := codes[i%len(codes)]; code != "" {
			b.fail(e, problem.New(code, "So it is."))
		}
		all = append(all, e)
	}
	rapid.Check(t, func(t *rapid.T) {
		status := rapid.SampledFrom([]export.ConnectionStatus{
			export.Connected, export.ReconnectRequired, export.Disconnected,
		})
		for _, realm := range []export.RealmID{alder, birch} {
			now, refused := status.Draw(t, string(realm)), rapid.Bool().Draw(t, "refused")
			_, err := b.store.UpdateCompany(b.ctx, realm, func(c *export.Company) error {
				c.Status, c.RefusedAt, c.LastError = now, time.Time{}, nil
				if refused {
					c.RefusedAt, c.LastError = b.now, problem.New(problem.QuickBooksRejected, "Expired.")
				}
				return nil
			})
			must(b.t, err)
		}
		now := status.Draw(t, "account")
		_, err := b.store.UpdateAccount(b.ctx, "con_1", func(a *export.GoogleAccount) error {
			a.Status = now
			return nil
		})
		must(b.t, err)
		b.now = noon.Add(time.Duration(rapid.IntRange(0, 48).Draw(t, "hours")) * time.Hour)
		b.wantOneCauseEach(t, all)
	})
}

func (b *bench) wantOneCauseEach(t *rapid.T, all []export.Exporter) {
	got, err := b.Status(b.ctx)
	must(b.t, err)
	waits, seen := map[export.ID]int{}, map[string]bool{}
	for _, c := range got.Causes {
		for _, e := range c.Waiting {
			waits[e.ID]++
		}
		if key := string(c.Code) + c.Title; seen[key] {
			t.Errorf("twice: %s", c.Title)
		} else {
			seen[key] = true
		}
		if strings.ContainsAny(c.Title+c.Action, "\x00{}") || !strings.HasSuffix(c.Title, ".") {
			t.Errorf("%q, %q", c.Title, c.Action)
		}
	}
	standings, err := b.Standings(b.ctx, all...)
	must(b.t, err)
	for i, e := range all {
		want := 0
		switch standings[i].State {
		case control.StateBlocked, control.StateLate, control.StateFailing, control.StateDiffers:
			want = 1
		}
		if waits[e.ID] != want {
			t.Errorf("%s is %s and waits for %d causes", e.Name, standings[i].State, waits[e.ID])
		}
	}
}
