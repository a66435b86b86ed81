package web

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/google/go-cmp/cmp"

	"ledgersheet/internal/export"
	"ledgersheet/internal/pipeline"
	"ledgersheet/internal/problem"
	"ledgersheet/internal/table"
)

// mostPresses is how many keys a new exporter may take, from the catalogue to the saved exporter.
const mostPresses = 60

// newTab opens a browser for a test that must not take long.
func newTab(t *testing.T, s *site) tab {
	t.Helper()
	ctx, cancel := context.WithTimeout(newBrowser(t, s), time.Minute)
	t.Cleanup(cancel)
	return tab{t, ctx}
}

// typist presses keys and counts them.
type typist struct {
	tab
	presses int
}

func (p *typist) press(keys ...string) {
	p.t.Helper()
	for _, key := range keys {
		p.do(chromedp.KeyEvent(key))
		p.presses++
	}
}

func (p *typist) alt(key string) {
	p.t.Helper()
	p.do(chromedp.KeyEvent(key, chromedp.KeyModifiers(1)))
	p.presses++
}

// tabTo presses Tab until the selector has the focus.
func (p *typist) tabTo(selector string) {
	p.t.Helper()
	for range mostPresses {
		p.press(kb.Tab)
		there, err := chromedp.Run(p.ctx, chromedp.Evaluate[bool](
			fmt.Sprintf(`document.activeElement.matches(%q)`, selector)))
		must(p.t, err)
		if there {
			return
		}
	}
	p.t.Fatalf("Tab never reaches %s", selector)
}

// TestNewExporterByKeyboard makes an exporter with the keyboard alone: it searches the catalogue, chooses the company
// and the period, puts a column in its place, and saves.
func TestNewExporterByKeyboard(t *testing.T) {
	t.Parallel()
	s := newSite(t, siteOptions{}).fill()
	p := &typist{tab: newTab(t, s)}
	p.do(chromedp.EmulateViewport(1360, 800), chromedp.Navigate(s.server.URL+"/exporters/new"))
	p.want(`document.activeElement.id === "filter"`, "the search has not the focus")
	p.press("i", "n", "v", "o", "i", "c", "e", "s", kb.Enter)
	p.do(chromedp.WaitVisible("#company-list"))
	p.press(kb.Tab, kb.Enter) // past the navigation
	p.tabTo(`#company-list input`)
	p.press(" ")
	p.tabTo(`#option-date_range`)
	p.press("l", "a", "s", "t", " ", "m")
	p.want(`document.querySelector("#option-date_range").value === "last_month"`, "no last month is chosen")
	p.tabTo(`#fold-columns > summary`)
	p.press(kb.Enter)
	p.tabTo(`[aria-labelledby="pick-chosen"] li`)
	p.alt(kb.ArrowDown)
	p.tabTo(`#pick-title`)
	p.press("N", "o")
	p.tabTo(`.form-end .primary`)
	p.press(kb.Enter)
	p.do(chromedp.WaitVisible("[data-run-now]"))
	t.Logf("%d key presses", p.presses)
	if p.presses > mostPresses {
		t.Errorf("%d key presses, want at most %d", p.presses, mostPresses)
	}
	all, err := s.desk.Exporters(t.Context(), export.ExporterFilter{})
	must(t, err)
	if len(all) != 1 {
		t.Fatalf("%d exporters were made", len(all))
	}
	e := all[0]
	defaults := export.Defaults(definitionOf(t, s, "invoices"), true)
	if e.Name != "Invoices, Alder & Sons Ltd" || e.Options[export.OptDateRange] != "last_month" ||
		!slices.Equal(e.Columns[:2], []string{defaults[1], defaults[0]}) || e.Titles[defaults[0]] != "No" {
		t.Errorf("the exporter is %+v", e)
	}
}

func definitionOf(t *testing.T, s *site, id string) export.Definition {
	t.Helper()
	d, err := s.desk.Definition(id)
	must(t, err)
	return d
}

// stopsScript counts the tab stops of the page's main part.
const stopsScript = `[...document.querySelectorAll("main :is(a[href], button, input, select, textarea, summary, [tabindex])")]
	.filter((e) => e.tabIndex >= 0 && !e.disabled && e.checkVisibility({visibilityProperty: true})).length`

