package googlesim

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"google.golang.org/api/sheets/v4"
)

// mergeCells merges a range into one cell, or into one each row or column; only the first value stays.
// See https://developers.google.com/workspace/sheets/api/reference/rest/v4/spreadsheets/request.
func (c *change) mergeCells(r *sheets.MergeCellsRequest) error {
	s, a, err := c.editable(r.Range)
	if err != nil {
		return err
	}
	for _, side := range []struct {
		noun   string
		edge   int
		merged span
	}{{"rows", s.frozenRows, a.along(true)}, {"columns", s.frozenCols, a.along(false)}} {
		apart := r.MergeType == "MERGE_ROWS" && side.noun == "rows" ||
			r.MergeType == "MERGE_COLUMNS" && side.noun == "columns"
		if !apart && side.merged.lo < side.edge && side.edge < side.merged.hi {
			return badRequest("You can't merge frozen and non-frozen %s.", side.noun)
		}
	}
	var parts []area
	switch r.MergeType {
	case "MERGE_ALL":
		parts = []area{a}
	case "MERGE_ROWS":
		for row := a.r1; row < a.r2; row++ {
			parts = append(parts, area{sheet: s.id, r1: row, r2: row + 1, c1: a.c1, c2: a.c2})
		}
	case "MERGE_COLUMNS":
		for col := a.c1; col < a.c2; col++ {
			parts = append(parts, area{sheet: s.id, r1: a.r1, r2: a.r2, c1: col, c2: col + 1})
		}
	default:
		return badRequest(`Invalid value at 'requests.merge_cells.merge_type' (type.googleapis.com/google.apps.sheets.v4.MergeCellsRequest.MergeType), "%s"`, r.MergeType)
	}
	var kept []area
	for _, m := range s.merges {
		if !a.overlaps(m) {
			kept = append(kept, m)
			continue
		}
		if !a.covers(m) {
			return badRequest("You must select all cells in a merged range to merge or unmerge them.")
		}
	}
	for _, part := range parts {
		if part.single() {
			continue
		}
		kept = append(kept, part)
		for row := part.r1; row < min(part.r2, len(s.rows)); row++ {
			for col := part.c1; col < part.c2; col++ {
				if stored := s.at(row, col); stored != nil && stored.kind != kindBlank &&
					(row != part.r1 || col != part.c1) {
					s.put(row, col).setContent(cell{})
				}
			}
		}
	}
	s.merges = kept
	return nil
}

// swallow drops the contents of cells that a merge covers.
func (st *state) swallow() {
	for _, s := range st.sheets {
		for _, m := range s.merges {
			for row := m.r1; row < min(m.r2, len(s.rows)) && !st.how.MergesKeepWrites; row++ {
				for col := m.c1; col < m.c2; col++ {
					stored := s.at(row, col)
					if stored != nil && stored.kind != kindBlank && (row != m.r1 || col != m.c1) {
						s.put(row, col).setContent(cell{})
					}
				}
			}
		}
	}
}

// unmergeCells splits the merged cells that lie whole in a range. See
// https://developers.google.com/workspace/sheets/api/reference/rest/v4/spreadsheets/request.
func (c *change) unmergeCells(r *sheets.UnmergeCellsRequest) error {
	s, a, err := c.editable(r.Range)
	if err != nil {
		return err
	}
	var kept []area
	for _, m := range s.merges {
		if !a.overlaps(m) {
			kept = append(kept, m)
		} else if !a.covers(m) {
			return badRequest("You must select all cells in a merged range to merge or unmerge them.")
		}
	}
	s.merges = kept
	return nil
}

var rangeName = regexp.MustCompile(`^[\pL_][\pL\pN_.]*$`)

func (c *change) checkRangeName(name, except string) error {
	upper := strings.ToUpper(name)
	if !rangeName.MatchString(name) || len(name) > 250 || cellLike.MatchString(name) ||
		upper == "TRUE" || upper == "FALSE" {
		return badRequest("The name given to this range is invalid.")
	}
	if n := c.st.namedRange(name); n != nil && n.id != except {
		return badRequest("A named range with the name %s already exists.", strconv.Quote(name))
	}
	return nil
}

