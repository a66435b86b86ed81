package statement

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"ledgersheet/internal/export"
	"ledgersheet/internal/record"
	"ledgersheet/internal/table"
)

// TestSplit proves that the parts of a range cover it day by day, and that it stays whole only if it cannot be split.
func TestSplit(t *testing.T) {
	t.Parallel()
	d := export.Report{Dates: export.JoinableRange}
	rapid.Check(t, func(t *rapid.T) {
		start := time.Date(1970, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, rapid.IntRange(0, 25000).Draw(t, "start"))
		days := rapid.OneOf(rapid.IntRange(0, 40), rapid.IntRange(0, 20000)).Draw(t, "days")
		whole := export.DateRange{Start: start, End: start.AddDate(0, 0, days)}
		want := asked{params: map[string][]string{}}.askOver(whole)
		want.summarize = rapid.SampledFrom([]string{
			"", "Total", "Customers", "Days", "Month", "Quarter", "Week", "Year",
		}).Draw(t, "by")
		parts := want.split(d, rapid.SampledFrom([]time.Month{1, 2, 4, 12}).Draw(t, "fiscal"))
		next := start
		for _, p := range parts {
			if !p.Start.Equal(next) || p.End.Before(p.Start) {
				t.Fatalf("%v of %v", parts, want.days)
			}
			next = p.End.AddDate(0, 0, 1)
			if (want.summarize == "Month" || want.summarize == "Quarter") && !p.Start.Equal(start) &&
				p.Start.Day() != 1 {
				t.Fatalf("%v cuts through a month", p)
			}
		}
		free := slices.Contains([]string{"", "Total", "Customers", "Days"}, want.summarize)
		if len(parts) > 0 && (len(parts) < 2 || !parts[len(parts)-1].End.Equal(want.days.End)) ||
			len(parts) == 0 && free && days > 0 {
			t.Fatalf("%d parts of %v", len(parts), want.days)
		}
		if len(parts) > 12 && days < 20000 &&
			!(days < 32 || len(parts) <= 10 || parts[0].Start.Month() != parts[len(parts)-1].Start.Month()) {
			t.Fatalf("%d parts of %d days", len(parts), days)
		}
	})
	for _, key := range []string{"sort_by", "sort_order"} {
		whole := export.DateRange{Start: time.Unix(0, 0).UTC(), End: time.Unix(1e9, 0).UTC()}
		want := asked{params: map[string][]string{key: {"x"}}}.askOver(whole)
		if want.split(d, 1) != nil {
			t.Errorf("%s is lost in parts", key)
		}
	}
}

// TestMerge proves that every item appears once, paired by its key, and that sorted lists give a sorted result.
func TestMerge(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		draw := func(name string) []string {
			return rapid.SliceOfN(rapid.StringOfN(rapid.RuneFrom([]rune("abcdef")), 1, 1, 1), 0, 8).Draw(t, name)
		}
		a, b := draw("a"), draw("b")
		key := func(s string) string { return s }
		got := merge(a, b, key, func(x, y string) bool { return x < y })
		count := map[string][2]int{}
		for _, p := range got {
			n := count[*p.item()]
			if p.a != nil {
				n[0]++
			}
			if p.b != nil {
				n[1]++
			}
			if p.a != nil && p.b != nil && *p.a != *p.b {
				t.Fatalf("%q and %q are a pair", *p.a, *p.b)
			}
			count[*p.item()] = n
		}
		for _, k := range strings.Split("abcdef", "") {
			in := func(list []string) int {
				return len(slices.DeleteFunc(slices.Clone(list), func(x string) bool { return x != k }))
			}
			if n := count[k]; n[0] != in(a) || n[1] != in(b) {
				t.Fatalf("%q: %d and %d of %q and %q", k, n[0], n[1], a, b)
			}
		}
		if slices.IsSorted(a) && slices.IsSorted(b) {
			order := make([]string, len(got))
			for i, p := range got {
				order[i] = *p.item()
			}
			if !slices.IsSorted(order) && len(slices.Compact(slices.Clone(a))) == len(a) &&
				len(slices.Compact(slices.Clone(b))) == len(b) {
				t.Fatalf("%q and %q are %q", a, b, order)
			}
		}
	})
}

// FuzzTwoReports splices and compares whatever can be read as two reports. Every row must have as many cells as there
// are columns, and no two columns may have the same id.
func FuzzTwoReports(f *testing.F) {
	names, err := filepath.Glob(filepath.Join("..", "source", "testdata", "*.json"))
	if err != nil || len(names) == 0 {
		f.Fatalf("%d reports in testdata, %v", len(names), err)
	}
	var bodies []string
	for _, name := range names {
		body, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		var small bytes.Buffer
		if err := json.Compact(&small, body); err != nil {
			f.Fatal(err)
		}
		bodies = append(bodies, small.String())
	}
	for i := range bodies {
		f.Add(bodies[i], bodies[i], i%2 == 0)
		f.Add(bodies[i], bodies[(i+1)%len(bodies)], i%2 == 1)
	}
	f.Fuzz(func(t *testing.T, first, second string, list bool) {
		var a, b document
		if decodeReport([]byte(first), &a) != nil || decodeReport([]byte(second), &b) != nil {
			return
		}
		d := export.Report{ID: "r", Shape: export.Tree, Running: true}
		if list {
			d.Shape = export.List
		}
		x, errX := arrange(&a, d)
		y, errY := arrange(&b, d)
		if errX != nil || errY != nil {
			return
		}
		results := map[string]*arranged{"compared": compareReports(x, y, export.CompareYear)}
		if joined, err := spliceReports(x, y); err == nil {
			results["spliced"] = joined
		}
		for what, r := range results {
			ids := map[string]bool{}
			for _, c := range r.columns {
				if c.id == "" || ids[c.id] {
					t.Errorf("%s: the column %q is there twice", what, c.id)
				}
				ids[c.id] = true
			}
			var check func(nodes []*node)
			check = func(nodes []*node) {
				for _, n := range nodes {
					for _, cells := range [][]docCell{n.own, n.summary} {
						if cells != nil && len(cells) != len(r.columns) {
							t.Fatalf("%s: %d cells under %d columns", what, len(cells), len(r.columns))
						}
					}
					check(n.children)
				}
			}
			check(r.top)
			_ = verify(r, d, asked{summarize: "Month"}) // must not panic
		}
	})
}

// TestFiguresWithoutSums proves that averages of two parts are not taken for one of the whole.
func TestFiguresWithoutSums(t *testing.T) {
	t.Parallel()
	j := &splice{columns: []reportColumn{{}, {id: "x_amount", kind: table.Money}, {id: "name"}}}
	j.fromA, j.fromB = []int{0, 1, 2}, []int{0, 1, 2}
	cells := func(figure, text string) []docCell {
		return []docCell{{Value: "Total"}, {Value: record.Scalar(figure)}, {Value: record.Scalar(text)}}
	}
	for _, test := range [][3]string{{"1.00", "2.00", ""}, {"1.00", "1.00", "1.00"}, {"", "2.00", "2.00"}} {
		got := j.addCells(cells(test[0], "a"), cells(test[1], "b"))
		if string(got[1].Value) != test[2] || got[2].Value != "b" {
			t.Errorf("%q and %q become %v", test[0], test[1], got)
		}
	}
}
