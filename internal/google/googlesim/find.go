package googlesim

import (
	"regexp"
	"strings"

	"google.golang.org/api/sheets/v4"
)

// findReplace replaces text in cells of a range, a tab or all tabs; what it leaves is read as if it was
// typed. Cells with formulas are searched only if asked for. See
// https://developers.google.com/workspace/sheets/api/reference/rest/v4/spreadsheets/request.
func (c *change) findReplace(r *sheets.FindReplaceRequest) (*sheets.Response, error) {
	if r.Find == "" {
		return nil, badRequest("The 'find' value must not be empty.")
	}
	areas, err := c.findScope(r)
	if err != nil {
		return nil, err
	}
	pattern, err := findPattern(r)
	if err != nil {
		return nil, err
	}
	replacement := r.Replacement
	if !r.SearchByRegex {
		replacement = strings.ReplaceAll(replacement, "$", "$$")
	}
	out := &sheets.FindReplaceResponse{}
	for _, a := range areas {
		s := c.st.sheet(a.sheet)
		before, lastRow := out.ValuesChanged+out.FormulasChanged, -1
		var fault error
		s.each(a, func(row, col int, stored *cell) bool {
			text, isFormula := c.searched(s, row, col, stored)
			if stored.kind == kindBlank || isFormula && !r.IncludeFormulas || !pattern.MatchString(text) {
				return true
			}
			fault = c.replaceIn(s, row, col, pattern.ReplaceAllString(text, replacement))
			out.OccurrencesChanged += int64(len(pattern.FindAllString(text, -1)))
			if isFormula {
				out.FormulasChanged++
			} else {
				out.ValuesChanged++
			}
			if row != lastRow {
				out.RowsChanged++
				lastRow = row
			}
			return fault == nil
		})
		if fault != nil {
			return nil, fault
		}
		if out.ValuesChanged+out.FormulasChanged > before {
			out.SheetsChanged++
		}
	}
	return &sheets.Response{FindReplace: out}, nil
}

// searched is the text of a cell in which is searched: that of a formula, or what the cell shows.
func (c *change) searched(s *sheet, row, col int, stored *cell) (string, bool) {
	if f := stored.formula(); f != nil {
		return f.text(c.st), true
	}
	return c.st.format(c.st.value(s, row, col), stored.format), false
}

func (c *change) replaceIn(s *sheet, row, col int, text string) error {
	if err := c.mayEdit(area{sheet: s.id, r1: row, c1: col, r2: row + 1, c2: col + 1}); err != nil {
		return err
	}
	c.st.calc = nil
	return c.store(s.put(row, col), text, true, 0, 0)
}

// findScope is where a search looks; exactly one scope must be given.
func (c *change) findScope(r *sheets.FindReplaceRequest) ([]area, error) {
	tab := r.SheetId != 0 || sent(r.ForceSendFields, "SheetId")
	given := 0
	for _, one := range []bool{r.AllSheets, tab, r.Range != nil} {
		if one {
			given++
		}
	}
	if given != 1 {
		return nil, badRequest("Exactly one of 'range', 'sheetId' and 'allSheets' must be specified.")
	}
	switch {
	case r.Range != nil:
		s, a, err := c.area(r.Range)
		if err != nil {
			return nil, err
		}
		return []area{s.clamp(a)}, nil
	case tab:
		s, err := c.st.grid(r.SheetId)
		if err != nil {
			return nil, err
		}
		return []area{s.whole()}, nil
	}
	var all []area
	for _, s := range c.st.sheets {
		all = append(all, s.whole())
	}
	return all, nil
}

func findPattern(r *sheets.FindReplaceRequest) (*regexp.Regexp, error) {
	text := r.Find
	if !r.SearchByRegex {
		text = regexp.QuoteMeta(text)
	}
	if r.MatchEntireCell {
		text = "^(?:" + text + ")$"
	}
	if !r.MatchCase {
		text = "(?i)" + text
	}
	pattern, err := regexp.Compile(text)
	if err != nil {
		return nil, badRequest("Invalid regular expression: %s", r.Find)
	}
	return pattern, nil
}
