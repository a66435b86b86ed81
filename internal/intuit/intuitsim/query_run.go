package intuitsim

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/shopspring/decimal"
)

// run evaluates a statement over the company's records. The caller holds c.mu.
func (c *Company) run(q *statement, now time.Time) (*answer, *apiFault) {
	e := c.entityNamed(q.entity)
	if e == nil {
		return nil, queryFault("Entity %s is not found or not queryable", q.entity)
	}
	match, fault := c.matcher(e, q.where)
	if fault != nil {
		return nil, fault
	}
	if fault := c.quirks.refuseOrder(q); fault != nil {
		return nil, fault
	}
	compare, fault := e.sorter(q.order)
	if fault != nil {
		return nil, fault
	}
	if e.needsWhere && len(q.where) == 0 {
		return nil, queryFault("Entity %s needs a WHERE clause", e.name)
	}
	var hits []*record
	for _, r := range c.records(e) {
		if !r.deleted && match(r) {
			hits = append(hits, r)
		}
	}
	b := make([]byte, 0, 4096)
	b = append(b, `{"QueryResponse":{`...)
	shown := notHidden(hits, HiddenUnpaged)
	if q.count {
		b = append(b, `"totalCount":`...)
		b = strconv.AppendInt(b, int64(len(hits)), 10)
	} else if q.start <= len(shown) {
		slices.SortStableFunc(shown, func(x, y *record) int { return compare(c, x, y) })
		page := notHidden(shown[q.start-1:min(len(shown), q.start-1+c.quirks.pageSize(q.max))], HiddenHole)
		if c.quirks.timesOut(len(page)) {
			return gatewayTimeout(pageTimeout), nil
		}
		b = append(b, `"`+e.name+`":[`...)
		for i, r := range page {
			if i > 0 {
				b = append(b, ',')
			}
			if q.columns != nil {
				b = r.sparse(c, q.columns).appendJSON(b)
			} else {
				b = append(b, r.json(c)...)
			}
		}
		b = append(b, `],"startPosition":`...)
		b = strconv.AppendInt(b, int64(q.start), 10)
		b = append(b, `,"maxResults":`...)
		b = strconv.AppendInt(b, int64(len(page)), 10)
	}
	b = append(b, `},"time":`...)
	b = appendString(b, stampMillis(now, c.zone))
	b = append(b, '}')
	return newAnswer(200, "application/json;charset=UTF-8", b), nil
}

// matcher turns the conditions into a predicate; inactive list entries match only if a condition names Active.
func (c *Company) matcher(e *entity, where []condition) (func(*record) bool, *apiFault) {
	type test struct {
		property int
		fits     func(string) bool
	}
	var tests []test
	activeOnly := e.list
	for _, w := range where {
		p, fault := e.property(w.property)
		if fault != nil {
			return nil, fault
		}
		if p.name == "Active" {
			activeOnly = false
		}
		fits, fault := c.condition(p, w)
		if fault != nil {
			return nil, fault
		}
		tests = append(tests, test{e.position(p.name), fits})
	}
	return func(r *record) bool {
		if activeOnly && r.inactive {
			return false
		}
		if len(tests) == 0 {
			return true
		}
		values := r.values(c)
		for _, t := range tests {
			if v := values[t.property]; v == "" || !t.fits(v) {
				return false
			}
		}
		return true
	}, nil
}

// condition compiles one comparison, checking its values against the type of the property.
func (c *Company) condition(p property, w condition) (func(string) bool, *apiFault) {
	if w.op == "like" && p.kind != textProperty && p.kind != idProperty {
		return nil, queryFault("property '%s' cannot be compared with LIKE", p.name)
	}
	var tests []func(string) bool
	for _, lit := range w.values {
		if lit.flag && p.kind != flagProperty {
			return nil, queryFault("value %s is not valid for property '%s'", lit.text, p.name)
		}
		order, ok := c.comparer(p, lit.text)
		if !ok {
			return nil, queryFault("Invalid value '%s' for property '%s'", lit.text, p.name)
		}
		tests = append(tests, comparison(w.op, lit.text, order))
	}
	return func(v string) bool {
		for _, fits := range tests {
			if fits(v) {
				return true
			}
		}
		return false
	}, nil
}

func comparison(op, text string, order func(string) int) func(string) bool {
	switch op {
	case "like":
		pattern := strings.ToLower(text)
		return func(v string) bool { return like(strings.ToLower(v), pattern) }
	case "<":
		return func(v string) bool { return order(v) < 0 }
	case ">":
		return func(v string) bool { return order(v) > 0 }
	case "<=":
		return func(v string) bool { return order(v) <= 0 }
	case ">=":
		return func(v string) bool { return order(v) >= 0 }
	}
	return func(v string) bool { return order(v) == 0 }
}

