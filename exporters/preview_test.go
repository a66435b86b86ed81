package exporters_test

import (
	"testing"

	"ledgersheet/exporters"
	"ledgersheet/internal/export"
)

// TestPreviewOfEveryTypeIsCheap: whatever is previewed, with its default columns and with all of them, by records and
// by lines, QuickBooks is asked twice at most.
func TestPreviewOfEveryTypeIsCheap(t *testing.T) { previewTypes(t, exporters.All()) }

func previewTypes(t *testing.T, all []export.Definition) {
	t.Parallel()
	w := newWorld(t, all)
	for _, d := range all {
		options := map[string]string{}
		for _, o := range d.OptionList() {
			if o.Required {
				options[o.Key] = o.Values[0].Value
			}
		}
		for _, lines := range []string{"", "true"} {
			if lines != "" {
				if export.OptionValue(d, nil, export.OptLines) == "" {
					continue
				}
				options[export.OptLines] = lines
			}
			var every []string
			for _, c := range d.Catalogue() {
				if lines != "" || !c.Line() {
					every = append(every, c.Path)
				}
			}
			for _, columns := range [][]string{nil, every} {
				w.books.ResetRequests()
				p, err := w.runner.Preview(t.Context(), w.exporter(d, options, columns...))
				if err != nil {
					t.Errorf("%s: %v", d.Info().ID, err)
					continue
				}
				if n := len(w.books.Requests()); n > 2 {
					t.Errorf("%s with %d columns asked QuickBooks %d times", d.Info().ID, len(p.Columns), n)
				} else if p.Requests.QuickBooks != n {
					t.Errorf("%s asked QuickBooks %d times, %d were counted", d.Info().ID, n, p.Requests.QuickBooks)
				}
			}
		}
	}
}

// BenchmarkPreview tells how long the preview of a list takes.
func BenchmarkPreview(b *testing.B) {
	w := newWorld(b, exporters.All())
	for _, d := range exporters.All() {
		if d.Info().ID != "invoices" {
			continue
		}
		for b.Loop() {
			if _, err := w.runner.Preview(b.Context(), w.exporter(d, nil)); err != nil {
				b.Fatal(err)
			}
		}
	}
}
