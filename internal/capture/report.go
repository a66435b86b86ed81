package capture

import (
	"encoding/json"
	"strings"
)

// columnKind says how the cells of a report's column are replaced.
type columnKind int

const (
	unknownColumn columnKind = iota // figures are amounts
	textColumn                      // figures are numbers of documents or accounts
	keptColumn                      // figures tell nothing: quantities, rates of tax, days
)

// readColumns finds out what the columns of a report hold. In any other body it finds none.
func (s *Scrubber) readColumns(body []byte) {
	s.kinds, s.titles = nil, map[string]string{}
	var report struct{ Columns any }
	if json.Unmarshal(body, &report) == nil {
		s.addColumns(report.Columns)
	}
}

// addColumns adds the columns below a node, which are those without columns of their own.
func (s *Scrubber) addColumns(node any) {
	object, _ := node.(map[string]any)
	list, _ := object["Column"].([]any)
	for _, entry := range list {
		column, _ := entry.(map[string]any)
		title, _ := column["ColTitle"].(string)
		title = strings.TrimSpace(title)
		if key := deriveKey(title); s.titles[key] == "" {
			s.titles[key] = title
		}
		s.titles[title] = title
		if below, ok := column["Columns"]; ok {
			s.addColumns(below)
			continue
		}
		kind, _ := column["ColType"].(string)
		s.kinds = append(s.kinds, kindOf(kind, columnKey(column)))
	}
}

// columnKey returns what a column's metadata says is its key.
func columnKey(column map[string]any) string {
	list, _ := column["MetaData"].([]any)
	for _, entry := range list {
		piece, _ := entry.(map[string]any)
		if piece["Name"] == "ColKey" {
			key, _ := piece["Value"].(string)
			return key
		}
	}
	return ""
}

func kindOf(kind, key string) columnKind {
	kind, key = strings.ToLower(kind), strings.ToLower(key)
	switch {
	case kind == "money":
		return unknownColumn
	case kind == "percent" || kind == "quantity" || kind == "integer":
		return keptColumn
	}
	for _, name := range []string{kind, key} {
		for _, part := range []string{"quantity", "qty", "percent", "exch_rate", "past_due"} {
			if strings.Contains(name, part) {
				return keptColumn
			}
		}
	}
	if textColumns[kind] || textColumns[key] {
		return textColumn
	}
	return unknownColumn
}

// cell replaces the value of a report's cell.
func (s *Scrubber) cell(text string) string {
	kind := unknownColumn
	if s.column < len(s.kinds) {
		kind = s.kinds[s.column]
	}
	if moved, ok := s.moveDate(text); ok {
		return moved
	}
	switch code := len(text) > 1 && text[0] == '0' && digits.MatchString(text); {
	case dash.MatchString(text), kind == keptColumn && spelt.MatchString(text):
		return text
	case kind == unknownColumn && spelt.MatchString(text) && !code:
		return s.scale(text)
	}
	return s.plain(text)
}

// title replaces a column's title: QuickBooks' own words and periods stay, names do not.
func (s *Scrubber) title(text string) string {
	if moved, ok := s.movePeriod(text); ok && (len(text) > 4 || year.MatchString(text)) {
		return moved
	}
	return s.plain(text)
}

// metadata replaces a piece of a column's metadata: keys of QuickBooks' own and periods stay, ids and names do not.
// QuickBooks derives some keys from titles; those follow the title's replacement.
func (s *Scrubber) metadata(text string) string {
	if isColumnKey(text) {
		return text
	}
	title, titled := s.titles[text]
	switch {
	case titled && title != text:
		return deriveKey(s.title(title))
	case digits.MatchString(text) && !titled:
		return s.id(text)
	}
	return s.title(text)
}

func deriveKey(title string) string { return strings.ToLower(strings.ReplaceAll(title, " ", "")) }
