package intuitsim

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"
)

var (
	errNotObject  = errors.New("not a JSON object")
	errTooPrecise = errors.New("more than two decimals")
	errNoInstant  = errors.New("not a time")
)

// record is one record of a company as the API shows it. Company.mu guards it.
type record struct {
	entity           *entity
	id               string
	sync             int
	created, updated time.Time
	inactive         bool
	deleted          bool
	hidden           Hiding
	source           source

	// The rendering is kept until the record changes or, by generation, until a name changes to which it may refer.
	generation int
	moves      int // as of Company.moves; it counts where balances are shown
	text       []byte
	props      []string
}

// source writes the members of a record beyond the common ones.
type source interface {
	members(c *Company, o *object)
}

// wrapper is a source that writes its whole record, without the common members.
type wrapper interface {
	source
	whole(c *Company, r *record) object
}

// object renders the record with the company's quirks.
func (r *record) object(c *Company) object { return c.quirks.oddRecord(c, r, r.plain(c)) }

// plain renders the record as most companies show it. Its properties are compared as they are here.
func (r *record) plain(c *Company) object {
	if w, ok := r.source.(wrapper); ok {
		return w.whole(c, r)
	}
	o := make(object, 0, 40)
	o.set("domain", "QBO")
	o.set("sparse", false)
	o.set("Id", r.id)
	o.set("SyncToken", strconv.Itoa(r.sync))
	o.set("MetaData", object{{"CreateTime", stamp(r.created, c.zone)}, {"LastUpdatedTime", stamp(r.updated, c.zone)}})
	if r.source != nil {
		r.source.members(c, &o)
	}
	if r.entity.list {
		o.set("Active", !r.inactive)
	}
	return o
}

func (r *record) load(c *Company) {
	if r.text != nil && r.generation == c.generation && (r.moves == c.moves || !r.entity.showsBalances()) {
		return
	}
	o := r.plain(c)
	r.text = slices.Clip(c.quirks.oddRecord(c, r, o).appendJSON(make([]byte, 0, 1024)))
	r.props = make([]string, len(r.entity.props))
	for i, p := range r.entity.props {
		if v, ok := o.get(p.name); ok {
			r.props[i] = propertyText(v)
		}
	}
	r.generation, r.moves = c.generation, c.moves
}

// json returns the rendered record.
func (r *record) json(c *Company) []byte {
	r.load(c)
	return r.text
}

// values returns the texts of the entity's queryable properties, "" for absent ones.
func (r *record) values(c *Company) []string {
	r.load(c)
	return r.props
}

// invalidate makes the next read render the record again.
func (r *record) invalidate() { r.text = nil }

// sparse renders only the named columns, as the service does for a column list.
func (r *record) sparse(c *Company, columns []string) object {
	out := object{{"domain", "QBO"}, {"sparse", true}, {"Id", r.id}}
	for _, m := range r.object(c) {
		if m.name == "Id" || m.name == "domain" || m.name == "sparse" || m.name == "Line" {
			continue
		}
		if slices.ContainsFunc(columns, func(col string) bool {
			root, _, _ := strings.Cut(col, ".")
			return root == m.name
		}) {
			out = append(out, m)
		}
	}
	return out
}

// tombstone returns the form in which change data capture shows a deleted record.
func (r *record) tombstone(c *Company) object {
	return object{
		{"status", "Deleted"}, {"domain", "QBO"}, {"Id", r.id},
		{"MetaData", object{{"LastUpdatedTime", stamp(r.updated, c.zone)}}},
	}
}
