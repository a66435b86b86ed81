package mirror

import (
	"bytes"
	"encoding/json"
	"iter"
	"slices"
	"strings"
)

// reference is a member of a record, or of a part of one, that refers to another record by id and perhaps shows its
// name.
type reference struct{ name, id, shown string }

// refKey is a reference's name and the id in it.
type refKey struct{ name, id string }

// references yields the references in a record's JSON: the members whose names end in "Ref". It looks at bytes, because
// it has to pass all records of a company.
func references(text []byte) iter.Seq[reference] {
	return func(yield func(reference) bool) {
		for {
			// A quote inside a string has a backslash in front, so this is the end of a string. With a colon behind it
			// that string is a name.
			at := bytes.Index(text, []byte(`Ref"`))
			if at < 0 {
				return
			}
			start := bytes.LastIndexByte(text[:at], '"') + 1
			name := string(text[start : at+3])
			text = bytes.TrimLeft(text[at+4:], " \t\r\n")
			if len(text) == 0 || text[0] != ':' {
				continue
			}
			body := bytes.TrimLeft(text[1:], " \t\r\n")
			if len(body) == 0 || body[0] != '{' {
				continue
			}
			var ref struct {
				Value any    `json:"value"`
				Name  string `json:"name"`
			}
			dec := json.NewDecoder(bytes.NewReader(body))
			dec.UseNumber()
			if dec.Decode(&ref) != nil {
				continue
			}
			if id := scalar(ref.Value); id != "" && !yield(reference{name, id, ref.Name}) {
				return
			}
		}
	}
}

func scalar(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	}
	return ""
}

// totalKey stands for a transaction's own amounts among its settlements.
const totalKey = ""

// settlements returns the ids of the transactions to which a transaction is linked, each with the amounts of the lines
// that link it, and under totalKey its total. Two versions with equal settlements leave others as they were.
func settlements(text []byte) map[string]string {
	if !bytes.Contains(text, []byte(`"TxnId"`)) {
		return nil
	}
	type link struct {
		TxnID any `json:"TxnId"`
	}
	type line struct {
		Amount    json.Number
		LinkedTxn []link
	}
	var doc struct {
		TotalAmt  json.Number
		LinkedTxn []link
		Line      []line
	}
	_ = json.Unmarshal(text, &doc) // what does not fit is left out, the rest is read
	out := map[string]string{totalKey: doc.TotalAmt.String()}
	for _, l := range append(doc.Line, line{LinkedTxn: doc.LinkedTxn}) {
		for _, to := range l.LinkedTxn {
			if id := scalar(to.TxnID); id != "" {
				out[id] += "|" + l.Amount.String()
			}
		}
	}
	return out
}

// nameIndex holds which names the references of an object's records show. Some show none.
type nameIndex struct {
	refs   map[string]map[string][]string // by the reference's name and the id
	nested map[string]bool                // names of references that show names with a colon: those of parents in front
}

func (x *nameIndex) add(ref reference) {
	ids := x.refs[ref.name]
	if ids == nil {
		ids = map[string][]string{}
		x.refs[ref.name] = ids
	}
	if !slices.Contains(ids[ref.id], ref.shown) {
		ids[ref.id] = append(ids[ref.id], ref.shown)
	}
	if strings.Contains(ref.shown, ":") {
		x.nested[ref.name] = true
	}
}

// indexOf returns the index of an object's records as they were before this refresh.
func (r *refresh) indexOf(name string) (*nameIndex, error) {
	if x := r.b.names[name]; x != nil {
		return x, nil
	}
	x := &nameIndex{refs: map[string]map[string][]string{}, nested: map[string]bool{}}
	err := r.drafts[name].each(func(e entry) error {
		for ref := range references(e.json) {
			x.add(ref)
		}
		return nil
	})
	if err == nil {
		r.b.names[name] = x
	}
	return x, err
}

// renewNames brings an index up to date after a commit.
func (b *book) renewNames(name string, d *draft) {
	x := b.names[name]
	if x == nil {
		return
	}
	if d.read {
		delete(b.names, name)
		return
	}
	for _, e := range d.changed {
		for ref := range references(e.json) {
			x.add(ref)
		}
	}
}

// staleRefs marks references of which some show a name that is not right any more.
type staleRefs struct {
	in map[string]map[refKey][]string // by the object that holds them: the names that are right
}

func newStale() *staleRefs { return &staleRefs{map[string]map[refKey][]string{}} }

func (s *staleRefs) add(object string, ref refKey, names []string) {
	if s.in[object] == nil {
		s.in[object] = map[refKey][]string{}
	}
	s.in[object][ref] = names
}

// isStale reports whether a reference shows a name that is not right.
func isStale(marked map[refKey][]string, ref reference) bool {
	names, is := marked[refKey{ref.name, ref.id}]
	return is && !slices.Contains(names, ref.shown)
}

// linkedIDs yields the ids of the transactions to which a record or its lines are linked.
func linkedIDs(text []byte) iter.Seq[string] {
	return func(yield func(string) bool) {
		for {
			at := bytes.Index(text, []byte(`"TxnId"`))
			if at < 0 {
				return
			}
			text = bytes.TrimLeft(text[at+len(`"TxnId"`):], " \t\r\n:\"")
			end := bytes.IndexAny(text, "\",}] ")
			if end < 0 {
				return
			}
			if !yield(string(text[:end])) {
				return
			}
		}
	}
}
