package record_test

import (
	"bytes"
	"encoding/json"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"ledgersheet/internal/record"
	"ledgersheet/internal/table"
)

// slow is a record as encoding/json decodes it whole, and what records must be equal to.
type slow map[string]any

func parseSlowly(data []byte) (slow, error) {
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	var s slow
	if err := dec.Decode((*map[string]any)(&s)); err != nil {
		return nil, err
	}
	if _, err := dec.Token(); err != io.EOF {
		return nil, io.ErrUnexpectedEOF
	}
	return s, nil
}

// slowStep is a step of a path, taken apart with less care than by record.ParsePath.
type slowStep struct {
	name, key, val string
	index          int
}

func slowSteps(path string) (steps []slowStep) {
	for path != "" {
		end, depth := len(path), 0
	scan:
		for i, c := range path {
			switch {
			case c == '[':
				depth++
			case c == ']':
				depth--
			case c == '.' && depth == 0:
				end = i
				break scan
			}
		}
		s := slowStep{name: path[:end], index: -1}
		path = strings.TrimPrefix(path[end:], ".")
		if name, inside, ok := strings.Cut(s.name, "["); ok {
			s.name, inside = name, strings.TrimSuffix(inside, "]")
			if key, val, ok := strings.Cut(inside, "="); ok && key != "" {
				s.key, s.val = key, val
			} else {
				_ = json.Unmarshal([]byte(inside), &s.index)
			}
		}
		steps = append(steps, s)
	}
	return steps
}

func slowText(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	case bool:
		return map[bool]string{true: "true", false: "false"}[v]
	}
	return ""
}

func slowLookup(v any, steps []slowStep) (any, bool) {
	switch v := v.(type) {
	case map[string]any:
		if len(steps) == 0 {
			for _, m := range []string{"name", "value", "Address", "FreeFormNumber", "URI"} {
				if s := slowText(v[m]); s != "" {
					return s, true
				}
			}
			return nil, false
		}
		next := v[steps[0].name]
		if s := steps[0]; s.index >= 0 || s.key != "" {
			next = slowElement(next, s)
		}
		return slowLookup(next, steps[1:])
	case []any:
		return slowLookupAll(v, steps)
	case string, json.Number, bool:
		return v, len(steps) == 0
	}
	return nil, false
}

func slowElement(v any, s slowStep) any {
	items, _ := v.([]any)
	for i, item := range items {
		if s.key == "" && i == s.index {
			return item
		}
		if o, ok := item.(map[string]any); ok && s.key != "" && slowText(o[s.key]) == s.val {
			return o
		}
	}
	return nil
}

func slowLookupAll(items []any, steps []slowStep) (any, bool) {
	if len(steps) > 0 {
		var names []string
		for _, s := range steps {
			names = append(names, s.name)
		}
		if v, found, ok := slowNamed(items, strings.Join(names, ".")); found {
			return v, ok
		}
	}
	var texts []string
	for _, item := range items {
		if v, ok := slowLookup(item, steps); ok {
			if len(items) == 1 {
				return v, true
			}
			texts = append(texts, slowText(v))
		}
	}
	return strings.Join(texts, ", "), texts != nil
}

func slowNamed(items []any, name string) (v any, found, ok bool) {
	for _, item := range items {
		o, isObject := item.(map[string]any)
		if !isObject || slowText(o["Name"]) != name {
			continue
		}
		found = true
		for _, m := range []string{"StringValue", "Value", "NumberValue", "DateValue", "BooleanValue"} {
			if v, ok := slowLookup(o[m], nil); ok && slowText(v) != "" {
				return slowDeclared(v, slowText(o["Type"])), true, true
			}
		}
	}
	return nil, found, false
}

func slowDeclared(v any, kind string) any {
	text, ok := v.(string)
	lower := strings.ToLower(text)
	switch {
	case ok && kind == "NumberType":
		if _, err := table.ParseDecimal(text); err == nil {
			return json.Number(text)
		}
	case ok && kind == "BooleanType" && (lower == "true" || lower == "false"):
		return lower == "true"
	}
	return v
}

// checkEqual compares a record with encoding/json's reading of the same text.
func checkEqual(t rapid.TB, data []byte, path string) {
	t.Helper()
	want, slowErr := parseSlowly(data)
	text := slices.Clone(data)
	got, err := record.Parse(text)
	if (err != nil) != (slowErr != nil) {
		t.Fatalf("%.200q: %v, but encoding/json says %v", data, err, slowErr)
	}
	if !bytes.Equal(text, data) {
		t.Fatalf("%.200q: parsing has changed the text to %.200q", data, text)
	}
	if err != nil {
		return
	}
	checkSame(t, got, want)
	checkLookup(t, got, want, path)
	checkList(t, data, want)
	checkChanged(t, got, want)
	if got.Exists() {
		again, err := record.Parse(got.JSON())
		if err != nil {
			t.Fatalf("%.200q: its own JSON: %v", data, err)
		}
		checkSame(t, again, want)
	}
}

