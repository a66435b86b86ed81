package statement

import (
	"ledgersheet/internal/problem"
	"ledgersheet/internal/table"
)

// labelsSummaries reports whether each total has one cell more than there are columns, because its label comes before
// the first amount: so QuickBooks writes lists whose first column holds amounts.
func (a *arranged) labelsSummaries(rows *docRows) bool {
	if len(a.columns) == 0 || (a.columns[0].kind != table.Money && a.columns[0].kind != table.Number) {
		return false
	}
	longer, others := 0, 0
	var count func(rows *docRows)
	count = func(rows *docRows) {
		if rows == nil {
			return
		}
		for _, r := range rows.Row {
			if (len(r.ColData) > 0 && r.Rows != nil) ||
				max(len(r.ColData), len(r.Header.cells())) > len(a.columns) {
				others++
			}
			switch cells := r.Summary.cells(); {
			case len(cells) == 0:
			case len(cells) != len(a.columns)+1:
				others++
			default:
				if _, what := (spelling{}).parse(cells[0].text()); what == figure {
					others++
				}
				longer++
			}
			count(r.Rows)
		}
	}
	count(rows)
	return longer > 0 && others == 0
}

// insertLabels gives the report a first column for labels, where headers and totals have theirs already.
func (a *arranged) insertLabels(rows *docRows) {
	a.columns = append([]reportColumn{{kind: table.Text}}, a.columns...)
	a.label, a.shifted = 0, true
	var insert func(rows *docRows)
	insert = func(rows *docRows) {
		if rows == nil {
			return
		}
		for i := range rows.Row {
			r := &rows.Row[i]
			if len(r.ColData) > 0 {
				r.ColData = append([]docCell{{}}, r.ColData...)
			}
			insert(r.Rows)
		}
	}
	insert(rows)
}

// refuseStrays refuses rows with more cells than columns: nobody knows what the figures stand for.
func (a *arranged) refuseStrays(rows *docRows, above string) error {
	if rows == nil {
		return nil
	}
	for _, r := range rows.Row {
		name := above
		for _, cells := range [][]docCell{r.Header.cells(), r.ColData} {
			if len(cells) > 0 && cells[0].text() != "" {
				name = cells[0].text()
			}
			if err := a.refuseStray(cells, name); err != nil {
				return err
			}
		}
		if err := a.refuseStrays(r.Rows, name); err != nil {
			return err
		}
		if err := a.refuseStray(r.Summary.cells(), "Total "+name); err != nil {
			return err
		}
	}
	return nil
}

func (a *arranged) refuseStray(cells []docCell, name string) error {
	for at := len(a.columns); at < len(cells); at++ {
		if text := cells[at].text(); text != "" {
			return problem.New(problem.QuickBooksMalformed,
				"In QuickBooks' report %s the row %q has %q in cell %d, but there are only %d columns.",
				problem.Safe(string(a.header.ReportName)), problem.Safe(name), problem.Safe(text), at+1, len(a.columns))
		}
	}
	return nil
}
