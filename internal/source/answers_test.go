package source_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"

	"ledgersheet/exporters"
	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
	"ledgersheet/internal/table"
)

// folders are those with recorded answers. Those that begin with sample developers may have beside the repository.
var folders = map[string]string{
	"own": "testdata", "statement": "../statement/testdata/hard", "intuit": "../intuit/testdata",
	"sample":      "../../../shared/samples/quickbooks",
	"sample/hard": "../../../shared/samples/quickbooks/hard",
}

// recorded is a file with an answer and what reading it comes to.
type recorded struct {
	name string
	in   string // the folders that have it
	read reading
	want []string
}

// reading reads an answer in every way that the product can, and describes what comes of each.
type reading func(t *testing.T, body []byte) []string

// TestRecordedAnswers reads every recorded answer. The table names each file of each folder, so a new file without
// expectations is a failure.
func TestRecordedAnswers(t *testing.T) {
	t.Parallel()
	listed := map[string][]string{} // by folder
	for _, r := range recordings() {
		for _, in := range strings.Fields(r.in) {
			listed[in] = append(listed[in], r.name)
		}
	}
	for in, folder := range folders {
		t.Run(in, func(t *testing.T) {
			t.Parallel()
			if _, err := os.Stat(folder); os.IsNotExist(err) && strings.HasPrefix(in, "sample") {
				t.Skip("there are no samples beside the repository; only its own files are read")
			}
			files, err := filepath.Glob(filepath.Join(folder, "*.json"))
			if err != nil {
				t.Fatal(err)
			}
			for i := range files {
				files[i] = filepath.Base(files[i])
			}
			slices.Sort(listed[in])
			if diff := cmp.Diff(files, listed[in]); diff != "" {
				t.Errorf("files in %s (-) and in the table (+) differ:\n%s", folder, diff)
			}
			for _, r := range recordings() {
				if slices.Contains(strings.Fields(r.in), in) && slices.Contains(files, r.name) {
					t.Run(r.name, func(t *testing.T) {
						t.Parallel()
						body, err := os.ReadFile(filepath.Join(folder, r.name))
						if err != nil {
							t.Fatal(err)
						}
						if diff := cmp.Diff(r.want, r.read(t, body)); diff != "" {
							t.Errorf("(-want +got):\n%s", diff)
						}
					})
				}
			}
		})
	}
}

// describeType returns the definition of a registered type.
func describeType(t *testing.T, id string) export.Definition {
	t.Helper()
	for _, d := range exporters.All() {
		if d.Info().ID == id {
			return d
		}
	}
	t.Fatalf("there is no type %s", id)
	return nil
}

// choices returns the values of a type's option.
func choices(d export.Definition, key string) []string {
	var list []string
	for _, o := range d.OptionList() {
		if o.Key == key {
			for _, v := range o.Values {
				list = append(list, v.Value)
			}
		}
	}
	return list
}

// statementOf reads a report as the type, in each layout that the type offers. What the answer says it is about is
// what is asked for. shows are rows that the layout table must have.
func statementOf(id string, shows ...string) reading {
	return func(t *testing.T, body []byte) []string {
		d := describeType(t, id)
		var lines []string
		for i, layout := range choices(d, export.OptLayout) {
			o := optionsOf(t, body)
			o["layout"] = layout
			got := readFixture(t, d.(export.Report), string(body), export.Query{Options: o})
			if i == 0 && got.err == nil {
				lines = append(lines, describeChecks(got)...)
			}
			lines = append(lines, layout+": "+describe(got))
			for _, row := range shows {
				if layout == export.LayoutTable && !slices.Contains(got.joined(), row) {
					t.Errorf("%q is not among %q", row, got.joined())
				}
			}
		}
		return lines
	}
}

// joined returns the rows' texts without blanks.
func (r result) joined() []string {
	var list []string
	for _, row := range r.rows {
		var cells []string
		for _, c := range row.Cells {
			if !c.Blank() {
				cells = append(cells, c.String())
			}
		}
		list = append(list, strings.Join(cells, " | "))
	}
	return list
}

// optionsOf returns the options of an exporter that would get this answer.
func optionsOf(t *testing.T, body []byte) map[string]string {
	t.Helper()
	var doc struct {
		Header struct {
			ReportBasis, StartPeriod, EndPeriod, SummarizeColumnsBy string
			Option                                                  []struct{ Name, Value string }
		}
	}
	if err := json.Unmarshal(body, &doc); err != nil {
		t.Fatal(err)
	}
	h := doc.Header
	basis := "Accrual"
	if h.ReportBasis == "Cash" {
		basis = "Cash"
	}
	o := map[string]string{
		"date_range": "custom", "start_date": h.StartPeriod, "end_date": h.EndPeriod, "accounting_method": basis,
		"summarize_by": h.SummarizeColumnsBy,
	}
	for _, x := range h.Option {
		if x.Name == "report_date" {
			o["report_date"] = x.Value
		}
	}
	if h.StartPeriod == "" {
		o["date_range"] = "all"
	}
	return o
}

// describe says how a reading ended: the rows, and what each column of amounts adds up to in those that are no totals.
func describe(r result) string {
	if r.err != nil {
		return describeProblem(r.err)
	}
	text := fmt.Sprintf("%d rows", len(r.rows))
	if len(r.rows) == 0 {
		return text
	}
	for i, c := range r.Schema.Columns {
		sum, filled := decimal.Zero, false
		for _, row := range r.rows {
			if v, ok := row.Cells[i].Decimal(); ok && row.Role != table.Total {
				sum, filled = sum.Add(v), true
			}
		}
		if c.Kind == table.Money && filled {
			text += fmt.Sprintf(", %s %s", c.ID, table.DecimalText(sum))
		}
	}
	return text
}

// describeChecks says how many of the checks hold, which do not, and what the reading warns of.
func describeChecks(r result) []string {
	hold := 0
	for _, c := range r.Checks {
		if c.Holds {
			hold++
		}
	}
	lines := []string{fmt.Sprintf("%d checks hold", hold)}
	for _, text := range r.differences() {
		lines = append(lines, "differs: "+text)
	}
	for _, text := range r.warnings() {
		lines = append(lines, "warns: "+brief(text))
	}
	return lines
}

func describeProblem(err error) string {
	p := problem.From(err)
	return fmt.Sprintf("%s: %s", p.Code, brief(p.Message))
}

// brief returns the beginning of a message, which is enough to tell it from others.
func brief(text string) string {
	const enough = 80
	if len(text) <= enough {
		return text
	}
	return text[:strings.LastIndex(text[:enough], " ")] + " …"
}
