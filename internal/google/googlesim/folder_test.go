package googlesim

import (
	"net/http"
	"strings"
	"testing"
)

// TestFoldersAndCopies makes and copies files in folders, as Drive's reference describes it.
func TestFoldersAndCopies(t *testing.T) {
	t.Parallel()
	s := New(Options{BaseURL: "http://sheets.test"})
	own, shared := s.CreateFolder(owner, false), s.CreateFolder(owner, true)
	book := s.CreateSpreadsheet(owner, "Book", "Data")
	all, narrow := s.Client(owner, "drive"), s.Client(owner, "drive.file")
	const kind = `"mimeType":"application/vnd.google-apps.spreadsheet"`
	for _, test := range []struct {
		name       string
		client     *http.Client
		path, body string
		status     int
		says       string
		allDrives  bool
	}{
		{"into a folder", all, "files", `{` + kind + `,"parents":["` + own + `"]}`, 200, own, false},
		{"into two", all, "files", `{` + kind + `,"parents":["` + own + `","` + shared + `"]}`, 400, "one parent", false},
		{"unknown", all, "files", `{` + kind + `,"parents":["nowhere"]}`, 404, "File not found: nowhere.", false},
		{"shared drive unseen", all, "files", `{` + kind + `,"parents":["` + shared + `"]}`, 404, "File not found", false},
		{
			"shared drive", all, "files", `{` + kind + `,"parents":["` + shared + `"]}`, 200, shared, true,
		},
		{
			"of a person's, narrow", narrow, "files", `{` + kind + `,"parents":["` + own + `"]}`, 404,
			"File not found: " + own, false,
		},
		{"copy", all, "files/" + book + "/copy", `{"name":"Mine","appProperties":{"a":"b"}}`, 200, `"a":"b"`, false},
		{"copy into a folder", all, "files/" + book + "/copy", `{"parents":["` + own + `"]}`, 200, own, false},
		{"copy of a person's, narrow", narrow, "files/" + book + "/copy", `{}`, 404, "File not found: " + book, false},
	} {
		path := "/drive/v3/" + test.path + "?fields=*"
		if test.allDrives {
			path += "&supportsAllDrives=true"
		}
		status, answer := ask(t, test.client, http.MethodPost, path, test.body)
		flat := strings.NewReplacer(" ", "", "\n", "").Replace(answer)
		if status != test.status || !strings.Contains(flat, strings.ReplaceAll(test.says, " ", "")) {
			t.Errorf("%s: %d %s", test.name, status, answer)
		}
	}
}

// TestCutOverReferences: what points at cells that others are laid over goes on pointing there, or is lost.
func TestCutOverReferences(t *testing.T) {
	t.Parallel()
	for lost, want := range map[bool]string{false: "=B3", true: "=#REF!"} {
		s := New(Options{Behaviour: Behaviour{CutLosesOverwritten: lost}})
		book := s.Spreadsheet(s.CreateSpreadsheet(owner, "Book", "Data"))
		set(t, book, "A1", "1", "A2", "2", "D1", "=A1", "D2", "=B3", "D3", "=SUM(A1:B4)")
		must(t, book.Cut("Data!A1:A2", "Data!B2"))
		for at, want := range map[string]string{"D1": "=B2", "D2": want, "D3": "=SUM(A1:B4)"} {
			if at == "D2" && !lost {
				want = "=B3"
			}
			if got := book.Cell(at).Formula; got != want {
				t.Errorf("lost %t: %s is %s, want %s", lost, at, got, want)
			}
		}
	}
}
