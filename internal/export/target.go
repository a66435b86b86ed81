package export

import (
	"fmt"
	"path"
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"ledgersheet/internal/problem"
)

var spreadsheetURL = regexp.MustCompile(`/spreadsheets/(?:u/\d+/)?d/([A-Za-z0-9_-]+)`)

// openURL is the part of a pasted address that opens the spreadsheet for everyone.
var openURL = regexp.MustCompile(`^https://[a-z0-9.-]+/spreadsheets/d/[A-Za-z0-9_-]+`)

// SpreadsheetID extracts the id from a pasted address. Anything else is returned with surrounding space trimmed.
func SpreadsheetID(s string) string {
	s = strings.TrimSpace(s)
	if m := spreadsheetURL.FindStringSubmatch(s); m != nil {
		return m[1]
	}
	return s
}

var folderURL = regexp.MustCompile(`/drive/(?:u/\d+/)?folders/([A-Za-z0-9_-]+)`)

// FolderID extracts the id of a Drive folder from a pasted address. Anything else is returned with surrounding space
// trimmed.
func FolderID(s string) string {
	s = strings.TrimSpace(s)
	if m := folderURL.FindStringSubmatch(s); m != nil {
		return m[1]
	}
	return s
}

// Names returns all that people call the place by which they may look for an exporter, in one text: the spreadsheet's
// title as far as it is known, and the tab; or the folder and the file.
func (t Target) Names() string {
	if t.IsFile() {
		return t.Folder + "/" + t.File
	}
	return strings.TrimSpace(t.Title + " " + t.Sheet)
}

var startName = regexp.MustCompile(`^ledgersheet_[a-z0-9_]{1,80}$`)

// StartName reports whether a start cell is the name of a named range of the user's, whose first cell is meant. Names
// that begin like an exporter's own named range are not.
func StartName(s string) bool {
	return startName.MatchString(s) && !strings.HasPrefix(s, OwnRangePrefix)
}

// OwnRangePrefix is how the names of exporters' named ranges begin.
const OwnRangePrefix = "ledgersheet_exp_"

// SharedKey returns the CreateKey for a spreadsheet that exporters share: that of their set, or the copy of the
// template that all exporters of one company share. It is empty if the exporter makes a spreadsheet of its own.
func (e Exporter) SharedKey() string {
	t := e.Target
	switch {
	case t.Template == "" && t.Share != "":
		return sharedKey("set_", t.Share, t.DriveFolder, string(t.Account))
	case t.Template == "" || len(e.Companies) != 1:
		return ""
	}
	return sharedKey("copy_", t.Template, t.DriveFolder, string(t.Account), string(e.Companies[0]))
}

var spreadsheetIDText = regexp.MustCompile(`^[A-Za-z0-9_-]{10,100}$`)

func (t Target) validate(c *problem.Collect) {
	if t.IsFile() && t.File != "" {
		if why := CheckFileName(t.File, string(t.Kind)); why != "" {
			c.Add("destination.file", "%s", why)
		}
	}
	if t.Spreadsheet != "" && !spreadsheetIDText.MatchString(t.Spreadsheet) {
		c.Add("destination.spreadsheet_id",
			"is neither a spreadsheet's id nor its address; leave it empty to have one made")
	}
	if t.Template != "" && !spreadsheetIDText.MatchString(t.Template) {
		c.Add("destination.template_spreadsheet_id", "is neither a spreadsheet's id nor its address")
	}
	if t.DriveFolder != "" && !spreadsheetIDText.MatchString(t.DriveFolder) {
		c.Add("destination.folder_id", "is neither a Drive folder's id nor its address")
	}
	switch {
	case len(utf16.Encode([]rune(t.Sheet))) > maxTabTitle:
		c.Add("destination.sheet", "has more than %d characters", maxTabTitle)
	case strings.ContainsFunc(t.Sheet, unicode.IsControl):
		c.Add("destination.sheet", "has line breaks or other control characters")
	}
	if _, _, err := ParseCell(t.Start); err != nil && !StartName(t.Start) {
		c.Add("destination.start_cell", "%v", err)
	}
}

var cellText = regexp.MustCompile(`^([A-Z]{1,3})([1-9][0-9]{0,6})$`)

// ParseCell parses an A1 address into a zero-based row and column.
func ParseCell(s string) (row, col int, err error) {
	m := cellText.FindStringSubmatch(s)
	if m == nil {
		return 0, 0, fmt.Errorf("must be a cell such as A1")
	}
	for _, r := range m[1] {
		col = col*26 + int(r-'A') + 1
	}
	row, err = strconv.Atoi(m[2])
	if col > 18278 || err != nil {
		return 0, 0, fmt.Errorf("must be a cell such as A1; columns end at ZZZ")
	}
	return row - 1, col - 1, nil
}

// CellName returns the A1 address of a zero-based row and column.
func CellName(row, col int) string {
	name := ""
	for n := col + 1; n > 0; n = (n - 1) / 26 {
		name = string(rune('A'+(n-1)%26)) + name
	}
	return name + strconv.Itoa(row+1)
}

// TargetKind says what rows are written to.
type TargetKind string

// The kinds of targets.
const (
	Spreadsheet TargetKind = "sheet" // a tab of a Google spreadsheet
	CSVFile     TargetKind = "csv"
	XLSXFile    TargetKind = "xlsx"
)

// IsFile reports whether the rows go to a file.
func (t Target) IsFile() bool { return t.Kind == CSVFile || t.Kind == XLSXFile }

// SamePlace reports whether two targets name the same place.
func (t Target) SamePlace(o Target) bool {
	if t.IsFile() || o.IsFile() {
		return t.Kind == o.Kind && t.SameFile(o) && t.Sheet == o.Sheet
	}
	return t.Spreadsheet == o.Spreadsheet && t.Account == o.Account && strings.EqualFold(t.Sheet, o.Sheet) &&
		t.Start == o.Start
}

// SameFile reports whether two targets are the same file, also where names that differ in case are the same.
func (t Target) SameFile(o Target) bool {
	return t.IsFile() && o.IsFile() && path.Clean(t.Folder) == path.Clean(o.Folder) && strings.EqualFold(t.File, o.File)
}

// mostFileName limits a file's name in bytes. File systems allow 255; a file that is being written has a longer name.
const mostFileName = 180

// CheckFileName returns what is wrong with the name of a file of a kind; empty if nothing is. It refuses whatever leads
// out of a folder, is hidden, or is no name on some system.
func CheckFileName(name, kind string) string {
	base, found := strings.CutSuffix(name, "."+kind)
	switch {
	case !found || base == "":
		return "must be the name of a file that ends in ." + kind + ", such as invoices." + kind
	case len(name) > mostFileName:
		return "has more than " + strconv.Itoa(mostFileName) + " bytes"
	case strings.ContainsAny(name, `/\<>:"|?*`), strings.ContainsFunc(name, unicode.IsControl), !utf8.ValidString(name):
		return `must be a name without / \ < > : " | ? * and control characters`
	case strings.HasPrefix(name, "."), strings.TrimSpace(base) != base, strings.HasSuffix(base, "."):
		return "must not begin with a dot or a space, or have one before its ending"
	}
	return ""
}
