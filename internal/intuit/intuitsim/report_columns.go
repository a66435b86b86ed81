package intuitsim

import (
	"cmp"
	"slices"
	"strings"
)

// amounts is one row of figures, one per column, without the total column.
type amounts []cents

func (a amounts) zero() bool {
	return !slices.ContainsFunc(a, func(c cents) bool { return c != 0 })
}

func (a amounts) plus(b amounts) amounts {
	out := slices.Clone(a)
	for i := range b {
		out[i] += b[i]
	}
	return out
}

func (a amounts) minus(b amounts) amounts {
	out := slices.Clone(a)
	for i := range b {
		out[i] -= b[i]
	}
	return out
}

func (a amounts) sum() cents {
	var s cents
	for _, c := range a {
		s += c
	}
	return s
}

// columnPlan are the money columns of a summary report.
type columnPlan struct {
	spans   []span
	members []dimension // columns by customer, class …, the last one for what has none
	total   bool        // a Total column at the end
	columns []reportColumn
}

func (p *columnPlan) width() int { return max(1, len(p.spans)+len(p.members)) }

// dimension is something by which columns are made; the zero one stands for none of them.
type dimension struct{ id, name string }

// plan chooses the columns for the postings of a report. The periods of a balance sheet have no total, because balances
// do not add up over time.
func (r *reportCall) plan(postings []posting, balance bool) *columnPlan {
	p := &columnPlan{columns: []reportColumn{{ColType: "Account", MetaData: []nameValue{{"ColKey", "account"}}}}}
	if r.name == "CashFlow" && r.legacy {
		p.columns[0].MetaData = nil
	}
	p.spans = spans(r.by, r.start, r.end, r.info.FiscalYearStart)
	for _, s := range p.spans {
		p.columns = append(p.columns, reportColumn{
			ColTitle: s.title, ColType: "Money",
			MetaData: []nameValue{{"StartDate", s.start.String()}, {"EndDate", s.end.String()}, {"ColKey", s.title}},
		})
	}
	if p.spans == nil && r.by != "Total" {
		p.members = r.present(postings, balance)
		for _, m := range p.members {
			key := m.id
			if key == "" {
				key = "not_specified"
			}
			p.columns = append(p.columns, reportColumn{
				ColTitle: m.name, ColType: "Money", MetaData: []nameValue{{"ColKey", key}},
			})
		}
	}
	p.total = p.spans == nil || !balance
	if p.total {
		p.columns = append(p.columns, reportColumn{
			ColTitle: r.heading("Total"), ColType: "Money", MetaData: []nameValue{{"ColKey", "total"}},
		})
	}
	return p
}

// present lists the members of the dimension that have postings, by name, and last the blank one.
func (r *reportCall) present(postings []posting, balance bool) []dimension {
	seen := map[dimension]bool{}
	for i := range postings {
		seen[r.member(&postings[i], balance)] = true
	}
	blank := dimension{"", "Not Specified"}
	var out []dimension
	for m := range seen {
		if m != blank {
			out = append(out, m)
		}
	}
	slices.SortFunc(out, func(x, y dimension) int {
		return cmp.Or(strings.Compare(strings.ToLower(x.name), strings.ToLower(y.name)), compareIDs(x.id, y.id))
	})
	if seen[blank] {
		out = append(out, blank)
	}
	return out
}

// member returns the column of a posting if columns are not periods. A balance sheet assigns whole transactions, or its
// columns would not balance; a profit and loss statement assigns lines.
func (r *reportCall) member(p *posting, balance bool) dimension {
	blank := dimension{"", "Not Specified"}
	of := func(id, name string, ok bool) dimension {
		if !ok {
			return blank
		}
		return dimension{id, name}
	}
	switch r.by {
	case "Customers", "Vendors", "Employees":
		kind := strings.TrimSuffix(r.by, "s")
		who := p.partyOf(kind, balance)
		if who == nil {
			return blank
		}
		return dimension{who.id, who.fullName()}
	case "Classes":
		class := p.class
		if balance {
			class = r.classOf(p.txn)
		}
		if class == nil {
			return blank
		}
		return of(class.id, class.fullName(), true)
	case "Departments":
		d := r.departmentOf(p, balance)
		if d == nil {
			return blank
		}
		return of(d.id, d.fullName(), true)
	case "ProductsAndServices":
		if p.item == nil || balance {
			return blank
		}
		return of(p.item.id, p.item.name, true)
	}
	return blank
}

// partyOf is the party of that kind to which a posting belongs; whole takes the transaction's.
func (p *posting) partyOf(kind string, whole bool) *party {
	if !whole && p.party != nil && p.party.kind == kind {
		return p.party
	}
	if p.txn.party != nil && p.txn.party.kind == kind {
		return p.txn.party
	}
	return nil
}

// classOf returns the class that all lines of a transaction share. On a cash basis sales and bills have none, because
// their postings meet those of payments, which have no class.
func (r *reportCall) classOf(t *txn) *listEntry {
	if len(t.lines) == 0 || r.method == cash && t.settles() {
		return nil
	}
	class := t.lines[0].class
	for i := range t.lines {
		if t.lines[i].class != class {
			return nil
		}
	}
	return class
}

func (r *reportCall) departmentOf(p *posting, balance bool) *listEntry {
	if balance && r.method == cash && p.txn.settles() {
		return nil
	}
	return p.txn.department
}

func (t *txn) settles() bool {
	switch t.kind {
	case kindInvoice, kindCreditMemo, kindBill, kindVendorCredit:
		return true
	}
	return false
}

// passes applies the filters of the request to a posting.
func (r *reportCall) passes(p *posting, balance bool) bool {
	if len(r.filters) == 0 {
		return true
	}
	for _, f := range []struct{ filter, kind string }{{"customer", "Customer"}, {"vendor", "Vendor"}} {
		if _, ok := r.filters[f.filter]; ok {
			who := p.partyOf(f.kind, balance)
			if who == nil || !r.passesFilter(f.filter, who.id) {
				return false
			}
		}
	}
	entry := func(filter string, e *listEntry) bool {
		_, ok := r.filters[filter]
		return !ok || e != nil && r.passesFilter(filter, e.id)
	}
	class := p.class
	if balance {
		class = r.classOf(p.txn)
	}
	if !entry("class", class) || !entry("department", r.departmentOf(p, balance)) {
		return false
	}
	if _, ok := r.filters["item"]; ok && !balance && (p.item == nil || !r.passesFilter("item", p.item.id)) {
		return false
	}
	return true
}

// column returns the place of a posting among the flow columns, or -1.
func (p *columnPlan) column(r *reportCall, post *posting, balance bool) int {
	if p.spans != nil {
		i, found := slices.BinarySearchFunc(p.spans, post.date, func(s span, d day) int {
			switch {
			case s.end < d:
				return -1
			case s.start > d:
				return 1
			}
			return 0
		})
		if !found {
			return -1
		}
		return i
	}
	if p.members != nil {
		return slices.Index(p.members, r.member(post, balance))
	}
	return 0
}

// figures spells a row of amounts with its total.
func (r *reportCall) figures(p *columnPlan, a amounts) []reportCell {
	out := make([]reportCell, 0, len(a)+1)
	for _, c := range a {
		out = append(out, reportCell{Value: r.money(c)})
	}
	if p.total && len(p.columns) > len(a)+1 {
		out = append(out, reportCell{Value: r.money(a.sum())})
	}
	return out
}

// blanks is a row of empty cells as wide as figures.
func (r *reportCall) blanks(p *columnPlan) []reportCell { return make([]reportCell, len(p.columns)-1) }
