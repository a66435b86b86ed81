package googlesim

import (
	"fmt"

	"google.golang.org/api/sheets/v4"
)

// The methods of this file are what a person does with the mouse. Rows and columns count from 1, like
// in the browser. They meet the refusals a person meets, but no quota and no protection.

// MoveRows drags n rows, from first on, to before another row.
func (b *Spreadsheet) MoveRows(tab string, first, n, before int) error {
	return b.moveLines(tab, "ROWS", first, n, before)
}

// MoveColumns drags n columns, from first on, to before another column.
func (b *Spreadsheet) MoveColumns(tab string, first, n, before int) error {
	return b.moveLines(tab, "COLUMNS", first, n, before)
}

func (b *Spreadsheet) moveLines(tab, dimension string, first, n, before int) error {
	return b.editTab(tab, func(c *change, s *sheet) error {
		if first < 1 || n < 1 || before < 1 {
			return fmt.Errorf("moving %s of %q: rows and columns count from 1", dimension, tab)
		}
		return c.moveDimension(&sheets.MoveDimensionRequest{
			Source: &sheets.DimensionRange{
				SheetId: s.id, Dimension: dimension, StartIndex: int64(first - 1), EndIndex: int64(first - 1 + n),
			},
			DestinationIndex: int64(before - 1),
		})
	})
}

// Side is the direction in which cells make room or close up.
type Side string

// Vertical is down or up, Horizontal right or left.
const (
	Vertical   Side = "ROWS"
	Horizontal Side = "COLUMNS"
)

// InsertCells inserts blank cells and shifts those below or to the right.
func (b *Spreadsheet) InsertCells(a1 string, shift Side) error {
	return b.onRange(a1, func(c *change, g *sheets.GridRange) error {
		return c.insertRange(&sheets.InsertRangeRequest{Range: g, ShiftDimension: string(shift)})
	})
}

// DeleteCells deletes cells and shifts those below or to the right into their place.
func (b *Spreadsheet) DeleteCells(a1 string, shift Side) error {
	return b.onRange(a1, func(c *change, g *sheets.GridRange) error {
		return c.deleteRange(&sheets.DeleteRangeRequest{Range: g, ShiftDimension: string(shift)})
	})
}

// onRange changes an A1 range.
func (b *Spreadsheet) onRange(a1 string, apply func(*change, *sheets.GridRange) error) error {
	return b.edit(func(c *change) error {
		a, err := c.st.parseRange(a1)
		if err != nil {
			return err
		}
		return apply(c, a.gridRange())
	})
}

// Sort orders the rows of a range by one of the tab's columns, counted from 1.
func (b *Spreadsheet) Sort(a1 string, column int, descending bool) error {
	return b.onRange(a1, func(c *change, g *sheets.GridRange) error { return c.sortBy(g, column, descending) })
}

// SortTab orders all rows of a tab but the frozen ones, as the menu of a column does.
func (b *Spreadsheet) SortTab(tab string, column int, descending bool) error {
	return b.editTab(tab, func(c *change, s *sheet) error {
		a := s.whole()
		a.r1 = s.frozenRows
		return c.sortBy(a.gridRange(), column, descending)
	})
}

func (c *change) sortBy(g *sheets.GridRange, column int, descending bool) error {
	order := "ASCENDING"
	if descending {
		order = "DESCENDING"
	}
	return c.sortRange(&sheets.SortRangeRequest{
		Range: g, SortSpecs: []*sheets.SortSpec{{DimensionIndex: int64(column - 1), SortOrder: order}},
	})
}

// Filter puts the basic filter over a range and hides the rows in which one of the tab's columns,
// counted from 1, shows one of the values.
func (b *Spreadsheet) Filter(a1 string, column int, hidden ...string) error {
	return b.onRange(a1, func(c *change, g *sheets.GridRange) error {
		return c.setBasicFilter(&sheets.SetBasicFilterRequest{Filter: &sheets.BasicFilter{
			Range: g, FilterSpecs: []*sheets.FilterSpec{{
				ColumnIndex: int64(column - 1), FilterCriteria: &sheets.FilterCriteria{HiddenValues: hidden},
			}},
		}})
	})
}

