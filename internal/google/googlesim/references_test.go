package googlesim

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// modelCell is a cell of the property test's model: a unique text, or a formula that refers to the
// cell with another id.
type modelCell struct {
	id, refers string
}

// modelGrid is a tab as rows of cells; "" is a blank cell.
type modelGrid [][]modelCell

func newModelGrid(rows, cols int, prefix string) modelGrid {
	g := make(modelGrid, rows)
	for r := range g {
		g[r] = make([]modelCell, cols)
		for c := range g[r] {
			g[r][c].id = fmt.Sprintf("%s%d-%d", prefix, r, c)
		}
	}
	return g
}

// turned exchanges rows and columns, so that the model knows one direction only.
func (g modelGrid) turned() modelGrid {
	out := make(modelGrid, len(g[0]))
	for c := range out {
		for r := range g {
			out[c] = append(out[c], g[r][c])
		}
	}
	return out
}

// insert puts n blank cells into every column of the band; the others are filled up below.
func (g modelGrid) insert(at, n, lo, hi int) modelGrid {
	out := make(modelGrid, len(g)+n)
	for r := range out {
		out[r] = make([]modelCell, len(g[0]))
		for c := range out[r] {
			from := r
			if c >= lo && c < hi && r >= at {
				if from = r - n; from < at {
					continue
				}
			}
			if from < len(g) {
				out[r][c] = g[from][c]
			}
		}
	}
	return out
}

func (g modelGrid) remove(at, n, lo, hi int) modelGrid {
	out := make(modelGrid, len(g))
	for r := range out {
		out[r] = make([]modelCell, len(g[0]))
		for c := range out[r] {
			from := r
			if c >= lo && c < hi && r >= at {
				from = r + n
			}
			if from < len(g) {
				out[r][c] = g[from][c]
			}
		}
	}
	return out
}

func (g modelGrid) move(at, n, dest int) modelGrid {
	block := append(modelGrid(nil), g[at:at+n]...)
	rest := append(append(modelGrid(nil), g[:at]...), g[at+n:]...)
	if dest > at {
		dest -= n
	}
	return append(append(append(modelGrid(nil), rest[:dest]...), block...), rest[dest:]...)
}

// cut moves a rectangle to the rows below the last, at the same columns.
func (g modelGrid) cut(at, n, lo, hi int) modelGrid {
	out := g.insert(len(g), n, 0, len(g[0]))
	for r := at; r < at+n; r++ {
		for c := lo; c < hi; c++ {
			out[len(g)+r-at][c], out[r][c] = g[r][c], modelCell{}
		}
	}
	return out
}

// find is where a cell is now.
func (g modelGrid) find(id string) (string, bool) {
	for r := range g {
		for c := range g[r] {
			if g[r][c].id == id {
				return cellName(r, c), true
			}
		}
	}
	return "", false
}

// shown is what a read of formulas must give, without trailing blanks.
func (g modelGrid) shown(mine, titles string, other modelGrid) string {
	var out strings.Builder
	for r := range g {
		for c := range g[r] {
			cell := g[r][c]
			text := cell.id
			if cell.refers != "" {
				text = "=#REF!"
				if at, ok := g.find(cell.refers); ok {
					text = "=" + at
				} else if at, ok := other.find(cell.refers); ok {
					text = "=" + titles + "!" + at
				}
			}
			if text != "" {
				fmt.Fprintf(&out, "%s!%s %s\n", mine, cellName(r, c), text)
			}
		}
	}
	return out.String()
}

func shownBy(b *Spreadsheet, tab string) string {
	var out strings.Builder
	for r, line := range b.Formulas(tab) {
		for c, v := range line {
			if v != "" {
				fmt.Fprintf(&out, "%s!%s %v\n", tab, cellName(r, c), v)
			}
		}
	}
	return out.String()
}

