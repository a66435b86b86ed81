package changelog

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/shopspring/decimal"

	"ledgersheet/internal/export"
	"ledgersheet/internal/record"
	"ledgersheet/internal/table"
)

// maxKeptText limits how much of a field is kept. Changes beyond it show only in the hash.
const maxKeptText = 200

// refSeparator separates the id from the name in a kept reference.
const refSeparator = "\x1f"

// watcher fingerprints the records of one object.
type watcher struct {
	export.Watched
	paths   []record.Path
	ignored map[string]bool // members that do not count as changes
}

func newWatcher(w export.Watched) (watcher, error) {
	made := watcher{
		Watched: w,
		ignored: map[string]bool{"MetaData": true, "SyncToken": true, "domain": true, "sparse": true, "status": true},
	}
	for _, f := range w.Fields {
		p, err := record.ParsePath(f.Path)
		if err != nil {
			return made, fmt.Errorf("watching %s: %w", w.Object, err)
		}
		made.paths = append(made.paths, p)
	}
	for _, name := range w.Derived {
		made.ignored[name] = true
	}
	return made, nil
}

// fingerprint returns a record's fingerprint. It stays the same if a record was merely touched, or if a record it
// refers to was renamed: QuickBooks shows the new name without counting that as a change.
func (w watcher) fingerprint(rec record.Record) fingerprint {
	b := []byte{}
	for name, v := range rec.Members() {
		if !w.ignored[name] {
			b = appendMember(b, name, v)
		}
	}
	sum := sha256.Sum256(b)
	p := fingerprint{Hash: binary.BigEndian.Uint64(sum[:8]), Texts: make([]string, len(w.Fields))}
	for i, f := range w.Fields {
		value, ok := w.paths[i].Lookup(rec)
		if o := rec.Object(f.Path); o.Exists() {
			value, ok = o, true
		}
		if ok {
			p.Texts[i] = keptText(value, f.Kind)
		}
		if f.Path == w.Label && rec.Text("Active") == "false" {
			p.Texts[i] = strings.TrimSuffix(p.Texts[i], deletedSuffix)
		}
	}
	return p
}

// deletedSuffix is what QuickBooks appends to the names of inactive records.
const deletedSuffix = " (deleted)"

// appendMember appends a canonical form of a member: sorted by name, empty values dropped, numbers without trailing
// zeros, references by id.
func appendMember(b []byte, name string, v any) []byte {
	before := len(b)
	b = append(appendLength(b, name), ':')
	start := len(b)
	if b = appendValue(b, v); len(b) == start {
		return b[:before]
	}
	return b
}

func appendValue(b []byte, v any) []byte {
	switch v := v.(type) {
	case string:
		if v != "" {
			b = appendLength(append(b, 's'), v)
		}
	case json.Number:
		text := v.String()
		if d, err := table.ParseDecimal(text); err == nil {
			text = d.String()
		}
		b = appendLength(append(b, 'n'), text)
	case bool:
		b = fmt.Appendf(b, "%t", v)
	case []any:
		for _, item := range v {
			b = append(appendValue(append(b, '['), item), ']')
		}
	case record.Record:
		b = appendObject(b, v)
	}
	return b
}

func appendObject(b []byte, o record.Record) []byte {
	before := len(b)
	b = append(b, '{')
	start := len(b)
	reference := o.IsRef()
	for name, v := range o.Members() {
		if !reference || name != "name" {
			b = appendMember(b, name, v)
		}
	}
	if len(b) == start {
		return b[:before]
	}
	return append(b, '}')
}

// appendLength appends a text after its length, so that no two lists of texts are encoded alike.
func appendLength(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

// keptText returns a field's value in the form in which it is kept.
func keptText(v any, kind table.Kind) string {
	if o, ok := v.(record.Record); ok {
		return keptReference(o)
	}
	c := record.Convert(v, kind)
	if d, ok := c.Decimal(); ok {
		return plainDecimal(d, kind)
	}
	text := []rune(c.String())
	if len(text) > maxKeptText {
		return string(text[:maxKeptText]) + "…"
	}
	return string(text)
}

// plainDecimal formats equal decimals alike: without trailing zeros, but amounts with at least two decimal places.
func plainDecimal(d decimal.Decimal, kind table.Kind) string {
	text := d.String()
	if kind != table.Money {
		return text
	}
	_, behind, _ := strings.Cut(text, ".")
	return d.StringFixed(int32(max(2, len(behind))))
}

func keptReference(o record.Record) string {
	value, name := o.Text("value"), o.Text("name")
	if value == "" {
		return ""
	}
	return value + refSeparator + name
}

// shownText formats a kept text for people.
func shownText(kept string) string {
	if kept == unknownText {
		return ""
	}
	value, name, reference := strings.Cut(kept, refSeparator)
	if reference && name != "" {
		return name
	}
	return value
}

// sameText reports whether two kept texts mean the same. A text that was not kept equals any other.
func sameText(a, b string) bool {
	if a == unknownText || b == unknownText {
		return true
	}
	a, _, _ = strings.Cut(a, refSeparator)
	b, _, _ = strings.Cut(b, refSeparator)
	return a == b
}

// text returns what is kept under a path, or "".
func (w watcher) text(p fingerprint, path string) string {
	if i := w.Field(path); i >= 0 {
		return shownText(p.Texts[i])
	}
	return ""
}

// isVoided reports whether the fingerprint is that of a voided transaction. QuickBooks has no field for that; it sets
// the amounts to zero and starts the memo with "Voided".
func (w watcher) isVoided(p fingerprint) bool {
	if w.Total == "" || !strings.HasPrefix(w.text(p, privateNote), "Voided") {
		return false
	}
	d, err := table.ParseDecimal(w.text(p, w.Total))
	return err != nil || d.IsZero()
}

const privateNote = "PrivateNote"
