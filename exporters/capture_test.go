package exporters_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"

	"ledgersheet/exporters"
	"ledgersheet/internal/capture"
	"ledgersheet/internal/export"
	"ledgersheet/internal/intuit"
	"ledgersheet/internal/intuit/intuitsim"
	"ledgersheet/internal/limit"
	"ledgersheet/internal/problem"
	"ledgersheet/internal/source"
	"ledgersheet/internal/table"
)

// A capture of each type tells nothing of the company, and is read like the answers that it was made of: the same
// columns and rows, the same checks, and figures that are all the same multiple.
func TestCaptures(t *testing.T) {
	t.Parallel()
	for name, quirks := range map[string]intuitsim.Quirks{
		"plain": {}, "odd": intuitsim.AllQuirks(false), "odd and older": intuitsim.AllQuirks(true),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			checkCaptures(t, quirks)
		})
	}
}

func checkCaptures(t *testing.T, quirks intuitsim.Quirks) {
	t.Helper()
	w := newWorld(t, exporters.All())
	w.books.Company(string(w.company.Realm)).SetQuirks(quirks)
	secrets := w.secrets(t)
	if len(secrets) < 50 {
		t.Fatalf("only %d names to look for", len(secrets))
	}
	for _, d := range exporters.All() {
		t.Run(d.Info().ID, func(t *testing.T) {
			t.Parallel()
			e := w.exporter(d, nil)
			data, err := w.runner.Capture(t.Context(), e)
			if err != nil {
				t.Fatal(err)
			}
			for secret, what := range secrets {
				if bytes.Contains(data, []byte(secret)) {
					t.Errorf("it tells %q, a %s", secret, what)
				}
			}
			var f capture.File
			if err := json.Unmarshal(data, &f); err != nil {
				t.Fatal(err)
			}
			if f.Type != d.Info().ID || f.Problem != "" || len(f.Requests) == 0 || f.LeftOut > 0 {
				t.Fatalf("type %q, problem %q, %d requests, %d left out", f.Type, f.Problem, len(f.Requests), f.LeftOut)
			}
			if _, ok := d.(export.ChangeLog); ok {
				return // what changed since when is a matter of the clock
			}
			before, figures := w.shape(t, w.source, d, e, today)
			after, multiples := w.shape(t, replay(f), d, e, today.AddDate(yearsMoved(t, f), 0, 0))
			if diff := cmp.Diff(before, after); diff != "" {
				t.Errorf("the capture is read otherwise (-answers +capture):\n%s", diff)
			}
			if !proportional(figures, multiples) {
				t.Errorf("the figures %v became %v", figures, multiples)
			}
		})
	}
}

// secrets returns what must not be in a capture, and what it is.
func (w world) secrets(t *testing.T) map[string]string {
	t.Helper()
	secrets := map[string]string{string(w.company.Realm): "realm", w.company.Name: "company"}
	books := w.books.Company(string(w.company.Realm))
	for _, entity := range []string{"Customer", "Vendor", "Employee", "Item", "Invoice"} {
		for _, id := range books.IDs(entity) {
			raw, _ := books.Record(entity, id)
			var v any
			if err := json.Unmarshal(raw, &v); err != nil {
				t.Fatal(err)
			}
			collect(v, "", secrets)
		}
	}
	return secrets
}

// collect adds the texts under keys that tell of people.
func collect(v any, key string, secrets map[string]string) {
	switch v := v.(type) {
	case map[string]any:
		for k, below := range v {
			collect(below, k, secrets)
		}
	case []any:
		for _, below := range v {
			collect(below, key, secrets)
		}
	case string:
		switch key {
		case "DisplayName", "FamilyName", "CompanyName", "Address", "Line1", "City", "FreeFormNumber", "PrivateNote",
			"PrintOnCheckName":
			if quoted, _ := json.Marshal(v); len(v) > 5 && v != "Voided" { // QuickBooks' own word
				secrets[strings.Trim(string(quoted), `"`)] = key
			}
		}
	}
}

// shape is what a reading looks like, without what it says.
type shape struct {
	Columns, Rows int
	Kinds         [3]int // cells that are empty, figures and other
	Checks        []bool
}

