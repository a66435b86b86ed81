package googlesim

import (
	"slices"

	"google.golang.org/api/sheets/v4"
)

// addBanding colours the rows or columns of a range in turn; ranges cannot overlap. See
// https://developers.google.com/workspace/sheets/api/reference/rest/v4/spreadsheets/request.
func (c *change) addBanding(r *sheets.AddBandingRequest) (*sheets.Response, error) {
	if r.BandedRange == nil {
		return nil, badRequest("A banded range must be specified.")
	}
	fresh := *r.BandedRange
	if fresh.BandedRangeId == 0 && !sent(fresh.ForceSendFields, "BandedRangeId") {
		fresh.BandedRangeId = c.st.freshID()
	}
	if s, _ := c.st.banding(fresh.BandedRangeId); s != nil {
		return nil, badRequest("Banding with id %d already exists.", fresh.BandedRangeId)
	}
	s, err := c.placeBanding(&fresh)
	if err != nil {
		return nil, err
	}
	s.bands = append(slices.Clone(s.bands), &fresh)
	return &sheets.Response{AddBanding: &sheets.AddBandingResponse{BandedRange: &fresh}}, nil
}

// placeBanding checks a banded range and closes its ends.
func (c *change) placeBanding(b *sheets.BandedRange) (*sheet, error) {
	if b.RowProperties == nil && b.ColumnProperties == nil {
		return nil, badRequest("At least one of 'rowProperties' and 'columnProperties' must be specified.")
	}
	s, a, err := c.area(b.Range)
	if err != nil {
		return nil, err
	}
	a = s.clamp(a)
	if a.empty() {
		return nil, badRequest("The range of a banding must not be empty.")
	}
	if err := c.mayEdit(a); err != nil {
		return nil, err
	}
	for _, o := range s.bands {
		if o.BandedRangeId != b.BandedRangeId && areaOf(o.Range).overlaps(a) {
			return nil, errBanded()
		}
	}
	if slices.ContainsFunc(s.tables, func(t *sheets.Table) bool { return tableArea(t).overlaps(a) }) {
		return nil, errBanded()
	}
	b.Range = a.gridRange()
	return s, nil
}

// banding finds a banded range; the tab is nil if there is none.
func (st *state) banding(id int64) (*sheet, int) {
	for _, s := range st.sheets {
		i := slices.IndexFunc(s.bands, func(b *sheets.BandedRange) bool { return b.BandedRangeId == id })
		if i >= 0 {
			return s, i
		}
	}
	return nil, -1
}

// updateBanding replaces the masked fields of a banding. See
// https://developers.google.com/workspace/sheets/api/reference/rest/v4/spreadsheets/request.
func (c *change) updateBanding(r *sheets.UpdateBandingRequest) error {
	m, err := updateMask(r.Fields, sheets.BandedRange{})
	if err != nil {
		return err
	}
	if r.BandedRange == nil {
		return badRequest("A banded range must be specified.")
	}
	s, i := c.st.banding(r.BandedRange.BandedRangeId)
	if s == nil {
		return badRequest("No banding with id: %d", r.BandedRange.BandedRangeId)
	}
	fresh := *s.bands[i]
	assignMask(m, &fresh, r.BandedRange)
	fresh.BandedRangeId = r.BandedRange.BandedRangeId
	target, err := c.placeBanding(&fresh)
	if err != nil {
		return err
	}
	s.bands = slices.Delete(slices.Clone(s.bands), i, i+1)
	target.bands = append(slices.Clone(target.bands), &fresh)
	return nil
}

// deleteBanding removes a banding and leaves the cells. See
// https://developers.google.com/workspace/sheets/api/reference/rest/v4/spreadsheets/request.
func (c *change) deleteBanding(r *sheets.DeleteBandingRequest) error {
	s, i := c.st.banding(r.BandedRangeId)
	if s == nil {
		return badRequest("No banding with id: %d", r.BandedRangeId)
	}
	s.bands = slices.Delete(slices.Clone(s.bands), i, i+1)
	return nil
}

// updateBorders sets the borders of a range. See
// https://developers.google.com/workspace/sheets/api/reference/rest/v4/spreadsheets/request.
func (c *change) updateBorders(r *sheets.UpdateBordersRequest) error {
	s, a, err := c.editable(r.Range)
	if err != nil {
		return err
	}
	for row := a.r1; row < a.r2; row++ {
		for col := a.c1; col < a.c2; col++ {
			side := func(edge bool, outer, inner *sheets.Border) *sheets.Border {
				if edge {
					return outer
				}
				return inner
			}
			c.border(s.put(row, col), sheets.Borders{
				Top:    side(row == a.r1, r.Top, r.InnerHorizontal),
				Bottom: side(row == a.r2-1, r.Bottom, r.InnerHorizontal),
				Left:   side(col == a.c1, r.Left, r.InnerVertical),
				Right:  side(col == a.c2-1, r.Right, r.InnerVertical),
			})
		}
	}
	return nil
}

// border lays borders over those of a cell; a side that is not given stays, style NONE clears.
func (c *change) border(target *cell, b sheets.Borders) {
	var fresh sheets.CellFormat
	if f := c.st.formats.get(target.format); f != nil {
		fresh = *f
	}
	var borders sheets.Borders
	if fresh.Borders != nil {
		borders = *fresh.Borders
	}
	lay := func(old **sheets.Border, side *sheets.Border) {
		switch {
		case side == nil:
		case side.Style == "NONE" || side.Style == "":
			*old = nil
		default:
			*old = side
		}
	}
	lay(&borders.Top, b.Top)
	lay(&borders.Bottom, b.Bottom)
	lay(&borders.Left, b.Left)
	lay(&borders.Right, b.Right)
	fresh.Borders = nil
	if borders.Top != nil || borders.Bottom != nil || borders.Left != nil || borders.Right != nil {
		fresh.Borders = &borders
	}
	target.format = c.st.formats.number(&fresh)
}
