package googlesim

import (
	"slices"
	"strconv"
	"strings"

	"google.golang.org/api/sheets/v4"
)

// tableArea is the range of a table, header included.
func tableArea(t *sheets.Table) area { return areaOf(t.Range) }

func errPartOfTable() error {
	return badRequest("You cannot insert or delete cells over part of a table.")
}

func errBanded() error {
	return badRequest("You cannot add alternating background colors to a range that already has alternating " +
		"background colors.")
}

// addTable makes a Table of a range whose first row is the header. See
// https://developers.google.com/workspace/sheets/api/guides/tables.
func (c *change) addTable(r *sheets.AddTableRequest) (*sheets.Response, error) {
	if r.Table == nil {
		return nil, badRequest("A table must be specified.")
	}
	fresh := *r.Table
	s, err := c.placeTable(&fresh, "")
	if err != nil {
		return nil, err
	}
	if fresh.TableId == "" {
		fresh.TableId = strconv.FormatInt(c.st.freshID(), 10)
	}
	if _, i := c.st.table(fresh.TableId); i >= 0 {
		return nil, badRequest("Table with id %s already exists.", fresh.TableId)
	}
	if fresh.Name == "" {
		fresh.Name = c.st.freeTableName()
	}
	if err := c.checkTableName(fresh.Name, ""); err != nil {
		return nil, err
	}
	if err := c.setTableColumns(s, &fresh, fresh.ColumnProperties); err != nil {
		return nil, err
	}
	s.tables = append(slices.Clone(s.tables), &fresh)
	answer := &sheets.AddTableResponse{Table: c.st.tableResource(s, &fresh)}
	return &sheets.Response{AddTable: answer}, nil
}

// placeTable checks the range of a table and closes its ends. except is the id of the table itself.
func (c *change) placeTable(t *sheets.Table, except string) (*sheet, error) {
	s, a, err := c.area(t.Range)
	if err != nil {
		return nil, err
	}
	a = s.clamp(a)
	if a.empty() {
		return nil, badRequest("The range of a table must not be empty.")
	}
	if err := c.mayEdit(a); err != nil {
		return nil, err
	}
	if slices.ContainsFunc(s.tables, func(o *sheets.Table) bool {
		return o.TableId != except && tableArea(o).overlaps(a)
	}) || slices.ContainsFunc(s.bands, func(b *sheets.BandedRange) bool { return areaOf(b.Range).overlaps(a) }) {
		return nil, errBanded()
	}
	t.Range = a.gridRange()
	return s, nil
}

func (c *change) checkTableName(name, except string) error {
	for _, s := range c.st.sheets {
		for _, t := range s.tables {
			if t.TableId != except && strings.EqualFold(t.Name, name) {
				return badRequest("A table with the name %s already exists.", strconv.Quote(name))
			}
		}
	}
	return nil
}

func (st *state) freeTableName() string {
	for n := 1; ; n++ {
		name := "Table" + strconv.Itoa(n)
		if (&change{st: st}).checkTableName(name, "") == nil {
			return name
		}
	}
}

// table finds a table; the index is -1 if there is none.
func (st *state) table(id string) (*sheet, int) {
	for _, s := range st.sheets {
		if i := slices.IndexFunc(s.tables, func(t *sheets.Table) bool { return t.TableId == id }); i >= 0 {
			return s, i
		}
	}
	return nil, -1
}

// setTableColumns checks the columns of a table, writes their names into the header, and keeps what is
// not in the header: types and lists. Column indexes count from the table's first column. A header cell
// without text is named after its place.
func (c *change) setTableColumns(s *sheet, t *sheets.Table, columns []*sheets.TableColumnProperties) error {
	a := tableArea(t)
	t.ColumnProperties = nil
	for _, p := range columns {
		switch rule := p.DataValidationRule; {
		case p.ColumnIndex < 0 || int(p.ColumnIndex) >= a.c2-a.c1:
			return badRequest("Column index %d is outside the table.", p.ColumnIndex)
		case p.ColumnType == "DROPDOWN" && (rule == nil || rule.Condition == nil):
			return badRequest("Condition must be set for dropdown column type.")
		case p.ColumnType != "DROPDOWN" && rule != nil && rule.Condition != nil:
			return badRequest("Cannot set condition for non-dropdown column type.")
		}
		if p.ColumnName != "" {
			s.put(a.r1, a.c1+int(p.ColumnIndex)).setContent(cell{kind: kindText, str: p.ColumnName})
		}
		if p.ColumnType != "" && p.ColumnType != "COLUMN_TYPE_UNSPECIFIED" {
			copied := *p
			copied.ColumnName = ""
			t.ColumnProperties = append(t.ColumnProperties, &copied)
		}
	}
	for col := a.c1; col < a.c2; col++ {
		s.nameTableColumn(a, col)
	}
	return nil
}

// nameTableColumn gives a header cell that is blank the name Sheets chooses.
func (s *sheet) nameTableColumn(table area, col int) {
	if stored := s.at(table.r1, col); stored == nil || stored.kind == kindBlank {
		s.put(table.r1, col).setContent(cell{kind: kindText, str: "Column " + strconv.Itoa(col-table.c1+1)})
	}
}

