package changelog

import (
	"bytes"
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ledgersheet/internal/export"
	"ledgersheet/internal/record"
	"ledgersheet/internal/supply"
	"ledgersheet/internal/table"
)

func FuzzChangeState(f *testing.F) {
	good := changeState{Version: changeStateVersion, Cursor: time.Unix(1, 0),
		Objects: map[string]*watchedState{"Invoice": {
			Paths: []string{"A"}, Records: map[string]fingerprint{"1": {Hash: 1<<64 - 1, Texts: []string{"x\x1fy"}}},
		}},
		Log: []logEntry{{Object: "Invoice", ID: "1", Kind: changeVoided}}}
	data, err := good.encode()
	if err != nil {
		f.Fatal(err)
	}
	back, err := decodeChangeState(data)
	if diff := cmp.Diff(good, back); err != nil || diff != "" {
		f.Fatalf("%v\n%s", err, diff)
	}
	f.Add(data)
	f.Add(data[:len(data)-5])
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := decodeChangeState(data)
		if s.Objects == nil {
			t.Fatal("no objects")
		}
		if err != nil {
			return
		}
		for _, o := range s.Objects { // whatever was stored can be brought to other fields
			o.align(export.Watched{Fields: []export.WatchedField{{Path: "B"}, {Path: "A"}}})
			for _, p := range o.Records {
				if len(p.Texts) != 2 {
					t.Errorf("%d texts of two fields", len(p.Texts))
				}
			}
		}
	})
}