// TestTabStops: the editor has few tab stops, however many companies and columns there are, also if all is unfolded.
func TestTabStops(t *testing.T) {
	t.Parallel()
	s := newSite(t, siteOptions{}).fill()
	for i := range 40 {
		must(t, s.store.PutCompany(t.Context(), export.Company{
			Realm: export.RealmID(fmt.Sprintf("77%04d", i)), Name: fmt.Sprintf("Company %d", i),
			Status: export.Connected, HomeCurrency: "USD", Client: []string{"Shops", "Inns"}[i%2],
		}))
	}
	b := newTab(t, s)
	for path, most := range map[string][2]int{
		"/exporters/new?type=invoices":        {22, 64},
		"/exporters/new?type=general_ledger":  {22, 84},
		"/exporters/new?type=profit_and_loss": {24, 72},
	} {
		b.do(chromedp.EmulateViewport(1360, 800), chromedp.Navigate(s.server.URL+path))
		for i, state := range []string{"folded", "unfolded"} {
			n, err := chromedp.Run(b.ctx, chromedp.Evaluate[int](stopsScript))
			must(t, err)
			t.Logf("%s, %s: %d tab stops", path, state, n)
			if n > most[i] || n < 8 {
				t.Errorf("%s, %s: %d tab stops, want at most %d", path, state, n, most[i])
			}
			b.run(`for (const d of document.querySelectorAll("details")) d.open = true; 0`)
		}
		// The arrow keys go through the companies, and the groups tick several.
		b.do(chromedp.Focus("#company-list input"), chromedp.KeyEvent(kb.ArrowDown), chromedp.KeyEvent(" "))
		b.want(`document.querySelectorAll("#company-list input")[1].checked`, path+": the arrow keys do not move")
		b.do(chromedp.Click(`[data-client="Inns"][data-tick]`))
		b.wait(`document.querySelectorAll("#company-list input:checked").length >= 20`)
		b.run(`leaving = true; 0`)
	}
}

// TestUnfoldedEditorFits narrow windows and wide ones, with all that is folded open.
func TestUnfoldedEditorFits(t *testing.T) {
	t.Parallel()
	s := newSite(t, siteOptions{exportDirs: []string{t.TempDir()}}).fill()
	e := s.exporter(nil)
	b := newTab(t, s)
	for _, path := range []string{"/exporters/" + string(e.ID) + "/edit", "/exporters/new?type=general_ledger"} {
		for _, width := range []int64{320, 1100, 1400} {
			b.do(chromedp.EmulateViewport(width, 900), chromedp.Navigate(s.server.URL+path))
			b.run(`for (const d of document.querySelectorAll("details")) d.open = true; 0`)
			l, err := chromedp.Run(b.ctx, chromedp.Evaluate[look](lookScript))
			must(t, err)
			if l.Sideways > 0 || len(l.Small) > 0 || len(l.Nameless) > 0 {
				t.Errorf("%s at %d px: %+v", path, width, l)
			}
		}
	}
}

