package googlesim

import (
	"encoding/json"
	"strconv"
	"strings"
	"testing"

	"google.golang.org/api/sheets/v4"
)

// mustRequests reads batchUpdate requests from JSON by the server's own decoder, so that zeros count
// as sent.
func mustRequests(t testing.TB, text string) []*sheets.Request {
	t.Helper()
	return decodeRequests(t, text)
}

func decodeRequests(t failer, text string) []*sheets.Request {
	t.Helper()
	var in sheets.BatchUpdateSpreadsheetRequest
	if err := decodeBody([]byte(`{"requests":`+text+`}`), &in, ""); err != nil {
		t.Fatalf("requests %s: %v", text, err)
	}
	return in.Requests
}

// snapshot is everything a spreadsheet holds, as text.
func snapshot(t failer, b *Spreadsheet) string {
	t.Helper()
	raw, err := json.MarshalIndent(b.Resource(), "", " ")
	if err != nil {
		t.Fatal(err)
	}
	all, err := json.Marshal(b.Metadata())
	if err != nil {
		t.Fatal(err)
	}
	return string(raw) + string(all)
}

// set types cells given as name, text pairs.
func set(t failer, b *Spreadsheet, pairs ...string) {
	t.Helper()
	for i := 0; i < len(pairs); i += 2 {
		if err := b.SetCell(pairs[i], pairs[i+1]); err != nil {
			t.Fatalf("typing %q into %s: %v", pairs[i+1], pairs[i], err)
		}
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// failer is what testing.TB and rapid.T share.
type failer interface {
	Helper()
	Fatal(args ...any)
	Fatalf(format string, args ...any)
}

func replace(text, old, fresh string) string { return strings.ReplaceAll(text, old, fresh) }

func plusOne(number string) string {
	n, _ := strconv.Atoi(number)
	return strconv.Itoa(n + 1)
}

// requestName is the kind of a request given as JSON.
func requestName(text string) string { return strings.Split(text, `"`)[1] }