func TestFingerprints(t *testing.T) {
	t.Parallel()
	w, err := newWatcher(export.Watched{Object: "Invoice", Label: "Name", Total: "TotalAmt", Derived: []string{"Rest"},
		Fields: []export.WatchedField{
			{Path: "Name", Title: "Name"}, {Path: "CustomerRef", Title: "Customer"},
			{Path: "TotalAmt", Title: "Total", Kind: table.Money}, {Path: "PrivateNote", Title: "Memo"}}})
	if err != nil {
		t.Fatal(err)
	}
	parse := func(text string) fingerprint {
		rec, err := record.Parse([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		return w.fingerprint(rec)
	}
	base := parse(`{"Id":"1","TotalAmt":10.50,"CustomerRef":{"value":"7","name":"Ann"},"Line":[{"Amount":1,"ItemRef":{"value":"3","name":"Bed"}},{"Amount":2}]}`)
	for name, same := range map[string]string{
		"order":   `{"Line":[{"ItemRef":{"name":"Bed","value":"3"},"Amount":1},{"Amount":2}],"CustomerRef":{"name":"Ann","value":"7"},"TotalAmt":10.50,"Id":"1"}`,
		"touched": `{"Id":"1","SyncToken":"4","MetaData":{"LastUpdatedTime":"x"},"domain":"QBO","sparse":false,"TotalAmt":10.50,"CustomerRef":{"value":"7","name":"Ann"},"Line":[{"Amount":1,"ItemRef":{"value":"3","name":"Bed"}},{"Amount":2}]}`,
		"zeros":   `{"Id":"1","TotalAmt":10.5,"CustomerRef":{"value":"7","name":"Ann"},"Line":[{"Amount":1.00,"ItemRef":{"value":"3","name":"Bed"}},{"Amount":2.0}]}`,
		"renamed": `{"Id":"1","TotalAmt":10.5,"CustomerRef":{"value":"7","name":"Bea"},"Line":[{"Amount":1,"ItemRef":{"value":"3","name":"Cot"}},{"Amount":2}]}`,
		"empty":   `{"Id":"1","TotalAmt":10.5,"CustomerRef":{"value":"7","name":"Ann"},"Line":[{"Amount":1,"ItemRef":{"value":"3","name":"Bed"},"X":{}},{"Amount":2}],"A":null,"B":"","C":[],"D":{}}`,
		"derived": `{"Id":"1","Rest":99,"TotalAmt":10.5,"CustomerRef":{"value":"7","name":"Ann"},"Line":[{"Amount":1,"ItemRef":{"value":"3","name":"Bed"}},{"Amount":2}]}`,
	} {
		p := parse(same)
		if p.Hash != base.Hash || !slices.EqualFunc(p.Texts, base.Texts, sameText) {
			t.Errorf("%s: %v, not %v", name, p, base)
		}
	}
	seen := map[uint64]string{base.Hash: "base"}
	for name, other := range map[string]string{
		"amount":        `{"Id":"1","TotalAmt":10.51,"CustomerRef":{"value":"7"},"Line":[{"Amount":1,"ItemRef":{"value":"3"}},{"Amount":2}]}`,
		"customer":      `{"Id":"1","TotalAmt":10.5,"CustomerRef":{"value":"8"},"Line":[{"Amount":1,"ItemRef":{"value":"3"}},{"Amount":2}]}`,
		"line":          `{"Id":"1","TotalAmt":10.5,"CustomerRef":{"value":"7"},"Line":[{"Amount":1,"ItemRef":{"value":"4"}},{"Amount":2}]}`,
		"lines' order":  `{"Id":"1","TotalAmt":10.5,"CustomerRef":{"value":"7"},"Line":[{"Amount":2},{"Amount":1,"ItemRef":{"value":"3"}}]}`,
		"one line more": `{"Id":"1","TotalAmt":10.5,"CustomerRef":{"value":"7"},"Line":[{"Amount":1,"ItemRef":{"value":"3"}},{"Amount":2},{"Amount":0}]}`,
		"text":          `{"Id":"1","TotalAmt":"10.5","CustomerRef":{"value":"7"},"Line":[{"Amount":1,"ItemRef":{"value":"3"}},{"Amount":2}]}`,
		"a custom name": `{"Id":"1","TotalAmt":10.5,"CustomerRef":{"value":"7"},"Line":[{"Amount":1,"ItemRef":{"value":"3"}},{"Amount":2}],"X":{"name":"n"}}`,
		"false":         `{"Id":"1","TotalAmt":10.5,"CustomerRef":{"value":"7"},"Line":[{"Amount":1,"ItemRef":{"value":"3"}},{"Amount":2}],"X":false}`,
	} {
		p := parse(other)
		if had, twice := seen[p.Hash]; twice {
			t.Errorf("%s has the hash of %s", name, had)
		}
		seen[p.Hash] = name
	}
	if diff := cmp.Diff([]string{"", "Ann", "10.50", ""}, []string{shownText(base.Texts[0]), shownText(base.Texts[1]),
		shownText(base.Texts[2]), shownText(base.Texts[3])}); diff != "" {
		t.Error(diff)
	}
	for text, want := range map[string]bool{
		`{"TotalAmt":0,"PrivateNote":"Voided"}`: true, `{"TotalAmt":0.00,"PrivateNote":"Voided: twice"}`: true,
		`{"PrivateNote":"Voided"}`:                          true,
		`{"TotalAmt":5,"PrivateNote":"Voided the old one"}`: false, `{"TotalAmt":0,"PrivateNote":"Not Voided"}`: false,
		`{"TotalAmt":0}`: false,
	} {
		if got := w.isVoided(parse(text)); got != want {
			t.Errorf("%s voided: %t", text, got)
		}
	}
}

// FuzzFingerprint: the spelling of a record's JSON is no change.
func FuzzFingerprint(f *testing.F) {
	f.Add([]byte(`{"Id":"1","A":[{"value":"x","name":"y"},[1.0,null]],"B":{"C":"d"}}`))
	w, err := newWatcher(export.Watched{Object: "X", Fields: []export.WatchedField{{Path: "A"}, {Path: "B.C"}}})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		rec, err := record.Parse(data)
		if err != nil || !rec.Exists() {
			return
		}
		var spelt map[string]any
		dec := json.NewDecoder(bytes.NewReader(data))
		dec.UseNumber()
		if err := dec.Decode(&spelt); err != nil {
			return
		}
		again, err := json.Marshal(spelt) // sorted, without blanks
		if err != nil {
			return
		}
		other, err := record.Parse(again)
		if err != nil {
			return
		}
		if diff := cmp.Diff(w.fingerprint(rec), w.fingerprint(other)); diff != "" {
			t.Errorf("%s and %s:\n%s", data, again, diff)
		}
	})
}

// TestADeletionIsToldOnce, also where QuickBooks' records are stamped later than its answers.
func TestADeletionIsToldOnce(t *testing.T) {
	t.Parallel()
	cursor := time.Date(2026, 3, 14, 20, 0, 0, 0, time.UTC)
	w, err := newWatcher(export.Watched{
		Object: "Bill", Title: "Bill", Fields: []export.WatchedField{{Path: "TxnDate", Title: "Date"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	r := &reader{
		books: supply.Books{Now: cursor.Add(time.Minute)},
		state: changeState{
			Cursor:  cursor,
			Objects: map[string]*watchedState{"Bill": {Paths: []string{"TxnDate"}, Records: map[string]fingerprint{}}},
		},
	}
	for range 2 {
		r.addDeletion(w, "9", cursor.Add(time.Hour))
		r.merge()
		if len(r.state.Log) != 1 || r.state.Log[0].Kind != changeDeleted || r.state.Log[0].ID != "9" {
			t.Fatalf("the log is %+v", r.state.Log)
		}
	}
}
