package statement

import (
	"fmt"

	"ledgersheet/internal/problem"
	"ledgersheet/internal/record"
	"ledgersheet/internal/table"
)

// mostNamed limits how many unreadable cells are named.
const mostNamed = 5

// speller rewrites an answer's amounts into JSON's spelling.
type speller struct {
	*arranged
	spelling spelling
	strange  []string
	more     int
}

// readAmounts gives all amounts of the answer one spelling, so that whatever reads them later needs to know only that.
// Cells that cannot be read stay as they are and are named in a.notes: no total over them can be checked.
func (a *arranged) readAmounts(rows *docRows) {
	s := &speller{arranged: a, spelling: spelling{currency: string(a.header.Currency)}}
	s.visit(rows, func(_ string, _ reportColumn, c *docCell) {
		switch mark := s.spelling.observe(c.text()); {
		case mark == 0 || mark == s.spelling.mark:
		case s.spelling.mark == 0:
			s.spelling.mark = mark
		default:
			s.spelling.mark = mixed
		}
	})
	a.spelling = s.spelling
	s.visit(rows, s.respell)
	if s.more > 0 {
		s.strange = append(s.strange, fmt.Sprintf("%d more cells of the report cannot be read as amounts.", s.more))
	}
	a.notes = append(a.notes, s.strange...)
}

// visit calls do with every cell that stands in a column of amounts or numbers, and the name of its row.
func (s *speller) visit(rows *docRows, do func(row string, c reportColumn, cell *docCell)) {
	s.visitCells(rows, "", func(row string, at int, cell *docCell) {
		if c := s.columns[at]; c.kind == table.Money || c.kind == table.Number {
			do(row, c, cell)
		}
	})
}

func (s *speller) respell(row string, c reportColumn, cell *docCell) {
	d, what := s.spelling.parse(cell.text())
	switch what {
	case nothing:
		cell.Value = ""
	case figure:
		if _, plain := parseAmount(cell.text()); !plain {
			cell.Value = record.Scalar(table.DecimalText(d))
		}
	case unreadable:
		cell.unreadable = true
		if len(s.strange) == mostNamed {
			s.more++
			return
		}
		s.strange = append(s.strange, fmt.Sprintf("In the report %s the row %q has %q under %q, which cannot be read "+
			"as an amount; it is exported as text, and totals over it are not checked.",
			problem.Safe(string(s.header.ReportName)), problem.Safe(row), problem.Safe(cell.text()),
			problem.Safe(c.title)))
	}
}