// TestPreviewFollows types in the form: the preview changes, the focus stays, and QuickBooks is not asked.
func TestPreviewFollows(t *testing.T) {
	t.Parallel()
	s := newSite(t, siteOptions{}).fill()
	e := s.exporter(func(e *export.Exporter) { e.Columns = []string{"CustomerRef.name", "TotalAmt", "TxnDate"} })
	b := newTab(t, s)
	b.do(chromedp.EmulateViewport(1360, 900), chromedp.Navigate(s.server.URL+"/exporters/"+string(e.ID)+"/edit"))
	b.run(`document.querySelector("#fold-columns").open = true; 0`)
	b.do(chromedp.Focus("#pick-title"), chromedp.KeyEvent("Who"))
	b.wait(`document.querySelector("#draft th").textContent === "Who"`)
	b.want(`document.activeElement.id === "pick-title" && document.activeElement.value === "Who"`, "the focus is lost")
	if s.previewer.Asked.Definition != "" {
		t.Error("QuickBooks was asked while somebody typed")
	}
	b.do(chromedp.Click("[data-preview-draft]"), chromedp.WaitVisible("#draft-preview tbody .num"))
	if s.previewer.Asked.ID != e.ID || len(s.previewer.Asked.Columns) < 10 {
		t.Errorf("the rows were asked for with %v", s.previewer.Asked.Columns)
	}
	s.previewer.Err = problem.New(problem.Internal, "nobody may ask again")
	// Columns that were read change places at once.
	b.do(chromedp.Focus(`[aria-labelledby="pick-chosen"] [tabindex="0"]`), chromedp.KeyEvent(kb.ArrowDown, chromedp.KeyModifiers(1)))
	b.wait(`[...document.querySelectorAll("#draft th")].map((th) => th.textContent).join() === "Total,Who,Date"`)
	b.want(`document.activeElement.dataset.key === "CustomerRef.name"`, "moving a column lost the focus")
	b.want(`document.querySelector("#draft tbody").textContent.includes("<b>Bold & Co</b>") && !document.querySelector("[data-stale]")`,
		"the rows are gone")
	// Another period is another reading, which the preview says.
	b.run(`(() => { const p = document.querySelector("#option-date_range"); p.value = "last_month";
		p.dispatchEvent(new Event("input", {bubbles: true})); })()`)
	b.wait(`document.querySelector("[data-stale]") && document.querySelector(".draft-dates").textContent.includes("Feb 1, 2026 to Feb 28, 2026")`)
	// What is wrong is said beside the field, at once, and taken back.
	b.run(`(() => { const p = document.querySelector("#name"); p.value = ""; p.dispatchEvent(new Event("input", {bubbles: true})); })()`)
	b.wait(`document.querySelector("#name-error").checkVisibility() && document.querySelector("#name").getAttribute("aria-invalid") === "true"`)
	b.want(`!document.querySelector("#sheet-error").textContent`, "a field that nobody has been at is complained about")
	b.do(chromedp.SetValue("#name", "Named"))
	b.run(`document.querySelector("#name").dispatchEvent(new Event("input", {bubbles: true})); 0`)
	b.wait(`document.querySelector("#name-error").hidden && !document.querySelector("#name").hasAttribute("aria-invalid")`)
	// Nothing is asked while nobody looks.
	b.run(`Object.defineProperty(document, "hidden", {configurable: true, get: () => window.away});
		window.away = true; window.asked = 0; const send = fetch;
		window.fetch = (...a) => { if (String(a[0]).includes("draft")) window.asked++; return send(...a); };
		document.querySelector("#name").value = "While away";
		document.querySelector("#name").dispatchEvent(new Event("input", {bubbles: true})); 0`)
	b.do(chromedp.Sleep(900 * time.Millisecond))
	b.want(`window.asked === 0`, "a hidden page asks on")
	b.run(`window.away = false; document.dispatchEvent(new Event("visibilitychange")); 0`)
	b.wait(`window.asked === 1`)
}

// TestEditorWithoutScripts chooses another type and saves, in a browser that runs no scripts.
func TestEditorWithoutScripts(t *testing.T) {
	t.Parallel()
	s := newSite(t, siteOptions{}).fill()
	b := newTab(t, s)
	_, err := chromedp.Call(b.ctx, emulation.SetScriptExecutionDisabled,
		emulation.SetScriptExecutionDisabledParams{Value: true})
	must(t, err)
	b.do(chromedp.EmulateViewport(1360, 900),
		chromedp.Navigate(s.server.URL+"/exporters/new?type=invoices&company="+string(realmA)),
		chromedp.WaitVisible(".editor"))
	b.want(`!document.querySelector(".combo") && document.querySelector("#type").tagName === "SELECT"`, "scripts run")
	b.run(`document.querySelector("#type").value = "bills"; 0`)
	_, err = chromedp.RunResponse(b.ctx, chromedp.Click("[data-change-type]"))
	must(t, err)
	b.want(`document.querySelector("h1").textContent.includes("Bills")`, "the type did not change")
	b.run(`(() => { document.querySelector("#fold-columns").open = true;
		document.querySelector('#column-list [value="DocNumber"]').click(); })()`)
	b.do(chromedp.Click(".form-end .primary"), chromedp.WaitVisible("[data-run-now]"))
	all, err := s.desk.Exporters(t.Context(), export.ExporterFilter{})
	must(t, err)
	if len(all) != 1 || all[0].Definition != "bills" || all[0].Name != "Bills, Alder & Sons Ltd" ||
		slices.Contains(all[0].Columns, "DocNumber") || len(all[0].Columns) < 3 {
		t.Errorf("the exporters are %+v", all)
	}
}

