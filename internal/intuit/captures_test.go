package intuit_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"

	"ledgersheet/exporters"
	"ledgersheet/internal/capture"
	"ledgersheet/internal/export"
	"ledgersheet/internal/intuit"
	"ledgersheet/internal/limit"
	"ledgersheet/internal/problem"
	"ledgersheet/internal/source"
	"ledgersheet/internal/table"
)

// readings says of captures what comes of them besides the problem that each file states. Lines are the layouts of a
// report, or a list by document and by line.
func readings() map[string][]string {
	return map[string][]string{
		"invoice_lines.json": {
			"lines false: 16 rows, 0 of 0 checks hold, TxnTaxDetail.TotalTax 156191.49, TotalAmt 3856801.13, " +
				"Balance 595643.23",
			"lines true: 45 rows, 2 of 2 checks hold, Line.SalesItemLineDetail.UnitPrice 751660.0, " +
				"Line.Amount 3700609.64, TxnTaxDetail.TotalTax 427780.99, TotalAmt 11870065.48, Balance 1323597.73",
		},
		"profit_and_loss_difference.json": {
			"layout statement: 39 rows, 12 of 13 checks hold, total 2490211.80",
			"layout table: 20 rows, 12 of 13 checks hold, total 2490211.80",
			"layout tidy: 20 rows, 12 of 13 checks hold, Amount 2490211.80",
		},
	}
}

