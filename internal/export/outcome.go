package export

import (
	"encoding/json"
	"fmt"
	"slices"
)

// Outcome is what a reading found besides its rows. The zero value is that of a reading with nothing to tell.
type Outcome struct {
	Period   string        // "2026-01-01 to 2026-03-31", for people; empty when it has none
	Basis    string        // "Accrual", "Cash" or empty
	Figures  []FigureValue // empty in previews
	Checks   []Check       // at most MostChecks, differences first
	Warnings []Warning
	// State is what the next reading wants as Query.State, to be kept once the rows are safely where they belong; nil
	// for definitions that keep nothing, and for previews.
	State []byte
}

// FigureValue is one headline figure of a run, such as a statement's net income: declared by the definition, taken from
// what was read, and equal to a figure that stands in the sheet. Figures are never added over companies or currencies.
type FigureValue struct {
	ID       string  `json:"id"`    // the declaring Figure's
	Title    string  `json:"title"` // the declaring Figure's
	Company  RealmID `json:"company_id"`
	Period   string  `json:"period,omitempty"`   // "2026-01-01 to 2026-03-31"; empty for what has none
	Currency string  `json:"currency,omitempty"` // ISO code; empty for counts
	Value    string  `json:"value"`              // exact decimal text, as table.DecimalText spells it
}

// Check compares one of QuickBooks' own figures with the figures it should follow from. It is evidence for people.
// Amounts are exact decimal text.
type Check struct {
	What     string `json:"what"`            // what is compared, such as "Total Income"
	Place    string `json:"place,omitempty"` // where it stands: company, column
	Says     string `json:"says"`            // what QuickBooks states
	AddsUpTo string `json:"adds_up_to"`      // what its parts add up to
	Holds    bool   `json:"holds"`
}

// MostChecks bounds the checks of a run. A statement of one column has fewer.
const MostChecks = 40

// AppendChecks returns the checks of both lists, differences first and otherwise in their order. Of more than
// MostChecks it leaves out the last.
func AppendChecks(list []Check, more ...Check) []Check {
	all := slices.Concat(list, more)
	slices.SortStableFunc(all, func(a, b Check) int {
		switch {
		case a.Holds == b.Holds:
			return 0
		case b.Holds:
			return -1
		}
		return 1
	})
	return all[:min(len(all), MostChecks)]
}

// WarningCode says what kind of warning it is, for code; its text is for people alone.
type WarningCode string

// The kinds of warnings.
const (
	WarnRead  WarningCode = "read"  // about what QuickBooks gave
	WarnMerge WarningCode = "merge" // about companies side by side
	WarnWrite WarningCode = "write" // about the sheet
)

// Warning is something that a person should know of a run that succeeded all the same.
type Warning struct {
	Code    WarningCode `json:"code"`
	Text    string      `json:"text"`
	Company RealmID     `json:"company_id,omitempty"` // empty when it is about no company in particular
}

// UnmarshalJSON also reads a bare sentence: stores hold runs from before warnings had codes.
func (w *Warning) UnmarshalJSON(data []byte) error {
	if len(data) > 0 && data[0] == '"' {
		*w = Warning{}
		return json.Unmarshal(data, &w.Text)
	}
	type plain Warning
	if err := json.Unmarshal(data, (*plain)(w)); err != nil {
		return fmt.Errorf("reading a warning: %w", err)
	}
	return nil
}

// WarningTexts returns what the warnings say to people.
func WarningTexts(warnings []Warning) []string {
	texts := make([]string, len(warnings))
	for i, w := range warnings {
		texts[i] = w.Text
	}
	return texts
}

// Warnings makes warnings of one kind about one company.
func Warnings(code WarningCode, company RealmID, texts ...string) []Warning {
	list := make([]Warning, len(texts))
	for i, text := range texts {
		list[i] = Warning{Code: code, Text: text, Company: company}
	}
	return list
}
