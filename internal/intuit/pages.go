package intuit

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"golang.org/x/sync/errgroup"

	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
	"ledgersheet/internal/record"
)

const (
	// pageSize is the largest page that QuickBooks returns.
	pageSize = 1000
	// windowPages limits the pages that are fetched or wait to be used. windowBytes limits the pages held at once,
	// those being fetched and the one being used included.
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
	err = l.query(ctx, s.count(), func(body []byte) (err error) {
		at = readClock(body)
		total, err = readCount(body)
		return err
	})
	return total, at, err
}

// readClock returns the time that an answer says, or zero. Nobody needs it to read records.
func readClock(body []byte) (at time.Time) {
	dec := record.NewDecoder(body)
	_ = eachMember(dec, func(name string) error {
		if name != "time" {
			return skip(dec)
		}
		v, err := dec.ReadValue()
		if err == nil && at.UnmarshalJSON(v) != nil {
			at = time.Time{}
		}
		return err
	})
	return at
}

// readCount reads the answer to a query that counts.
func readCount(body []byte) (int, error) {
	count := jsontext.Value("null")
	err := readQuery(body, func(dec *jsontext.Decoder, name string) error {
		if name != "totalCount" {
			return skip(dec)
		}
		v, err := dec.ReadValue()
		count = v.Clone()
		return err
	})
	if err != nil {
		return 0, err
	}
	var n json.Number
	if err := json.Unmarshal(count, &n); err != nil {
		return 0, fmt.Errorf("reading totalCount: %w", err)
	}
	total, err := strconv.Atoi(n.String())
	if err != nil || total < 0 {
		return 0, fmt.Errorf("reading totalCount: %q is no count", n)
	}
	return total, nil
}

// fetched is an answer's records, and how many bytes they came in.
type fetched struct {
	records []record.Record
	bytes   int
}

// fetch asks for records.
func (l lister) fetch(ctx context.Context, query string) (fetched, error) {
	var got fetched
	err := l.query(ctx, query, func(body []byte) (err error) {
		got.bytes = len(body)
		got.records, err = readRecords(body, l.object)
		return err
	})
	return got, err
}

// readRecords reads the answer to a query for records of an object, nil if there are none.
func readRecords(body []byte, object string) (list []record.Record, err error) {
	err = readQuery(body, func(dec *jsontext.Decoder, name string) (err error) {
		if !strings.EqualFold(name, object) {
			return skip(dec)
		}
		list, err = record.DecodeList(dec, body)
		return err
	})
	return list, err
}

var errNoResponse = errors.New("the answer has no QueryResponse")

func (l lister) query(ctx context.Context, query string, accept func(body []byte) error) error {
	values := url.Values{"query": {query}}
	if l.include != "" {
		values.Set("include", l.include)
	}
	return l.client.get(ctx, request{
		realm: l.realm, path: "query", query: values, page: l.page, meter: l.meter, accept: accept,
	})
}

// readQuery reads a query's answer once, to its end. It calls read at the value of each member of its QueryResponse.
func readQuery(body []byte, read func(dec *jsontext.Decoder, name string) error) error {
	found := false
	dec := record.NewDecoder(body)
	err := eachMember(dec, func(name string) error {
		if !strings.EqualFold(name, "QueryResponse") || dec.PeekKind() == 'n' {
			return skip(dec)
		}
		found = true
		return eachMember(dec, func(name string) error { return read(dec, name) })
	})
	if err == nil {
		err = atEnd(dec)
	}
	if err != nil {
		return fmt.Errorf("reading a query's answer: %w", err)
	}
	if !found {
		return errNoResponse
	}
	return nil
}

var errNoObject = errors.New("it is no object")

// eachMember reads an object and calls read at the value of each member. read has to read it whole.
func eachMember(dec *jsontext.Decoder, read func(name string) error) error {
	if open, err := dec.ReadToken(); err != nil || open.Kind() != '{' {
		return cmp.Or(err, errNoObject)
	}
	for dec.PeekKind() != '}' {
		name, err := dec.ReadToken()
		if err != nil {
			return err
		}
		if err := read(name.String()); err != nil {
			return err
		}
	}
	_, err := dec.ReadToken()
	return err
}

// skip reads the next value and drops it. jsontext's own SkipValue goes through it token by token.
func skip(dec *jsontext.Decoder) error {
	_, err := dec.ReadValue()
	return err
}

// atEnd returns an error if something follows what was read.
func atEnd(dec *jsontext.Decoder) error {
	switch _, err := dec.ReadToken(); {
	case err == nil:
		return errors.New("text follows it")
	case !errors.Is(err, io.EOF):
		return err
	}
	return nil
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

// fetchAhead yields the pages that begin at starts, in order. Beside the page being used it holds at most windowPages
// pages, and all of them at most windowBytes bytes, judging by the largest page so far. With an error it returns the
// start of the page that failed.
func (l lister) fetchAhead(ctx context.Context, s statement, size int, starts []int,
	yield func([]record.Record) bool,
) (failed int, err error) {
	type answer struct {
		fetched
		err error
	}
	ctx, cancel := context.WithCancel(ctx)
	var group errgroup.Group
	defer func() {
		cancel()
		_ = group.Wait() // the group's functions return nil; errors come with their pages
	}()
	var ahead []chan answer
	next, largest := 0, 0
	fetch := func(most int) {
		for next < len(starts) && len(ahead) < min(most, windowPages) {
			done, start := make(chan answer, 1), starts[next]
			group.Go(func() error {
				var a answer
				defer func() { done <- a }()
				defer problem.Recover(&a.err)
				a.fetched, a.err = l.fetchPage(ctx, s.page(start, size))
				return nil
			})
			ahead = append(ahead, done)
			next++
		}
	}
	room := 1 // in pages; the first page is fetched alone to learn its size
	for _, at := range starts {
		fetch(max(1, room))
		f := <-ahead[0]
		if f.err != nil {
			return at, f.err
		}
		ahead = ahead[1:]
		largest = max(largest, f.bytes, 1)
		room = windowBytes / largest
		if at != starts[0] { // often nobody wants more than the first page
			fetch(room - 1) // while this one is used
		}
		if !yield(f.records) {
			return 0, nil
		}
	}
	return 0, nil
}