func checkSame(t rapid.TB, got record.Record, want slow) {
	t.Helper()
	if got.Exists() != (want != nil) {
		t.Fatalf("Exists %v, want %v", got.Exists(), want != nil)
	}
	all := slow{}
	if want == nil {
		all = nil
	}
	for name, v := range got.Members() {
		all[name] = unwrap(v)
	}
	if diff := cmp.Diff(want, all); diff != "" {
		t.Fatalf("%.300s: the members differ:\n%.2000s", got.JSON(), diff)
	}
	for _, name := range append([]string{"", "Id", "\ufffd"}, keys(want)...) {
		checkMember(t, got, want, name)
	}
	name, inner, ok := got.Unwrap()
	o, isObject := want[name].(map[string]any)
	if ok != (len(want) == 1 && isObject) || ok && !cmp.Equal(o, unwrap(inner)) {
		t.Fatalf("%.300s: Unwrap returned %q, %s, %v", got.JSON(), name, inner.JSON(), ok)
	}
}

func checkMember(t rapid.TB, got record.Record, want slow, name string) {
	t.Helper()
	if text := slowText(want[name]); got.Text(name) != text {
		t.Fatalf("%.300s: Text(%q) = %q, want %q", got.JSON(), name, got.Text(name), text)
	}
	n, isNumber := want[name].(json.Number)
	if spelt, ok := got.Number(name); ok != isNumber || spelt != n.String() {
		t.Fatalf("%.300s: Number(%q) = %q, %v, want %q", got.JSON(), name, spelt, ok, n)
	}
	o, isObject := want[name].(map[string]any)
	if own := got.Object(name); own.Exists() != isObject || isObject && !cmp.Equal(o, unwrap(own)) {
		t.Fatalf("%.300s: Object(%q) = %s", got.JSON(), name, own.JSON())
	}
	id, title := got.Ref(name)
	if id != slowText(o["value"]) || title != slowText(o["name"]) {
		t.Fatalf("%.300s: Ref(%q) = %q, %q", got.JSON(), name, id, title)
	}
	if _, isText := o["value"].(string); got.Object(name).IsRef() != isText {
		t.Fatalf("%.300s: IsRef of %q is wrong", got.JSON(), name)
	}
	var objects, listed []any
	items, _ := want[name].([]any)
	for _, item := range items {
		if o, ok := item.(map[string]any); ok {
			objects = append(objects, o)
		}
	}
	for _, o := range got.List(name) {
		listed = append(listed, unwrap(o))
	}
	if !cmp.Equal(objects, listed) {
		t.Fatalf("%.300s: List(%q) = %v, want %v", got.JSON(), name, listed, objects)
	}
}

func checkLookup(t rapid.TB, got record.Record, want slow, path string) {
	t.Helper()
	p, err := record.ParsePath(path)
	if err != nil || !got.Exists() {
		return
	}
	v, ok := p.Lookup(got)
	slowV, slowOK := slowLookup(map[string]any(want), slowSteps(path))
	if !slowOK {
		slowV = nil
	}
	if ok != slowOK || v != slowV {
		t.Fatalf("%.300s: %s = %#v, %v, want %#v, %v", got.JSON(), path, v, ok, slowV, slowOK)
	}
	for _, kind := range []table.Kind{table.Text, table.Number, table.Money, table.Date, table.DateTime, table.Bool} {
		c, found := p.Cell(got, kind)
		own, _ := p.OwnCell(got, kind)
		if found != ok || !isSame(c, record.Convert(v, kind)) || !isSame(own, record.ConvertOwn(v, kind)) {
			t.Fatalf("%.300s: %s as %s is %q, or as its own type %q", got.JSON(), path, kind, c, own)
		}
	}
}

func isSame(c, o table.Cell) bool {
	return c.Kind() == o.Kind() && c.Blank() == o.Blank() && c.String() == o.String()
}

// checkList reads the same text as an element of a list.
func checkList(t rapid.TB, data []byte, want slow) {
	t.Helper()
	text := slices.Concat([]byte(`{"a":1,"list": [`), data, []byte(","), data, []byte(`]}`))
	dec := record.NewDecoder(text)
	for range 4 {
		if _, err := dec.ReadToken(); err != nil {
			t.Fatal(err)
		}
	}
	list, err := record.DecodeList(dec, text)
	if err != nil || len(list) != 2 {
		t.Fatalf("%.300s: %d records, %v", text, len(list), err)
	}
	for _, r := range list {
		checkSame(t, r, want)
	}
}