// addNamedRange names a range. See
// https://developers.google.com/workspace/sheets/api/samples/ranges.
func (c *change) addNamedRange(r *sheets.AddNamedRangeRequest) (*sheets.Response, error) {
	if r.NamedRange == nil {
		return nil, badRequest("A named range must be specified.")
	}
	if err := c.checkRangeName(r.NamedRange.Name, ""); err != nil {
		return nil, err
	}
	_, a, err := c.area(r.NamedRange.Range)
	if err != nil {
		return nil, err
	}
	id := r.NamedRange.NamedRangeId
	if id == "" {
		id = strconv.FormatInt(c.st.freshID(), 10)
	}
	if slices.ContainsFunc(c.st.named, func(n *namedRange) bool { return n.id == id }) {
		return nil, badRequest("Named range with id %s already exists.", id)
	}
	n := &namedRange{id: id, name: r.NamedRange.Name, area: a}
	c.st.named = append(c.st.named, n)
	return &sheets.Response{AddNamedRange: &sheets.AddNamedRangeResponse{NamedRange: n.resource()}}, nil
}

func (n *namedRange) resource() *sheets.NamedRange {
	return &sheets.NamedRange{NamedRangeId: n.id, Name: n.name, Range: n.area.gridRange()}
}

func (c *change) findNamedRange(id string) (int, error) {
	i := slices.IndexFunc(c.st.named, func(n *namedRange) bool { return n.id == id })
	if i < 0 {
		return 0, badRequest("No named range with id: %s", id)
	}
	return i, nil
}

// updateNamedRange replaces the masked fields of a named range. See
// https://developers.google.com/workspace/sheets/api/samples/ranges.
func (c *change) updateNamedRange(r *sheets.UpdateNamedRangeRequest) error {
	m, err := updateMask(r.Fields, sheets.NamedRange{})
	if err != nil {
		return err
	}
	if r.NamedRange == nil {
		return badRequest("A named range must be specified.")
	}
	i, err := c.findNamedRange(r.NamedRange.NamedRangeId)
	if err != nil {
		return err
	}
	fresh := *c.st.named[i]
	if m.has("name") {
		if err := c.checkRangeName(r.NamedRange.Name, fresh.id); err != nil {
			return err
		}
		fresh.name = r.NamedRange.Name
	}
	if m.has("range") {
		_, a, err := c.area(r.NamedRange.Range)
		if err != nil {
			return err
		}
		fresh.area, fresh.lost = a, false
	}
	c.st.named[i] = &fresh
	return nil
}

// deleteNamedRange removes a name and leaves the cells. See
// https://developers.google.com/workspace/sheets/api/samples/ranges.
func (c *change) deleteNamedRange(r *sheets.DeleteNamedRangeRequest) error {
	i, err := c.findNamedRange(r.NamedRangeId)
	if err != nil {
		return err
	}
	c.st.named = slices.Delete(c.st.named, i, i+1)
	return nil
}

// addProtectedRange closes a range to all but its editors and the owner. See
// https://developers.google.com/workspace/sheets/api/samples/ranges.
func (c *change) addProtectedRange(r *sheets.AddProtectedRangeRequest) (*sheets.Response, error) {
	if r.ProtectedRange == nil {
		return nil, badRequest("A protected range must be specified.")
	}
	id := r.ProtectedRange.ProtectedRangeId
	if id == 0 && !sent(r.ProtectedRange.ForceSendFields, "ProtectedRangeId") {
		id = c.st.freshID()
	}
	if c.st.protectionByID(id) != nil {
		return nil, badRequest("Protected range with id %d already exists.", id)
	}
	s, p, err := c.protection(r.ProtectedRange)
	if err != nil {
		return nil, err
	}
	p.id = id
	if p.whole() && slices.ContainsFunc(s.protections, (*protection).whole) {
		return nil, badRequest("Sheet %s already has sheet protection.", strconv.Quote(s.title))
	}
	if !p.warningOnly && !slices.Contains(p.editors, c.who.email) {
		p.editors = append(slices.Clone(p.editors), c.who.email)
	}
	s.protections = append(slices.Clone(s.protections), p)
	return &sheets.Response{AddProtectedRange: &sheets.AddProtectedRangeResponse{ProtectedRange: c.st.protectedRange(p,
		c.who.email, c.owner)}}, nil
}

