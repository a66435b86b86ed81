package google

import (
	"fmt"
	"slices"
	"strings"

	"google.golang.org/api/sheets/v4"
)

// rect is a rectangle of cells, zero-based, ends excluded.
type rect struct{ row, col, endRow, endCol int }

func (r rect) rows() int   { return r.endRow - r.row }
func (r rect) cols() int   { return r.endCol - r.col }
func (r rect) empty() bool { return r.rows() <= 0 || r.cols() <= 0 }

func (r rect) overlaps(o rect) bool {
	return r.row < o.endRow && o.row < r.endRow && r.col < o.endCol && o.col < r.endCol
}

func (r rect) contains(o rect) bool {
	return r.row <= o.row && r.col <= o.col && o.endRow <= r.endRow && o.endCol <= r.endCol
}

// minus returns the parts of r outside o: above and below in r's full width, then left and right.
func (r rect) minus(o rect) []rect {
	if !r.overlaps(o) {
		return nonEmpty(r)
	}
	top, bottom := max(r.row, o.row), min(r.endRow, o.endRow)
	return nonEmpty(rect{r.row, r.col, top, r.endCol}, rect{bottom, r.col, r.endRow, r.endCol},
		rect{top, r.col, bottom, o.col}, rect{top, o.endCol, bottom, r.endCol})
}

func nonEmpty(list ...rect) []rect {
	return slices.DeleteFunc(list, rect.empty)
}

// grid returns the rectangle in the API's form. Ends are always sent, because a missing end means "to the end of the
// sheet".
func (r rect) grid(tab int64) *sheets.GridRange {
	return &sheets.GridRange{
		SheetId: tab, StartRowIndex: int64(r.row), EndRowIndex: int64(r.endRow), StartColumnIndex: int64(r.col),
		EndColumnIndex:  int64(r.endCol),
		ForceSendFields: []string{"SheetId", "StartRowIndex", "EndRowIndex", "StartColumnIndex", "EndColumnIndex"},
	}
}

// rectOf converts an API range within a grid. Missing ends are the grid's.
func rectOf(g *sheets.GridRange, rows, cols int) rect {
	r := rect{int(g.StartRowIndex), int(g.StartColumnIndex), int(g.EndRowIndex), int(g.EndColumnIndex)}
	if r.endRow == 0 {
		r.endRow = rows
	}
	if r.endCol == 0 {
		r.endCol = cols
	}
	return r
}

// a1 returns the rectangle in A1 notation for the tab with that title. The title is always quoted, because a bare one
// may be taken for a named range or a cell.
func (r rect) a1(title string) string {
	return fmt.Sprintf("'%s'!%s%d:%s%d", strings.ReplaceAll(title, "'", "''"), columnName(r.col), r.row+1,
		columnName(r.endCol-1), r.endRow)
}

// cellName returns a cell's address, such as "B7".
func cellName(row, col int) string { return fmt.Sprintf("%s%d", columnName(col), row+1) }

func columnName(col int) string {
	name := ""
	for col++; col > 0; col = (col - 1) / 26 {
		name = string(rune('A'+(col-1)%26)) + name
	}
	return name
}