// TestDraft looks at what the preview says without a browser.
func TestDraft(t *testing.T) {
	t.Parallel()
	s := newSite(t, siteOptions{}).signIn().fill()
	ask := func(form url.Values) string {
		r := s.request(http.MethodPost, draftPath, form)
		r.Header.Set("X-Fragment", "1")
		r.Header.Set("X-Background", "1")
		a := s.do(r)
		if a.status != http.StatusOK || strings.Contains(a.body, "<html") {
			t.Fatalf("status %d\n%s", a.status, a.body)
		}
		return a.body
	}
	must(t, s.store.PutCompany(t.Context(), export.Company{
		Realm: "770001", Name: "Calendar Co", Status: export.Connected, FiscalYearStart: time.January,
	}))
	for _, c := range []struct {
		name   string
		change url.Values
		want   []string
		not    []string
	}{
		{"dates of one company", url.Values{
			"company": {string(realmA)}, "option.date_range": {"this_fiscal_year"}, "option.date_column": {"DueDate"},
		}, []string{"Due date", "1 Apr 2025 to 31 Mar 2026", "Invoices of Alder", "works them out anew"}, nil},
		{"different years", url.Values{
			"company": {string(realmA), "770001"}, "option.date_range": {"this_fiscal_year"},
		}, []string{"1 Apr 2025 to 31 Mar 2026", "1 Jan 2026 to 31 Dec 2026", "Calendar Co", "2 companies"}, nil},
		{"all dates", url.Values{"option.date_range": {"all"}}, []string{"All dates"}, []string{"anew"}},
		{"a fault", url.Values{"name": {""}, "filter_value": {"many", "", "INV"}},
			[]string{`data-fault="name"`, `data-fault="filters"`, `href="#name"`}, nil},
		{"words that say no time", url.Values{"when": {"daily"}, "times": {"soon"}},
			[]string{`data-fault="when"`, "is not a time of the day"}, nil},
		{"nothing wrong", nil, []string{"at most 4 calls", "in 30 days", "Sales Rep"}, []string{"data-fault="}},
		{"folds", nil, []string{"Open balance is more than 0; Number starts with INV", "Every Monday at 05:30",
			"tabs that begin with “Data”", "with books@example.com"}, nil},
	} {
		body := ask(s.filledForm(c.change))
		for _, want := range c.want {
			if !strings.Contains(body, want) {
				t.Errorf("%s: %q is not in\n%s", c.name, want, body)
			}
		}
		for _, not := range c.not {
			if strings.Contains(body, not) {
				t.Errorf("%s: %q is in\n%s", c.name, not, body)
			}
		}
	}
	if s.previewer.Asked.Definition != "" {
		t.Error("QuickBooks was asked")
	}
}

