package intuit

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"net/url"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"ledgersheet/internal/export"
	"ledgersheet/internal/record"
)

const (
	// pageSize is the largest page that QuickBooks returns.
	pageSize = 1000
	// windowPages and windowBytes limit the pages held at once, including those being fetched.
	windowPages = 3
	windowBytes = 16 << 20
)

// lister asks one company for the records of one object.
type lister struct {
	client *Client
	realm  export.RealmID
	object string
	meter  *export.Meter
	// include requests members that QuickBooks otherwise leaves out; empty means none.
	include string
	page    bool // what is asked for is one page of many
}

// count asks how many records the statement selects.
func (l lister) count(ctx context.Context, s statement) (int, error) {
	total, _, err := l.countAt(ctx, s)
	return total, err
}

// countAt is count that also returns QuickBooks' clock, or zero if the answer does not say it.
func (l lister) countAt(ctx context.Context, s statement) (total int, at time.Time, err error) {
	err = l.query(ctx, s.count(), func(answer map[string]json.RawMessage, said time.Time) error {
		at = said
		var n json.Number
		if err := json.Unmarshal(answer["totalCount"], &n); err != nil {
			return fmt.Errorf("reading totalCount: %w", err)
		}
		var err error
		if total, err = strconv.Atoi(n.String()); err != nil || total < 0 {
			return fmt.Errorf("reading totalCount: %q is no count", n)
		}
		return nil
	})
	return total, at, err
}

// fetch asks for records and returns their JSON array as it came, or nil if there are none.
func (l lister) fetch(ctx context.Context, query string) (json.RawMessage, error) {
	var page json.RawMessage
	err := l.query(ctx, query, func(answer map[string]json.RawMessage, _ time.Time) error {
		page = nil
		for name, value := range answer {
			if strings.EqualFold(name, l.object) {
				page = value
			}
		}
		if page != nil && !bytes.HasPrefix(page, []byte("[")) {
			return fmt.Errorf("reading the %s records: they are no array", l.object)
		}
		return nil
	})
	return page, err
}

var errNoResponse = errors.New("the answer has no QueryResponse")

// query passes the answer and QuickBooks' clock to accept.
func (l lister) query(ctx context.Context, query string,
	accept func(answer map[string]json.RawMessage, at time.Time) error,
) error {
	values := url.Values{"query": {query}}
	if l.include != "" {
		values.Set("include", l.include)
	}
	return l.client.get(ctx, request{
		realm: l.realm, path: "query", query: values, page: l.page, meter: l.meter,
		accept: func(body []byte) error {
			var doc struct {
				QueryResponse map[string]json.RawMessage
				Time          record.Scalar `json:"time"`
			}
			if err := json.Unmarshal(body, &doc); err != nil {
				return fmt.Errorf("reading a query's answer: %w", err)
			}
			if doc.QueryResponse == nil {
				return errNoResponse
			}
			at, err := time.Parse(time.RFC3339, string(doc.Time))
			if err != nil {
				at = time.Time{} // nobody needs it to read records
			}
			return accept(doc.QueryResponse, at)
		},
	})
}

// pageStarts returns the positions at which the pages of a list of n records begin, from a position on. With overlap,
// each page but the first begins with the last record of the previous page. Paging is by offset, so records added or
// deleted meanwhile would otherwise shift others across a page boundary unnoticed. With overlap the last page also has
// room for one more record, because a full page does not show that it is the last.
func pageStarts(from, n, size int, overlap bool) []int {
	step := size
	if overlap {
		step--
		n++
	}
	starts := []int{from}
	for next := from + step; next-1+size-step < n; next += step {
		starts = append(starts, next)
	}
	return starts
}

// fetchAhead yields the pages that begin at starts, in order. It holds at most windowPages pages and, judging by the
// largest page so far, windowBytes bytes. With an error it returns the start of the page that failed.
func (l lister) fetchAhead(ctx context.Context, s statement, size int, starts []int,
	yield func(json.RawMessage) bool,
) (failed int, err error) {
	type fetched struct {
		page json.RawMessage
		err  error
	}
	ctx, cancel := context.WithCancel(ctx)
	var group errgroup.Group
	defer func() {
		cancel()
		_ = group.Wait() // the group's functions return nil; errors come with their pages
	}()
	var ahead []chan fetched
	next, largest := 0, 0
	room := 1 // fetch the first page alone to learn its size
	for _, at := range starts {
		for next < len(starts) && len(ahead) < room {
			done, start := make(chan fetched, 1), starts[next]
			group.Go(func() error {
				page, err := l.fetchPage(ctx, s.page(start, size))
				done <- fetched{page, err}
				return nil
			})
			ahead = append(ahead, done)
			next++
		}
		f := <-ahead[0]
		if f.err != nil {
			return at, f.err
		}
		ahead = ahead[1:]
		largest = max(largest, len(f.page), 1)
		room = min(windowPages, max(1, windowBytes/largest))
		if !yield(f.page) {
			return 0, nil
		}
	}
	return 0, nil
}

// decodePage yields a page's records one at a time, so that a whole decoded page is never held.
func decodePage(page json.RawMessage) iter.Seq2[record.Record, error] {
	return func(yield func(record.Record, error) bool) {
		if len(page) == 0 {
			return
		}
		dec := json.NewDecoder(bytes.NewReader(page))
		if _, err := dec.Token(); err != nil {
			yield(record.Record{}, fmt.Errorf("reading a page: %w", err))
			return
		}
		for dec.More() {
			var r record.Record
			if err := r.Decode(dec); err != nil {
				yield(record.Record{}, err)
				return
			}
			if !yield(r, nil) {
				return
			}
		}
	}
}
