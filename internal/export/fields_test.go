package export_test

import (
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ledgersheet/internal/export"
)

// kept lists the members of an exporter that only the program sets and that nobody is shown.
var kept = []string{"Target.Tab", "Target.Created", "Target.CreateKey", "Target.Share", "Target.Title", "Accepted"}

// eachLeaf calls do for every member of a struct, including those of nested structs.
func eachLeaf(v reflect.Value, path string, do func(path string, leaf reflect.Value)) {
	for i := range v.NumField() {
		name, member := path+v.Type().Field(i).Name, v.Field(i)
		if _, isTime := member.Interface().(time.Time); member.Kind() == reflect.Struct && !isTime {
			eachLeaf(member, name+".", do)
			continue
		}
		do(name, member)
	}
}

// differ returns a value that differs from the zero value.
func differ(t *testing.T, v reflect.Value) reflect.Value {
	t.Helper()
	switch v.Interface().(type) {
	case time.Time:
		return reflect.ValueOf(time.Unix(1e9, 0))
	case *export.Pause:
		return reflect.ValueOf(&export.Pause{Reason: export.PausedByPerson, Who: "ann"})
	}
	out := reflect.New(v.Type()).Elem()
	switch v.Kind() {
	case reflect.String:
		out.SetString("x")
	case reflect.Int:
		out.SetInt(7)
	case reflect.Bool:
		out.SetBool(true)
	case reflect.Pointer:
		out.Set(reflect.New(v.Type().Elem()))
	case reflect.Slice:
		out.Set(reflect.MakeSlice(v.Type(), 1, 1))
	case reflect.Map:
		out.Set(reflect.MakeMap(v.Type()))
		out.SetMapIndex(reflect.ValueOf("k"), reflect.ValueOf("v"))
	default:
		t.Fatalf("an exporter has a member of the unknown kind %s", v.Kind())
	}
	return out
}

// TestEveryMemberIsAField: every member of an exporter is shown by a field of the table. What people may set is copied
// by Configure. The others are listed above as the program's own.
func TestEveryMemberIsAField(t *testing.T) {
	t.Parallel()
	var all export.Exporter
	eachLeaf(reflect.ValueOf(&all).Elem(), "", func(path string, _ reflect.Value) {
		var e export.Exporter
		eachLeaf(reflect.ValueOf(&e).Elem(), "", func(p string, leaf reflect.Value) {
			if p == path {
				leaf.Set(differ(t, leaf))
			}
		})
		var shown []export.Field
		for _, f := range export.Fields() {
			if !cmp.Equal(f.Get(e), f.Get(export.Exporter{})) {
				shown = append(shown, f)
			}
		}
		if (len(shown) == 0) != slices.Contains(kept, path) {
			t.Errorf("%s is shown by %d fields; add it to the table, or to the list above", path, len(shown))
			return
		}
		var configured export.Exporter
		configured.Configure(e)
		settable := slices.ContainsFunc(shown, func(f export.Field) bool { return !f.ReadOnly() })
		if copied := cmp.Equal(configured, e); copied != settable {
			t.Errorf("%s: may be set %v, copied %v", path, settable, copied)
		}
	})
}

// TestFieldsAreWhole: each field is there once, fields that people set have a label and a place in the form, and every
// value can be set again.
func TestFieldsAreWhole(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, f := range export.Fields() {
		for _, key := range []string{"path " + f.Path, "input " + f.Input, "label " + f.Label} {
			if seen[key] {
				t.Errorf("there are two fields with the %s", key)
			}
			seen[key] = key != "input " && key != "label "
		}
		if f.ReadOnly() {
			if f.Label+f.Input+f.Missing+f.Default != "" || f.Hidden || f.Choices != nil {
				t.Errorf("%s is set by the program, but says what people may do with it", f.Path)
			}
			continue
		}
		if f.Label == "" || f.AnchorID() == "" || (f.Hidden && f.Input == "") {
			t.Errorf("%s has no label, nothing that its errors lead to, or is hidden without a name", f.Path)
		}
		if f.Default != "" && f.Kind != export.FieldText {
			t.Errorf("%s is no text but has a default", f.Path)
		}
		var e export.Exporter
		if f.Choices != nil {
			if got := f.Get(e); got != f.Default || f.Default == "" {
				t.Errorf("%s: an empty choice is shown as %v, its default is %q", f.Path, got, f.Default)
			}
			continue
		}
		f.Set(&e, f.Get(e))
		if !cmp.Equal(e, export.Exporter{}) {
			t.Errorf("%s: setting what it says changes %+v", f.Path, e)
		}
	}
}

// TestDefaults: an exporter that leaves everything open means the same as one that states the defaults.
func TestDefaults(t *testing.T) {
	t.Parallel()
	var e export.Exporter
	e.Normalize()
	if e.Mode != export.Replace || e.Target.Start != "A1" || e.Schedule.Timezone != "UTC" {
		t.Errorf("mode %q, start %q, zone %q", e.Mode, e.Target.Start, e.Schedule.Timezone)
	}
}

// TestIsConfiguredAs: every field that people set counts, except the spreadsheet that the program has made.
func TestIsConfiguredAs(t *testing.T) {
	t.Parallel()
	e := export.Exporter{Name: "Invoices", Target: export.Target{Start: " a1"}, Options: map[string]string{"empty": ""}}
	same := export.Exporter{
		Name: " Invoices ", Revision: 7, Columns: []string{}, Target: export.Target{Tab: new(int64)},
	}
	if !e.IsConfiguredAs(same) || !same.IsConfiguredAs(e) {
		t.Error("what people do not see counts")
	}
	if len(e.Options) != 1 {
		t.Error("the comparison has changed an exporter")
	}
	for _, f := range export.Fields() {
		if f.ReadOnly() || f.Of != nil || f.Path == "destination.kind" {
			continue // what a kind of destination has no use for may be dropped
		}
		other := e
		eachLeaf(reflect.ValueOf(&other).Elem(), "", func(path string, leaf reflect.Value) {
			before, old := f.Get(other), reflect.ValueOf(leaf.Interface())
			leaf.Set(differ(t, leaf))
			if cmp.Equal(before, f.Get(other)) {
				leaf.Set(old)
			}
		})
		if e.IsConfiguredAs(other) {
			t.Errorf("%s does not count", f.Path)
		}
	}
	made := e
	made.Target.Spreadsheet, made.Target.Created = "1aBcDeFgHiJkLmNoP", true
	if !made.IsConfiguredAs(e) || e.IsConfiguredAs(made) {
		t.Error("the spreadsheet that was made counts, or one that was chosen does not")
	}
}
