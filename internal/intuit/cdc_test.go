package intuit

import (
	"slices"
	"strings"
	"testing"
	"time"

	"ledgersheet/internal/problem"
	"ledgersheet/internal/supply"
)

func FuzzReadCapture(f *testing.F) {
	f.Add([]byte(`{"CDCResponse":[{"QueryResponse":[{"Invoice":[{"Id":"1"},{"Id":"2","status":"Deleted"}],"startPosition":1,"maxResults":2},{}]}],"time":"2026-03-14T13:00:00.123-07:00"}`))
	f.Add([]byte(`{"CDCResponse":[{"QueryResponse":[{"Fault":{}}]}],"time":"2026-03-14T13:00:00Z"}`))
	f.Add([]byte(`{"CDCResponse":[{"QueryResponse":[{"Invoice":{"Id":"1"}}]}],"time":"2026-03-14T13:00:00Z"}`))
	f.Add([]byte(`{"CDCResponse":[]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		got, err := readCapture(body, []string{"Invoice", "Customer"})
		if err != nil {
			return
		}
		n := 0
		for object, list := range got.Records {
			if !slices.Contains([]string{"Invoice", "Customer"}, object) {
				t.Errorf("records of %q, which was not asked for", object)
			}
			n += len(list)
		}
		if got.Cut != (n >= 1000) || got.At.IsZero() {
			t.Errorf("%d records, cut %t, at %v", n, got.Cut, got.At)
		}
	})
}

func TestReadCapture(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"no JSON":        `x`,
		"no time":        `{"CDCResponse":[{"QueryResponse":[{}]}]}`,
		"no response":    `{"time":"2026-03-14T13:00:00Z"}`,
		"a fault":        `{"CDCResponse":[{"QueryResponse":[{"Fault":{"type":"ValidationFault"}}]}],"time":"2026-03-14T13:00:00Z"}`,
		"a fault beside": `{"CDCResponse":[{"QueryResponse":[{}]},{"Fault":{"type":"SystemFault"}}],"time":"2026-03-14T13:00:00Z"}`,
		"no group":       `{"CDCResponse":[{"QueryResponse":[]}],"time":"2026-03-14T13:00:00Z"}`,
		"another group":  `{"CDCResponse":[{"QueryResponse":[{"Bill":[]}]}],"time":"2026-03-14T13:00:00Z"}`,
		"no list":        `{"CDCResponse":[{"QueryResponse":[{"Invoice":{}}]}],"time":"2026-03-14T13:00:00Z"}`,
	} {
		if got, err := readCapture([]byte(body), []string{"Invoice"}); err == nil {
			t.Errorf("%s: read as %+v", name, got)
		}
	}
	got, err := readCapture([]byte(`{"CDCResponse":[{"QueryResponse":[{"Invoice":[{"Id":"1"}],"maxResults":1},{},{"invoice":[{"Id":"2"}]},{"Vendor":[{"Id":"3"}]}]}],"time":"2026-03-14T13:00:00-07:00"}`), []string{"Invoice", "Customer"})
	if err != nil || got.Cut || len(got.Records["Invoice"]) != 2 ||
		!got.At.Equal(time.Date(2026, 3, 14, 20, 0, 0, 0, time.UTC)) {
		t.Errorf("read as %+v, %v", got, err)
	}
}

// TestMissingObjects: which objects an answer says nothing of, and what people read about it.
func TestMissingObjects(t *testing.T) {
	t.Parallel()
	asked := []string{"Invoice", "Customer", "Bill"}
	full := `{"Id":"1"}` + strings.Repeat(`,{"Id":"1"}`, supply.FeedMost-1)
	for groups, want := range map[string]string{
		`{},{},{}`:                             "",
		`{},{},{"startPosition":1}`:            "",
		`{"Customer":[{"Id":"1"}]},{},{}`:      "",
		`{"Invoice":[` + full + `]}`:           "", // cut off anyway, and the caller is told so
		`{},{}`:                                "QuickBooks left out what changed in 1 of Invoice, Customer, Bill.",
		`{"Invoice":[{"Id":"1"}]},{}`:          "QuickBooks left out what changed in 1 of Customer, Bill.",
		`{"Invoice":[{"Id":"1"}]}`:             "QuickBooks left out what changed in Customer, Bill.",
		`{"Invoice":[]},{"Vendor":[]},{}`:      "QuickBooks left out what changed in 1 of Customer, Bill.",
		`{"Invoice":[]},{"Invoice":[]},{}`:     "QuickBooks left out what changed in 1 of Customer, Bill.",
		`{"Invoice":[],"Bill":[]},{"bill":[]}`: "QuickBooks left out what changed in Customer.",
	} {
		body := `{"CDCResponse":[{"QueryResponse":[` + groups + `]}],"time":"2026-03-14T13:00:00Z"}`
		_, err := readCapture([]byte(body), asked)
		if want == "" && err == nil {
			continue
		}
		if p := problem.From(err); err == nil || p.Code != problem.QuickBooksMalformed || p.Message != want {
			t.Errorf("%.60s: %v, want %q", groups, err, want)
		}
	}
}
