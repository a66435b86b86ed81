package capture

import (
	"net/url"
	"regexp"
	"strings"
)

var (
	// comparison is a condition of a query: a field and what it is compared with.
	comparison = regexp.MustCompile(`([A-Za-z][A-Za-z0-9_.]*) *(=|<=|>=|<|>|LIKE|IN) *(\(?)`)
	literal    = regexp.MustCompile(`'((?:[^'\\]|\\.)*)'`)
	unescape   = strings.NewReplacer(`\\`, `\`, `\'`, `'`)
	amountName = regexp.MustCompile(`(?i)(amt|amount|balance|price|cost|value)$`)
	// ownQuery is a query without its literals: words, marks and numbers for paging.
	ownQuery = regexp.MustCompile(`^[A-Za-z0-9_.,*()=<> ]*$`)
	ownList  = regexp.MustCompile(`^[A-Za-z][A-Za-z_ ]*(,[A-Za-z][A-Za-z_ ]*)*$`)
)

// ownParams are the parameters whose values are words of QuickBooks' own.
var ownParams = setOf(`
columns; accounting_method; summarize_column_by; sort_by; sort_order; date_macro; aging_method; entities; include
adjusted_gain_loss; transaction_type; group_by; qzurl; arpaid; appaid; cleared; account_type; past_due; bothamount
payment_method_type; source_account_type; account_status; printed; showrows; subcol_pct_inc
`)

// keptParams are the parameters whose values are small numbers that tell nothing.
var keptParams = setOf(`minorversion; num_periods; aging_period; past_due; startposition; maxresults`)

// Path returns a request's path and query with every id, literal and free text replaced.
func (s *Scrubber) Path(target string) string {
	s.path, s.column, s.kinds = nil, 0, nil
	path, query, asked := strings.Cut(target, "?")
	segments := strings.Split(path, "/")
	for i, segment := range segments {
		text, err := url.PathUnescape(segment)
		switch {
		case err != nil:
			segments[i] = "x"
		case text != "" && !identifier.MatchString(text):
			segments[i] = url.PathEscape(s.plain(text))
		}
	}
	path = strings.Join(segments, "/")
	if !asked {
		return path
	}
	values, err := url.ParseQuery(query)
	if err != nil {
		return path + "?x"
	}
	out := url.Values{}
	for key, list := range values {
		if !identifier.MatchString(key) {
			key = s.replace(key)
		}
		for _, value := range list {
			out.Add(key, s.param(key, value))
		}
	}
	return path + "?" + out.Encode()
}

func (s *Scrubber) param(key, value string) string {
	switch {
	case key == "query":
		return s.query(value)
	case ownParams[key] && ownList.MatchString(value), keptParams[key] && shortID.MatchString(value):
		return value
	}
	parts := strings.Split(value, ",") // ids
	for i, part := range parts {
		parts[i] = keepBlanks(part, s.plain)
	}
	return strings.Join(parts, ",")
}

// query replaces a query's literals: amounts by their multiple, dates and ids like anywhere else.
func (s *Scrubber) query(text string) string {
	var b strings.Builder
	field := ""
	for {
		at := literal.FindStringSubmatchIndex(text)
		if at == nil {
			break
		}
		between := text[:at[0]]
		if found := comparison.FindAllStringSubmatch(between, -1); found != nil {
			field = found[len(found)-1][1]
		}
		b.WriteString(s.betweenLiterals(between))
		value := keepBlanks(unescape.Replace(text[at[2]:at[3]]), func(value string) string {
			if amountName.MatchString(field) && plainNumber.MatchString(value) {
				return s.scale(value)
			}
			return s.plain(value)
		})
		b.WriteString("'" + strings.ReplaceAll(strings.ReplaceAll(value, `\`, `\\`), `'`, `\'`) + "'")
		text = text[at[1]:]
	}
	b.WriteString(s.betweenLiterals(text))
	return b.String()
}

func (s *Scrubber) betweenLiterals(text string) string {
	if ownQuery.MatchString(text) {
		return text
	}
	return s.replace(text)
}
