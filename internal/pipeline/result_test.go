package pipeline_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

// A result has exactly the rows that a run writes, but is neither written nor stored, and needs no Google account.
func TestResult(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.exporter.Companies = []export.RealmID{"1", "2"}
	if _, err := b.work(t.Context()); err != nil {
		t.Fatal(err)
	}
	wrote, e := b.wrote, *b.exporter
	b.wrote, b.accounts = nil, nil
	res, err := b.runner().Result(t.Context(), e)
	if err != nil {
		t.Fatal(err)
	}
	var got [][]string
	for row, err := range res.Rows.Rows() {
		if err != nil {
			t.Fatal(err)
		}
		var line []string
		for _, c := range row.Cells {
			line = append(line, c.String())
		}
		got = append(got, line)
	}
	if diff := cmp.Diff(wrote[1:], got); diff != "" {
		t.Errorf("(-run +result):\n%s", diff)
	}
	if b.wrote != nil || b.exporter.Revision != e.Revision {
		t.Errorf("something was written: %v, revision %d", b.wrote, b.exporter.Revision)
	}
	want := "Vendors, from QuickBooks by ledgersheet\nCompany: Alder\nPeriod: 2026\nCompany: Birch\nPeriod: 2026\n" +
		"Read: 2026-03-01 22:00 EST"
	if res.About != want {
		t.Errorf("about: %s", res.About)
	}
	if diff := cmp.Diff([]string{"of Alder", "of Birch"}, export.WarningTexts(res.Warnings)); diff != "" {
		t.Error(diff)
	}
}

// A result is complete or a problem, as a run is.
func TestResultIsWhole(t *testing.T) {
	t.Parallel()
	late := problem.New(problem.QuickBooksRejected, "QuickBooks refused the second page.")
	for name, spoil := range map[string]func(b *bench){
		"refused after rows": func(b *bench) {
			a := b.answers["2"]
			a.err = late
			b.answers["2"] = a
		},
		"own differences": func(b *bench) {
			b.checks = []export.Check{{What: "Total", Says: "2.00", AddsUpTo: "1.99"}}
			b.exporter.OnDifference = export.FailOnDifference
		},
		"no company":  func(b *bench) { delete(b.companies, "1") },
		"no type":     func(b *bench) { b.exporter.Definition = "gone" },
		"ended grant": func(b *bench) { b.companies["2"] = export.Company{Status: export.ReconnectRequired} },
	} {
		b := newBench(t)
		b.exporter.Companies = []export.RealmID{"1", "2"}
		spoil(b)
		_, ran := b.work(t.Context())
		res, err := b.runner().Result(t.Context(), *b.exporter)
		if err == nil || ran == nil || problem.From(err).Code != problem.From(ran).Code || res.Rows != nil {
			t.Errorf("%s: a result says %v, a run %v", name, err, ran)
		}
		if err != nil && !strings.Contains(err.Error(), problem.From(ran).Message) {
			t.Errorf("%s: a result says %v, a run %v", name, err, ran)
		}
	}
}