func checkChanged(t rapid.TB, got record.Record, want slow) {
	t.Helper()
	for _, name := range append([]string{"new \"\n\u2028"}, keys(want)...) {
		for _, to := range []any{"a\"\\\u00e9\x01", json.Number("-1.50"), true, nil} {
			changed := slow{name: to}
			for n, v := range want {
				if n != name {
					changed[n] = v
				}
			}
			checkDiff(t, got.With(name, to), changed)
		}
	}
}

func checkDiff(t rapid.TB, got record.Record, want slow) {
	t.Helper()
	if _, err := parseSlowly(got.JSON()); err != nil {
		t.Fatalf("%.300s: %v", got.JSON(), err)
	}
	if diff := cmp.Diff(map[string]any(want), unwrap(got)); diff != "" {
		t.Fatalf("%.300s: With:\n%.2000s", got.JSON(), diff)
	}
}

func keys(s slow) (list []string) {
	for name := range s {
		list = append(list, name)
	}
	return list
}

// oddTexts are what readings of JSON differ in.
var oddTexts = []string{
	``, `null`, ` null `, `{}`, "\t{ }\r\n", `[]`, `1`, `"x"`, `{"a":1} x`, `{"a":1}{"b":2}`, `{"a":1,}`, `{"a" 1}`, `{a:1}`,
	`{"a":1,"a":2}`, `{"a":{"x":1},"a":{"y":2}}`, `{"a":1,"\u0061":2}`, `{"\u0061":1,"a":{}}`, `{"A":1,"a":2}`,
	`{"a":null}`, `{"a":[null,{"b":1},[{"b":2}],3]}`, `{"a":01}`, `{"a":-0}`, `{"a":-}`, `{"a":1e400,"b":1E+5,"c":0.10}`,
	`{"a":123456789012345678901234567890.123456789}`, `{"a":+1}`, `{"a":.5}`, `{"a":5.}`, `{"a":NaN}`, `{"a":tru}`,
	`{"a":"\ud83d\ude00 \ud83d \ude00 \ud800\u0041"}`, `{"a":"\""}`, `{"a":"\\","b":"\\\""}`, `{"a":"\x"}`, `{"a":"\u12"}`,
	"{\"a\":\"\xff\xfe \xc3 \xe2\x82\"}", "{\"\xff\":1,\"\xfe\":2}", "{\"a\":\"\x01\"}", "{\"a\":\"\u2028 \x7f\"}",
	"\ufeff{}", `{"a":"}]{[,:"}`, `{"a" : [ 1 , "b" ] , "c" : { "d" : [ ] } }`, `{"":""}`, `{"a":"b`, `{"a":[1,2}`,
	`{"CustomField":[{"Name":"A","StringValue":""},{"Name":"A","NumberValue":2},
	  {"Name":"B","Type":"NumberType","StringValue":"7"},{"Name":"C","Type":"BooleanType","StringValue":"TRUE"}]}`,
	`{"L":[{"A":1},{"A":[{"B":"x"},{"B":false}]},{"A":null}],"R":{"value":7,"name":""},"E":{"Address":"a@b"}}`,
	strings.Repeat(`{"a":`, 9999) + `{}` + strings.Repeat(`}`, 9999),
	strings.Repeat(`{"a":`, 10000) + `{}` + strings.Repeat(`}`, 10000),
}

var oddPaths = []string{
	"a", "A", "L.A", "L[0].A", "L[1].A.B", "L[A=1].A", "L[A=].A", "R", "R.value", "E", "CustomField.A", "CustomField.B",
	"CustomField.C", "CustomField[Name=B].StringValue", "a.b", "a[1]", "a[2].b", "\ufffd",
}

func TestRecordsEqualEncodingJSON(t *testing.T) {
	t.Parallel()
	for _, data := range append(oddTexts, invoice) {
		for _, path := range oddPaths {
			if len(data) < 1000 {
				checkEqual(t, []byte(data), path)
			}
		}
		if len(data) > 1000 { // as deep as can be, or deeper
			_, slowErr := parseSlowly([]byte(data))
			if _, err := record.Parse([]byte(data)); (err == nil) != (slowErr == nil) {
				t.Errorf("%d bytes: %v, but encoding/json says %v", len(data), err, slowErr)
			}
		}
	}
}

