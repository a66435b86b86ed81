package intuit

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"ledgersheet/internal/record"
)

const (
	// cdcMost is how many records change data capture gives; there is no second page.
	cdcMost = 1000
	// cdcDays is how far back it is asked; it remembers 30 days.
	cdcDays = 29
	// cdcOverlap is how much earlier than the last answer it is asked for, as its index may lag. Fingerprints tell what is
	// known already.
	cdcOverlap = 10 * time.Minute
)

// captured is an answer of change data capture.
type captured struct {
	at      time.Time                    // QuickBooks' clock
	records map[string][]json.RawMessage // by object, deleted ones with little more than their id
	count   int
}

var errNoTime = errors.New("the answer does not say its time")

// capture asks what changed since a time in records of the objects.
// https://developer.intuit.com/app/developer/qbo/docs/learn/explore-the-quickbooks-online-api/change-data-capture
func (r *changeRead) capture(ctx context.Context, objects []string, since time.Time) (captured, error) {
	var got captured
	err := r.client.get(ctx, request{
		realm: r.realm, path: "cdc", meter: r.meter,
		query: url.Values{"entities": {strings.Join(objects, ",")}, "changedSince": {since.UTC().Format(time.RFC3339)}},
		accept: func(body []byte) (err error) {
			got, err = readCapture(body, objects)
			return err
		},
	})
	return got, err
}

func readCapture(body []byte, objects []string) (captured, error) {
	var doc struct {
		CDCResponse []struct {
			QueryResponse []map[string]json.RawMessage
		}
		Time time.Time `json:"time"`
	}
	got := captured{records: map[string][]json.RawMessage{}}
	if err := json.Unmarshal(body, &doc); err != nil {
		return got, fmt.Errorf("reading changed records: %w", err)
	}
	if doc.Time.IsZero() {
		return got, errNoTime
	}
	if len(doc.CDCResponse) == 0 {
		return got, errNoResponse
	}
	got.at = doc.Time
	for _, response := range doc.CDCResponse {
		for _, group := range response.QueryResponse {
			for name, value := range group {
				if strings.EqualFold(name, "Fault") {
					return got, errors.New("reading changed records: there is a fault among them")
				}
				for _, object := range objects {
					if !strings.EqualFold(name, object) {
						continue
					}
					var list []json.RawMessage
					if err := json.Unmarshal(value, &list); err != nil {
						return got, fmt.Errorf("reading changed records of %s: %w", object, err)
					}
					got.records[object] = append(got.records[object], list...)
					got.count += len(list)
				}
			}
		}
	}
	return got, nil
}

// books reads QuickBooks' clock and until when the books are closed, empty when they are not.
func (r *changeRead) books(ctx context.Context) (now time.Time, closed string, err error) {
	err = r.client.get(ctx, request{realm: r.realm, path: "preferences", meter: r.meter, accept: func(body []byte) error {
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
		now, closed = doc.Time, doc.Preferences.AccountingInfoPrefs.BookCloseDate
		if closed == "" {
			return nil
		}
		closed = closed[:min(len(closed), len(time.DateOnly))] // other days come with a zone or a time at times
		if _, err := time.Parse(time.DateOnly, closed); err != nil {
			return errors.New("reading Preferences: the closing date is no date")
		}
		return nil
	}})
	return now, closed, err
}

// decodeRecord reads one record of an answer.
func decodeRecord(raw json.RawMessage) (record.Record, error) {
	rec, err := record.Parse(raw)
	if err != nil {
		return rec, fmt.Errorf("reading what changed: %w", err)
	}
	if rec.Text("Id") == "" {
		return rec, errors.New("reading a changed record: it has no Id")
	}
	return rec, nil
}