func (w world) shape(t *testing.T, from export.Source, d export.Definition, e export.Exporter, day time.Time) (s shape,
	figures []decimal.Decimal) {
	t.Helper()
	columns := export.Defaults(d, export.WantsLines(d, e.Options))
	reading, err := from.Read(t.Context(), d, export.Query{Company: w.company, Columns: columns, Options: e.Options,
		Today: day.Truncate(24 * time.Hour), Meter: &export.Meter{}})
	if err != nil {
		t.Fatal(err)
	}
	s.Columns = len(reading.Schema.Columns)
	for row, err := range reading.Rows {
		if err != nil {
			t.Fatal(err)
		}
		s.Rows++
		for _, c := range row.Cells {
			switch {
			case c.Blank():
				s.Kinds[0]++
			case c.Kind() == table.Money || c.Kind() == table.Number:
				s.Kinds[1]++
			default:
				s.Kinds[2]++
			}
		}
	}
	out, err := reading.End()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range out.Checks {
		s.Checks = append(s.Checks, c.Holds)
	}
	for _, f := range out.Figures {
		value, err := table.ParseDecimal(f.Value)
		if err != nil {
			t.Fatal(err)
		}
		if f.Currency != "" {
			figures = append(figures, value)
		}
	}
	return s, figures
}

// proportional reports whether one list is a multiple of the other.
func proportional(a, b []decimal.Decimal) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		for k := range a {
			if !a[i].Mul(b[k]).Equal(a[k].Mul(b[i])) || !a[i].IsZero() && a[i].Equal(b[i]) {
				return false
			}
		}
	}
	return true
}

// yearsMoved returns by how many years a capture moved dates: QuickBooks' clock in its answers says today.
func yearsMoved(t *testing.T, f capture.File) int {
	t.Helper()
	for _, q := range f.Requests {
		var body struct {
			Time   string
			Header struct{ Time string }
		}
		if err := json.Unmarshal(q.Body, &body); err != nil {
			t.Fatal(err)
		}
		for _, text := range []string{body.Time, body.Header.Time} {
			if at, err := time.Parse(time.RFC3339, text); err == nil {
				return at.Year() - today.Year()
			}
		}
	}
	t.Fatal("no answer says when it was made")
	return 0
}

// replay is a source that answers each request by the next answer of the capture to the same resource.
func replay(f capture.File) export.Source {
	var mu sync.Mutex
	left := f.Requests
	transport := transportFunc(func(r *http.Request) (*http.Response, error) {
		mu.Lock()
		defer mu.Unlock()
		answer := &http.Response{StatusCode: http.StatusNotFound, Request: r, Header: http.Header{},
			Body: io.NopCloser(strings.NewReader(`{}`))}
		for i, q := range left {
			if q.Body != nil && resource(q.Path) == resource(r.URL.RequestURI()) {
				left = append(append([]capture.Request{}, left[:i]...), left[i+1:]...)
				answer.StatusCode, answer.Body = q.Status, io.NopCloser(bytes.NewReader(q.Body))
				break
			}
		}
		return answer, nil
	})
	client := intuit.New(intuit.Options{APIURL: "http://quickbooks.test", Limiter: limit.New(limit.Limits{}),
		MaxTries: 1, HTTP: func(export.RealmID) *http.Client { return &http.Client{Transport: transport} }})
	return source.New(client, nil)
}

// resource returns a path without the company, and of a query whether it counts and what.
func resource(target string) string {
	path, query, _ := strings.Cut(target, "?")
	words := strings.Split(path, "/")
	out := strings.Join(words[4:], "/")
	_, query, _ = strings.Cut(query, "query=")
	query, _, _ = strings.Cut(query, "+WHERE")
	query, _, _ = strings.Cut(query, "+ORDERBY")
	query, _, _ = strings.Cut(query, "+STARTPOSITION")
	return out + " " + query
}

type transportFunc func(*http.Request) (*http.Response, error)

func (f transportFunc) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// What QuickBooks refuses is captured too, with the problem that it became.
func TestCaptureOfARefusal(t *testing.T) {
	t.Parallel()
	w := newWorld(t, exporters.All())
	w.books.Fail(intuitsim.Fault{Match: "report:TrialBalance", N: -1, Status: http.StatusBadRequest, Code: "5020"})
	for _, d := range exporters.All() {
		if d.Info().ID != "trial_balance" {
			continue
		}
		data, err := w.runner.Capture(t.Context(), w.exporter(d, nil))
		if err != nil {
			t.Fatal(err)
		}
		var f capture.File
		if err := json.Unmarshal(data, &f); err != nil {
			t.Fatal(err)
		}
		if len(f.Requests) != 1 || f.Requests[0].Status != 400 || f.Problem != string(problem.QuickBooksRejected) ||
			!bytes.Contains(f.Requests[0].Body, []byte("5020")) {
			t.Errorf("got %s", data)
		}
	}
}
