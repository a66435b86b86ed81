package export

import (
	"fmt"
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"ledgersheet/internal/table"
)

// MostFigures limits how many headline figures a definition shows for one company and period.
const MostFigures = 4

// Figure declares a headline figure: one of the few numbers that say how a company is doing, taken from what a run
// reads anyway. Figures of one definition with the same ID are alternatives: the first whose columns are present
// counts.
type Figure struct {
	ID, Title string
	// Sum names what is added up. For an entity it is the key of one amount column, added once per record and per
	// currency, however many lines the record has. For a report it is columns by key or title; a minus sign subtracts
	// one.
	Sum []string
	// Group, for reports only, is the row that QuickBooks computes for this section group, such as NetIncome. Sum then
	// picks its columns; an empty Sum means every amount column, each with a period of its own.
	Group string
	// Where limits the sum to the records, or a report's rows, that match all of it.
	Where []Filter
}

// validateFigures returns the first fault in a definition's figures. known says which columns they may name; it is nil
// if only an answer can tell.
func validateFigures(figures []Figure, report bool, known func(string) bool) error {
	titles := map[string]string{}
	for _, f := range figures {
		switch title, again := titles[f.ID]; {
		case f.ID == "" || f.Title == "":
			return fmt.Errorf("figure %q needs an id and a title", f.ID)
		case again && title != f.Title:
			return fmt.Errorf("figure %q has two titles", f.ID)
		case !report && (f.Group != "" || len(f.Sum) != 1):
			return fmt.Errorf("figure %q must add up one column", f.ID)
		case report && f.Group == "" && len(f.Sum) == 0:
			return fmt.Errorf("figure %q needs a group or columns", f.ID)
		case f.Group != "" && len(f.Where) > 0:
			return fmt.Errorf("figure %q: a group's row cannot be limited", f.ID)
		}
		titles[f.ID] = f.Title
		if known == nil {
			continue
		}
		names := append([]string(nil), f.Sum...)
		for _, w := range f.Where {
			names = append(names, w.Column)
		}
		for _, name := range names {
			if !known(name) || strings.HasPrefix(name, LinePrefix) {
				return fmt.Errorf("figure %q: %q is none of the record's columns", f.ID, name)
			}
		}
	}
	if len(titles) > MostFigures {
		return fmt.Errorf("there are %d figures, and %d at most", len(titles), MostFigures)
	}
	return nil
}

// ValidateFigures returns the first fault in the headline figures that a definition declares.
func ValidateFigures(d Definition) error {
	switch d := d.(type) {
	case Entity:
		return validateFigures(d.Figures, false, func(key string) bool {
			for _, c := range d.Columns {
				if c.Path == key {
					return true
				}
			}
			return false
		})
	case Report:
		return validateFigures(d.Figures, true, nil)
	}
	return nil
}

// Tally adds up an entity's figures record by record, separately for each currency. Create one with NewTally.
type Tally struct {
	figures    []Figure
	currencies []string // in order of appearance
	sums       map[tallyKey]*table.Sum
}

type tallyKey struct {
	figure   int
	currency string
}

// NewTally returns an empty tally of the figures.
func NewTally(figures []Figure) *Tally {
	return &Tally{figures: figures, sums: map[tallyKey]*table.Sum{}}
}

// Add adds the amount of one record, in its currency, to the i-th figure. A cell that holds no number is ignored.
func (t *Tally) Add(i int, currency string, amount table.Cell) {
	if k := amount.Kind(); amount.Blank() || (k != table.Money && k != table.Number) {
		return
	}
	if !slices.Contains(t.currencies, currency) {
		t.currencies = append(t.currencies, currency)
	}
	key := tallyKey{i, currency}
	if t.sums[key] == nil {
		t.sums[key] = &table.Sum{}
	}
	t.sums[key].Add(amount)
}

// Values returns the figures of a company. A figure to which no record added anything is zero, in the home currency.
func (t *Tally) Values(c Company, period string) []FigureValue {
	return t.Tallied().Values(t.figures, c, period)
}

