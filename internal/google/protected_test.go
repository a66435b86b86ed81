package google_test

import (
	"slices"
	"strings"
	"testing"

	"google.golang.org/api/sheets/v4"

	"ledgersheet/internal/export"
	"ledgersheet/internal/google/googlesim"
	"ledgersheet/internal/problem"
)

const allDrive = "https://www.googleapis.com/auth/drive"

// TestProtectedHasARemedy protects cells: the problem names them, whom to ask, as far as Google tells, and the run that
// starts over beside succeeds. It does so too where only the commit meets the protection.
func TestProtectedHasARemedy(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		scopes   []string
		late     bool
		mentions []string
	}{
		"owner known": {[]string{allDrive}, false, []string{"A1:B5", `"Closed books"`, "boss@example.com"}},
		"owner not told": {[]string{driveFile, allSheets}, false, []string{
			"A1:B5", `"Closed books"`, "the spreadsheet's owner",
		}},
		"between look and commit": {[]string{allDrive}, true, []string{"boss@example.com"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, googlesim.Options{}, 0)
			b.useForeign(t)
			b.http = b.sim.Client(owner, test.scopes...)
			protect := func() {
				must(t, b.doc().Batch(&sheets.Request{AddProtectedRange: &sheets.AddProtectedRangeRequest{
					ProtectedRange: &sheets.ProtectedRange{
						Description: "Closed books", Editors: &sheets.Editors{Users: []string{"boss@example.com"}},
						Range: &sheets.GridRange{
							SheetId: b.doc().Tabs()[0].ID, EndRowIndex: 5, EndColumnIndex: 2,
							ForceSendFields: []string{"SheetId"},
						},
					},
				}}))
			}
			if test.late {
				b.http.Transport = &meddler{next: b.http.Transport, part: ":batchUpdate", meddle: protect}
			} else {
				protect()
			}
			_, err := b.write(schema, grown(20))
			p := problem.From(err)
			if err == nil || p.Code != problem.SheetProtected {
				t.Fatalf("got %v", err)
			}
			for _, text := range append(test.mentions, "start over beside") {
				if !strings.Contains(p.Message+" "+p.Hint, text) {
					t.Errorf("%q, %q do not mention %q", p.Message, p.Hint, text)
				}
			}
			if !slices.Contains(p.Remedies, string(export.RepairStartOver)) {
				t.Errorf("remedies %q", p.Remedies)
			}
			b.check("Invoices!A1:F21", schema, invoices(20))
			b.repairs = []export.Repair{export.RepairStartOver}
			b.mustWrite(schema, grown(20))
			b.check("'Invoices (2)'!A1:F23", schema, grown(20))
		})
	}
}
