package control_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"ledgersheet/internal/control"
	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

// TestRecordNames searches a list by names. QuickBooks is asked once, for companies that the actor sees, and for lists
// that exporters filter by.
func TestRecordNames(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	search := func(query string, known bool) (names []string, read bool) {
		t.Helper()
		list, read, err := b.RecordNames(b.ctx, alder, "Customer", query, 2, known)
		must(t, err)
		for _, n := range list {
			names = append(names, n.Name)
		}
		return names, read
	}
	if names, read := search("bird", true); read || names != nil || b.names != 0 {
		t.Errorf("%v, or QuickBooks was asked %d times for what is known", names, b.names)
	}
	for query, want := range map[string][]string{
		"bird": {"Bird Food Co", "Amy's Bird Sanctuary"}, "BIRD sanct": {"Amy's Bird Sanctuary"},
		"zzz": nil,
		"":    {"Amy's Bird Sanctuary", "Bird Food Co"},
	} {
		names, read := search(query, false)
		if diff := cmp.Diff(want, names); diff != "" || !read {
			t.Errorf("%q (-want +got):\n%s", query, diff)
		}
	}
	if b.names != 1 {
		t.Errorf("QuickBooks was asked %d times", b.names)
	}
	want := map[string]string{"7": "Weiskopf Consulting", "1": "Amy's Bird Sanctuary"}
	got := b.NamesOf(b.ctx, alder, "Customer", []string{"7", "1", "99"})
	if diff := cmp.Diff(want, got); diff != "" || b.names != 1 {
		t.Errorf("names by ids (-want +got):\n%s", diff)
	}
	b.now = b.now.Add(time.Hour)
	if _, read := search("bird", true); read {
		t.Error("an old list is taken for known")
	}
	if search("bird", false); b.names != 2 {
		t.Errorf("QuickBooks was asked %d times, want another time after an hour", b.names)
	}
	if _, _, err := b.RecordNames(b.ctx, alder, "Invoice", "", 2, false); !problem.HasCode(err, problem.InvalidInput) {
		t.Errorf("a list that nobody filters by: %v", err)
	}
	other := b.system.As(person("editor", birch))
	if _, _, err := other.RecordNames(b.ctx, alder, "Customer", "", 2, true); !problem.HasCode(err, problem.NotFound) {
		t.Errorf("a company that is not seen: %v", err)
	}
	if _, _, err := b.system.As(person("viewer")).RecordNames(b.ctx, alder, "Customer", "", 2, false); err == nil {
		t.Error("a viewer may have QuickBooks asked")
	}
}

// TestRecordNamesAtOnce: searches that come while a list is being read wait for it and do not read it again. Who gives
// up waiting gets nothing, and a reading that fails leaves the next one free.
func TestRecordNamesAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		reading, goOn := make(chan struct{}, 9), make(chan error)
		desk := newBench(t)
		desk.change = func(o *control.Options) {
			o.QuickBooks = slowNames{o.QuickBooks, func() error { reading <- struct{}{}; return <-goOn }}
		}
		desk.open(time.Minute)
		failed := make(chan error, 9)
		search := func(ctx context.Context) {
			_, _, err := desk.RecordNames(ctx, alder, "Customer", "bird", 2, false)
			failed <- err
		}
		go search(desk.ctx)
		<-reading
		impatient, giveUp := context.WithCancel(desk.ctx)
		go search(impatient)
		synctest.Wait()
		giveUp()
		if err := <-failed; !errors.Is(err, context.Canceled) {
			t.Errorf("who gave up: %v", err)
		}
		for range 3 {
			go search(desk.ctx)
		}
		synctest.Wait()
		goOn <- errors.New("no answer") // the next one reads
		<-reading
		goOn <- nil
		missed := 0
		for range 4 {
			if err := <-failed; err != nil {
				missed++
			}
		}
		if missed != 1 || desk.names != 2 {
			t.Errorf("%d searches failed and QuickBooks was asked %d times, want 1 and 2", missed, desk.names)
		}
	})
}

// slowNames answers for names once wait lets it.
type slowNames struct {
	control.QuickBooks
	wait func() error
}

func (s slowNames) Names(ctx context.Context, c export.Company, object string) ([]control.RecordName, error) {
	list, err := s.QuickBooks.Names(ctx, c, object)
	return list, errors.Join(err, s.wait())
}

// TestSpreadsheets lists those that exporters write to, and TestPeek looks at one.
func TestSpreadsheets(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for i, id := range []string{"1oneSpreadsheet", "1twoSpreadsheet", "1twoSpreadsheet", ""} {
		e := b.input(alder)
		e.Name, e.Target.Spreadsheet, e.Target.Sheet = string(rune('A'+i)), id, string(rune('A'+i))
		b.create(e)
	}
	got, err := b.Spreadsheets(b.ctx)
	must(t, err)
	want := []control.Spreadsheet{
		{ID: "1twoSpreadsheet", Account: "con_1", By: []string{"B", "C"}},
		{ID: "1oneSpreadsheet", Account: "con_1", By: []string{"A"}},
	}
	for i := range got {
		slices.Sort(got[i].By)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	got, err = b.system.As(person("editor", birch)).Spreadsheets(b.ctx)
	if err != nil || len(got) != 0 {
		t.Errorf("who sees none of the exporters sees %v, %v", got, err)
	}
	target := export.Target{
		Account: "con_1", Spreadsheet: "https://docs.google.com/spreadsheets/d/1oneSpreadsheet/edit", Sheet: "A",
	}
	if p, err := b.Peek(b.ctx, target); err != nil || p.Title != "Title of 1oneSpreadsheet" {
		t.Errorf("%+v, %v", p, err)
	}
	b.trashed = []string{"1oneSpreadsheet"}
	if _, err := b.Peek(b.ctx, target); !problem.HasCode(err, problem.SpreadsheetNotFound) {
		t.Errorf("one in the bin: %v", err)
	}
	limited := b.system.As(person("editor", birch))
	if p, err := limited.Peek(b.ctx, target); !problem.HasCode(err, problem.Forbidden) || p.Title != "" {
		t.Errorf("one with rows of a company that is not seen: %+v, %v", p, err)
	}
	if _, err := b.system.As(person("viewer")).Peek(b.ctx, target); !problem.HasCode(err, problem.Forbidden) {
		t.Errorf("a viewer: %v", err)
	}
	target.Spreadsheet = "1another"
	if p, err := limited.Peek(b.ctx, target); err != nil || p.Title != "Title of 1another" {
		t.Errorf("one that no exporter writes to: %+v, %v", p, err)
	}
	target.Account = "con_9"
	if _, err := b.Peek(b.ctx, target); !problem.HasCode(err, problem.NotFound) {
		t.Errorf("an account that is not there: %v", err)
	}
}
