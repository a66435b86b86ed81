// Package supply says how a company's data is asked for, whatever it comes from: all records of one object in an order
// that stays, what changed in them, and report answers. A supply hands on what QuickBooks has; choosing columns and
// making rows of it is for others.
package supply

import (
	"context"
	"iter"
	"net/url"
	"time"

	"ledgersheet/internal/export"
	"ledgersheet/internal/record"
)

// Want says which records are wanted.
type Want struct {
	Company export.Company
	Object  string // the name in QuickBooks' query language, such as "Invoice"
	Title   string // what messages call the records, such as "invoices"
	// Inactive asks for inactive records as well; it means nothing for objects that have none.
	Inactive bool
	// CustomFields asks for all custom fields; without it some may be left out.
	CustomFields bool
	// Narrow are conditions that all must hold. A supply may ignore them: it may give more records, never fewer.
	Narrow []Condition
	Day    time.Time // midnight UTC of the day of the run, for objects whose records are as of a day
	// Limit is for previews: the first so many records are enough. 0 wants all.
	Limit int
	Meter *export.Meter
}

// Condition is a filter with the column that it is about.
type Condition struct {
	export.Filter
	Column export.Column
}

// Scan is how many records a limited reading gives at least when Narrow was not applied whole, since many of them may
// be filtered out afterwards.
const Scan = 100

// Records are the wanted records of one object.
type Records struct {
	// Total is how many there are: what was counted first, or -1 when nobody knows without reading them all.
	Total int
	// Exact reports whether all of Narrow was applied.
	Exact bool
	// All yields them in an order that is the same each time as long as they have ids. When it ends without an error
	// they are complete: each once, as many as were counted. With Limit it ends after the first ones. It may be ranged
	// over again, which may ask again.
	All iter.Seq2[record.Record, error]
}

// Supply gives records. It returns problems.
type Supply interface {
	// Records asks for records; only the first answer has been asked for when it returns.
	Records(ctx context.Context, w Want) (*Records, error)
	// Count returns how many records are wanted, -1 for an object that cannot be counted. Limit means nothing here.
	Count(ctx context.Context, w Want) (int, error)
	// Lookup returns those of the wanted records that have one of the ids, by id; Narrow may be ignored. More than
	// MostLookedUp ids are a problem.
	Lookup(ctx context.Context, w Want, ids []string) (map[string]record.Record, error)
}

// MostLookedUp bounds the ids of one Lookup.
const MostLookedUp = 200

// FeedDays is how far back a Feed can be asked: QuickBooks remembers changes for 30 days.
const FeedDays = 29

// FeedMost is how many changed records an answer holds at most.
const FeedMost = 1000

// ChangesWant says of which objects changes are wanted.
type ChangesWant struct {
	Company export.Company
	Objects []string
	// Since is not more than FeedDays ago; a feed that does not remember so far back returns a problem. Since the At of
	// the last answer is enough: what changed in its very moment is told again rather than never.
	Since time.Time
	Meter *export.Meter
}

// Delta is what changed.
type Delta struct {
	At time.Time // QuickBooks' own clock when it answered
	// Records are the changed records by object, whole. Those that were deleted have the status "Deleted" and little
	// more than an id.
	Records map[string][]record.Record
	// Cut reports whether there may be more than QuickBooks gave.
	Cut bool
}

// Books is what a company says of its books.
type Books struct {
	Now    time.Time // QuickBooks' own clock
	Closed string    // last day of the closed books as 2006-01-02, empty when none are
}

// Feed tells what changed. It returns problems.
type Feed interface {
	Changes(ctx context.Context, w ChangesWant) (Delta, error)
	Books(ctx context.Context, c export.Company, m *export.Meter) (Books, error)
}

// ReportWant says which report is wanted.
type ReportWant struct {
	Company export.Company
	Object  string // the name in the report's address
	Params  url.Values
	// Divisible says that the caller can ask for the report in parts, so that one which takes too long is not worth
	// asking for twice.
	Divisible bool
	Meter     *export.Meter
}

// Reports gives report answers. It returns problems.
type Reports interface {
	// Report asks for one report and hands the answer to accept. When accept cannot read it the report is asked for
	// again, unless its error is a problem that says otherwise.
	Report(ctx context.Context, w ReportWant, accept func(body []byte) error) error
}
