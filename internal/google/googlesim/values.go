package googlesim

import (
	"encoding/json"
	"strconv"
	"strings"

	"google.golang.org/api/sheets/v4"
)

// rendering is how a read shows values.
type rendering struct {
	option     string // FORMATTED_VALUE, UNFORMATTED_VALUE or FORMULA
	dateText   bool   // dates as text although not FORMATTED_VALUE
	columnwise bool
}

// enum refuses words an enum of the API does not have; an empty word means the first.
func enum(field, typeName, word string, known ...string) (string, error) {
	if word == "" || strings.HasSuffix(word, "_UNSPECIFIED") {
		return known[0], nil
	}
	for _, k := range known {
		if k == word {
			return word, nil
		}
	}
	return "", badRequest(`Invalid value at '%s' (type.googleapis.com/google.apps.sheets.v4.%s), "%s"`,
		field, typeName, word)
}

func newRendering(option, dates, dimension string) (rendering, error) {
	o, err := enum("value_render_option", "ValueRenderOption", option, "FORMATTED_VALUE",
		"UNFORMATTED_VALUE", "FORMULA")
	if err != nil {
		return rendering{}, err
	}
	d, err := enum("date_time_render_option", "DateTimeRenderOption", dates, "SERIAL_NUMBER", "FORMATTED_STRING")
	if err != nil {
		return rendering{}, err
	}
	m, err := enum("major_dimension", "Dimension", dimension, "ROWS", "COLUMNS")
	return rendering{
		option: o, dateText: d == "FORMATTED_STRING" && o == "UNFORMATTED_VALUE", columnwise: m == "COLUMNS",
	}, err
}

// readArea returns the tab and the clamped area, refusing one that starts outside the grid.
func (st *state) readArea(a area) (*sheet, area, error) {
	s, err := st.grid(a.sheet)
	if err != nil {
		return nil, area{}, err
	}
	if a.r1 >= s.rowCount || a.c1 >= s.colCount {
		return nil, area{}, st.errGridLimits(a, s)
	}
	return s, s.clamp(a), nil
}

func (st *state) errGridLimits(a area, s *sheet) error {
	return badRequest("Range (%s) exceeds grid limits. Max rows: %d, max columns: %d", st.a1(a), s.rowCount, s.colCount)
}

// read answers one range of a values read.
func (st *state) read(a area, how rendering) (*sheets.ValueRange, error) {
	s, a, err := st.readArea(a)
	if err != nil {
		return nil, err
	}
	out := &sheets.ValueRange{Range: st.a1(a), MajorDimension: "ROWS"}
	if how.columnwise {
		out.MajorDimension = "COLUMNS"
		for col := a.c1; col < a.c2; col++ {
			out.Values = append(out.Values, st.line(s, a.r2-a.r1, func(i int) (int, int) { return a.r1 + i, col }, how))
		}
	} else {
		for row := a.r1; row < min(a.r2, len(s.rows)); row++ {
			out.Values = append(out.Values, st.line(s, a.c2-a.c1, func(i int) (int, int) { return row, a.c1 + i }, how))
		}
	}
	for len(out.Values) > 0 && len(out.Values[len(out.Values)-1]) == 0 {
		out.Values = out.Values[:len(out.Values)-1]
	}
	return out, nil
}

// line renders one row or column without its trailing blanks.
func (st *state) line(s *sheet, n int, place func(int) (int, int), how rendering) []any {
	out := []any{}
	last := 0
	for i := range n {
		row, col := place(i)
		stored := s.at(row, col)
		if stored == nil || stored.kind == kindBlank {
			if row >= len(s.rows) {
				break
			}
			out = append(out, "")
			continue
		}
		out = append(out, st.render(s, row, col, stored, how))
		last = len(out)
	}
	return out[:last]
}

func (st *state) render(s *sheet, row, col int, stored *cell, how rendering) any {
	if f := stored.formula(); f != nil && how.option == "FORMULA" {
		return f.text(st)
	}
	v := st.value(s, row, col)
	if how.option == "FORMATTED_VALUE" || how.dateText && st.isDate(stored.format) {
		return st.format(v, stored.format)
	}
	switch v.kind {
	case kindNumber:
		return v.num
	case kindBool:
		return v.num != 0
	}
	return v.str
}

func (st *state) isDate(format uint32) bool {
	f := st.formats.get(format)
	if f == nil || f.NumberFormat == nil {
		return false
	}
	t := f.NumberFormat.Type
	return t == "DATE" || t == "TIME" || t == "DATE_TIME"
}

