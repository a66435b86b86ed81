package cli

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// TestBooksKeepTexts proves that what is written into a file is read back as it was: above all texts that YAML would
// take for something else.
func TestBooksKeepTexts(t *testing.T) {
	t.Parallel()
	nasty := rapid.OneOf(rapid.SampledFrom([]string{
		"yes", "no", "on", "null", "~", "true", "0123", "1e3", ".5", "0x1F", "0o17", "1_000", "2026-01-01", "12:30:45",
		"- x", "a: b", "# x", "x # y", "&a", "*a", "!tag", "{a}", "[a]", "| x", "> x", "%x", "@x", "`x`", "'", "\"",
		"a\nb", "a\r\nb", "a\n", "\n", "\ta", " a", "a ", "a\\nb", "\u2028", "\u00a0", "é", "日本", "🙂", "<<", "=",
		"--- x",
		"...", "9130347957983976", "-", "?", ": ", "a:", "\u0085", "\ufeff", ".inf", ".nan", "NaN", "\x1f", "\x7f",
	}), rapid.String())
	rapid.Check(t, func(t *rapid.T) {
		texts := func(name string) []any {
			var list []any
			for _, s := range rapid.SliceOfN(nasty, 1, 3).Draw(t, name) {
				list = append(list, s)
			}
			return list
		}
		named := func(label string) string {
			name := nasty.Draw(t, label)
			if name == "" {
				return "x"
			}
			return name
		}
		e := entry{
			"id": "exp_1", "name": named("name"), "type": "invoices", "company_ids": texts("companies"),
			"titles":      map[string]any{named("column"): nasty.Draw(t, "title")},
			"filters":     []any{map[string]any{"column": "A", "op": "=", "value": nasty.Draw(t, "value")}},
			"options":     map[string]any{"lines": rapid.Bool().Draw(t, "lines"), "label": nasty.Draw(t, "label")},
			"destination": map[string]any{"sheet": named("sheet")},
			"fill_down":   false, "in_place": true,
			"schedule": map[string]any{"cron": "*/5 * * * *", "enabled": true},
		}
		var b bytes.Buffer
		must(t, writeBook(&b, []entry{e}))
		back, err := readBook(b.Bytes())
		if err != nil {
			t.Fatalf("%v\n%s", err, b.String())
		}
		if d := cmp.Diff([]entry{e}, back); d != "" {
			t.Fatalf("(-written +read):\n%s\n%s", d, b.String())
		}
	})
}

func must(t interface{ Fatal(args ...any) }, err error) {
	if err != nil {
		t.Fatal(err)
	}
}

// TestBookIsForPeople shows what a file looks like.
func TestBookIsForPeople(t *testing.T) {
	t.Parallel()
	var e entry
	must(t, json.Unmarshal([]byte(`{"id":"exp_1","name":"Open invoices","type":"invoices",
		"company_ids":["9130347957983976"],"columns":[],"titles":{},"filters":[{"column":"Balance","op":">","value":"0"}],
		"options":{"lines":false,"date_range":"all"},"mode":"replace","look":"plain","fill_down":true,"in_place":false,
		"destination":{"kind":"sheet","google_account_id":"con_1","spreadsheet_id":"","sheet":"Invoices",
		"start_cell":"A1","spreadsheet_url":"https://docs.example.com/s"},
		"schedule":{"cron":"0 6 * * 1-5","timezone":"America/New_York","enabled":true,"next_at":"2026-03-29T06:00:00Z"},
		"revision":4,"state":"ok","created_by":"ann@example.com"}`), &e))
	var b bytes.Buffer
	must(t, writeBook(&b, []entry{e}))
	want := bookHead + `version: 1
exporters:
  - id: exp_1
    name: Open invoices
    type: invoices
    company_ids:
      - "9130347957983976"
    filters:
      - column: Balance
        op: ">"
        value: "0"
    options:
      date_range: all
      lines: false
    destination:
      google_account_id: con_1
      sheet: Invoices
    schedule:
      cron: "0 6 * * 1-5"
      timezone: America/New_York
      enabled: true
`
	if d := cmp.Diff(want, b.String()); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

func TestBadBooks(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"", "x", "- a", "version: 1", "version: 1\nexporters: []", "version: 2\nexporters: [{name: a}]",
		"version: 1\nexporters: {}", "version: 1\nexporters: [{type: invoices}]", "version: 1\nexporters: [a]",
		"version: 1\nversion: 1\nexporters: [{name: a}]", "version: 1\nexporters: [{name: a}]\nmore: 1", "\x00", "{",
		"version: 1\nexporters:\n\t- name: a",
	} {
		if list, err := readBook([]byte(text)); err == nil {
			t.Errorf("%q is read as %v", text, list)
		}
	}
}
