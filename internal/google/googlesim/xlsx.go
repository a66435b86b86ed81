package googlesim

import (
	"fmt"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"unicode/utf16"

	"github.com/xuri/excelize/v2"
	"google.golang.org/api/sheets/v4"
)

// maxExcelChars is the most characters Excel takes in a cell.
const maxExcelChars = 32_767

func (s *Server) serveExport(w http.ResponseWriter, r *http.Request, id string) {
	if format := r.URL.Query().Get("format"); format != "xlsx" {
		http.Error(w, "only format=xlsx is served", http.StatusBadRequest)
		return
	}
	s.mu.Lock()
	doc := s.docs[id]
	if doc == nil {
		s.mu.Unlock()
		http.NotFound(w, r)
		return
	}
	// A copy with a cache of its own: the committed state is never changed and may be read unlocked.
	st := doc.state.begin()
	s.mu.Unlock()
	h := w.Header()
	h.Set("Content-Type", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": st.title + ".xlsx"}))
	if err := st.writeXLSX(w); err != nil {
		h.Del("Content-Disposition")
		http.Error(w, "writing XLSX: "+err.Error(), http.StatusInternalServerError)
	}
}

// writeXLSX writes all tabs as Google's download does: values as shown by formulas, number formats,
// bold, frozen rows and column widths.
func (st *state) writeXLSX(w io.Writer) (err error) {
	f := excelize.NewFile()
	defer func() {
		if closeErr := f.Close(); err == nil && closeErr != nil {
			err = fmt.Errorf("closing workbook: %w", closeErr)
		}
	}()
	styles := excelStyles{f: f, ids: map[uint32]int{}}
	used := map[string]bool{}
	for i, s := range st.sheets {
		name := excelTitle(s.title, used)
		if i == 0 {
			err = f.SetSheetName("Sheet1", name)
		} else {
			_, err = f.NewSheet(name)
		}
		if err != nil {
			return fmt.Errorf("adding tab: %w", err)
		}
		if err := st.writeExcelTab(f, name, s, styles); err != nil {
			return err
		}
		if s.hidden {
			if err := f.SetSheetVisible(name, false); err != nil {
				return fmt.Errorf("hiding tab: %w", err)
			}
		}
	}
	if _, err := f.WriteTo(w); err != nil {
		return fmt.Errorf("writing workbook: %w", err)
	}
	return nil
}

func (st *state) writeExcelTab(f *excelize.File, name string, s *sheet, styles excelStyles) error {
	out, err := f.NewStreamWriter(name)
	if err != nil {
		return fmt.Errorf("opening tab: %w", err)
	}
	for c := range min(s.colCount, 16_384) {
		if d := s.colSizes[c]; d.pixels > 0 {
			if err := out.SetColWidth(c+1, c+1, float64(min(d.pixels, 1700))/7); err != nil {
				return fmt.Errorf("setting column width: %w", err)
			}
		}
	}
	if s.frozenRows > 0 || s.frozenCols > 0 {
		panes := &excelize.Panes{
			Freeze: true, XSplit: s.frozenCols, YSplit: s.frozenRows, TopLeftCell: cellName(s.frozenRows, s.frozenCols),
			ActivePane: "bottomLeft",
		}
		if s.frozenCols > 0 {
			panes.ActivePane = "bottomRight"
		}
		if err := out.SetPanes(panes); err != nil {
			return fmt.Errorf("freezing rows: %w", err)
		}
	}
	for r := range min(len(s.rows), 1_048_576) {
		if s.rows[r] == nil {
			continue
		}
		stored := s.rows[r].cells
		line := make([]any, min(len(stored), 16_384))
		for c := range line {
			style, err := styles.id(st, stored[c].format)
			if err != nil {
				return err
			}
			line[c] = excelize.Cell{StyleID: style, Value: excelValue(st.value(s, r, c))}
		}
		if err := out.SetRow("A"+strconv.Itoa(r+1), line); err != nil {
			return fmt.Errorf("writing row %d: %w", r+1, err)
		}
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("flushing tab: %w", err)
	}
	return nil
}

func excelValue(v value) any {
	switch v.kind {
	case kindNumber:
		return v.num
	case kindBool:
		return v.num != 0
	case kindText, kindError:
		if units := utf16.Encode([]rune(v.str)); len(units) > maxExcelChars {
			return string(utf16.Decode(units[:maxExcelChars]))
		}
		return v.str
	}
	return nil
}

// excelStyles maps format numbers to the styles of one workbook.
type excelStyles struct {
	f   *excelize.File
	ids map[uint32]int
}

func (e excelStyles) id(st *state, format uint32) (int, error) {
	if id, ok := e.ids[format]; ok || format == 0 {
		return id, nil
	}
	id, err := e.f.NewStyle(excelStyle(st.formats.get(format)))
	if err != nil {
		return 0, fmt.Errorf("making style: %w", err)
	}
	e.ids[format] = id
	return id, nil
}

func excelStyle(f *sheets.CellFormat) *excelize.Style {
	style := &excelize.Style{}
	if n := f.NumberFormat; n != nil {
		pattern := n.Pattern
		if pattern == "" {
			pattern = defaultPatterns[n.Type]
		}
		if pattern != "" {
			style.CustomNumFmt = &pattern
		}
	}
	if t := f.TextFormat; t != nil && (t.Bold || t.Italic || t.Strikethrough) {
		style.Font = &excelize.Font{Bold: t.Bold, Italic: t.Italic, Strike: t.Strikethrough}
	}
	if a := f.HorizontalAlignment; a == "LEFT" || a == "CENTER" || a == "RIGHT" {
		style.Alignment = &excelize.Alignment{Horizontal: strings.ToLower(a)}
	}
	return style
}

// excelTitle makes a title Excel accepts: at most 31 characters, none of : \ / ? * [ ], and unique.
func excelTitle(title string, used map[string]bool) string {
	clean := strings.Map(func(r rune) rune {
		if strings.ContainsRune(`:\/?*[]`, r) {
			return '_'
		}
		return r
	}, strings.Trim(title, "'"))
	if clean == "" {
		clean = "Sheet"
	}
	for n := 1; ; n++ {
		suffix := ""
		if n > 1 {
			suffix = " " + strconv.Itoa(n)
		}
		units := utf16.Encode([]rune(clean))
		candidate := string(utf16.Decode(units[:min(len(units), 31-len(suffix))])) + suffix
		if !used[strings.ToLower(candidate)] {
			used[strings.ToLower(candidate)] = true
			return candidate
		}
	}
}