func checkInput(option string) (bool, error) {
	if option == "" || option == "INPUT_VALUE_OPTION_UNSPECIFIED" {
		return false, badRequest("'valueInputOption' is required but not specified")
	}
	o, err := enum("value_input_option", "ValueInputOption", option, "RAW", "USER_ENTERED")
	return o == "USER_ENTERED", err
}

// write stores a ValueRange in an area. null skips a cell, "" blanks it, a short row leaves the rest.
// A single cell or an open range is an anchor; a closed range must hold everything that is sent.
func (c *change) write(a area, data *sheets.ValueRange, typed bool) (*sheets.UpdateValuesResponse, error) {
	s, err := c.st.grid(a.sheet)
	if err != nil {
		return nil, err
	}
	m, err := enum("data.major_dimension", "Dimension", data.MajorDimension, "ROWS", "COLUMNS")
	if err != nil {
		return nil, err
	}
	lines := data.Values
	if m == "COLUMNS" {
		lines = transposed(lines)
	}
	width := 0
	for _, l := range lines {
		width = max(width, len(l))
	}
	if err := c.fits(s, a, len(lines), width); err != nil {
		return nil, err
	}
	rect := area{sheet: s.id, r1: a.r1, c1: a.c1, r2: a.r1 + len(lines), c2: a.c1 + width}
	out := &sheets.UpdateValuesResponse{SpreadsheetId: c.doc.id, UpdatedRange: c.st.a1(a)}
	if width == 0 {
		if a.r1 >= s.rowCount || a.c1 >= s.colCount {
			return nil, c.st.errGridLimits(a, s)
		}
		return out, nil
	}
	out.UpdatedRange = c.st.a1(rect)
	if err := c.mayEdit(rect); err != nil {
		return nil, err
	}
	touched := make([]bool, width)
	for i, l := range lines {
		if len(l) == 0 {
			continue
		}
		cells := s.reserve(a.r1+i, a.c1+len(l))
		wrote := false
		for j, v := range l {
			if v == nil {
				continue
			}
			if err := c.store(&cells[a.c1+j], v, typed, i, j); err != nil {
				return nil, err
			}
			out.UpdatedCells++
			wrote, touched[j] = true, true
		}
		if wrote {
			out.UpdatedRows++
		}
	}
	for _, t := range touched {
		if t {
			out.UpdatedColumns++
		}
	}
	return out, nil
}

// fits refuses data that is larger than its closed range, or outside the grid.
func (c *change) fits(s *sheet, a area, rows, cols int) error {
	if a.r2 != a.r1+1 || a.c2 != a.c1+1 {
		shown := "[" + c.st.a1(a) + "]"
		if a.r2 >= 0 && rows > a.r2-a.r1 {
			return badRequest("Requested writing within range %s, but tried writing to row [%d]", shown, a.r2+1)
		}
		if a.c2 >= 0 && cols > a.c2-a.c1 {
			return badRequest("Requested writing within range %s, but tried writing to column [%s]",
				shown, columnName(a.c2))
		}
		if a.r2 > s.rowCount || a.c2 > s.colCount {
			return c.st.errGridLimits(a, s)
		}
	}
	rect := area{sheet: s.id, r1: a.r1, c1: a.c1, r2: a.r1 + max(rows, 1), c2: a.c1 + max(cols, 1)}
	if rect.r2 > s.rowCount || rect.c2 > s.colCount {
		return c.st.errGridLimits(rect, s)
	}
	return nil
}

// store puts one JSON value into a cell.
func (c *change) store(target *cell, v any, typed bool, i, j int) error {
	switch v := v.(type) {
	case string:
		if err := checkLength(v); err != nil {
			return err
		}
		if !typed {
			content := cell{kind: kindText, str: v}
			if v == "" {
				content = cell{}
			}
			target.setContent(content)
			return nil
		}
		content, format := c.st.typedCell(v, target.format, c.year)
		target.setContent(content)
		if format != nil {
			return c.formatAs(target, format)
		}
	case json.Number:
		f, err := strconv.ParseFloat(v.String(), 64)
		if err != nil {
			return badRequest("Invalid values[%d][%d]: number_value: %s", i, j, v)
		}
		target.setContent(cell{kind: kindNumber, num: f})
	case float64:
		target.setContent(cell{kind: kindNumber, num: v})
	case bool:
		b := boolValue(v)
		target.setContent(cell{kind: kindBool, num: b.num})
	case []any:
		return badRequest("Invalid values[%d][%d]: list_value {\n}\n", i, j)
	default:
		return badRequest("Invalid values[%d][%d]: struct_value {\n}\n", i, j)
	}
	return nil
}

