package source_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"ledgersheet/internal/export"
	"ledgersheet/internal/intuit"
	"ledgersheet/internal/intuit/intuitsim"
	"ledgersheet/internal/limit"
	"ledgersheet/internal/source"
	"ledgersheet/internal/table"
)

const simRoot = "http://quickbooks.test"

// simulated is a client for one company of a simulator, without a network in between.
type simulated struct {
	server  *intuitsim.Server
	client  *intuit.Client
	company export.Company
	books   *intuitsim.Company
}

func simulate(t testing.TB, o intuitsim.Options) simulated {
	t.Helper()
	if o.Now == nil {
		o.Now = time.Now
	}
	o.Limits = intuitsim.NoLimits()
	server := intuitsim.New(o)
	info := server.Companies()[0]
	s := simulated{server: server, books: server.Company(info.Realm)}
	s.client = intuit.New(intuit.Options{
		APIURL: simRoot, Limiter: limit.New(limit.Limits{}),
		HTTP: func(realm export.RealmID) *http.Client {
			access, _ := server.Authorize(string(realm))
			return &http.Client{Transport: bearer{access, server.Transport()}}
		},
	})
	s.company = export.Company{
		Realm: export.RealmID(info.Realm), Name: info.Name, Country: info.Country, HomeCurrency: info.Currency,
		FiscalYearStart: info.FiscalYearStart, Environment: intuit.Sandbox,
	}
	return s
}

// source returns a Source that reads through the client.
func (s simulated) source() *source.Source { return source.New(s.client, nil) }

type bearer struct {
	token string
	next  http.RoundTripper
}

func (b bearer) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("Authorization", "Bearer "+b.token)
	return b.next.RoundTrip(r)
}

// result is a reading that was read to its end.
type result struct {
	*export.Reading
	export.Outcome
	rows []table.Row
	err  error
}

func (r result) warnings() []string { return export.WarningTexts(r.Warnings) }

func (s simulated) read(t testing.TB, d export.Definition, q export.Query) result {
	t.Helper()
	q.Company = s.company
	if q.Today.IsZero() {
		q.Today = midnight(time.Now())
	}
	if q.Columns == nil {
		q.Columns = export.Defaults(d, export.OptionValue(d, q.Options, export.OptLines) == "true")
	}
	reading, err := s.source().Read(t.Context(), d, q)
	if err != nil {
		return result{err: err}
	}
	out := result{Reading: reading}
	for row, err := range reading.Rows {
		if err != nil {
			out.err = err
			break
		}
		if len(row.Cells) != len(reading.Schema.Columns) {
			t.Fatalf("a row of %d cells under %d columns", len(row.Cells), len(reading.Schema.Columns))
		}
		out.rows = append(out.rows, row)
	}
	if out.Outcome, err = reading.End(); err != nil {
		t.Fatal(err)
	}
	return out
}

// must is like read but fails the test on an error.
func (s simulated) must(t testing.TB, d export.Definition, q export.Query) result {
	t.Helper()
	r := s.read(t, d, q)
	if r.err != nil {
		t.Fatalf("reading %s: %v", d.Info().ID, r.err)
	}
	return r
}

func (r result) totals() table.Totals {
	var totals table.Totals
	for _, row := range r.rows {
		totals.Add(r.Schema, row)
	}
	return totals
}

// column returns the texts of a column.
func (r result) column(t testing.TB, id string) []string {
	t.Helper()
	for i, c := range r.Schema.Columns {
		if c.ID == id {
			list := make([]string, len(r.rows))
			for n, row := range r.rows {
				list[n] = row.Cells[i].String()
			}
			return list
		}
	}
	t.Fatalf("there is no column %s", id)
	return nil
}

// texts returns rows for comparison: role, level and the cells' texts.
func texts(rows []table.Row) [][]string {
	var list [][]string
	for _, r := range rows {
		line := []string{fmt.Sprintf("%d/%d", r.Role, r.Level)}
		for _, c := range r.Cells {
			line = append(line, c.String())
		}
		list = append(list, line)
	}
	return list
}

func midnight(t time.Time) time.Time {
	y, m, d := t.Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// newResponse returns a response for a transport without a network.
func newResponse(r *http.Request, status int, body string, header ...string) *http.Response {
	h := http.Header{}
	for i := 0; i+1 < len(header); i += 2 {
		h.Set(header[i], header[i+1])
	}
	return &http.Response{StatusCode: status, Header: h, Body: io.NopCloser(strings.NewReader(body)), Request: r}
}
