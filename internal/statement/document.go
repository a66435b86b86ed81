package statement

import (
	"strings"

	"github.com/shopspring/decimal"

	"ledgersheet/internal/record"
)

// document is a report as QuickBooks sends it. Members that should be text are accepted whatever their JSON type.
// https://developer.intuit.com/app/developer/qbo/docs/workflows/run-reports
type document struct {
	Header  reportHeader
	Columns struct{ Column []docColumn }
	Rows    *docRows
}

type reportHeader struct {
	ReportName, ReportBasis, StartPeriod, EndPeriod, Currency record.Scalar
	Option                                                    []struct{ Name, Value record.Scalar }
}

func (h reportHeader) option(name string) string {
	for _, o := range h.Option {
		if strings.EqualFold(string(o.Name), name) {
			return string(o.Value)
		}
	}
	return ""
}

type docColumn struct {
	ColTitle, ColType record.Scalar
	MetaData          []struct{ Name, Value record.Scalar }
	Columns           *struct{ Column []docColumn }
}

// meta returns a piece of the column's metadata. A piece without a name is the column's key.
func (c docColumn) meta(name string) string {
	for _, m := range c.MetaData {
		if strings.EqualFold(string(m.Name), name) || (m.Name == "" && name == "ColKey") {
			return string(m.Value)
		}
	}
	return ""
}

type docRows struct{ Row []docRow }

// docRow is a section or a leaf. The member "type" says which, but it may be missing, so it is not read.
type docRow struct {
	Header, Summary *docCells
	ColData         []docCell
	Rows            *docRows
	Group           record.Scalar
}

type docCells struct{ ColData []docCell }

func (c *docCells) cells() []docCell {
	if c == nil {
		return nil
	}
	return c.ColData
}

type docCell struct {
	Value record.Scalar
	ID    record.Scalar

	unreadable bool // it should be an amount but cannot be read; set by readAmounts
}

func (c docCell) text() string { return strings.TrimSpace(string(c.Value)) }

// amount parses a cell after readAmounts has spelt it plainly. A blank cell is no amount.
func (c docCell) amount() (decimal.Decimal, bool) {
	if c.unreadable {
		return decimal.Zero, false
	}
	return parseAmount(c.text())
}