// formatAs sets the number format of a cell and leaves the rest of its format.
func (c *change) formatAs(target *cell, format *sheets.NumberFormat) error {
	p, err := c.painter("userEnteredFormat.numberFormat")
	if err != nil {
		return err
	}
	target.format, err = p.paint(target.format, &sheets.CellFormat{NumberFormat: format})
	return err
}

func transposed(columns [][]any) [][]any {
	height := 0
	for _, col := range columns {
		height = max(height, len(col))
	}
	rows := make([][]any, height)
	for i := range rows {
		rows[i] = make([]any, len(columns))
		for j, col := range columns {
			if i < len(col) {
				rows[i][j] = col[i]
			}
		}
	}
	return rows
}

// clear blanks the values of an area and keeps formats, notes and validation.
func (c *change) clear(a area) (string, error) {
	s, a, err := c.st.readArea(a)
	if err != nil {
		return "", err
	}
	if err := c.mayEdit(a); err != nil {
		return "", err
	}
	for row := a.r1; row < min(a.r2, len(s.rows)); row++ {
		for col := a.c1; col < a.c2; col++ {
			stored := s.at(row, col)
			if stored == nil {
				break
			}
			if stored.kind != kindBlank {
				s.put(row, col).setContent(cell{})
			}
		}
	}
	return c.st.a1(a), nil
}

// appendTo implements values.append: it looks for the table that touches the area and writes below it.
func (c *change) appendTo(a area, data *sheets.ValueRange, typed, insert bool) (*sheets.AppendValuesResponse, error) {
	s, clamped, err := c.st.readArea(a)
	if err != nil {
		return nil, err
	}
	out := &sheets.AppendValuesResponse{SpreadsheetId: c.doc.id}
	row, col := clamped.r1, clamped.c1
	if table, ok := s.table(clamped); ok {
		out.TableRange = c.st.a1(table)
		row, col = table.r2, table.c1
	}
	lines := data.Values
	if data.MajorDimension == "COLUMNS" {
		lines = transposed(lines)
	}
	width := 0
	for _, l := range lines {
		width = max(width, len(l))
	}
	if insert && row < s.rowCount && len(lines) > 0 {
		if err := c.mayHold(s, s.rowCount+len(lines), s.colCount); err != nil {
			return nil, err
		}
		c.st.apply(shift{sheet: s.id, rows: true, op: shiftInsert, at: row, n: len(lines), joins: true})
	}
	if missing := row + len(lines) - s.rowCount; missing > 0 {
		if err := c.grow(stretch{s: s, rows: true}, missing); err != nil {
			return nil, err
		}
	}
	if missing := col + width - s.colCount; missing > 0 {
		if err := c.grow(stretch{s: s}, missing); err != nil {
			return nil, err
		}
	}
	out.Updates, err = c.write(area{sheet: s.id, r1: row, c1: col, r2: -1, c2: -1}, &sheets.ValueRange{Values: lines},
		typed)
	return out, err
}

// table finds the block of filled cells that holds the last filled row of an area.
func (s *sheet) table(a area) (area, bool) {
	filled := func(r, c int) bool {
		stored := s.at(r, c)
		return stored != nil && stored.kind != kindBlank
	}
	block := area{r1: -1}
	for row := min(a.r2, len(s.rows)) - 1; row >= a.r1 && block.r1 < 0; row-- {
		for col := a.c1; col < a.c2; col++ {
			if !filled(row, col) {
				continue
			}
			if block.r1 < 0 {
				block = area{sheet: s.id, r1: row, c1: col, r2: row + 1, c2: col + 1}
			}
			block.c2 = col + 1
		}
	}
	if block.r1 < 0 {
		return area{}, false
	}
	for grown := true; grown; {
		grown = false
		any := func(r1, r2, c1, c2 int) bool {
			for r := max(r1, 0); r < r2; r++ {
				for c := max(c1, 0); c < c2; c++ {
					if filled(r, c) {
						grown = true
						return true
					}
				}
			}
			return false
		}
		if any(block.r1-1, block.r1, block.c1-1, block.c2+1) {
			block.r1--
		}
		if any(block.r2, block.r2+1, block.c1-1, block.c2+1) {
			block.r2++
		}
		if any(block.r1, block.r2, block.c1-1, block.c1) {
			block.c1--
		}
		if any(block.r1, block.r2, block.c2, block.c2+1) {
			block.c2++
		}
	}
	return block, true
}
