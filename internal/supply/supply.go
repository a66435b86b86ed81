// Package supply defines how readers get a company's data, wherever it comes from: all records of one object in a
// stable order, what changed in them, and report answers. A supply returns what QuickBooks has; choosing columns and
// making rows is up to its callers.
package supply

import (
	"context"
	"errors"
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
	// Inactive includes inactive records. It has no effect on objects that have none.
	Inactive bool
	// CustomFields asks for all custom fields; without it some may be left out.
	CustomFields bool
	// AsTold asks for records just as a Feed tells them, to be compared with what it tells later.
	AsTold bool
	// Members names the members at the top of a record at which the caller looks; the others may be out of date. Nil
	// means all.
	Members []string
	// Narrow lists conditions that must all hold. A supply may ignore them: it may return more records, never fewer.
	Narrow []Condition
	Day    time.Time // midnight UTC of the day of the run, for objects whose records are as of a day
	// Limit is for previews: that many records are enough, and they are worth no more than a request or two. 0 means
	// all.
	Limit int
	Meter *export.Meter
}

// Condition is a filter with its column.
type Condition struct {
	export.Filter
	Column export.Column
}

// Scan is the least number of records that a limited reading returns if Narrow was not fully applied, since many of
// them may be filtered out afterwards.
const Scan = 100

// Records are the wanted records of one object.
type Records struct {
	// Total is the number of records counted beforehand, or -1 if it is unknown without reading them all.
	Total int
	// At is QuickBooks' own clock when it counted, before it gave the first record. It is zero if that is unknown.
	At time.Time
	// Exact reports whether all of Narrow was applied.
	Exact bool
	// All yields the records, in the same order each time if they have ids. If it ends without an error they are
	// complete: each exactly once, as many as were counted. With Limit it ends after the first ones. Ranging over it
	// again may repeat the requests.
	All iter.Seq2[record.Record, error]
}

// Supply reads records. Its errors are problems.
type Supply interface {
	// Records asks for records. When it returns, only the first request has been made, or those that brought a local
	// copy up to date.
	Records(ctx context.Context, w Want) (*Records, error)
	// Count returns the number of wanted records, or -1 for an object that cannot be counted. It ignores Limit.
	Count(ctx context.Context, w Want) (int, error)
	// Lookup returns the wanted records that have one of the ids, by id. It may ignore Narrow. More than MostLookedUp
	// ids are an error.
	Lookup(ctx context.Context, w Want, ids []string) (map[string]record.Record, error)
}

// Versions is implemented by a Supply that knows without reading whether records have changed.
type Versions interface {
	// Version returns a text that stays the same as long as the wanted records do, or nothing if that is not known. Its
	// answer is as new as that of Records would be. few says that only those records matter that somebody has wanted
	// before; a list of which there are none is not read for it.
	Version(ctx context.Context, w Want, few bool) (string, error)
}

// Unread is the Version of a list of which nobody has wanted a record so far.
const Unread = "unread"

// Differences is implemented by a Supply that may know what has changed since a version.
type Differences interface {
	// Difference returns what differs from an earlier version of the wanted records, or nil if that is not known. It
	// ignores Narrow, and its answer is as new as that of Records would be.
	Difference(ctx context.Context, w Want, since string) (*Difference, error)
}

// Difference is what differs between two versions of the wanted records.
type Difference struct {
	Version string      // the later one
	Records []Differing // in the supply's order
	// AtEnd reports whether the records that are new come after all others.
	AtEnd bool
}

// Differing is a wanted record that is not the same as before.
type Differing struct {
	ID       string
	Old, New record.Record
	Had, Has bool // whether there is an old one, and a new one
}

// MostLookedUp is the largest number of ids for one Lookup.
const MostLookedUp = 200

// FeedDays is how far back a Feed can go. QuickBooks remembers changes for 30 days.
const FeedDays = 29

// FeedMost is the largest number of changed records in one answer.
const FeedMost = 1000

// ChangesWant says which objects' changes are wanted.
type ChangesWant struct {
	Company export.Company
	Objects []string
	// Since is at most FeedDays ago; a feed that does not go back that far returns a problem. It is enough to pass the
	// last answer's At: changes at that very moment are repeated rather than lost.
	Since time.Time
	Meter *export.Meter
}

// Delta is what changed.
type Delta struct {
	At time.Time // QuickBooks' own clock when it answered
	// Records holds the changed records, whole, by object. Deleted ones have the status "Deleted" and little more than
	// an id.
	Records map[string][]record.Record
	// Cut reports whether QuickBooks may have left changes out.
	Cut bool
}

// ErrCompanyRefused is in the chain of a feed's problem if QuickBooks refuses everything that is asked of the company,
// so that other questions are pointless.
var ErrCompanyRefused = errors.New("everything that is asked of the company is refused")

// Books is what a company says about its books.
type Books struct {
	Now    time.Time // QuickBooks' own clock
	Closed string    // last day of the closed books as 2006-01-02; empty if none are closed
}

// Feed tells what changed. Its errors are problems.
type Feed interface {
	Changes(ctx context.Context, w ChangesWant) (Delta, error)
	Books(ctx context.Context, c export.Company, m *export.Meter) (Books, error)
}

// ReportWant says which report is wanted.
type ReportWant struct {
	Company export.Company
	Object  string // the name in the report's address
	Params  url.Values
	// Divisible says that the caller can ask for the report in parts, so a report that takes too long is not worth
	// retrying whole.
	Divisible bool
	Meter     *export.Meter
}

// Reports reads report answers. Its errors are problems.
type Reports interface {
	// Report asks for one report and passes the answer to accept. If accept fails, the request is retried, unless the
	// error is a problem that says otherwise.
	Report(ctx context.Context, w ReportWant, accept func(body []byte) error) error
}