// TestDraftRows: rows that were read are shown in other columns and by other titles, and only to who has asked.
func TestDraftRows(t *testing.T) {
	t.Parallel()
	now := noon
	r := newDraftRows(func() time.Time { return now })
	s := newSite(t, siteOptions{}).fill()
	d := definitionOf(t, s, "invoices")
	seen := []export.Company{{Realm: realmA}}
	e := export.Exporter{
		Definition: "invoices", Companies: []export.RealmID{realmA}, Columns: []string{"DocNumber", "TotalAmt"},
	}
	wide := widen(d, e)
	if !slices.Contains(wide.Columns, "DueDate") || slices.ContainsFunc(wide.Columns, func(key string) bool {
		col, err := export.FindColumn(d, key)
		return err != nil || col.Sensitive || col.Line() || looksUp(key) && !slices.Contains(e.Columns, key)
	}) {
		t.Errorf("the columns read are %v", wide.Columns)
	}
	got := pipeline.Preview{Total: 1}
	row := table.Row{}
	for _, key := range []string{"DocNumber", "DueDate", "TotalAmt", "CustomField.Rep"} {
		got.Columns = append(got.Columns, table.Column{ID: key, Title: key})
		row.Cells = append(row.Cells, table.TextOf("of "+key))
	}
	got.Rows = []table.Row{row}
	r.keep("ann", d, wide, got)
	texts := func(who string, e export.Exporter, seen []export.Company) (cells []string, stale bool) {
		view, why := r.find(who, d, e, seen)
		if view == nil {
			return nil, false
		}
		for i, c := range view.Rows[0].Cells {
			cells = append(cells, view.Columns[i].Title+": "+c.Text)
		}
		return cells, why != ""
	}
	change := func(change func(*export.Exporter)) export.Exporter {
		e := e
		change(&e)
		return e
	}
	other := change(func(e *export.Exporter) {
		e.Columns, e.Titles = []string{"DueDate", "DocNumber"}, map[string]string{"DueDate": "Pay by"}
	})
	for _, c := range []struct {
		name  string
		e     export.Exporter
		want  []string
		stale bool
	}{
		{"as it was", e, []string{"DocNumber: of DocNumber", "TotalAmt: of TotalAmt"}, false},
		{"other columns", other, []string{"Pay by: of DueDate", "DocNumber: of DocNumber"}, false},
		{"many at once", change(func(e *export.Exporter) { e.Columns = []string{"CustomField.*"} }),
			[]string{"CustomField.Rep: of CustomField.Rep"}, false},
		{"one that was not read", change(func(e *export.Exporter) { e.Columns = []string{"PrivateNote"} }), nil, true},
		{"another filter", change(func(e *export.Exporter) {
			e.Filters = []export.Filter{{Column: "Balance", Op: ">", Value: "0"}}
		}), []string{"DocNumber: of DocNumber", "TotalAmt: of TotalAmt"}, true},
	} {
		cells, stale := texts("ann", c.e, seen)
		if diff := cmp.Diff(c.want, cells); stale != c.stale || c.want != nil && diff != "" {
			t.Errorf("%s: stale %v (-want +got):\n%s", c.name, stale, diff)
		}
	}
	if cells, _ := texts("bob", e, seen); cells != nil {
		t.Error("somebody else sees the rows")
	}
	if cells, _ := texts("ann", e, nil); cells != nil {
		t.Error("rows of a company that is not seen any more are shown")
	}
	now = now.Add(rowsLife)
	if cells, _ := texts("ann", e, seen); cells != nil {
		t.Error("rows are kept too long")
	}
	for i := range 2 * rowsMost {
		now = now.Add(time.Second)
		r.keep(fmt.Sprint(i), d, wide, got)
	}
	if len(r.kept) > rowsMost || len(r.last) > rowsMost {
		t.Errorf("%d readings are kept", len(r.kept))
	}
}

// TestBackgroundKeepsNoForm: what a script sends by itself is not kept as unsent, and does not drop what is.
func TestBackgroundKeepsNoForm(t *testing.T) {
	t.Parallel()
	s := newSite(t, siteOptions{}).signIn().fill()
	s.endSession()
	send := func(background bool) answer {
		r := s.request(http.MethodPost, draftPath, s.filledForm(nil))
		if background {
			r.Header.Set("X-Background", "1")
		}
		return s.do(r)
	}
	if a := send(true); strings.Contains(a.header.Get("Set-Cookie"), unsentCookie) ||
		strings.Contains(a.header.Get("Location"), "unsent") {
		t.Errorf("a background form is kept: %v", a.header)
	}
	if a := send(false); !strings.Contains(a.header.Get("Location"), "unsent") {
		t.Errorf("a form that a person sent is lost: %v", a.header)
	}
}

