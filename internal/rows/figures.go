package rows

import (
	"cmp"

	"ledgersheet/internal/export"
	"ledgersheet/internal/record"
)

// headline is one of an entity's headline figures, with the columns it needs.
type headline struct {
	amount *column
	where  []filter
}

// compileFigures compiles the columns from which the entity's figures are read. They cost no requests, because figures
// never depend on other lists.
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

// tallyRecord counts a record in the figures.
func (m *Maker) tallyRecord(line *export.View) {
	whole := *line
	whole.Line = record.Record{}
	v := &whole
	currency := ""
	for i, f := range m.figures {
		if !matchAll(f.where, v) {
			continue
		}
		if currency == "" {
			own, _ := v.Record.Ref("CurrencyRef")
			currency = cmp.Or(own, m.query.Company.HomeCurrency)
		}
		m.tally.Add(i, currency, f.amount.cell(v))
	}
}
