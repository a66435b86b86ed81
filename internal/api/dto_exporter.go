package api

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"ledgersheet/internal/control"
	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

// exporterView is an exporter as the API shows it: its fields in the table's order, with dotted paths as nested
// objects.
type exporterView []member

// member is one member of a JSON object.
type member struct {
	Key   string
	Value any
}

// MarshalJSON writes the members in order, which a map would not keep.
func (v exporterView) MarshalJSON() ([]byte, error) {
	out := []byte{'{'}
	for i, m := range v {
		if i > 0 {
			out = append(out, ',')
		}
		key, err := json.Marshal(m.Key)
		if err != nil {
			return nil, fmt.Errorf("encoding a member's name: %w", err)
		}
		value, err := json.Marshal(m.Value)
		if err != nil {
			return nil, fmt.Errorf("encoding %s: %w", m.Key, err)
		}
		out = append(append(append(out, key...), ':'), value...)
	}
	return append(out, '}'), nil
}

func showExporter(d *control.Desk, e export.Exporter) exporterView {
	var v exporterView
	for _, f := range export.Fields() {
		value := showField(d, f, e)
		parent, key, nested := strings.Cut(f.Path, ".")
		if !nested {
			v = append(v, member{f.Path, value})
			continue
		}
		// Fields of one object are adjacent.
		if last := len(v) - 1; last < 0 || v[last].Key != parent {
			v = append(v, member{parent, exporterView(nil)})
		}
		inner := &v[len(v)-1]
		members, _ := inner.Value.(exporterView)
		inner.Value = append(members, member{key, value})
	}
	return v
}

// The members that say how an exporter stands. They are answers only.
const (
	memberState       = "state"
	memberLastSuccess = "last_success"
)

// successView is the last run that succeeded.
type successView struct {
	RunID     export.ID    `json:"run_id"`
	At        *string      `json:"at"`
	Rows      int          `json:"rows"`
	Headlines []figureView `json:"headlines"`
	URL       *string      `json:"url"`
}

// showStandings returns the views of exporters with how they stand.
func showStandings(ctx context.Context, d *control.Desk, exporters ...export.Exporter) ([]exporterView, error) {
	standings, err := d.Standings(ctx, exporters...)
	if err != nil {
		return nil, err
	}
	views := make([]exporterView, len(exporters))
	for i, e := range exporters {
		views[i] = showListed(d, control.Listed{Exporter: e, Standing: standings[i]})
	}
	return views, nil
}

func showListed(d *control.Desk, l control.Listed) exporterView {
	var last *successView
	if r := l.History.Last; r != nil {
		last = &successView{r.ID, stamp(r.FinishedAt), r.Rows, figureViews(r.Figures), nullable(r.URL)}
	}
	return append(showExporter(d, l.Exporter), member{memberState, l.State}, member{memberLastSuccess, last})
}

// showField returns a field's value for JSON.
func showField(d *control.Desk, f export.Field, e export.Exporter) any {
	switch v := f.Get(e).(type) {
	case string:
		if f.Kind == export.FieldNote {
			return nullable(v)
		}
		return v
	case []string:
		return nonNil(v)
	case []export.Filter:
		return nonNil(v)
	case map[string]string:
		if f.Kind == export.FieldTitles {
			if v == nil {
				return map[string]string{}
			}
			return v
		}
		return optionValues(d, e)
	case time.Time:
		return stamp(v)
	default:
		return v
	}
}

// optionValues returns the options that are set, each in its own JSON type.
func optionValues(d *control.Desk, e export.Exporter) map[string]any {
	kinds := optionKinds(d, e.Definition)
	values := make(map[string]any, len(e.Options))
	for k, v := range e.Options {
		values[k] = optionValue(kinds[k], v)
	}
	return values
}

// optionKinds returns the kinds of a type's options; nil for an unknown type.
func optionKinds(desk *control.Desk, definition string) map[string]export.OptionKind {
	d, err := desk.Definition(definition)
	if err != nil {
		return nil // control refuses the type and names the field
	}
	kinds := map[string]export.OptionKind{}
	for _, o := range d.OptionList() {
		kinds[o.Key] = o.Kind
	}
	return kinds
}

// readExporter parses a request's body into an exporter. It checks shapes only; what the values mean is control's
// concern. Members that appear only in answers are accepted, so that what was read can be changed and sent back.
func readExporter(d *control.Desk, members map[string]any) (export.Exporter, error) {
	var bad problem.Collect
	var e export.Exporter
	body := newObject("", members, &bad)
	objects := map[string]*object{}
	for _, f := range export.Fields() {
		o, key := body, f.Path
		if parent, inner, nested := strings.Cut(f.Path, "."); nested {
			if objects[parent] == nil {
				objects[parent] = body.object(parent)
			}
			o, key = objects[parent], inner
		}
		if f.ReadOnly() {
			o.ignore(key)
		} else {
			f.Set(&e, readField(d, f, o, key, e.Definition))
		}
	}
	body.ignore(memberState, memberLastSuccess)
	body.refuseUnknown()
	for _, o := range objects {
		o.refuseUnknown()
	}
	return e, bad.Err()
}

// readField reads a member as the field's kind.
func readField(d *control.Desk, f export.Field, o *object, key, definition string) any {
	switch f.Kind {
	case export.FieldTruth:
		return o.truth(key, f.On)
	case export.FieldTexts:
		return o.texts(key)
	case export.FieldFilters:
		return readFilters(o.objects(key))
	case export.FieldTitles:
		return readTitles(o.object(key))
	case export.FieldSettings:
		return readOptions(d, o.object(key), definition)
	default:
		return o.text(key)
	}
}

func readFilters(list []*object) []export.Filter {
	var filters []export.Filter
	for _, f := range list {
		filters = append(filters, export.Filter{
			Column: f.text("column"), Op: export.Op(f.text("op")), Value: f.scalar("value"),
		})
		f.refuseUnknown()
	}
	return filters
}

func readTitles(o *object) map[string]string {
	var titles map[string]string
	for column := range o.members {
		if titles == nil {
			titles = map[string]string{}
		}
		titles[column] = o.text(column)
	}
	return titles
}

// readOptions accepts options as text, numbers or booleans. Booleans get the one spelling that runs look for.
func readOptions(d *control.Desk, o *object, definition string) map[string]string {
	kinds := optionKinds(d, definition)
	options := make(map[string]string, len(o.members))
	for key := range o.members {
		value := o.scalar(key)
		if b, err := strconv.ParseBool(value); err == nil && kinds[key] == export.OptionBool {
			value = strconv.FormatBool(b)
		}
		if value != "" {
			options[key] = value
		}
	}
	return options
}

// members returns the view as if it were parsed from a request's body.
func (v exporterView) members() (map[string]any, error) {
	raw, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("encoding exporter: %w", err)
	}
	return parseObject(raw)
}
