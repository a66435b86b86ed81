package storetest

import (
	"context"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"ledgersheet/internal/export"
)

func testExporterFilter(t *testing.T, s export.Store) {
	ctx := t.Context()
	var all []export.Exporter
	for _, of := range [][]export.RealmID{{"1"}, {"2"}, {"1", "2"}, {"2", "1", "3"}, {"12"}, nil} {
		for _, account := range []export.ID{"con_1", "con_10"} {
			e := sampleExporter(export.NewID("exp", noon), "Same name")
			e.Companies, e.Target.Account = of, account
			must(t, s.CreateExporter(ctx, e))
			all = append(all, e)
		}
	}
	slices.SortFunc(all, func(a, b export.Exporter) int { return slices.Compare([]byte(a.ID), []byte(b.ID)) })
	rapid.Check(t, func(rt *rapid.T) {
		f := export.ExporterFilter{
			Company: rapid.SampledFrom([]export.RealmID{"", "", "1", "2", "3", "12", "4"}).Draw(rt, "company"),
			Account: rapid.SampledFrom([]export.ID{"", "", "con_1", "con_10", "con_2"}).Draw(rt, "account"),
			Among: rapid.SampledFrom([][]export.RealmID{
				nil, nil, {}, {"1"}, {"2", "1"}, {"1", "2", "3", "12"}, {"4"},
			}).Draw(rt, "among"),
		}
		var want []export.ID
		for _, e := range all {
			of := f.Company == "" || slices.Contains(e.Companies, f.Company)
			by := f.Account == "" || e.Target.Account == f.Account
			if of && by && visible(e.Companies, f.Among) {
				want = append(want, e.ID)
			}
		}
		got, err := s.Exporters(context.Background(), f)
		if err != nil {
			rt.Fatal(err)
		}
		var have []export.ID
		for _, e := range got {
			have = append(have, e.ID)
		}
		if d := diff(want, have); d != "" {
			rt.Fatalf("%+v (-want +got):\n%s", f, d)
		}
	})
}

// visible is a plain model of the filter's Among.
func visible(companies, among []export.RealmID) bool {
	if among == nil {
		return true
	}
	for _, realm := range companies {
		if !slices.Contains(among, realm) {
			return false
		}
	}
	return true
}

func testHistoryAmong(t *testing.T, s export.Store) {
	all := fillHistory(t, s, 40)
	for _, among := range [][]export.RealmID{
		nil, {}, {"0"}, {"2", "1"}, {"0", "1", "2"}, {"0", "1", "2", `<&"combined"`}, {"3"},
	} {
		var want []export.ID
		for _, r := range all {
			if visible(r.Exporter.Companies, among) {
				want = append(want, r.ID)
			}
		}
		var got []export.ID
		f := export.RunFilter{Among: among, Limit: 7}
		for {
			page, next, err := s.Runs(t.Context(), f)
			must(t, err)
			got = append(got, ids(page)...)
			if f.Before = next; next == "" {
				break
			}
		}
		if d := diff(want, got); d != "" {
			t.Errorf("among %q (-want +got):\n%s", among, d)
		}
	}
}