// TestChangeType: another type keeps what suits it, and drops what belongs to the old one.
func TestChangeType(t *testing.T) {
	t.Parallel()
	s := newSite(t, siteOptions{}).signIn().fill()
	form := s.filledForm(url.Values{
		"shown_type": {"invoices"}, "type": {"balance_sheet"}, "name": {"Invoices"}, "sheet": {"Invoices"},
		"mode": {"upsert"}, "split": {"year"},
	})
	a := s.post(typePath, form)
	for _, want := range []string{
		"New exporter: Balance sheet", `name="name" value="Balance sheet"`, `name="sheet" value="Balance sheet"`,
		`value="this_year" selected`, `value="30 5 * * 1"`, `value="` + string(realmB) + `" data-client="" checked`,
	} {
		if a.status != http.StatusOK || !strings.Contains(a.body, want) {
			t.Errorf("status %d, %q is missing", a.status, want)
		}
	}
	if strings.Contains(a.body, "DocNumber") {
		t.Error("a column of the old type is left")
	}
	checkPage(t, "form of another type", a.body)
	// Save, without scripts, never saves the fields of one type as another.
	if a := s.post("/exporters", form); a.status != http.StatusOK || s.count() != 0 {
		t.Errorf("status %d, %d exporters", a.status, s.count())
	}
	form.Set("name", "My own name")
	if a := s.post(typePath, form); !strings.Contains(a.body, `name="name" value="My own name"`) {
		t.Error("a name of one's own is gone")
	}
}

func TestPopularTypesExist(t *testing.T) {
	t.Parallel()
	s := newSite(t, siteOptions{})
	groups := offeredTypes(s.desk.Definitions())
	if len(groups[0].Types) != len(popularTypes()) || groups[0].Title != popularTitle {
		t.Errorf("popular are %v", groups[0].Types)
	}
	seen := map[string]int{}
	for _, g := range groups {
		for _, choice := range g.Types {
			seen[choice.ID]++
		}
	}
	for _, d := range s.desk.Definitions() {
		if seen[d.Info().ID] == 0 {
			t.Errorf("%s cannot be chosen", d.Info().ID)
		}
	}
}

// TestPlace says whether a spreadsheet can be written, and what helps if not.
func TestPlace(t *testing.T) {
	t.Parallel()
	s := newSite(t, siteOptions{}).signIn().fill()
	must(t, s.control.OfferServiceAccount(t.Context(), "con_service", "robot@project.iam.example"))
	forbidden := problem.New(problem.SpreadsheetForbidden, "This Google account may not edit the spreadsheet.")
	for _, c := range []struct {
		name   string
		change url.Values
		err    error
		want   []string
	}{
		{"a new one", url.Values{"spreadsheet": {""}}, nil, []string{"makes a new spreadsheet"}},
		{"a tab that is not there", nil, nil,
			[]string{"Title of 1aBcDeFgHiJkLmNoP", "“Data” is not there yet", "Notes"}},
		{"a tab with cells", url.Values{"sheet": {"Notes"}}, nil, []string{"A note", "This stands at B2"}},
		{"a named range", url.Values{"sheet": {"Notes"}, "start": {"ledgersheet_rows"}}, nil,
			[]string{"range named ledgersheet_rows"}},
		{"one made elsewhere", nil, forbidden,
			[]string{"only open spreadsheets that ledgersheet has made", accountPath(s.account, "reconnect"), "Allow"}},
		{"a service account", url.Values{"account": {"con_service"}}, forbidden,
			[]string{"robot@project.iam.example", "press Share"}},
		{"Google is away", nil, problem.New(problem.GoogleUnavailable, "Google did not answer."),
			[]string{"Google did not answer."}},
		{"no account", url.Values{"account": {""}}, nil, []string{"No Google account is chosen."}},
		{"chosen", url.Values{"book": {"1chosenChosen"}}, nil, []string{"Title of 1chosenChosen"}},
		{"a new one, chosen", url.Values{"book": {bookNew}}, nil, []string{"makes a new spreadsheet"}},
	} {
		s.google.Err = c.err
		r := s.request(http.MethodPost, placePath, s.filledForm(c.change))
		r.Header.Set("X-Fragment", "1")
		a := s.do(r)
		if a.status != http.StatusOK {
			t.Errorf("%s: status %d", c.name, a.status)
		}
		for _, want := range c.want {
			if !strings.Contains(a.body, want) {
				t.Errorf("%s: %q is not in\n%s", c.name, want, a.body)
			}
		}
	}
	s.google.Err = nil
	if a := s.post(placePath, s.filledForm(nil)); a.status != http.StatusOK ||
		!strings.Contains(a.body, "Title of 1aBcDeFgHiJkLmNoP") || !strings.Contains(a.body, `id="fold-where" open`) {
		t.Errorf("without scripts: status %d, or nothing is said", a.status)
	}
}