// comparer returns a function that orders a record's value against the literal.
func (c *Company) comparer(p property, text string) (func(string) int, bool) {
	switch p.kind {
	case flagProperty:
		flag, err := strconv.ParseBool(text)
		return func(v string) int {
			if v == strconv.FormatBool(flag) {
				return 0
			}
			return 1
		}, err == nil
	case amountProperty:
		d, err := decimal.NewFromString(text)
		return func(v string) int {
			got, err := decimal.NewFromString(v)
			if err != nil {
				return -1
			}
			return got.Cmp(d)
		}, err == nil
	case dateProperty:
		d, ok := parseDay(text)
		if !ok {
			t, err := c.parseInstant(text)
			if err != nil {
				return nil, false
			}
			d, ok = dayOf(t.In(c.zone)), true
		}
		want := d.String()
		return func(v string) int { return strings.Compare(v, want) }, ok
	case timeProperty:
		want, err := c.parseInstant(text)
		return func(v string) int {
			got, err := time.Parse(time.RFC3339, v)
			if err != nil {
				return -1
			}
			return got.Compare(want)
		}, err == nil
	case idProperty:
		return func(v string) int { return compareIDs(v, text) }, true
	}
	want := strings.ToLower(text)
	return func(v string) int { return strings.Compare(strings.ToLower(v), want) }, true
}

// parseInstant reads a time of a query: with an offset, or in the company's zone.
func (c *Company) parseInstant(text string) (time.Time, error) {
	if t, err := time.Parse(time.RFC3339Nano, text); err == nil {
		return t, nil
	}
	for _, layout := range []string{"2006-01-02T15:04:05-0700", "2006-01-02T15:04-07:00"} {
		if t, err := time.Parse(layout, text); err == nil {
			return t, nil
		}
	}
	for _, layout := range []string{
		"2006-01-02T15:04:05.999", "2006-01-02T15:04:05", "2006-01-02T15:04", time.DateOnly,
	} {
		if t, err := time.ParseInLocation(layout, text, c.zone); err == nil {
			return t, nil
		}
	}
	return time.Time{}, errNoInstant
}

// sorter returns the order of the answer: the one asked for, or by name for lists and latest change first for
// transactions.
func (e *entity) sorter(order []ordering) (func(c *Company, x, y *record) int, *apiFault) {
	type key struct {
		property
		position int
		desc     bool
	}
	var keys []key
	for _, o := range order {
		p, fault := e.property(o.property)
		if fault != nil {
			return nil, fault
		}
		keys = append(keys, key{p, e.position(p.name), o.desc})
	}
	if len(keys) == 0 {
		keys = append(keys, key{property: property{"MetaData.LastUpdatedTime", timeProperty}, desc: true})
		if e.list {
			keys[0] = key{property: property{e.naming, textProperty}, position: e.position(e.naming)}
		}
	}
	return func(c *Company, x, y *record) int {
		for _, k := range keys {
			var n int
			switch k.name {
			case "Id":
				n = compareIDs(x.id, y.id)
			case "MetaData.LastUpdatedTime":
				n = x.updated.Compare(y.updated)
			case "MetaData.CreateTime":
				n = x.created.Compare(y.created)
			default:
				n = compareProperty(k.kind, x.values(c)[k.position], y.values(c)[k.position])
			}
			if k.desc {
				n = -n
			}
			if n != 0 {
				return n
			}
		}
		return compareIDs(x.id, y.id)
	}, nil
}

func compareProperty(kind propertyKind, x, y string) int {
	switch kind {
	case idProperty:
		return compareIDs(x, y)
	case amountProperty:
		dx, errX := decimal.NewFromString(x)
		dy, errY := decimal.NewFromString(y)
		if errX == nil && errY == nil {
			return dx.Cmp(dy)
		}
	case timeProperty:
		tx, errX := time.Parse(time.RFC3339, x)
		ty, errY := time.Parse(time.RFC3339, y)
		if errX == nil && errY == nil {
			return tx.Compare(ty)
		}
	}
	return strings.Compare(strings.ToLower(x), strings.ToLower(y))
}

// compareIDs orders ids as numbers if both are digits.
func compareIDs(x, y string) int {
	if allDigits(x) && allDigits(y) {
		x, y = strings.TrimLeft(x, "0"), strings.TrimLeft(y, "0")
		if n := cmp.Compare(len(x), len(y)); n != 0 {
			return n
		}
	}
	return strings.Compare(x, y)
}

func allDigits(s string) bool {
	for i := range len(s) {
		if !isDigit(s[i]) {
			return false
		}
	}
	return s != ""
}

// propertyText is a value as text; a reference is its id.
func propertyText(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case number:
		return string(v)
	case bool:
		return strconv.FormatBool(v)
	case int:
		return strconv.Itoa(v)
	case object:
		if ref, ok := v.get("value"); ok {
			return propertyText(ref)
		}
	}
	return ""
}

// like matches a pattern in which % stands for any text.
func like(text, pattern string) bool {
	parts := strings.Split(pattern, "%")
	if len(parts) == 1 {
		return text == pattern
	}
	if !strings.HasPrefix(text, parts[0]) {
		return false
	}
	text = text[len(parts[0]):]
	last := parts[len(parts)-1]
	for _, part := range parts[1 : len(parts)-1] {
		i := strings.Index(text, part)
		if i < 0 {
			return false
		}
		text = text[i+len(part):]
	}
	return strings.HasSuffix(text, last)
}