// tableResource is the table as the API answers it: every column with the name in its header.
func (st *state) tableResource(s *sheet, t *sheets.Table) *sheets.Table {
	a := tableArea(t)
	out := *t
	out.ColumnProperties = nil
	for col := a.c1; col < a.c2; col++ {
		p := sheets.TableColumnProperties{ColumnIndex: int64(col - a.c1)}
		for _, known := range t.ColumnProperties {
			if known.ColumnIndex == p.ColumnIndex {
				p = *known
			}
		}
		if s.at(a.r1, col) != nil {
			p.ColumnName = display(st.value(s, a.r1, col))
		}
		out.ColumnProperties = append(out.ColumnProperties, &p)
	}
	return &out
}

// updateTable replaces the masked fields; a list of columns replaces the whole list. See
// https://developers.google.com/workspace/sheets/api/guides/tables.
func (c *change) updateTable(r *sheets.UpdateTableRequest) error {
	m, err := updateMask(r.Fields, sheets.Table{})
	if err != nil {
		return err
	}
	if r.Table == nil {
		return badRequest("A table must be specified.")
	}
	s, i := c.st.table(r.Table.TableId)
	if i < 0 {
		return badRequest("No table with id: %s", r.Table.TableId)
	}
	fresh := *s.tables[i]
	if m.has("name") {
		if err := c.checkTableName(r.Table.Name, fresh.TableId); err != nil {
			return err
		}
		fresh.Name = r.Table.Name
	}
	if m.has("rowsProperties") {
		fresh.RowsProperties = r.Table.RowsProperties
	}
	if m.has("range") {
		fresh.Range = r.Table.Range
		target, err := c.placeTable(&fresh, fresh.TableId)
		if err != nil {
			return err
		}
		if target != s {
			return badRequest("A table cannot be moved to another sheet.")
		}
	}
	columns := fresh.ColumnProperties
	if m.has("columnProperties") {
		columns = r.Table.ColumnProperties
		if slices.ContainsFunc(columns, func(p *sheets.TableColumnProperties) bool { return p.ColumnName == "" }) {
			return badRequest("Column names must be specified.")
		}
	} else {
		width := areaOf(fresh.Range).c2 - areaOf(fresh.Range).c1
		columns = slices.DeleteFunc(slices.Clone(columns), func(p *sheets.TableColumnProperties) bool {
			return int(p.ColumnIndex) >= width
		})
	}
	if err := c.setTableColumns(s, &fresh, columns); err != nil {
		return err
	}
	s.tables = slices.Clone(s.tables)
	s.tables[i] = &fresh
	return nil
}

// deleteTable removes a table with the conditional formats over it. Whether its cells survive is not
// settled, see Behaviour.DeleteTableClears and
// https://developers.google.com/workspace/sheets/api/guides/tables.
func (c *change) deleteTable(r *sheets.DeleteTableRequest) error {
	s, i := c.st.table(r.TableId)
	if i < 0 {
		return badRequest("No table with id: %s", r.TableId)
	}
	a := tableArea(s.tables[i])
	if err := c.mayEdit(a); err != nil {
		return err
	}
	s.tables = slices.Delete(slices.Clone(s.tables), i, i+1)
	s.carryConditions(func(b area) (area, bool) { return b, !a.covers(s.clamp(b)) })
	if c.st.how.DeleteTableClears {
		_, err := c.clear(a)
		return err
	}
	return nil
}

// mayCut refuses a deletion that takes the header row of a table and leaves some of its rows.
func (s *sheet) mayCut(sh shift) error {
	for _, t := range s.tables {
		a := tableArea(t)
		if sh.rows && sh.op == shiftDelete && sh.reaches(a.across(true)) && sh.at <= a.r1 && a.r1 < sh.at+sh.n &&
			a.r2 > sh.at+sh.n {
			return badRequest("Cannot delete a table header row. Consider hiding the row instead.")
		}
	}
	return nil
}

// carryTables moves the tables of a tab along with a shift. Columns that a table grows by are named.
func (st *state) carryTables(s *sheet, sh shift) {
	var out []*sheets.Table
	for _, old := range s.tables {
		was := tableArea(old)
		now, ok := sh.joined(was)
		if !ok {
			continue
		}
		fresh := *old
		fresh.Range = now.gridRange()
		if !sh.rows && sh.reaches(was.across(false)) {
			fresh.ColumnProperties = nil
			for _, p := range old.ColumnProperties {
				col := was.c1 + int(p.ColumnIndex)
				to, _, kept := sh.span(col, col+1)
				if kept && to >= now.c1 && to < now.c2 {
					copied := *p
					copied.ColumnIndex = int64(to - now.c1)
					fresh.ColumnProperties = append(fresh.ColumnProperties, &copied)
				}
			}
			for col := now.c1; col < now.c2 && now.c2-now.c1 > was.c2-was.c1; col++ {
				s.nameTableColumn(now, col)
			}
		}
		out = append(out, &fresh)
	}
	s.tables = out
}
