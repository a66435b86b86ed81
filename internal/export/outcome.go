package export

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
)

// Outcome is what a reading found besides its rows. The zero value has nothing to report.
type Outcome struct {
	Period   string        // "2026-01-01 to 2026-03-31", for people; empty if there is none
	Basis    string        // "Accrual", "Cash" or empty
	Figures  []FigureValue // empty in previews
	Checks   []Check       // at most MostChecks, differences first
	Warnings []Warning
	// Tally is what an entity's figures follow from; nil for others, and in previews.
	Tally *Tallied
	// State is the value to pass as Query.State next time. Keep it only after the rows have been committed. It is nil
	// for definitions that keep no state, and for previews.
	State []byte
}

// FigureValue is one headline figure of a run, such as a statement's net income. The definition declares it, its value
// comes from what was read, and it equals a figure in the sheet. Figures are never added up across companies or
// currencies.
type FigureValue struct {
	ID       string  `json:"id"`    // the declaring Figure's
	Title    string  `json:"title"` // the declaring Figure's
	Company  RealmID `json:"company_id"`
	Period   string  `json:"period,omitempty"`   // "2026-01-01 to 2026-03-31"; empty if it has none
	Currency string  `json:"currency,omitempty"` // ISO code; empty for counts
	Value    string  `json:"value"`              // exact decimal text, as written by table.DecimalText
}

// Check compares one of QuickBooks' own figures with the figures that it should follow from. It is evidence for people.
// Amounts are exact decimal text.
type Check struct {
	What     string `json:"what"`            // what is compared, such as "Total Income"
	Place    string `json:"place,omitempty"` // where it is: company, column
	Says     string `json:"says"`            // what QuickBooks states
	AddsUpTo string `json:"adds_up_to"`      // what its parts add up to
	Holds    bool   `json:"holds"`
	Accepted bool   `json:"accepted,omitempty"` // a difference that people know about
	// Company is whose figures they are. It is empty in runs of older versions.
	Company RealmID `json:"company_id,omitempty"`
}

// MostChecks limits the checks of a run. A statement with one column has fewer.
const MostChecks = 40

// AppendChecks returns the checks of both lists, open differences first, then accepted ones, and otherwise in order,
// cut off at MostChecks.
func AppendChecks(list []Check, more ...Check) []Check {
	rank := func(c Check) int {
		switch {
		case c.Open():
			return 0
		case c.Accepted:
			return 1
		}
		return 2
	}
	all := slices.Concat(list, more)
	slices.SortStableFunc(all, func(a, b Check) int { return cmp.Compare(rank(a), rank(b)) })
	return all[:min(len(all), MostChecks)]
}

// WarningCode is a warning's kind, for code to act on. The text is for people alone.
type WarningCode string

// The kinds of warnings.
const (
	WarnRead  WarningCode = "read"  // about what QuickBooks returned
	WarnMerge WarningCode = "merge" // about companies side by side
	WarnWrite WarningCode = "write" // about the sheet
	// WarnDouble names an empty spreadsheet that was made twice. RepairRemoveDouble moves it to the bin.
	WarnDouble WarningCode = "double"
)

// Warning is something people should know about a run that succeeded all the same.
type Warning struct {
	Code    WarningCode `json:"code"`
	Text    string      `json:"text"`
	Company RealmID     `json:"company_id,omitempty"` // empty if it is not about one company
}

// UnmarshalJSON also accepts a bare sentence: stores hold runs from before warnings had codes.
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

// WarningTexts returns the texts of the warnings.
func WarningTexts(warnings []Warning) []string {
	texts := make([]string, len(warnings))
	for i, w := range warnings {
		texts[i] = w.Text
	}
	return texts
}

// Warnings returns one warning of the given kind for each text, about one company.
func Warnings(code WarningCode, company RealmID, texts ...string) []Warning {
	list := make([]Warning, len(texts))
	for i, text := range texts {
		list[i] = Warning{Code: code, Text: text, Company: company}
	}
	return list
}
