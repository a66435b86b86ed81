package intuit

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
	"ledgersheet/internal/record"
	"ledgersheet/internal/supply"
)

var errNoTime = errors.New("the answer does not say its time")

// Changes implements supply.Feed, with one request. An answer that holds a fault, or says nothing of an object that was
// asked for, is retried or refused whole: its time must not become anybody's cursor.
// https://developer.intuit.com/app/developer/qbo/docs/learn/explore-the-quickbooks-online-api/change-data-capture
func (c *Client) Changes(ctx context.Context, w supply.ChangesWant) (supply.Delta, error) {
	var got supply.Delta
	since := w.Since.UTC().Format(time.RFC3339)
	err := c.get(ctx, request{
		realm: w.Company.Realm, path: "cdc", meter: w.Meter,
		query: url.Values{"entities": {strings.Join(w.Objects, ",")}, "changedSince": {since}},
		accept: func(body []byte) (err error) {
			got, err = readCapture(body, w.Objects)
			return err
		},
	})
	return got, err
}

// captured is the part of an answer about one object, or an empty one for an object without changes.
type captured map[string]json.RawMessage

// readCapture reads an answer about the objects. QuickBooks puts one member for each into QueryResponse, an empty one
// if nothing has changed; fewer members mean that an object was left out.
// https://developer.intuit.com/app/developer/qbo/docs/api/accounting/all-entities/changedatacapture
func readCapture(body []byte, objects []string) (supply.Delta, error) {
	var doc struct {
		CDCResponse []struct {
			Fault         json.RawMessage
			QueryResponse []captured
		}
		Time time.Time `json:"time"`
	}
	got := supply.Delta{Records: map[string][]record.Record{}}
	if err := json.Unmarshal(body, &doc); err != nil {
		return got, fmt.Errorf("reading changed records: %w", err)
	}
	if doc.Time.IsZero() {
		return got, errNoTime
	}
	if len(doc.CDCResponse) == 0 {
		return got, errNoResponse
	}
	got.At = doc.Time
	var groups []captured
	for _, response := range doc.CDCResponse {
		if response.Fault != nil {
			return got, errFaultInside
		}
		groups = append(groups, response.QueryResponse...)
	}
	count, empty := 0, 0
	left := slices.Clone(objects)
	for _, group := range groups {
		if group.isEmpty() {
			empty++
		}
		for name, value := range group {
			if strings.EqualFold(name, "Fault") {
				return got, errFaultInside
			}
			i := slices.IndexFunc(objects, func(object string) bool { return strings.EqualFold(name, object) })
			if i < 0 {
				continue
			}
			list, err := decodeGroup(objects[i], value)
			if err != nil {
				return got, err
			}
			got.Records[objects[i]] = append(got.Records[objects[i]], list...)
			count += len(list)
			left = slices.DeleteFunc(left, func(object string) bool { return object == objects[i] })
		}
	}
	got.Cut = count >= supply.FeedMost // the answer has no second page
	if empty < len(left) && !got.Cut {
		return got, missingProblem(left, empty)
	}
	return got, nil
}

var errFaultInside = errors.New("reading changed records: there is a fault among them")

// isEmpty reports whether the group holds no records, of whatever object.
func (c captured) isEmpty() bool {
	for name := range c {
		switch name {
		case "startPosition", "maxResults", "totalCount":
		default:
			return false
		}
	}
	return true
}

// decodeGroup decodes the changed records of one object.
func decodeGroup(object string, value json.RawMessage) ([]record.Record, error) {
	var raw []json.RawMessage
	if err := json.Unmarshal(value, &raw); err != nil {
		return nil, fmt.Errorf("reading changed records of %s: %w", object, err)
	}
	list := make([]record.Record, len(raw))
	for i, r := range raw {
		rec, err := decodeChanged(r)
		if err != nil {
			return nil, err
		}
		list[i] = rec
	}
	return list, nil
}

// missingProblem says of which objects the answer may say nothing. Empty members have no name, so with some of those
// nobody can tell which objects they stand for.
func missingProblem(left []string, empty int) *problem.Problem {
	if empty == 0 {
		return problem.New(problem.QuickBooksMalformed, "QuickBooks left out what changed in %s.",
			strings.Join(left, ", "))
	}
	return problem.New(problem.QuickBooksMalformed, "QuickBooks left out what changed in %d of %s.", len(left)-empty,
		strings.Join(left, ", "))
}

// Books implements supply.Feed, with one request.
func (c *Client) Books(ctx context.Context, company export.Company, m *export.Meter) (supply.Books, error) {
	var books supply.Books
	err := c.get(ctx, request{realm: company.Realm, path: "preferences", meter: m, accept: func(body []byte) error {
		var doc struct {
			Preferences *struct {
				AccountingInfoPrefs struct{ BookCloseDate string }
			}
			Time time.Time `json:"time"`
		}
		if err := json.Unmarshal(body, &doc); err != nil {
			return fmt.Errorf("reading Preferences: %w", err)
		}
		if doc.Preferences == nil {
			return errors.New("reading Preferences: it is missing")
		}
		if doc.Time.IsZero() {
			return errNoTime
		}
		closed := doc.Preferences.AccountingInfoPrefs.BookCloseDate
		books = supply.Books{Now: doc.Time}
		if closed == "" {
			return nil
		}
		closed = closed[:min(len(closed), len(time.DateOnly))] // sometimes the day comes with a zone or a time
		if _, err := time.Parse(time.DateOnly, closed); err != nil {
			return errors.New("reading Preferences: the closing date is no date")
		}
		books.Closed = closed
		return nil
	}})
	return books, err
}

// decodeChanged decodes one record of an answer.
func decodeChanged(raw json.RawMessage) (record.Record, error) {
	rec, err := record.Parse(raw)
	if err != nil {
		return rec, fmt.Errorf("reading what changed: %w", err)
	}
	if rec.Text("Id") == "" {
		return rec, errors.New("reading a changed record: it has no Id")
	}
	return rec, nil
}
