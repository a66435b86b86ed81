package export

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ledgersheet/internal/change"
	"ledgersheet/internal/problem"
	"ledgersheet/internal/table"
)

func TestResultColumns(t *testing.T) {
	t.Parallel()
	d := Entity{ID: "bills", Lines: true, Columns: []Column{
		{Path: "Id", Key: true}, {Path: "TotalAmt"}, {Path: "Line.Id", Key: true, Off: true}, {Path: "Line.Amount"},
	}}
	for _, test := range []struct {
		of   Definition
		e    Exporter
		want string
	}{
		{d, Exporter{}, "Id TotalAmt"},
		{d, Exporter{Columns: []string{"TotalAmt"}}, "TotalAmt"},
		{d, Exporter{Columns: []string{"TotalAmt"}, Mode: Append}, "TotalAmt Id"},
		{d, Exporter{Columns: []string{"Id", "Company"}, Mode: Upsert}, "Id Company"},
		{d, Exporter{Mode: Upsert, Options: map[string]string{"lines": "true"}}, "Id TotalAmt Line.Amount Line.Id"},
		{d, Exporter{Mode: Upsert, Options: map[string]string{"deleted": "mark"}}, "Id TotalAmt Status"},
		{d, Exporter{Mode: Append, Options: map[string]string{"deleted": "mark"}}, "Id TotalAmt"},
		{profit, Exporter{Columns: []string{"Amounts"}, Mode: Append}, "Amounts"},
		{ChangeLog{ID: "log"}, Exporter{Columns: []string{"Old"}, Mode: Append}, "Old When Record Id Change Field"},
	} {
		if got := strings.Join(test.e.ResultColumns(test.of), " "); got != test.want {
			t.Errorf("%+v of %s: %s, want %s", test.e, test.of.Info().ID, got, test.want)
		}
	}
}

func TestIsPartial(t *testing.T) {
	t.Parallel()
	daily := Entity{ID: "rates", Dates: []string{"Day"}, Columns: []Column{{Path: "Day", Key: true}}}
	for _, test := range []struct {
		of   Definition
		e    Exporter
		want bool
	}{
		{bills, Exporter{}, false},
		{bills, Exporter{Options: map[string]string{"date_range": "all"}}, false},
		{bills, Exporter{Options: map[string]string{"date_range": "last_month"}}, true},
		{bills, Exporter{Filters: []Filter{{Column: "Id", Op: OpNotEmpty}}}, true},
		{Entity{HasActive: true}, Exporter{}, false},
		{daily, Exporter{}, true},
		{profit, Exporter{}, true},
	} {
		if got := test.e.IsPartial(test.of); got != test.want {
			t.Errorf("%+v of %s: %v", test.e, test.of.Info().ID, got)
		}
	}
}

func TestPolicy(t *testing.T) {
	t.Parallel()
	rows := table.NewSpool(table.Schema{Columns: []table.Column{{ID: "Id", Key: true}, {ID: StatusColumn}}})
	mark := change.Mark{Column: 1, Value: change.Value{Kind: 's', Text: "Deleted"}}
	for _, test := range []struct {
		w    WriteRequest
		want change.Policy
	}{
		{WriteRequest{}, change.Replace()},
		{WriteRequest{Mode: Replace, Partial: true, Deleted: DeletedKeep}, change.Replace()},
		{WriteRequest{Mode: Append, Deleted: DeletedMark}, change.Policy{}},
		{WriteRequest{Mode: Upsert}, change.Policy{Change: true, Remove: true}},
		{WriteRequest{Mode: Upsert, Deleted: DeletedRemove}, change.Policy{Change: true, Remove: true}},
		{WriteRequest{Mode: Upsert, Deleted: DeletedKeep}, change.Policy{Change: true}},
		{WriteRequest{Mode: Upsert, Deleted: DeletedMark}, change.Policy{Change: true, Mark: mark}},
		{WriteRequest{Mode: Upsert, Deleted: DeletedMark, Partial: true}, change.Policy{Change: true}},
	} {
		test.w.Rows = rows
		if got := test.w.Policy(); got != test.want {
			t.Errorf("%s %s, partial %v: %+v", test.w.Mode, test.w.Deleted, test.w.Partial, got)
		}
	}
}

