package googlesim

import (
	"fmt"
	"html/template"
	"strings"

	"google.golang.org/api/sheets/v4"
)

// bandColor is the colour that a banding gives a cell; nil outside of all. See
// https://developers.google.com/workspace/sheets/api/reference/rest/v4/spreadsheets/sheets#BandingProperties.
func (s *sheet) bandColor(r, c int) *sheets.Color {
	for _, b := range s.bands {
		a, p := s.clamp(areaOf(b.Range)), b.RowProperties
		if p == nil || r < a.r1 || r >= a.r2 || c < a.c1 || c >= a.c2 {
			continue
		}
		styles := []*sheets.ColorStyle{p.FirstBandColorStyle, p.SecondBandColorStyle}
		style, n := p.HeaderColorStyle, r-a.r1
		if style == nil || n > 0 {
			if style != nil {
				n--
			}
			style = styles[n%2]
		}
		if style != nil {
			return style.RgbColor
		}
	}
	return nil
}

// filters reports whether a cell carries the arrow of the tab's filter.
func (s *sheet) filters(r, c int) bool {
	if s.filter == nil || s.filter.Range == nil {
		return false
	}
	a := s.clamp(areaOf(s.filter.Range))
	return r == a.r1 && c >= a.c1 && c < a.c2
}

// isRed reports whether a number's format shows it in red.
func (st *state) isRed(v value, format uint32) bool {
	f := st.formats.get(format)
	if f == nil || f.NumberFormat == nil || v.kind != kindNumber || v.num >= 0 {
		return false
	}
	sections := splitSections(f.NumberFormat.Pattern)
	return len(sections) > 1 && strings.Contains(strings.ToLower(sections[1]), "[red]")
}

// bandStyle is the style of a band in the page. Bands are made for white paper, so their text is dark.
func bandStyle(c *sheets.Color) template.CSS {
	if c == nil {
		return ""
	}
	return template.CSS("background:" + cssColor(c) + ";color:#1d2430;")
}

// lineStyle is the style of a cell's lines and letters in the page.
func lineStyle(f *sheets.CellFormat) template.CSS {
	var b strings.Builder
	if f.Borders != nil {
		for side, border := range map[string]*sheets.Border{"top": f.Borders.Top, "bottom": f.Borders.Bottom} {
			if border != nil {
				b.WriteString(borderStyle(side, border))
			}
		}
	}
	if t := f.TextFormat; t != nil && t.FontSize > 0 {
		fmt.Fprintf(&b, "font-size:%dpt;line-height:1;", min(t.FontSize, 36))
	}
	return template.CSS(b.String())
}

func borderStyle(side string, border *sheets.Border) string {
	style := map[string]string{"SOLID": "1px solid", "DOUBLE": "3px double", "DASHED": "1px dashed",
		"DOTTED": "1px dotted", "SOLID_MEDIUM": "2px solid", "SOLID_THICK": "3px solid"}[border.Style]
	if style == "" {
		return ""
	}
	return "border-" + side + ":" + style + " currentColor;"
}