func FuzzRecord(f *testing.F) {
	for i, data := range oddTexts {
		if len(data) < 1000 {
			f.Add([]byte(data), oddPaths[i%len(oddPaths)])
		}
	}
	f.Add([]byte(invoice), "CustomField.Sales.Rep")
	f.Fuzz(func(t *testing.T, data []byte, path string) {
		if len(data) < 1<<10 {
			checkEqual(t, data, path)
		}
	})
}

// jsonText draws the text of a JSON value with odd spellings.
func jsonText(t *rapid.T, depth int) string {
	blank := rapid.SampledFrom([]string{"", "", "", " ", "\n\t", "\r\n  "})
	text := rapid.SampledFrom([]string{
		`"a"`, `"\u0061"`, `"b"`, `"Name"`, `"value"`, `"name"`, `"StringValue"`, `"A"`, `"CustomField"`, `""`, `"\\"`, `"\""`,
		`"é"`, `"\u00e9"`, "\"\xff\"", `"\ud800"`, `"}"`, `"[,"`, `"007"`, `"Type"`, `"BooleanType"`, `"true"`,
		`"2026-02-03"`, `"2026-02-30"`, `"2026-02-03T04:05:06+07:00"`, `"12.50"`, `"NumberType"`,
	})
	kinds := 4
	if depth > 0 {
		kinds = 8
	}
	switch rapid.IntRange(0, kinds).Draw(t, "kind") {
	case 0:
		return text.Draw(t, "text")
	case 1, 2:
		numbers := []string{"0", "-0", "1.50", "-12e3", "1E400", "99999999999999999999"}
		return rapid.SampledFrom(numbers).Draw(t, "number")
	case 3:
		return rapid.SampledFrom([]string{"true", "false"}).Draw(t, "bool")
	case 4:
		return "null"
	case 5, 6:
		var list []string
		for range rapid.IntRange(0, 4).Draw(t, "elements") {
			list = append(list, blank.Draw(t, "blank")+jsonText(t, depth-1)+blank.Draw(t, "blank"))
		}
		return "[" + strings.Join(list, ",") + "]"
	}
	return objectText(t, depth, blank, text)
}

func objectText(t *rapid.T, depth int, blank, text *rapid.Generator[string]) string {
	var list []string
	for range rapid.IntRange(0, 5).Draw(t, "members") {
		list = append(list, blank.Draw(t, "blank")+text.Draw(t, "name")+blank.Draw(t, "blank")+":"+
			blank.Draw(t, "blank")+jsonText(t, depth-1)+blank.Draw(t, "blank"))
	}
	return "{" + strings.Join(list, ",") + blank.Draw(t, "blank") + "}"
}

func TestRecordsEqualEncodingJSONProperty(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		data := jsonText(t, 4)
		if rapid.IntRange(0, 9).Draw(t, "cut") == 0 {
			data = data[:rapid.IntRange(0, len(data)).Draw(t, "at")]
		}
		var steps []string
		names := []string{"a", "b", "Name", "value", "A", "CustomField", "é", "\ufffd", "true", `\`, "007"}
		chosen := []string{"", "", "", "[0]", "[1]", "[Name=a]", "[a=]", "[A=1.50]"}
		for range rapid.IntRange(1, 3).Draw(t, "steps") {
			steps = append(steps, rapid.SampledFrom(names).Draw(t, "name")+rapid.SampledFrom(chosen).Draw(t, "element"))
		}
		checkEqual(t, []byte(data), strings.Join(steps, "."))
	})
}

// BenchmarkCells reads a record and makes the cells of a row, and compares that with decoding it whole into maps.
func BenchmarkCells(b *testing.B) {
	paths := []string{
		"Id", "DocNumber", "TxnDate", "CustomerRef.name", "TotalAmt", "Balance", "MetaData.LastUpdatedTime",
	}
	kinds := []table.Kind{
		table.Text, table.Text, table.Date, table.Text, table.Money, table.Money, table.DateTime,
	}
	var parsed []record.Path
	for _, path := range paths {
		p, err := record.ParsePath(path)
		if err != nil {
			b.Fatal(err)
		}
		parsed = append(parsed, p)
	}
	b.Run("cells", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			r, err := record.Parse([]byte(invoice))
			if err != nil {
				b.Fatal(err)
			}
			for i, p := range parsed {
				p.Cell(r, kinds[i])
			}
		}
	})
	b.Run("slowly", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			s, err := parseSlowly([]byte(invoice))
			if err != nil {
				b.Fatal(err)
			}
			for i, path := range paths {
				v, _ := slowLookup(map[string]any(s), slowSteps(path))
				record.Convert(v, kinds[i])
			}
		}
	})
}
