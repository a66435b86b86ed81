package intuit

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"ledgersheet/internal/export"
	"ledgersheet/internal/record"
	"ledgersheet/internal/supply"
)

var errNoTime = errors.New("the answer does not say its time")

// Changes implements supply.Feed, with one request.
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

func readCapture(body []byte, objects []string) (supply.Delta, error) {
	var doc struct {
		CDCResponse []struct {
			QueryResponse []map[string]json.RawMessage
		}
		Time time.Time `json:"time"`
	}
	got, count := supply.Delta{Records: map[string][]record.Record{}}, 0
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
					for _, raw := range list {
						rec, err := decodeChanged(raw)
						if err != nil {
							return got, err
						}
						got.Records[object] = append(got.Records[object], rec)
					}
					count += len(list)
				}
			}
		}
	}
	got.Cut = count >= supply.FeedMost // the answer has no second page
	return got, nil
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
