package api

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"ledgersheet/exporters"
	"ledgersheet/internal/control"
	"ledgersheet/internal/problem"
	"ledgersheet/internal/storetest"
)

// TestMergePatch checks the examples of RFC 7396, appendix A.
func TestMergePatch(t *testing.T) {
	t.Parallel()
	for _, test := range [][3]string{
		{`{"a":"b"}`, `{"a":"c"}`, `{"a":"c"}`},
		{`{"a":"b"}`, `{"b":"c"}`, `{"a":"b","b":"c"}`},
		{`{"a":"b"}`, `{"a":null}`, `{}`},
		{`{"a":"b","b":"c"}`, `{"a":null}`, `{"b":"c"}`},
		{`{"a":["b"]}`, `{"a":"c"}`, `{"a":"c"}`},
		{`{"a":"c"}`, `{"a":["b"]}`, `{"a":["b"]}`},
		{`{"a":{"b":"c"}}`, `{"a":{"b":"d","c":null}}`, `{"a":{"b":"d"}}`},
		{`{"a":[{"b":"c"}]}`, `{"a":[1]}`, `{"a":[1]}`},
		{`["a","b"]`, `["c","d"]`, `["c","d"]`},
		{`{"a":"b"}`, `["c"]`, `["c"]`},
		{`{"a":"foo"}`, `null`, `null`},
		{`{"a":"foo"}`, `"bar"`, `"bar"`},
		{`{"e":null}`, `{"a":1}`, `{"e":null,"a":1}`},
		{`[1,2]`, `{"a":"b","c":null}`, `{"a":"b"}`},
		{`{}`, `{"a":{"bb":{"ccc":null}}}`, `{"a":{"bb":{}}}`},
	} {
		got := mergePatch(decode(t, test[0]), decode(t, test[1]))
		if d := cmp.Diff(decode(t, test[2]), got); d != "" {
			t.Errorf("%s + %s (-want +got):\n%s", test[0], test[1], d)
		}
	}
}

func decode(t *testing.T, s string) (v any) {
	t.Helper()
	must(t, json.Unmarshal([]byte(s), &v))
	return v
}

func anyJSON(depth int) *rapid.Generator[any] {
	leaf := rapid.OneOf(
		rapid.Just[any](nil),
		rapid.Map(rapid.Bool(), func(b bool) any { return b }),
		rapid.Map(rapid.StringMatching(`[a-c]{0,2}`), func(s string) any { return s }),
	)
	if depth == 0 {
		return leaf
	}
	inner := anyJSON(depth - 1)
	return rapid.OneOf(leaf,
		rapid.Map(rapid.SliceOfN(inner, 0, 3), func(l []any) any { return l }),
		rapid.Map(rapid.MapOfN(rapid.StringMatching(`[a-c]`), inner, 0, 3), func(m map[string]any) any { return m }))
}

func TestMergePatchTwiceIsOnce(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		target, patch := anyJSON(3).Draw(t, "target"), anyJSON(3).Draw(t, "patch")
		before, err := json.Marshal(target)
		if err != nil {
			t.Fatal(err)
		}
		once := mergePatch(target, patch)
		if d := cmp.Diff(once, mergePatch(once, patch)); d != "" {
			t.Fatalf("applying a patch again changes more:\n%s", d)
		}
		if after, _ := json.Marshal(target); string(after) != string(before) {
			t.Fatalf("the target was changed from %s to %s", before, after)
		}
	})
}

// FuzzReadExporter proves that no body makes the reader panic, that what it refuses has a code for the caller's faults,
// and that what it accepts is shown so that it is accepted again.
func FuzzReadExporter(f *testing.F) {
	for _, body := range []string{
		`{"name":"a","type":"invoices","company_ids":["1"],"columns":["Id"],"filters":[{"column":"Balance","op":">","value":0}],"options":{"lines":true,"date_range":"all"},"destination":{"sheet":"x"},"mode":"replace","schedule":{"cron":"0 6 * * *","timezone":"UTC","enabled":true}}`,
		`{"options":{"lines":"T","x":1e9}}`, `{"company_ids":[1,null,{}]}`, `[]`, `{"a":{}} x`, "\xff",
		`{"filters":[null]}`, `{"options":null,"type":"nonsense"}`,
	} {
		f.Add([]byte(body))
	}
	d := control.New(control.Options{Definitions: exporters.All(), Store: storetest.NewMemory()}).As(control.Program())
	f.Fuzz(func(t *testing.T, body []byte) {
		members, err := parseObject(body)
		if err == nil {
			e, readErr := readExporter(d, members)
			if err = readErr; err == nil {
				view, err := showExporter(d, e).members()
				must(t, err)
				again, err := readExporter(d, view)
				must(t, err)
				if d := cmp.Diff(showExporter(d, e), showExporter(d, again)); d != "" {
					t.Fatalf("shown and read again it differs:\n%s", d)
				}
			}
		}
		if err != nil && !problem.HasCode(err, problem.BadRequest, problem.InvalidInput) {
			t.Fatalf("got %v", err)
		}
	})
}