// ClearFilter removes the basic filter of a tab.
func (b *Spreadsheet) ClearFilter(tab string) error {
	return b.editTab(tab, func(_ *change, s *sheet) error { s.filter = nil; return nil })
}

// Merge merges a range into one cell.
func (b *Spreadsheet) Merge(a1 string) error {
	return b.onRange(a1, func(c *change, g *sheets.GridRange) error {
		return c.mergeCells(&sheets.MergeCellsRequest{Range: g, MergeType: "MERGE_ALL"})
	})
}

// Unmerge splits the merged cells of a range.
func (b *Spreadsheet) Unmerge(a1 string) error {
	return b.onRange(a1, func(c *change, g *sheets.GridRange) error {
		return c.unmergeCells(&sheets.UnmergeCellsRequest{Range: g})
	})
}

// Copy pastes a range somewhere else; to is its upper left cell there.
func (b *Spreadsheet) Copy(from, to string) error {
	return b.onRange(from, func(c *change, g *sheets.GridRange) error {
		a, err := c.st.parseRange(to)
		if err != nil {
			return err
		}
		return c.copyPaste(&sheets.CopyPasteRequest{Source: g, Destination: a.gridRange()})
	})
}

// Cut moves a range somewhere else; to is its upper left cell there.
func (b *Spreadsheet) Cut(from, to string) error {
	return b.onRange(from, func(c *change, g *sheets.GridRange) error {
		a, err := c.st.parseRange(to)
		if err != nil {
			return err
		}
		return c.cutPaste(&sheets.CutPasteRequest{Source: g, Destination: &sheets.GridCoordinate{
			SheetId: a.sheet, RowIndex: int64(a.r1), ColumnIndex: int64(a.c1),
		}})
	})
}

// DuplicateTab copies a tab; the copy stands right of it.
func (b *Spreadsheet) DuplicateTab(tab, title string) error {
	return b.editTab(tab, func(c *change, s *sheet) error {
		_, err := c.duplicateSheet(&sheets.DuplicateSheetRequest{
			SourceSheetId: s.id, NewSheetName: title, InsertSheetIndex: int64(c.st.indexOf(s.id) + 1),
		})
		return err
	})
}

// MakeCopy copies the whole file for its owner and returns the copy's id; "" if the file was deleted.
// Like every file that a person makes, drive.file clients see it only once it was picked.
func (b *Spreadsheet) MakeCopy(title string) (id string) {
	b.look(func(doc *document, _ *state) { id = b.s.copyFile(doc, doc.owner, title).id })
	return id
}

// HideRows hides n rows, from first on, or shows them.
func (b *Spreadsheet) HideRows(tab string, first, n int, hidden bool) error {
	return b.hideLines(tab, true, first, n, hidden)
}

// HideColumns hides n columns, from first on, or shows them.
func (b *Spreadsheet) HideColumns(tab string, first, n int, hidden bool) error {
	return b.hideLines(tab, false, first, n, hidden)
}

func (b *Spreadsheet) hideLines(tab string, rows bool, first, n int, hidden bool) error {
	return b.editTab(tab, func(_ *change, s *sheet) error {
		d := stretch{s: s, rows: rows, lo: first - 1, hi: first - 1 + n}
		if first < 1 || n < 1 || d.hi > d.size() {
			return fmt.Errorf("hiding %d %ss of %q from %d: they do not fit %d", n, d.noun(), tab, first, d.size())
		}
		d.change(func(old dimension) dimension { old.hidden = hidden; return old })
		return nil
	})
}

// Freeze freezes the first rows and columns of a tab.
func (b *Spreadsheet) Freeze(tab string, rows, columns int) error {
	return b.editTab(tab, func(_ *change, s *sheet) error { return s.freeze(rows, columns) })
}