// TestReferencesKeepTheirCells plays structural requests on two tabs whose cells are all different and
// some of which are formulas that refer to a cell of either tab. A formula keeps naming the same cell,
// wherever that has gone, or becomes #REF! once the cell is deleted; and every cell is where a plain
// model of rows and columns says.
func TestReferencesKeepTheirCells(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		const rows, cols = 9, 7
		titles := [2]string{"Data", "Notes"}
		sim := New(Options{})
		book := sim.Spreadsheet(sim.CreateSpreadsheet(owner, "Books", "Data"))
		if err := book.Batch(decodeRequests(t, `[{"addSheet":{"properties":{"sheetId":3,"title":"Notes"}}}]`)...); err != nil {
			t.Fatal(err)
		}
		ids := [2]int64{0, 3}
		grids := [2]modelGrid{newModelGrid(rows, cols, "d"), newModelGrid(rows, cols, "n")}
		number := func(label string, lo, hi int) int { return rapid.IntRange(lo, hi).Draw(t, label) }
		for i := range number("formulas", 1, 12) {
			tab, to := number("tab", 0, 1), number("to", 0, 1)
			// The two halves keep the cells referred to apart from the formulas, so that none is overwritten.
			row, col := number("row", 5, rows-1), number("column", 0, cols-1)
			grids[tab][row][col] = modelCell{
				id: fmt.Sprintf("f%d", i), refers: grids[to][number("to row", 0, 4)][number("to column", 0, cols-1)].id,
			}
		}
		typeIn(t, book, titles, grids)
		for range number("steps", 1, 8) {
			tab := number("tab", 0, 1)
			request, next := drawShift(t, ids[tab], grids[tab])
			if err := book.Batch(decodeRequests(t, "["+request+"]")...); err != nil {
				t.Fatalf("%s: %v", request, err)
			}
			grids[tab] = next
			for i := range grids {
				want, got := grids[i].shown(titles[i], titles[1-i], grids[1-i]), shownBy(book, titles[i])
				if got != want {
					t.Fatalf("after %s the tab holds\n%s\nwant\n%s", request, got, want)
				}
			}
		}
	})
}

// typeIn types the model into the tabs.
func typeIn(t failer, book *Spreadsheet, titles [2]string, grids [2]modelGrid) {
	t.Helper()
	for i, g := range grids {
		for r := range g {
			for c := range g[r] {
				text := g[r][c].id
				if id := g[r][c].refers; id != "" {
					if at, ok := g.find(id); ok {
						text = "=" + at
					} else {
						at, _ := grids[1-i].find(id)
						text = "=" + titles[1-i] + "!" + at
					}
				}
				set(t, book, titles[i]+"!"+cellName(r, c), text)
			}
		}
	}
}

// drawShift draws a structural request and the model's tab after it.
func drawShift(t *rapid.T, sheet int64, g modelGrid) (string, modelGrid) {
	number := func(label string, lo, hi int) int { return rapid.IntRange(lo, hi).Draw(t, label) }
	dimension, size, width := "ROWS", len(g), len(g[0])
	turned := number("columns", 0, 1) == 1
	if turned {
		dimension, size, width = "COLUMNS", width, size
		g = g.turned()
	}
	back := func(request string, next modelGrid) (string, modelGrid) {
		if turned {
			next = next.turned()
		}
		return request, next
	}
	at := number("at", 0, size-2)
	n := number("n", 1, min(3, size-at-1))
	lo := number("from", 0, width-1)
	hi := number("to", lo+1, width)
	whole := fmt.Sprintf(`{"sheetId":%d,"dimension":"%s","startIndex":%d,"endIndex":%d}`, sheet, dimension, at, at+n)
	cells := fmt.Sprintf(`{"sheetId":%d,"startRowIndex":%d,"endRowIndex":%d,"startColumnIndex":%d,"endColumnIndex":%d}`,
		sheet, at, at+n, lo, hi)
	if turned {
		cells = fmt.Sprintf(`{"sheetId":%d,"startRowIndex":%d,"endRowIndex":%d,"startColumnIndex":%d,"endColumnIndex":%d}`,
			sheet, lo, hi, at, at+n)
	}
	switch number("kind", 0, 5) {
	case 0:
		return back(`{"insertDimension":{"range":`+whole+`}}`, g.insert(at, n, 0, width))
	case 1:
		return back(`{"deleteDimension":{"range":`+whole+`}}`, g.remove(at, n, 0, width))
	case 2:
		dest := rapid.SampledFrom([]int{0, at, at + n, size - 1}).Draw(t, "destination")
		if dest > at && dest < at+n {
			dest = at
		}
		return back(fmt.Sprintf(`{"moveDimension":{"source":%s,"destinationIndex":%d}}`, whole, dest), g.move(at, n, dest))
	case 3:
		return back(`{"insertRange":{"shiftDimension":"`+dimension+`","range":`+cells+`}}`, g.insert(at, n, lo, hi))
	case 4:
		to := fmt.Sprintf(`{"sheetId":%d,"rowIndex":%d,"columnIndex":%d}`, sheet, size, lo)
		if turned {
			to = fmt.Sprintf(`{"sheetId":%d,"rowIndex":%d,"columnIndex":%d}`, sheet, lo, size)
		}
		return back(`{"cutPaste":{"source":`+cells+`,"destination":`+to+`}}`, g.cut(at, n, lo, hi))
	}
	return back(`{"deleteRange":{"shiftDimension":"`+dimension+`","range":`+cells+`}}`, g.remove(at, n, lo, hi))
}
