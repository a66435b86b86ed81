package intuit

import (
	"cmp"

	"ledgersheet/internal/export"
	"ledgersheet/internal/record"
)

// headline is a headline figure of an entity with the columns it needs.
type headline struct {
	amount *column
	where  []filter
}

// compileFigures makes the columns that the entity's figures are read from. They cost no request: a figure is never
// about what other lists say.
func (r *entityRead) compileFigures() error {
	r.tally = export.NewTally(r.entity.Figures)
	if r.query.Limit > 0 {
		return nil
	}
	for _, f := range r.entity.Figures {
		var made headline
		var err error
		if made.amount, err = compileColumn(r.entity, f.Sum[0], &r.lists); err != nil {
			return err
		}
		for _, w := range f.Where {
			col, err := compileColumn(r.entity, w.Column, &r.lists)
			if err != nil {
				return err
			}
			made.where = append(made.where, filter{w, col})
		}
		r.figures = append(r.figures, made)
	}
	return nil
}

// tallyRecord adds a record to the figures.
func (r *entityRead) tallyRecord(v export.View) {
	v.Line = record.Record{}
	for i, f := range r.figures {
		if !matchAll(f.where, v) {
			continue
		}
		amount, ok := f.amount.cell(v).Decimal()
		if !ok {
			continue
		}
		currency, _ := v.Record.Ref("CurrencyRef")
		r.tally.Add(i, cmp.Or(currency, r.query.Company.HomeCurrency), amount)
	}
}
