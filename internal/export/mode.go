package export

import (
	"slices"

	"ledgersheet/internal/change"
	"ledgersheet/internal/table"
)

// Mode is how a run's rows combine with those already in the sheet.
type Mode string

// The modes.
const (
	// Replace makes the managed range exactly the result.
	Replace Mode = "replace"
	// Append adds the rows that were never written before, and changes none. A report adds all its rows as one
	// snapshot.
	Append Mode = "append"
	// Upsert rewrites the rows of records that changed where they stand, and adds new ones below.
	Upsert Mode = "upsert"
)

// Modes lists all modes, the default first.
func Modes() []Mode { return []Mode{Replace, Append, Upsert} }

// Modes implements Definition.
func (e Entity) Modes() []Mode {
	if e.Single {
		return []Mode{Replace}
	}
	return Modes()
}

// Modes implements Definition. A report's rows have no identity that lasts, so they cannot be kept up to date one by
// one.
func (Report) Modes() []Mode { return []Mode{Replace, Append} }

// Modes implements Definition. A log only grows.
func (ChangeLog) Modes() []Mode { return []Mode{Replace, Append} }

func texts[T ~string](list []T) []string {
	var out []string
	for _, v := range list {
		out = append(out, string(v))
	}
	return out
}

// Words puts a mode into words.
func (m Mode) Words() string {
	switch m {
	case Append:
		return "Add: new rows go below"
	case Upsert:
		return "Keep up to date, row by row"
	}
	return "Replace: exactly the result"
}

// ModeHelp says what to know before choosing a mode for the definition.
func ModeHelp(d Definition) string {
	switch d.(type) {
	case Report:
		return "Replace shows the report as it is now. Add keeps what earlier runs wrote, such as month-ends for " +
			"comparing: each run adds the whole report below, with its period, time and run in front. A report that " +
			"has not changed since the last run of its period is not added again."
	case ChangeLog:
		return "Replace shows the changes of the days that are kept. Add also keeps older ones, for good."
	}
	return "Replace shows the rows as QuickBooks has them now, in its order. Add writes only rows that were never " +
		"written, and changes none. Keep up to date changes rows where they stand and adds new ones below. The last " +
		"two know a row by its ID, which is added as a column if you leave it out."
}

func modeWords(e Exporter) string { return e.Mode.Words() }

// WhenBlocked says what happens when people's cells stand where rows must go.
type WhenBlocked string

const (
	// MoveWhenBlocked moves the cells down as the rows grow, and up again as they shrink.
	MoveWhenBlocked WhenBlocked = "move"
	// StopWhenBlocked fails the run; the sheet keeps its previous rows.
	StopWhenBlocked WhenBlocked = "stop"
)

func whenBlockedWords(e Exporter) string {
	if e.WhenBlocked == StopWhenBlocked {
		return "Nothing is written, the run fails"
	}
	return "They move down, and up again"
}

func fillDownWords(e Exporter) string {
	if e.NoFillDown {
		return "Left as they are"
	}
	return "Filled down to new rows"
}

// The values of OptDeleted: what Upsert does with the rows of records that are gone from QuickBooks.
const (
	DeletedRemove = "remove" // take them out
	DeletedMark   = "mark"   // keep them, and write DeletedStatus into their column Status
	DeletedKeep   = "keep"   // leave them as they are
)

// StatusColumn is the key of the column that says how a record stands.
const StatusColumn = "Status"

// DeletedStatus is the Status of records that are gone from QuickBooks.
const DeletedStatus = "Deleted"

// statusColumn is for records that have no status of their own.
var statusColumn = Column{
	Path: StatusColumn, Title: "Status", Off: true,
	Help: "Deleted when the record is gone from QuickBooks and its row is kept; else blank.",
	From: func(View) table.Cell { return table.Cell{} },
}

// IsPartial reports whether the exporter's result leaves out records by date or filter, so that a record that is
// missing is not necessarily gone from QuickBooks. Leaving out inactive records does not count: QuickBooks makes
// accounts, customers and other names inactive instead of deleting them.
func (e Exporter) IsPartial(d Definition) bool {
	if len(e.Filters) > 0 {
		return true
	}
	if name := e.Option(d, OptDateRange); name != "" && name != RangeAll {
		return true
	}
	entity, ok := d.(Entity)
	return !ok || slices.ContainsFunc(entity.Columns, func(c Column) bool {
		return c.Key && slices.Contains(entity.Dates, c.Path) // each day has records of its own
	})
}

// ResultColumns returns the keys of the columns that a run reads: the exporter's own or the definition's defaults, and
// behind them those that the mode needs to find a row again. Company is not among them unless the exporter names it.
func (e Exporter) ResultColumns(d Definition) []string {
	lines := WantsLines(d, e.Options)
	keys := slices.Clone(e.Columns)
	if len(keys) == 0 {
		keys = Defaults(d, lines)
	}
	if _, isReport := d.(Report); isReport || e.Mode == Replace || e.Mode == "" {
		return keys
	}
	marks := e.Mode == Upsert && e.Option(d, OptDeleted) == DeletedMark
	for c := range d.columns {
		needed := c.Key && c.Path != CompanyColumn && (lines || !c.Line()) || marks && c.Path == StatusColumn
		if needed && !slices.Contains(keys, c.Path) {
			keys = append(keys, c.Path)
		}
	}
	return keys
}

// Policy returns how the rows combine with those already there.
func (w WriteRequest) Policy() change.Policy {
	switch w.Mode {
	case Append:
		return change.Policy{}
	case Upsert:
		p := change.Policy{Change: true}
		if w.Partial || w.Deleted == DeletedKeep {
			return p
		}
		status := slices.IndexFunc(w.Rows.Schema().Columns, func(c table.Column) bool { return c.ID == StatusColumn })
		if w.Deleted == DeletedMark && status >= 0 {
			p.Mark = change.Mark{Column: status, Value: change.Value{Kind: 's', Text: DeletedStatus}}
			return p
		}
		p.Remove = w.Deleted != DeletedMark
		return p
	}
	return change.Replace()
}

// ChangeOptions returns the options for comparing the rows with those already there.
func (w WriteRequest) ChangeOptions() change.Options {
	s := w.Rows.Schema()
	o := change.Options{Policy: w.Policy(), Trace: w.Trace, Budget: w.Budget, Keys: s.Keys()}
	o.Name = w.Naming.namer(s, w.Hidden)
	for i, c := range s.Columns {
		o.Titles = append(o.Titles, c.Title)
		if slices.Contains(w.Hidden, c.ID) {
			o.Hidden = append(o.Hidden, i)
		}
	}
	if w.Snapshot {
		o.Snapshot = snapshotColumns(s)
	}
	return o
}