func (p *protection) whole() bool {
	return p.area.r1 == 0 && p.area.c1 == 0 && p.area.r2 < 0 && p.area.c2 < 0
}

// protection reads a ProtectedRange of a request.
func (c *change) protection(r *sheets.ProtectedRange) (*sheet, *protection, error) {
	if r.TableId != "" {
		return nil, nil, badRequest("This simulator does not know how to protect a table.")
	}
	p := &protection{description: r.Description, warningOnly: r.WarningOnly, namedRange: r.NamedRangeId}
	grid := r.Range
	if r.NamedRangeId != "" && grid == nil {
		i, err := c.findNamedRange(r.NamedRangeId)
		if err != nil {
			return nil, nil, err
		}
		grid = c.st.named[i].area.gridRange()
	}
	s, a, err := c.area(grid)
	if err != nil {
		return nil, nil, err
	}
	p.area = a
	if r.Editors != nil {
		if p.warningOnly && len(r.Editors.Users)+len(r.Editors.Groups) > 0 {
			return nil, nil, badRequest("Editors cannot be set on a protected range that is warning only.")
		}
		p.editors = slices.Clone(r.Editors.Users)
	}
	if len(r.UnprotectedRanges) > 0 && !p.whole() {
		return nil, nil, badRequest("Unprotected ranges can only be set on a protected sheet.")
	}
	for _, g := range r.UnprotectedRanges {
		_, open, err := c.area(g)
		if err != nil {
			return nil, nil, err
		}
		p.open = append(p.open, open)
	}
	return s, p, nil
}

func (c *change) findProtection(id int64) (*sheet, int, error) {
	for _, s := range c.st.sheets {
		for i, p := range s.protections {
			if p.id != id {
				continue
			}
			if !c.owner && p.blocks(c.who.email) {
				return nil, 0, errProtected()
			}
			return s, i, nil
		}
	}
	return nil, 0, badRequest("No protected range with id: %d", id)
}

// updateProtectedRange replaces the masked fields of a protected range. See
// https://developers.google.com/workspace/sheets/api/samples/ranges.
func (c *change) updateProtectedRange(r *sheets.UpdateProtectedRangeRequest) error {
	m, err := updateMask(r.Fields, sheets.ProtectedRange{})
	if err != nil {
		return err
	}
	if r.ProtectedRange == nil {
		return badRequest("A protected range must be specified.")
	}
	s, i, err := c.findProtection(r.ProtectedRange.ProtectedRangeId)
	if err != nil {
		return err
	}
	merged := *c.st.protectedRange(s.protections[i], c.who.email, c.owner)
	assignMask(m, &merged, r.ProtectedRange)
	target, p, err := c.protection(&merged)
	if err != nil {
		return err
	}
	p.id = s.protections[i].id
	s.protections = slices.Delete(slices.Clone(s.protections), i, i+1)
	target.protections = append(slices.Clone(target.protections), p)
	return nil
}

// deleteProtectedRange opens a range. See
// https://developers.google.com/workspace/sheets/api/samples/ranges.
func (c *change) deleteProtectedRange(r *sheets.DeleteProtectedRangeRequest) error {
	s, i, err := c.findProtection(r.ProtectedRangeId)
	if err != nil {
		return err
	}
	s.protections = slices.Delete(slices.Clone(s.protections), i, i+1)
	return nil
}
