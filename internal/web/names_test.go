package web

import (
	"strings"
	"testing"
	"unicode"

	"golang.org/x/net/html"

	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

// Names of which a careless page would change the order of the text around them.
const (
	rtlCompany  = "אלון ובניו (2026)"
	rtlExporter = "חשבוניות, 3 \u2066פתוחות"
	rtlAccount  = "ספרים@example.com"
)

// TestNamesAreIsolated: on every page, each name that people or QuickBooks have chosen stands in a <bdi>, or between
// the signs that isolate.
func TestNamesAreIsolated(t *testing.T) {
	t.Parallel()
	s := newSite(t, siteOptions{}).signIn().fill()
	ctx := t.Context()
	_, err := s.store.UpdateCompany(ctx, realmA, func(c *export.Company) error { c.Name = rtlCompany; return nil })
	must(t, err)
	rename := func(a *export.GoogleAccount) error { a.Email = rtlAccount; return nil }
	_, err = s.store.UpdateAccount(ctx, s.account, rename)
	must(t, err)
	name := func(sheet string) func(*export.Exporter) {
		return func(e *export.Exporter) {
			e.Name, e.Target.Sheet, e.Companies = rtlExporter, sheet, []export.RealmID{realmA, realmB}
			e.Titles = map[string]string{"Balance": rtlCompany}
		}
	}
	e, other := s.exporter(name("A")), s.exporter(name("B"))
	done := s.run(e, func(r *export.Run) {
		succeeded(r)
		r.Undoable = true
		r.Companies[0].Name = rtlCompany
		r.Checks = []export.Check{{What: rtlCompany, Place: rtlExporter, Says: "1", AddsUpTo: "2"}}
	})
	fail := s.run(other, func(r *export.Run) {
		failed(problem.CompanyReconnectRequired)(r)
		r.Problem.Message = "QuickBooks access to " + rtlCompany + " has ended."
	})
	s.control.CompanyEnded(ctx, realmA, problem.New(problem.CompanyReconnectRequired, "It ended for "+rtlCompany+"."))
	seen := 0
	for _, path := range []string{
		"/", "/exporters", "/runs", "/connections", "/settings", "/exporters/new", "/exporters/new?type=invoices",
		"/exporters/" + string(e.ID), "/exporters/" + string(e.ID) + "/edit", "/exporters/" + string(e.ID) + "/preview",
		"/exporters/" + string(e.ID) + "/delete", "/exporters/" + string(other.ID), "/runs/" + string(done.ID),
		"/runs/" + string(done.ID) + "/undo", "/runs/" + string(fail.ID), companyPath(realmA, "delete"),
		"/companies/" + string(realmA), "/calendar", "/exporters/" + string(e.ID) + "/timeline",
		companyPath(realmA, "disconnect"), accountPath(s.account, "delete"),
	} {
		body := s.wantGet(path)
		root, err := html.Parse(strings.NewReader(body))
		must(t, err)
		for n := range root.Descendants() {
			switch {
			case n.Type == html.TextNode && !inBdi(n) && !isIsolated(n.Data):
				t.Errorf("%s: in <%s>: %q", path, n.Parent.Data, n.Data)
			case n.Type == html.ElementNode:
				for _, a := range n.Attr {
					spoken := a.Key == "aria-label" || a.Key == "title" && n.Data != "input"
					if spoken && !isIsolated(a.Val) {
						t.Errorf("%s: %s of <%s>: %q", path, a.Key, n.Data, a.Val)
					}
				}
			}
		}
		seen += strings.Count(body, "אלון") + strings.Count(body, "חשבוניות")
	}
	if seen < 50 {
		t.Errorf("the names were seen %d times: the test proves little", seen)
	}
}

func inBdi(n *html.Node) bool {
	for p := n.Parent; p != nil; p = p.Parent {
		if p.Data == "bdi" {
			return true
		}
	}
	return false
}

// isIsolated reports whether every letter that is written from the right is between the signs that isolate.
func isIsolated(text string) bool {
	depth := 0
	for _, r := range text {
		switch string(r) {
		case isolateBegins:
			depth++
		case isolateEnds:
			depth--
		}
		if unicode.Is(unicode.Hebrew, r) && depth < 1 {
			return false
		}
	}
	return depth == 0
}

func TestIsolate(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"": "", "Alder & Sons": "Alder & Sons", "Zürich 日本": "Zürich 日本",
		"אלון":               isolateBegins + "אלון" + isolateEnds,
		"Alder \u202e evil":  isolateBegins + "Alder  evil" + isolateEnds,
		"x\u2069 \u2066שלום": isolateBegins + "x שלום" + isolateEnds,
	} {
		if got := isolate(name); got != want || isolate(got) != got {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
	for text, want := range map[string]string{
		"Plain, and 3 more.":             "Plain, and 3 more.",
		"Acme, אלון and אלון ובניו (2)":  "Acme, " + isolate("אלון") + " and " + isolate("אלון ובניו") + " (2)",
		isolate("אלון") + ": \u202eevil": isolate("אלון") + ": evil",
		"\u2069אלון\u2066 \u2068x":       isolate("אלון") + " \u2068x\u2069",
	} {
		if got := isolateRuns(text); got != want || isolateRuns(got) != got {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}