// TestNamesInABrowser filters a report by a customer's name: the field is typed into, the id is saved, and the name
// comes back.
func TestNamesInABrowser(t *testing.T) {
	t.Parallel()
	s := newSite(t, siteOptions{}).fill()
	e := s.exporter(func(e *export.Exporter) {
		e.Name, e.Definition, e.Columns, e.Filters = "Ledger", "general_ledger", nil, nil
		e.Options = map[string]string{export.OptBasis: "Cash", "customer": "7"}
	})
	path := "/exporters/" + string(e.ID) + "/edit"
	body := s.signIn().wantGet(path)
	if !strings.Contains(body, "No. 7") || !strings.Contains(body, "Customers: 1 chosen") {
		t.Error("a customer whose name is not known has no number, or the fold tells an id")
	}
	b := newTab(t, s)
	b.do(chromedp.EmulateViewport(1360, 900), chromedp.Navigate(s.server.URL+path))
	b.run(`document.querySelector("#fold-rows").open = true; 0`)
	if s.quick.NamesRead.Load() != 0 {
		t.Error("names were read before anybody asked")
	}
	b.do(chromedp.Focus("#option-customer"), chromedp.KeyEvent("bird"))
	b.wait(`document.querySelector("#option-customer-names [aria-selected=true]")?.textContent === "Amy's Bird Sanctuary"`)
	b.do(chromedp.KeyEvent(kb.Enter))
	b.want(`document.querySelector('[name="option.customer"]').value === "7,1" && document.activeElement.id === "option-customer"`,
		"the id is not in the form, or the focus is lost")
	b.do(chromedp.KeyEvent("weis"))
	b.wait(`document.querySelector('.chips-row [data-id="7"]').textContent.includes("Weiskopf")`)
	b.do(chromedp.KeyEvent(kb.Escape))
	b.wait(`document.querySelector('[data-says="rows"]').textContent.includes("Customers: Weiskopf Consulting, Amy's Bird Sanctuary")`)
	if n := s.quick.NamesRead.Load(); n != 1 {
		t.Errorf("names were read %d times", n)
	}
	// Values are chosen by their titles as well.
	b.do(chromedp.Focus("#option-columns"), chromedp.KeyEvent("split acc"))
	b.wait(`document.querySelector("#option-columns-names [aria-selected=true]")?.textContent === "Split account"`)
	b.do(chromedp.KeyEvent(kb.Enter))
	// The lists of several companies differ.
	b.run(`document.querySelectorAll("#company-list input")[1].click(); 0`)
	b.wait(`document.querySelector("#option-customer").disabled`)
	b.run(`document.querySelectorAll("#company-list input")[1].click(); 0`)
	b.wait(`!document.querySelector("#option-customer").disabled`)
	b.do(chromedp.Click(`.chips-row [data-id="7"]`), chromedp.Click(".form-end .primary"), chromedp.WaitVisible("[data-run-now]"))
	now, err := s.desk.Exporter(t.Context(), e.ID)
	must(t, err)
	if now.Options["customer"] != "1" || now.Options["columns"] != "split_acc" {
		t.Errorf("the options are %v", now.Options)
	}
}

// TestNamesAreRefused where there are none to give.
func TestNamesAreRefused(t *testing.T) {
	t.Parallel()
	s := newSite(t, siteOptions{}).signIn().fill()
	for query, want := range map[string]string{
		"company=" + string(realmA) + "&list=Customer&q=amy": "Amy&#39;s Bird Sanctuary",
		"company=" + string(realmA) + "&list=Invoice&q=amy":  "data-names-error",
		"company=123&list=Customer&q=amy":                    "data-names-error",
	} {
		if body := s.wantGet(namesPath + "?" + query); !strings.Contains(body, want) {
			t.Errorf("%s: %q is not in\n%s", query, want, body)
		}
	}
	s.quick.Err = problem.New(problem.QuickBooksUnavailable, "QuickBooks did not answer.")
	if body := s.wantGet(namesPath + "?company=" + string(realmA) + "&list=Vendor&q=x"); !strings.Contains(body,
		"QuickBooks did not answer.") {
		t.Errorf("an outage is not told: %s", body)
	}
}
