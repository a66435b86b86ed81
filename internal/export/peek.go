package export

import "ledgersheet/internal/problem"

// Peek is what can be seen of a spreadsheet before anything is written to it.
type Peek struct {
	Title string
	Tabs  []string // that can hold rows, in their order; hidden ones are left out
	// Found reports whether the wanted tab is there.
	Found bool
	// Cells are the shown texts of the first cells at the place, row by row; none if they are empty or unknown.
	Cells [][]string
	// ReadOnly says that the account may look at the spreadsheet but not change it.
	ReadOnly bool
	// Trashed says that it is in the bin.
	Trashed bool
}

// InBin returns the problem of a spreadsheet that is in the bin: what is written there nobody sees.
func InBin() *problem.Problem {
	return problem.New(problem.SpreadsheetNotFound, "The spreadsheet is in the bin of Google Drive.").
		WithHint("Take it out of the bin (in Google Drive: Bin, Restore), or choose another spreadsheet.")
}
