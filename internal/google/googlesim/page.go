package googlesim

import (
	_ "embed"
	"fmt"
	"html/template"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"google.golang.org/api/sheets/v4"
)

//go:embed page.html
var pageHTML string

//go:embed page.css
var pageCSS string

func pageTemplates() *template.Template {
	return template.Must(template.New("page").Parse(pageHTML))
}

const (
	pageRows    = 1000 // rows on one page of the grid
	pageColumns = 100  // columns shown at most
	clipChars   = 300  // characters of a cell that are put into the page
)

// servePage shows the spreadsheets to people: the list, a grid, or a download.
func (s *Server) servePage(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		http.Error(w, "only GET is served here", http.StatusMethodNotAllowed)
		return
	}
	if r.URL.Path == "/" || strings.TrimSuffix(r.URL.Path, "/") == "/spreadsheets" {
		s.render(w, "list", s.listView())
		return
	}
	rest, ok := strings.CutPrefix(r.URL.Path, "/spreadsheets/d/")
	id, action, _ := strings.Cut(rest, "/")
	if !ok || id == "" {
		http.NotFound(w, r)
		return
	}
	switch action {
	case "", "edit", "view":
		v, ok := s.gridView(id, r.URL.Query().Get("gid"), r.URL.Query().Get("row"))
		if !ok {
			http.NotFound(w, r)
			return
		}
		s.render(w, "grid", v)
	case "export":
		s.serveExport(w, r, id)
	default:
		http.NotFound(w, r)
	}
}

func (s *Server) render(w http.ResponseWriter, name string, view any) {
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'")
	h.Set("Cache-Control", "no-store")
	if err := s.page.ExecuteTemplate(w, name, view); err != nil {
		fmt.Fprintf(w, "<!-- %s -->", template.HTMLEscapeString(err.Error()))
	}
}

type listView struct {
	CSS   template.CSS
	Files []listFile
}

type listFile struct {
	ID, Title, Owner, Modified string
	Tabs                       int
	Cells                      string
	Trashed                    bool
}

func (s *Server) listView() listView {
	s.mu.Lock()
	defer s.mu.Unlock()
	v := listView{CSS: template.CSS(pageCSS)}
	for i := len(s.order) - 1; i >= 0; i-- {
		d := s.docs[s.order[i]]
		v.Files = append(v.Files, listFile{
			ID: d.id, Title: d.state.title, Owner: d.owner, Modified: d.modified.Format(time.DateTime),
			Tabs:  len(d.state.sheets),
			Cells: formatValue(numberValue(float64(d.state.cells())), "#,##0"), Trashed: d.trashed,
		})
	}
	return v
}

type gridView struct {
	CSS         template.CSS
	ID, Title   string
	Owner       string
	Tabs        []tabLink
	Tab         Tab
	Columns     []columnHead
	Rows        []rowView
	Named       []string
	First, Last int
	Prev, Next  int // first row of the page before and after; 0 if there is none
	MoreColumns int
	FilledRows  int
}

type tabLink struct {
	ID              int64
	Title           string
	Hidden, Current bool
	Protected       bool
}

type columnHead struct {
	Name   string
	Width  int64
	Hidden bool
	Frozen bool
}

type rowView struct {
	Number int
	Frozen bool
	Header bool
	Cells  []cellView
}

type cellView struct {
	Text, Hover, Note string
	Link              string
	Class             string
	Style             template.CSS
}

// gridView is one page of one tab. Cells are computed while the lock is held, so that the page shows
// one moment.
func (s *Server) gridView(id, gid, from string) (gridView, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	doc := s.docs[id]
	if doc == nil {
		return gridView{}, false
	}
	st := doc.state
	shown := st.firstVisible()
	if n, err := strconv.ParseInt(gid, 10, 64); err == nil && st.sheet(n) != nil {
		shown = st.sheet(n)
	}
	if shown == nil {
		shown = st.sheets[0]
	}
	v := gridView{CSS: template.CSS(pageCSS), ID: id, Title: st.title, Owner: doc.owner,
		Tab: Tab{
			shown.id, shown.title, shown.hidden, shown.rowCount, shown.colCount, shown.frozenRows, shown.frozenCols,
		}}
	for _, t := range st.sheets {
		v.Tabs = append(v.Tabs, tabLink{t.id, t.title, t.hidden, t.id == shown.id, len(t.protections) > 0})
	}
	for _, n := range st.named {
		if n.area.sheet == shown.id && !n.lost {
			v.Named = append(v.Named, n.name+" = "+areaName(shown.clamp(n.area)))
		}
	}
	columns := min(shown.colCount, pageColumns)
	v.MoreColumns = shown.colCount - columns
	for c := range columns {
		d := shown.colSizes[c]
		head := columnHead{Name: columnName(c), Width: 110, Hidden: d.hidden, Frozen: c < shown.frozenCols}
		if d.pixels > 0 {
			head.Width = min(max(d.pixels, 30), 600)
		}
		v.Columns = append(v.Columns, head)
	}
	v.FilledRows = shown.lastRow()
	first, err := strconv.Atoi(from)
	if err != nil || first < 1 || first > shown.rowCount {
		first = 1
	}
	// Blank rows at the end of the grid say nothing, so a page ends thirty rows below the data.
	last := min(first-1+pageRows, shown.rowCount, max(v.FilledRows+30, first+29))
	if first > 1 {
		for r := range shown.frozenRows {
			v.Rows = append(v.Rows, st.rowView(shown, r, columns))
		}
		v.Prev = max(1, first-pageRows)
	}
	for r := first - 1; r < last; r++ {
		v.Rows = append(v.Rows, st.rowView(shown, r, columns))
	}
	if last < shown.rowCount && last < v.FilledRows {
		v.Next = last + 1
	}
	v.First, v.Last = first, last
	for c := range v.Columns {
		if shown.colSizes[c].pixels == 0 {
			v.Columns[c].Width = fittingWidth(v.Rows, c)
		}
	}
	return v, true
}