// Tallied is what a tally has added up.
type Tallied struct {
	Currencies []string     `json:"currencies,omitempty"` // in order of appearance
	Sums       []TalliedSum `json:"sums,omitempty"`       // those to which something was added
}

// TalliedSum is one figure in one currency.
type TalliedSum struct {
	Figure   int           `json:"figure"`
	Currency string        `json:"currency"`
	Sum      table.Counted `json:"sum"`
}

// Tallied returns what was added so far.
func (t *Tally) Tallied() Tallied {
	out := Tallied{Currencies: slices.Clone(t.currencies)}
	for i := range t.figures {
		for _, currency := range t.currencies {
			if sum, ok := t.sums[tallyKey{i, currency}]; ok {
				out.Sums = append(out.Sums, TalliedSum{i, currency, sum.Counted()})
			}
		}
	}
	return out
}

// find returns the position of a figure's sum in a currency, or -1.
func (t Tallied) find(figure int, currency string) int {
	return slices.IndexFunc(t.Sums, func(s TalliedSum) bool { return s.Figure == figure && s.Currency == currency })
}

// SameShape reports whether two tallies have added as many numbers to the same figures in the same currencies.
func (t Tallied) SameShape(o Tallied) bool {
	return slices.EqualFunc(t.Sums, o.Sums, func(a, b TalliedSum) bool {
		return a.Figure == b.Figure && a.Currency == b.Currency && a.Sum.Numbers() == b.Sum.Numbers()
	})
}

// Replace returns the tally after some records were taken out and others put in, and whether that is exact. Unless
// steady, which says that each record that came took the place of one of the same shape, more than one currency is
// not: their order might be another.
func (t Tallied) Replace(out, in Tallied, steady bool) (Tallied, bool) {
	all := slices.Clone(t.Currencies)
	for _, currency := range slices.Concat(out.Currencies, in.Currencies) {
		if !slices.Contains(all, currency) {
			all = append(all, currency)
		}
	}
	if len(all) > 1 && !steady {
		return t, false
	}
	t.Currencies, t.Sums = all, slices.Clone(t.Sums)
	for _, s := range slices.Concat(out.Sums, in.Sums) {
		if t.find(s.Figure, s.Currency) < 0 {
			t.Sums = append(t.Sums, TalliedSum{Figure: s.Figure, Currency: s.Currency})
		}
	}
	for i, s := range t.Sums {
		var less, more table.Counted
		if at := out.find(s.Figure, s.Currency); at >= 0 {
			less = out.Sums[at].Sum
		}
		if at := in.find(s.Figure, s.Currency); at >= 0 {
			more = in.Sums[at].Sum
		}
		sum, exact := s.Sum.Replace(less, more)
		if !exact {
			return t, false
		}
		t.Sums[i].Sum = sum
	}
	t.Sums = slices.DeleteFunc(t.Sums, func(s TalliedSum) bool { return s.Sum.Numbers() == 0 })
	t.Currencies = slices.DeleteFunc(t.Currencies, func(currency string) bool {
		return !slices.ContainsFunc(t.Sums, func(s TalliedSum) bool { return s.Currency == currency })
	})
	slices.SortStableFunc(t.Sums, func(a, b TalliedSum) int { return a.Figure - b.Figure })
	return t, true
}

// Values returns the figures of a company, as Tally.Values.
func (t Tallied) Values(figures []Figure, c Company, period string) []FigureValue {
	var values []FigureValue
	for i, f := range figures {
		found := false
		for _, currency := range t.Currencies {
			at := t.find(i, currency)
			if at < 0 {
				continue
			}
			found = true
			values = append(values, f.value(c.Realm, period, currency, t.Sums[at].Sum.Total))
		}
		if !found {
			values = append(values, f.value(c.Realm, period, c.HomeCurrency, decimal.Zero))
		}
	}
	return values
}

func (f Figure) value(realm RealmID, period, currency string, amount decimal.Decimal) FigureValue {
	return FigureValue{
		ID: f.ID, Title: f.Title, Company: realm, Period: period, Currency: currency, Value: table.DecimalText(amount),
	}
}
