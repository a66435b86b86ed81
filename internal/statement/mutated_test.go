package statement

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
	"ledgersheet/internal/supply"
	"ledgersheet/internal/table"
)

// oneAnswer is a service that answers each request for a report with the same body.
type oneAnswer struct {
	supply.Supply
	body string
}

func (s oneAnswer) Report(_ context.Context, _ supply.ReportWant, accept func([]byte) error) error {
	return accept([]byte(s.body))
}

// fuzzedReport is a report with every kind of rule.
func fuzzedReport(list bool) export.Report {
	d := profitAndLoss()
	d.Dates, d.Running = export.Undated, true
	d.Even = [2]string{"debt_amt", "credit_amt"}
	d.Across = []export.GroupSum{{Group: "net_income", Of: []string{"income", "-expenses"}}}
	if list {
		d.Shape, d.Groups = export.List, nil
	}
	return d
}

// readRecordings returns the recorded reports: the repository's and then those beside it.
func readRecordings(t testing.TB) []string {
	t.Helper()
	var list []string
	for _, pattern := range []string{
		"testdata/hard/*.json", "../source/testdata/*.json",
		"../../../shared/samples/quickbooks/report_*.json", "../../../shared/samples/quickbooks/hard/*.json",
	} {
		names, err := filepath.Glob(filepath.FromSlash(pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			if body := string(readSample(t, name)); strings.Contains(body, `"Columns"`) {
				list = append(list, body)
			}
		}
	}
	if len(list) < 15 {
		t.Fatalf("only %d recordings were found", len(list))
	}
	return list
}

// FuzzMutatedRecordings reads recordings that were changed in ways in which a service could be wrong or a reader could
// be surprised. The reader must not panic, and what it says is fine must have every row, cell and amount of the answer.
func FuzzMutatedRecordings(f *testing.F) {
	recordings := readRecordings(f)
	n := byte(0)
	for i := range recordings {
		for range byte(6) {
			n += 31
			f.Add(byte(i), []byte{n, n / 3, n / 7, n + 1, n / 2, n / 5}, n%2 == 0)
		}
		f.Add(byte(i), []byte{}, false)
		f.Add(byte(i), []byte{}, true)
	}
	f.Fuzz(func(t *testing.T, which byte, changes []byte, list bool) {
		r, ok := openRecording(recordings[int(which)%len(recordings)])
		if !ok {
			t.Fatal("a recording is no JSON")
		}
		for c := range slices.Chunk(changes[:min(len(changes), 30)], 3) {
			if len(c) == 3 {
				r.change(c[0], c[1], c[2])
			}
		}
		checkAnswer(t, r, list)
	})
}

// checkAnswer reads an answer in each layout. If nothing is said against it, it compares the rows with those that a
// walk over the JSON finds.
func checkAnswer(t *testing.T, r *recording, list bool) {
	t.Helper()
	d := fuzzedReport(list)
	q := export.Query{Columns: []string{"Label", "Amounts"}, Company: export.Company{Name: "Test Ltd"}}
	s := &reader{from: oneAnswer{body: r.body()}, report: d, query: q, left: 4}
	a, err := s.read(t.Context(), asked{})
	if err != nil {
		if problem.HasCode(err, problem.Internal) {
			t.Error(err)
		}
		return
	}
	differs := slices.ContainsFunc(a.checks, func(c export.Check) bool { return !c.Holds })
	if differs || len(s.warnings) > 0 {
		return
	}
	w := &plainWalk{added: r.findAdded()}
	w.visit(r.doc["Rows"])
	for _, text := range w.wrong {
		t.Errorf("nobody says that %s", text)
	}
	made := map[string][][]string{}
	for _, kind := range everyLayout {
		l, err := newLayout(a, d, kind, q, asked{})
		if err != nil {
			t.Fatal(err)
		}
		for row, err := range newReading(l, q).Rows {
			if err != nil {
				t.Fatalf("%s: %v in %s", kind, err, r.body())
			}
			made[kind] = append(made[kind], w.spell(l, row))
		}
	}
	if a.shifted { // whether a cell comes after a blank name or not at all is the same to people
		for _, rows := range [][][]string{
			w.all, w.leaves, w.totals, made[export.LayoutStatement], made[export.LayoutTable],
		} {
			for i, row := range rows {
				if len(row) > 0 && row[0] == "" {
					rows[i] = row[1:]
				}
			}
		}
	}
	w.compare(t, "the statement", w.all, made[export.LayoutStatement])
	if a.shifted { // lists have no names in a table, only the sections around a row
		for _, named := range w.named {
			w.all = append(w.all, named[1:])
		}
	}
	w.compareLeaves(t, made[export.LayoutTable])
	if t.Failed() {
		t.Log(r.body())
	}
}

// plainWalk lists the rows of cells in an answer. It is written for this test alone, and knows nothing of the product.
type plainWalk struct {
	all     [][]string // rows that hold anything
	leaves  [][]string // those that are a leaf beyond doubt
	named   [][]string // rows that begin with a name
	totals  [][]string // those that are a total beyond doubt
	added   []int      // columns of amounts that add up beyond doubt
	wrong   []string   // totals of rows that do not add up to them
	repeats [][]string // headers with the amounts of their totals, which need not be shown twice
}

func (w *plainWalk) visit(rows any) {
	object, _ := rows.(map[string]any)
	list, _ := object["Row"].([]any)
	for _, v := range list {
		row, _ := v.(map[string]any)
		header, own, summary := w.read(row["Header"]), w.read(row), w.read(row["Summary"])
		_, grouped := row["group"]
		if own != nil && !grouped && row["Header"] == nil && row["Summary"] == nil && row["Rows"] == nil {
			w.leaves = append(w.leaves, own)
		}
		if summary != nil && header != nil && row["ColData"] == nil {
			w.addUp(header, summary, row["Rows"])
		}
		if summary != nil && header != nil {
			w.totals = append(w.totals, summary)
			if repeats(header, summary) {
				w.repeats = append(w.repeats, header)
			}
		}
		for _, cells := range [][]string{header, own, summary} {
			if cells != nil {
				w.all = append(w.all, cells)
			}
		}
		for _, cells := range [][]string{header, summary} {
			if cells != nil {
				w.named = append(w.named, cells)
			}
		}
		w.visit(row["Rows"])
	}
}

// findAdded returns the columns that are declared to hold amounts and have a key of amounts that add up.
func (r *recording) findAdded() []int {
	var list []int
	for i, c := range r.columns {
		column, _ := c.(map[string]any)
		if column["Columns"] != nil {
			return nil
		}
		text := fmt.Sprint(column["ColType"], column["MetaData"])
		for _, key := range []string{"Value:total", "Value:subt_nat_amount", "Value:debt_amt", "Value:credit_amt"} {
			if strings.HasPrefix(text, "Money") && strings.Contains(text, key) && i > 0 {
				list = append(list, i)
			}
		}
	}
	return list
}

// addUp adds up a section of nothing but plain rows. Blank totals total nothing.
func (w *plainWalk) addUp(header, summary []string, rows any) {
	object, _ := rows.(map[string]any)
	list, _ := object["Row"].([]any)
	for _, i := range w.added {
		total, ok := figureIn(summary, i)
		if _, own := figureIn(header, i); !ok || own || len(list) == 0 {
			continue
		}
		sum, plain := decimal.Zero, true
		for _, v := range list {
			row, _ := v.(map[string]any)
			cells := w.read(row)
			d, figure := figureIn(cells, i)
			sum = sum.Add(d)
			leaf := row["group"] == nil && row["Header"] == nil && row["Summary"] == nil && row["Rows"] == nil
			plain = plain && leaf && (figure || i >= len(cells) || cells[i] == "")
		}
		if plain && !sum.Equal(total) {
			w.wrong = append(w.wrong, fmt.Sprintf("%q is not the sum of its rows, %s", summary, sum))
		}
	}
}

func figureIn(cells []string, at int) (decimal.Decimal, bool) {
	if at >= len(cells) {
		return decimal.Zero, false
	}
	text, ok := strings.CutPrefix(cells[at], "= ")
	d, err := decimal.NewFromString(text)
	return d, ok && err == nil
}

// repeats reports whether all that a header holds besides its name is in the total, too.
func repeats(header, summary []string) bool {
	for i := 1; i < len(header); i++ {
		if header[i] != "" && (i >= len(summary) || header[i] != summary[i]) {
			return false
		}
	}
	return len(header) > 1
}

// read returns an object's cells, without the blank ones at the end; nil if there are none.
func (w *plainWalk) read(v any) []string {
	object, _ := v.(map[string]any)
	list, _ := object["ColData"].([]any)
	var texts []string
	for _, c := range list {
		cell, _ := c.(map[string]any)
		text := ""
		for name, v := range cell {
			if strings.EqualFold(name, "value") && v != nil {
				text = spellPlain(fmt.Sprint(v))
			}
		}
		texts = append(texts, text)
	}
	return trimRow(texts)
}

// trimRow drops the blanks at the end. Of an instant in the first cell it keeps the day: a header's name is shown so
// under a column of days.
func trimRow(texts []string) []string {
	if len(texts) > 0 {
		if at, err := time.Parse(time.RFC3339, texts[0]); err == nil {
			texts[0] = at.Format(time.DateOnly)
		}
	}
	for len(texts) > 0 && texts[len(texts)-1] == "" {
		texts = texts[:len(texts)-1]
	}
	if len(texts) == 0 {
		return nil
	}
	return texts
}

// spell returns a row's cells in the order of the answer.
func (w *plainWalk) spell(l *layout, row table.Row) []string {
	var texts []string
	for _, c := range row.Cells {
		texts = append(texts, spellPlain(c.String()))
	}
	switch {
	case l.kind != export.LayoutStatement, !l.detail(): // the label, if there is one, is the first cell
	case row.Role == table.Data && (texts[0] == "" || !l.shifted):
		texts = texts[1:]
	case !l.shifted: // the first cell is the label, and its own place stays blank
		texts = slices.Delete(texts, 1, 2)
	}
	return trimRow(texts)
}

// spellPlain spells a figure by its value, a day or an instant as the sheet shows it, and leaves other text alone.
func spellPlain(text string) string {
	text = strings.TrimSpace(text)
	if at, err := time.Parse(time.RFC3339, text); err == nil {
		return at.UTC().Format(time.RFC3339)
	}
	if len(text) > 10 {
		if _, err := time.Parse(time.DateOnly, text[:10]); err == nil {
			return text[:10]
		}
	}
	negative := strings.HasPrefix(text, "(") || strings.HasPrefix(text, "-")
	digits := strings.Trim(text, "()-$€% ")
	if at := strings.LastIndex(digits, ","); at >= 0 && at == len(digits)-3 && !strings.Contains(digits, ".") {
		digits = digits[:at] + "." + digits[at+1:]
	}
	digits = strings.NewReplacer(",", "", " ", "").Replace(digits)
	d, err := table.ParseDecimal(strings.TrimLeft(digits, "0"))
	if err != nil {
		d, err = table.ParseDecimal(digits)
	}
	switch {
	case strings.Trim(text, "0-/") == "" && strings.Count(text, "-") != 1 && text != "0":
		return ""
	case text == "-", digits == "" && !strings.ContainsAny(text, "()$€%"):
		return ""
	case err != nil:
		return text
	case negative:
		d = d.Neg()
	}
	if d.IsZero() {
		d = decimal.Zero
	}
	return "= " + d.String()
}

func (w *plainWalk) compare(t *testing.T, what string, want, got [][]string) {
	t.Helper()
	count := map[string]int{}
	for _, cells := range want {
		count[strings.Join(cells, "|")]++
	}
	for _, cells := range got {
		count[strings.Join(cells, "|")]--
	}
	for _, cells := range w.repeats {
		if key := strings.Join(cells, "|"); count[key] > 0 {
			count[key]--
			count[cells[0]]++
		}
	}
	for key, n := range count {
		if n != 0 && key != "" {
			t.Errorf("%s has the row %q %d times less than the answer", what, key, n)
		}
	}
}

func (w *plainWalk) compareLeaves(t *testing.T, got [][]string) {
	t.Helper()
	count := map[string]int{}
	for _, cells := range got {
		count[strings.Join(cells, "|")]++
	}
	for _, cells := range w.leaves {
		key := strings.Join(cells, "|")
		if count[key]--; count[key] < 0 && key != "" {
			t.Errorf("the table misses the leaf %q", key)
		}
	}
	all := map[string]int{}
	for _, cells := range w.all {
		all[strings.Join(cells, "|")]++
	}
	for _, cells := range w.totals {
		all[strings.Join(cells, "|")]--
	}
	for _, cells := range got {
		key := strings.Join(cells, "|")
		if all[key]--; all[key] < 0 && key != "" {
			t.Errorf("the table has a total among its rows: %q", key)
		}
	}
}