// fittingWidth makes room for what a column shows on its first rows, within limits.
func fittingWidth(rows []rowView, c int) int64 {
	widest := 0
	for _, r := range rows[:min(len(rows), 60)] {
		widest = max(widest, utf8.RuneCountInString(r.Cells[c].Text))
	}
	return int64(min(max(16+8*widest, 90), 260))
}

func (st *state) rowView(s *sheet, r, columns int) rowView {
	v := rowView{Number: r + 1, Frozen: r < s.frozenRows, Header: r < s.frozenRows, Cells: make([]cellView, columns)}
	for c := range columns {
		if stored := s.at(r, c); stored != nil && !stored.empty() {
			v.Cells[c] = st.cellView(s, r, c, stored)
		}
		v.Cells[c].Style = bandStyle(s.bandColor(r, c)) + v.Cells[c].Style
		if s.filters(r, c) {
			v.Cells[c].Class += " filter"
		}
	}
	return v
}

func (st *state) cellView(s *sheet, r, c int, stored *cell) cellView {
	value := st.value(s, r, c)
	v := cellView{Text: clip(st.format(value, stored.format)), Note: stored.note()}
	var classes []string
	kind := ""
	switch value.kind {
	case kindNumber:
		kind = "number " + generalNumber(value.num)
		classes = append(classes, "n")
		if st.isDate(stored.format) {
			kind = "date, serial " + generalNumber(value.num)
		}
	case kindBool:
		kind, classes = "checkbox value", append(classes, "b")
	case kindText:
		kind = "text"
	case kindError:
		kind, classes = "error", append(classes, "e")
	}
	v.Hover = cellName(r, c) + ": " + kind
	if kind == "" {
		v.Hover = cellName(r, c) + ": blank"
	}
	if f := stored.formula(); f != nil {
		v.Hover += "\n" + clip(f.text(st))
	} else if value.kind == kindText && utf8.RuneCountInString(v.Text) > 20 {
		v.Hover += "\n" + v.Text
	}
	if v.Note != "" {
		v.Hover += "\nNote: " + clip(v.Note)
		classes = append(classes, "note")
	}
	if f := st.formats.get(stored.format); f != nil {
		classes = append(classes, formatClasses(f)...)
		v.Style = cellStyle(f) + lineStyle(f)
		v.Link = linkOf(f)
	}
	if st.isRed(value, stored.format) {
		classes = append(classes, "red")
	}
	v.Class = strings.Join(classes, " ")
	return v
}

func clip(s string) string {
	if utf8.RuneCountInString(s) <= clipChars {
		return s
	}
	return string([]rune(s)[:clipChars]) + "…"
}

func formatClasses(f *sheets.CellFormat) []string {
	var out []string
	if t := f.TextFormat; t != nil {
		if t.Bold {
			out = append(out, "bold")
		}
		if t.Italic {
			out = append(out, "italic")
		}
		if t.Strikethrough {
			out = append(out, "strike")
		}
	}
	switch f.HorizontalAlignment {
	case "LEFT", "CENTER", "RIGHT":
		out = append(out, strings.ToLower(f.HorizontalAlignment))
	}
	switch f.WrapStrategy {
	case "WRAP":
		out = append(out, "wrap")
	case "OVERFLOW_CELL":
		out = append(out, "over")
	}
	return out
}

// cellStyle turns a format's colours and indentation into CSS made of numbers only. A cell with its own background
// keeps the sheet's dark text, since formats are made for white paper.
func cellStyle(f *sheets.CellFormat) template.CSS {
	var b strings.Builder
	background := f.BackgroundColor
	if f.BackgroundColorStyle != nil && f.BackgroundColorStyle.RgbColor != nil {
		background = f.BackgroundColorStyle.RgbColor
	}
	if background != nil {
		fmt.Fprintf(&b, "background:%s;color:#1d2430;", cssColor(background))
	}
	if t := f.TextFormat; t != nil {
		ink := t.ForegroundColor
		if t.ForegroundColorStyle != nil && t.ForegroundColorStyle.RgbColor != nil {
			ink = t.ForegroundColorStyle.RgbColor
		}
		if ink != nil {
			fmt.Fprintf(&b, "color:%s;", cssColor(ink))
		}
	}
	if p := f.Padding; p != nil {
		fmt.Fprintf(&b, "padding-left:%dpx;", min(max(p.Left, 0), 200))
	}
	return template.CSS(b.String())
}

func cssColor(c *sheets.Color) string {
	part := func(f float64) int { return int(min(max(f, 0), 1)*255 + 0.5) }
	return fmt.Sprintf("rgb(%d %d %d)", part(c.Red), part(c.Green), part(c.Blue))
}
