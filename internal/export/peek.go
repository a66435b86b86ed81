package export

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
