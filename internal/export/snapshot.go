package export

import (
	"slices"
	"time"

	"ledgersheet/internal/change"
	"ledgersheet/internal/table"
)

// The ids of the columns in front of a snapshot's rows.
const (
	snapshotPeriod = "SnapshotPeriod" // what it is about, as Outcome.Period has it
	snapshotAsOf   = "SnapshotAsOf"   // when it was read
	snapshotRun    = "SnapshotRun"    // the run that wrote it
)

// SnapshotColumns returns the columns in front of a snapshot's rows. All rows of one run are one snapshot, so the run
// is what identifies them.
func SnapshotColumns() []table.Column {
	return []table.Column{
		{ID: snapshotPeriod, Title: "Report period"}, {ID: snapshotAsOf, Title: "As of", Kind: table.DateTime},
		{ID: snapshotRun, Title: "Run", Key: true},
	}
}

// Snapshot puts the snapshot columns in front of rows. period says, by row, what the row is about.
func Snapshot(rows *table.Spool, run ID, at time.Time, period func(n int) string) (*table.Spool, error) {
	s := table.Schema{Columns: SnapshotColumns()}
	for _, c := range rows.Schema().Columns {
		c.Key = false
		s.Columns = append(s.Columns, c)
	}
	out := rows.Beside(s)
	n := 0
	for row, err := range rows.Rows() {
		if err != nil {
			return nil, err
		}
		front := []table.Cell{table.TextOf(period(n)), table.DateTimeOf(at), table.TextOf(string(run))}
		row.Cells = append(front, row.Cells...)
		if err := out.Add(row); err != nil {
			return nil, err
		}
		n++
	}
	return out, nil
}

// snapshotColumns returns where the snapshot columns are.
func snapshotColumns(s table.Schema) *change.Snapshot {
	at := func(id string) int {
		return slices.IndexFunc(s.Columns, func(c table.Column) bool { return c.ID == id })
	}
	return &change.Snapshot{Period: at(snapshotPeriod), AsOf: at(snapshotAsOf), Run: at(snapshotRun)}
}

// KeepColumns adds the columns that stand and that the result lacks, blank in its rows. A result's new columns go
// behind those that they follow in the result. Earlier snapshots would lose their figures otherwise, such as those of
// the months of another year.
func KeepColumns(rows *table.Spool, stand []table.Column) (*table.Spool, error) {
	fresh := rows.Schema().Columns
	is := func(id string) func(table.Column) bool { return func(c table.Column) bool { return c.ID == id } }
	all := slices.Clone(stand)
	for i, c := range fresh {
		if at := slices.IndexFunc(all, is(c.ID)); at >= 0 {
			all[at] = c
			continue
		}
		at := 0
		if i > 0 {
			at = slices.IndexFunc(all, is(fresh[i-1].ID)) + 1
		}
		all = slices.Insert(all, at, c)
	}
	if slices.Equal(all, fresh) {
		return rows, nil
	}
	at := make([]int, len(fresh))
	for i, c := range fresh {
		at[i] = slices.IndexFunc(all, is(c.ID))
	}
	out := rows.Beside(table.Schema{Columns: all})
	for row, err := range rows.Rows() {
		if err != nil {
			return nil, err
		}
		cells := make([]table.Cell, len(all))
		for i, cell := range row.Cells {
			cells[at[i]] = cell
		}
		row.Cells = cells
		if err := out.Add(row); err != nil {
			return nil, err
		}
	}
	return out, nil
}