// TestCaptures reads each captured file again: it has to end as the file says it ended.
func TestCaptures(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(filepath.Join("testdata", "captures", "*.json"))
	if err != nil || len(files) < 3 {
		t.Fatalf("%d captures, %v", len(files), err)
	}
	for name := range readings() {
		if !slices.Contains(files, filepath.Join("testdata", "captures", name)) {
			t.Errorf("there is no capture %s", name)
		}
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			var f capture.File
			data, err := os.ReadFile(file)
			if err == nil {
				err = json.Unmarshal(data, &f)
			}
			if err != nil || f.Version != capture.Version || len(f.Requests) == 0 {
				t.Fatalf("version %d, %d requests, %v", f.Version, len(f.Requests), err)
			}
			got, codes := readCapture(t, f)
			if !slices.Contains(codes, f.Problem) {
				t.Errorf("the capture ended with the problem %q, reading it again with %q: %q", f.Problem, codes, got)
			}
			want, listed := readings()[filepath.Base(file)]
			if diff := cmp.Diff(want, got); listed && diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// readCapture reads a capture's answers in each way in which its type can be exported. It returns what comes of each,
// and the problems' codes, of which one has to be that of the capture: it does not say which way was chosen.
func readCapture(t *testing.T, f capture.File) (lines, codes []string) {
	t.Helper()
	i := slices.IndexFunc(exporters.All(), func(d export.Definition) bool { return d.Info().ID == f.Type })
	if i < 0 {
		t.Fatalf("there is no type %q", f.Type)
	}
	d := exporters.All()[i]
	for _, o := range d.OptionList() {
		var ways []string
		switch o.Key {
		case export.OptLines:
			ways = []string{"false", "true"}
		case export.OptLayout:
			for _, v := range o.Values {
				ways = append(ways, v.Value)
			}
		}
		for _, way := range ways {
			synctest.Test(t, func(t *testing.T) {
				options := optionsOf(t, f)
				options[o.Key] = way
				line, code := readOnce(t, f, d, options)
				lines, codes = append(lines, o.Key+" "+way+": "+line), append(codes, code)
			})
		}
	}
	if len(lines) == 0 {
		synctest.Test(t, func(t *testing.T) {
			line, code := readOnce(t, f, d, optionsOf(t, f))
			lines, codes = []string{line}, []string{code}
		})
	}
	return lines, codes
}

// optionsOf returns options with which an exporter would ask what the capture's first request asked.
func optionsOf(t *testing.T, f capture.File) map[string]string {
	t.Helper()
	at, err := url.Parse(f.Requests[0].Path)
	if err != nil {
		t.Fatal(err)
	}
	q := at.Query()
	o := map[string]string{"date_range": "all"}
	if q.Has("start_date") {
		o["date_range"] = "custom"
	}
	for param, option := range map[string]string{
		"start_date": "start_date", "end_date": "end_date", "accounting_method": "accounting_method",
		"report_date": "report_date", "summarize_column_by": "summarize_by",
	} {
		if q.Has(param) {
			o[option] = q.Get(param)
		}
	}
	return o
}

func readOnce(t *testing.T, f capture.File, d export.Definition, options map[string]string) (line, code string) {
	t.Helper()
	reading, err := replay(f).Read(t.Context(), d, export.Query{
		Company: export.Company{Realm: "1", Name: "Captured", FiscalYearStart: time.January}, Options: options,
		Columns: export.Defaults(d, options[export.OptLines] == "true"), Today: time.Now().Truncate(24 * time.Hour),
	})
	if err != nil {
		return problem.From(err).Message, string(problem.From(err).Code)
	}
	rows, sums := 0, make([]decimal.Decimal, len(reading.Schema.Columns))
	for row, err := range reading.Rows {
		if err != nil {
			return problem.From(err).Message, string(problem.From(err).Code)
		}
		rows++
		for i, c := range row.Cells {
			if v, ok := c.Decimal(); ok && row.Role != table.Total {
				sums[i] = sums[i].Add(v)
			}
		}
	}
	out, err := reading.End()
	if err != nil {
		t.Fatal(err)
	}
	hold := 0
	for _, c := range out.Checks {
		if c.Holds {
			hold++
		}
	}
	line = fmt.Sprintf("%d rows, %d of %d checks hold", rows, hold, len(out.Checks))
	for i, c := range reading.Schema.Columns {
		if c.Kind == table.Money && !sums[i].IsZero() {
			line += fmt.Sprintf(", %s %s", c.ID, table.DecimalText(sums[i]))
		}
	}
	return line, ""
}

// replay is a source that answers each request by the capture's next answer to the same question; the last one goes on
// for good.
func replay(f capture.File) export.Source {
	var mu sync.Mutex
	used := map[int]bool{}
	transport := roundTrip(func(r *http.Request) (*http.Response, error) {
		mu.Lock()
		defer mu.Unlock()
		found := -1
		for i, q := range f.Requests {
			if question(q.Path) != question(r.URL.RequestURI()) || q.Body == nil {
				continue
			}
			if found = i; !used[i] {
				break
			}
		}
		if found < 0 {
			return answered(r, http.StatusOK, `{"QueryResponse":{}}`), nil
		}
		used[found] = true
		return answered(r, f.Requests[found].Status, string(f.Requests[found].Body)), nil
	})
	return source.New(intuit.New(intuit.Options{
		APIURL: "http://quickbooks.test", Limiter: limit.New(limit.Limits{}),
		HTTP: func(export.RealmID) *http.Client { return &http.Client{Transport: transport} },
	}), nil)
}

// question is what a request asks for, without the company and without what a capture replaces: of a query whether it
// counts, what, and where its page begins; of anything else the resource and the days.
func question(target string) string {
	path, query, _ := strings.Cut(target, "?")
	values, err := url.ParseQuery(query)
	if words := strings.Split(path, "/"); err == nil && len(words) > 4 {
		path = strings.Join(words[4:], "/")
	}
	ask := values.Get("query")
	begin, where, _ := strings.Cut(ask, " WHERE ")
	begin, _, _ = strings.Cut(begin, " ORDERBY ")
	start := ""
	if _, at, ok := strings.Cut(ask, " STARTPOSITION "); ok {
		start, _, _ = strings.Cut(at, " ")
	}
	return strings.Join([]string{path, begin, start, fmt.Sprint(strings.HasPrefix(where, "Id IN")),
		values.Get("start_date"), values.Get("end_date"), values.Get("report_date")}, "|")
}
