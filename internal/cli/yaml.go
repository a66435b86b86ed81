package cli

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"

	"ledgersheet/internal/export"
)

// bookVersion is the version of the files' format.
const bookVersion = 1

// bookHead is how a file begins.
const bookHead = `# Exporters of ledgersheet, without secrets. "ledgersheet exporters apply FILE" makes and changes exporters as this
# file says: found by id, or else by name. It deletes none. Members that are left out get their standard values.
`

// entry is an exporter in a file: its members as the API has them.
type entry map[string]any

// text returns a member that is a text; empty if it is none.
func (e entry) text(key string) string {
	text, _ := e[key].(string)
	return text
}

// member is a member of an object in a file.
type member struct {
	key   string
	value any
}

// writeBook writes exporters as a file: what people set, and the ids by which they are found again.
func writeBook(w io.Writer, list []entry) error {
	items := make([]any, len(list))
	for i, e := range list {
		items[i] = arrangeEntry(e)
	}
	var b strings.Builder
	b.WriteString(bookHead)
	writeMembers(&b, "", []member{{"version", json.Number(fmt.Sprint(bookVersion))}, {"exporters", items}})
	_, err := io.WriteString(w, b.String())
	return err
}

// writeMembers writes an object, one member a line. It is our own, because texts must come back as they were: see
// plainText.
func writeMembers(b *strings.Builder, indent string, members []member) {
	for i, m := range members {
		if i > 0 {
			b.WriteString(indent)
		}
		b.WriteString(scalar(m.key) + ":")
		writeValue(b, indent+"  ", m.value)
	}
}

// writeValue writes the value of a member, whose lines, if it needs more than the present one, are indented.
func writeValue(b *strings.Builder, indent string, value any) {
	switch v := value.(type) {
	case []member:
		if len(v) == 0 {
			b.WriteString(" {}\n")
			return
		}
		b.WriteString("\n" + indent)
		writeMembers(b, indent, v)
	case []any:
		if len(v) == 0 {
			b.WriteString(" []\n")
			return
		}
		b.WriteString("\n")
		for _, item := range v {
			b.WriteString(indent + "-")
			if members, ok := item.([]member); ok && len(members) > 0 {
				b.WriteString(" ")
				writeMembers(b, indent+"  ", members)
				continue
			}
			writeValue(b, indent+"  ", item)
		}
	default:
		b.WriteString(" " + scalar(value) + "\n")
	}
}

// plainText matches texts that no reader of YAML takes for anything but text, apart from the words below. All others
// are quoted.
var plainText = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_.]*( [A-Za-z0-9_./*-]+)*$|^[A-Za-z]+(/[A-Za-z_]+)+$`)

// scalar returns a value as YAML. Quoted texts are as in JSON, which YAML includes.
func scalar(value any) string {
	if text, ok := value.(string); ok && plainText.MatchString(text) {
		switch strings.ToLower(text) {
		case "y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf":
		default:
			return text
		}
	}
	return shortJSON(value)
}

// arrangeEntry returns the members that people set, in the order of the fields, without what is empty or standard.
func arrangeEntry(e entry) []member {
	out := []member{{"id", e.text("id")}}
	for _, f := range export.Fields() {
		value := pick(e, f.Path)
		if f.ReadOnly() || isStandard(f, value) {
			continue
		}
		parent, key, nested := strings.Cut(f.Path, ".")
		if !nested {
			out = append(out, member{f.Path, arrangeValue(value)})
			continue
		}
		// Fields of one object are adjacent.
		if last := len(out) - 1; out[last].key != parent {
			out = append(out, member{parent, []member(nil)})
		}
		inner := &out[len(out)-1]
		members, _ := inner.value.([]member)
		inner.value = append(members, member{key, arrangeValue(value)})
	}
	return out
}

// isStandard reports whether leaving a member out means the same.
func isStandard(f export.Field, value any) bool {
	switch v := value.(type) {
	case nil:
		return true
	case string:
		return v == f.Default
	case bool:
		return v == f.On
	case []any:
		return len(v) == 0
	case map[string]any:
		return len(v) == 0
	}
	return false
}

// arrangeValue returns a value with the members of objects in a lasting order.
func arrangeValue(value any) any {
	switch v := value.(type) {
	case map[string]any:
		out := []member{}
		for _, key := range slices.Sorted(maps.Keys(v)) {
			out = append(out, member{key, arrangeValue(v[key])})
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = arrangeValue(v[i])
		}
		return out
	}
	return value
}

// pick returns the member at a path such as "schedule.cron"; nil if there is none.
func pick(members map[string]any, path string) any {
	parent, key, nested := strings.Cut(path, ".")
	if !nested {
		return members[path]
	}
	inner, _ := members[parent].(map[string]any)
	return inner[key]
}

// readBook reads a file of exporters. It checks its outline only; the API checks the exporters.
func readBook(text []byte) ([]entry, error) {
	var tree map[string]any
	if err := yaml.Unmarshal(text, &tree); err != nil {
		return nil, fmt.Errorf("the file is no YAML with the members version and exporters: %w", err)
	}
	asJSON, err := json.Marshal(tree) // so that values are those of the API
	if err != nil {
		return nil, fmt.Errorf("the file holds what JSON cannot: %w", err)
	}
	var book struct {
		Version   *json.Number `json:"version"`
		Exporters []entry      `json:"exporters"`
	}
	d := json.NewDecoder(bytes.NewReader(asJSON))
	d.UseNumber()
	d.DisallowUnknownFields()
	if err := d.Decode(&book); err != nil {
		return nil, fmt.Errorf("the file must have the members version and exporters, a list of exporters: %w", err)
	}
	switch {
	case book.Version == nil || book.Version.String() != fmt.Sprint(bookVersion):
		return nil, fmt.Errorf("the file must begin with version: %d", bookVersion)
	case len(book.Exporters) == 0:
		return nil, errors.New("the file has no exporters")
	}
	for i, e := range book.Exporters {
		if e.text("name") == "" {
			return nil, fmt.Errorf("exporters[%d] has no name", i)
		}
	}
	return book.Exporters, nil
}
