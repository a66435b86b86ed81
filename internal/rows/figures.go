package rows

import (
	"cmp"

	"ledgersheet/internal/export"
	"ledgersheet/internal/record"
)

// headline is a headline figure of an entity with the columns that it needs.
type headline struct {
	amount *column
	where  []filter
}

// compileFigures makes the columns that the entity's figures are read from. They cost no request: a figure is never
// about what other lists say.
func (m *Maker) compileFigures() error {
	if m.query.Limit > 0 {
		return nil
	}
	for _, f := range m.entity.Figures {
		amount, err := compileColumn(m.entity, f.Sum[0], &m.lists)
		if err != nil {
			return err
		}
		where, err := m.compileFilters(f.Where)
		if err != nil {
			return err
		}
		m.figures = append(m.figures, headline{amount, where})
	}
	return nil
}

// tallyRecord adds a record to the figures.
func (m *Maker) tallyRecord(v export.View) {
	v.Line = record.Record{}
	for i, f := range m.figures {
		if !matchAll(f.where, v) {
			continue
		}
		amount, ok := f.amount.cell(v).Decimal()
		if !ok {
			continue
		}
		currency, _ := v.Record.Ref("CurrencyRef")
		m.tally.Add(i, cmp.Or(currency, m.query.Company.HomeCurrency), amount)
	}
}
