package export

import (
	"slices"

	"ledgersheet/internal/table"
)

// ChangeLog lists what was added, changed, voided or deleted in QuickBooks since an exporter's first run, one row for
// each changed field. It needs a state that is kept between runs.
type ChangeLog struct {
	ID, Title, Summary, Group string

	Watched []Watched
}

// Watched is one object whose records a ChangeLog follows.
type Watched struct {
	Object    string // the name in QuickBooks' query language, such as "Invoice"; change data capture must know it
	Title     string // what a row calls the record
	HasActive bool   // inactive records exist; they are followed too
	AppPath   string // like Entity.AppPath; empty if there is none
	// Label, Date and Total are the paths of the number or name by which people know a record, of its day, and of its
	// amount. Each is empty or one of Fields. A record with a Total is a transaction, which can be voided.
	Label, Date, Total string
	Fields             []WatchedField
	// Derived names members that follow from other records, so that their changes say nothing about this one.
	Derived []string
}

// WatchedField is one field whose old and new values are reported. A reference is reported by name and compared by id.
type WatchedField struct {
	Path, Title string
	Kind        table.Kind
}

// The keys of a change log's columns.
const (
	ChangeWhen   = "When"
	ChangeRecord = "Record"
	ChangeID     = "Id"
	ChangeNumber = "Number"
	ChangeDate   = "Date"
	ChangeKind   = "Change"
	ChangeField  = "Field"
	ChangeOld    = "Old"
	ChangeNew    = "New"
	ChangeClosed = "ClosedBooks"
	ChangeLink   = "Link"
)

// The keys of a change log's options.
const (
	OptObjects  = "objects"
	OptKeepDays = "keep_days"
)

// Info implements Definition. To the outside, a change log is a list of records like any other.
func (l ChangeLog) Info() Info {
	return Info{ID: l.ID, Title: l.Title, Summary: l.Summary, Group: l.Group, Kind: KindEntity}
}

// Catalogue implements Definition.
func (l ChangeLog) Catalogue() []Column { return slices.Clone(changeColumns) }

func (ChangeLog) columns(yield func(Column) bool) { slices.Values(changeColumns)(yield) }

var changeColumns = []Column{
	{
		Path: ChangeWhen, Title: "When", Kind: table.DateTime, Key: true,
		Help: "When QuickBooks says that the record last changed; of a deletion that shows only by comparing, " +
			"when it was noticed.",
	},
	{Path: ChangeRecord, Title: "Record", Key: true, Help: "What kind of record it is."},
	{Path: ChangeID, Title: "Record ID", Key: true},
	{Path: ChangeNumber, Title: "Number or name", Help: "Of the record, after the change."},
	{Path: ChangeDate, Title: "Date", Kind: table.Date, Help: "The transaction's own day."},
	{Path: ChangeKind, Title: "Change", Key: true, Help: "Added, Changed, Voided or Deleted."},
	{
		Path: ChangeField, Title: "Field", Key: true,
		Help: "What changed; (other) when it is none of the fields that are told.",
	},
	{Path: ChangeOld, Title: "Old value"},
	{Path: ChangeNew, Title: "New value"},
	{
		Path: ChangeClosed, Title: "In closed books", Kind: table.Bool,
		Help: "Whether the transaction's day, before or after the change, was in closed books when the " +
			"change was noticed. Blank for what has no day.",
	},
	{Path: ChangeLink, Title: "Link", Off: true, Help: "Opens the record in QuickBooks; blank once it is deleted."},
	companyColumn,
}

// OptionList implements Definition.
func (l ChangeLog) OptionList() []Option { return collectOptions(l.options) }

func (l ChangeLog) options(yield func(option) bool) {
	objects := make([]string, len(l.Watched))
	for i, w := range l.Watched {
		objects[i] = w.Object
	}
	watch := option{values: objects, Option: Option{
		Key: OptObjects, Title: "Records to watch", Kind: OptionText, Most: len(objects),
		Help: "Empty means all. What is added later is watched from then on.",
	}}
	keep := option{Option: Option{
		Key: OptKeepDays, Title: "Keep changes for", Kind: OptionChoice, Default: "90", Values: keepDays,
		Help: "Counted from the run that noticed a change. Older ones are forgotten for good.",
	}}
	_ = yield(watch) && yield(keep)
}

var keepDays = []Choice{{"7", "7 days"}, {"30", "30 days"}, {"90", "90 days"}, {"365", "A year"}}

// Field returns the index of the field with the given path, or -1 if there is none.
func (w Watched) Field(path string) int {
	return slices.IndexFunc(w.Fields, func(f WatchedField) bool { return f.Path == path })
}