// TestModesAreNamed: a mode that a definition does not offer is refused with those that it offers.
func TestModesAreNamed(t *testing.T) {
	t.Parallel()
	e := validExporter(profit)
	e.Mode = Upsert
	e.Normalize()
	var faults problem.Collect
	e.Validate(profit, &faults)
	p := problem.From(faults.Err())
	if want := map[string]string{"mode": "must be replace or append for profit"}; !cmp.Equal(want, p.Fields) {
		t.Errorf("the faults are %v", p.Fields)
	}
	if (Entity{Single: true}).Modes()[0] != Replace || len((Entity{Single: true}).Modes()) != 1 {
		t.Error("a single record can be more than replaced")
	}
}

func TestKeepColumns(t *testing.T) {
	t.Parallel()
	columns := func(ids string) []table.Column {
		var list []table.Column
		for id := range strings.SplitSeq(ids, "") {
			list = append(list, table.Column{ID: id, Title: id})
		}
		return list
	}
	for _, test := range []struct{ fresh, stand, want, row string }{
		{"abc", "abc", "abc", "abc"},
		{"abxc", "abc", "abxc", "abxc"},
		{"axc", "abc", "axbc", "ax-c"},
		{"cba", "abc", "abc", "abc"},
		{"xa", "ab", "xab", "xa-"},
		{"ax", "", "ax", "ax"},
	} {
		spool := table.NewSpool(table.Schema{Columns: columns(test.fresh)})
		var row table.Row
		for id := range strings.SplitSeq(test.fresh, "") {
			row.Cells = append(row.Cells, table.TextOf(id))
		}
		if err := spool.Add(row); err != nil {
			t.Fatal(err)
		}
		kept, err := KeepColumns(spool, slices.DeleteFunc(columns(test.stand), func(c table.Column) bool {
			return c.ID == ""
		}))
		if err != nil {
			t.Fatal(err)
		}
		var ids, cells string
		for _, c := range kept.Schema().Columns {
			ids += c.ID
		}
		for row, err := range kept.Rows() {
			if err != nil {
				t.Fatal(err)
			}
			for _, c := range row.Cells {
				cells += (c.String() + "-")[:1]
			}
		}
		if ids != test.want || cells != test.row {
			t.Errorf("%s beside %s: columns %s, want %s; row %s, want %s", test.fresh, test.stand, ids, test.want,
				cells, test.row)
		}
	}
}

func TestSnapshotColumnsComeFirst(t *testing.T) {
	t.Parallel()
	spool := table.NewSpool(table.Schema{Columns: []table.Column{{ID: "Label", Key: true, Label: true}}})
	total := table.Row{Cells: []table.Cell{table.TextOf("Sales")}, Role: table.Total, Level: 2}
	if err := spool.Add(total); err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 1, 31, 8, 0, 0, 0, time.UTC)
	dated, err := Snapshot(spool, "run_1", at, func(n int) string { return "January" })
	if err != nil {
		t.Fatal(err)
	}
	if got := dated.Schema().Keys(); !slices.Equal(got, []int{2}) {
		t.Errorf("keys %v", got)
	}
	for row := range dated.Rows() {
		var cells []string
		for _, c := range row.Cells {
			cells = append(cells, c.String())
		}
		want := []string{"January", "2026-01-31T08:00:00Z", "run_1", "Sales"}
		if !slices.Equal(cells, want) || row.Role != table.Total || row.Level != 2 {
			t.Errorf("%q, role %v, level %d", cells, row.Role, row.Level)
		}
	}
}
