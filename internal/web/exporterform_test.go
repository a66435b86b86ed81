package web

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/google/go-cmp/cmp"

	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

// filledForm returns the form as a browser would send it.
func (s *site) filledForm(change url.Values) url.Values {
	form := url.Values{
		"type": {"invoices"}, "name": {"Open invoices"}, "revision": {"0"}, "action": {"save"},

		"company": {string(realmA), string(realmB)},

		"column":        {"TotalAmt", "DocNumber", "Line.Description"},
		"extra_columns": {"CustomField.Sales Rep,\n ShipAddr.City"},

		"option.date_range": {"this_year"}, "option.start_date": {"2020-01-01"}, "option.date_column": {"DueDate"},

		"filter_column": {"Balance", "", "DocNumber"},
		"filter_op":     {">", "=", "starts_with"},
		"filter_value":  {"0", "ignored", "INV"},

		"spreadsheet": {"https://docs.google.com/spreadsheets/d/1aBcDeFgHiJkLmNoP/edit#gid=0"},
		"account":     {string(s.account)}, "sheet": {"Data"}, "start": {"b2"},

		"when": {"own"}, "cron": {"30 5 * * 1"}, "timezone": {"Europe/Paris"}, "enabled": {"true"},

		"keep_month_ends": {"true"}, "in_place": {"true"}, "split": {"year"},

		"template":     {"https://docs.google.com/spreadsheets/d/1tEmPlAtE_00/edit"},
		"drive_folder": {"https://drive.google.com/drive/folders/0fOlDeR_0000"},
	}
	for k, v := range change {
		form[k] = v
		if len(v) == 0 {
			form.Del(k)
		}
	}
	return form
}

func TestCreateExporter(t *testing.T) {
	t.Parallel()
	s := newSite(t, siteOptions{}).signIn().fill()
	s.wantSent("/exporters", s.filledForm(nil), "/exporters/exp_")
	all, err := s.desk.Exporters(t.Context(), export.ExporterFilter{})
	must(t, err)
	if len(all) != 1 {
		t.Fatalf("%d exporters were made", len(all))
	}
	e := all[0]
	want := export.Exporter{
		Name: "Open invoices", Definition: "invoices", Companies: []export.RealmID{realmA, realmB},
		Mode: export.Replace, KeepMonths: true, InPlace: true, Split: export.SplitYear,
		// lines are off, so their column is left out
		Columns: []string{"TotalAmt", "DocNumber", "CustomField.Sales Rep", "ShipAddr.City"},
		Filters: []export.Filter{
			{Column: "Balance", Op: ">", Value: "0"},
			{Column: "DocNumber", Op: "starts_with", Value: "INV"},
		},
		Options: map[string]string{"date_range": "this_year", "date_column": "DueDate"},
		Target: export.Target{Account: s.account, Spreadsheet: "1aBcDeFgHiJkLmNoP", Sheet: "Data", Start: "B2",
			Template: "1tEmPlAtE_00", DriveFolder: "0fOlDeR_0000"},
		Schedule: export.Schedule{Cron: "30 5 * * 1", Timezone: "Europe/Paris", Enabled: true},
	}
	got := export.Exporter{
		Name: e.Name, Definition: e.Definition, Companies: e.Companies, Mode: e.Mode,
		KeepMonths: e.KeepMonths, InPlace: e.InPlace, Split: e.Split,
		Columns: e.Columns, Filters: e.Filters, Options: e.Options, Schedule: e.Schedule,
		Target: export.Target{
			Account: e.Target.Account, Spreadsheet: e.Target.Spreadsheet,
			Sheet: e.Target.Sheet, Start: e.Target.Start,
			Template: e.Target.Template, DriveFolder: e.Target.DriveFolder,
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the form was read wrongly (-want +got):\n%s", diff)
	}
	if e.CreatedBy != email {
		t.Errorf("made by %q", e.CreatedBy)
	}
}

func TestSaveAndRun(t *testing.T) {
	t.Parallel()
	s := newSite(t, siteOptions{}).signIn().fill()
	s.wantSent("/exporters", s.filledForm(url.Values{"action": {"save_run"}}), "/runs/run_")
	runs, _, err := s.desk.Runs(t.Context(), export.RunFilter{})
	must(t, err)
	if len(runs) != 1 || runs[0].By != email || runs[0].Trigger != export.TriggerManual {
		t.Errorf("the runs are %+v", runs)
	}
}

func TestWordsWinOverTheExpression(t *testing.T) {
	t.Parallel()
	s := newSite(t, siteOptions{}).signIn().fill()
	for _, test := range []struct {
		name   string
		change url.Values
		cron   string
	}{
		{"every hour", url.Values{"when": {"hourly"}, "minutes": {"35, 5"}}, "5,35 * * * *"},
		{"every 10 minutes", url.Values{"when": {"minutes"}, "every": {"10"}}, "*/10 * * * *"},
		{"daily, twice", url.Values{"when": {"daily"}, "times": {"6 am, 12:30"}}, "0 6 * * *; 30 12 * * *"},
		{"weekdays", url.Values{"when": {"weekdays"}, "times": {"06:00"}}, "0 6 * * 1-5"},
		{"weekly", url.Values{"when": {"weekly"}, "weekday": {"4", "1"}, "times": {"06:00"}}, "0 6 * * 1,4"},
		{"monthly", url.Values{"when": {"monthly"}, "day": {" 15 "}, "times": {"06:00"}}, "0 6 15 * *"},
		{"the last day", url.Values{"when": {"last_day"}, "times": {"18:00"}}, "0 18 L * *"},
		{"the last business day", url.Values{"when": {"last_business_day"}, "times": {"6pm"}}, "0 18 LW * *"},
		{"after month end", url.Values{"when": {"after_month_end"}, "day": {"5"}, "times": {"7"}}, "0 7 5 * *"},
		{
			"business days after month end",
			url.Values{"when": {"business_days_after_month_end"}, "day": {"3"}, "times": {"7"}}, "0 7 3B * *",
		},
		{"by hand", url.Values{"when": {""}}, ""},
		{"own", nil, "30 5 * * 1"},
		{
			"the same in other words, as it was written",
			url.Values{"when": {"weekly"}, "weekday": {"1"}, "times": {"5:30"}, "cron": {"30 05 * * mon"}},
			"30 05 * * mon",
		},
		{"a program that sends no words", url.Values{"when": nil}, "30 5 * * 1"},
		{"switched off", url.Values{"enabled": nil}, "30 5 * * 1"},
	} {
		e, err := readForm(s.desk, s.filledForm(test.change))
		must(t, err)
		_, off := test.change["enabled"]
		want := export.Schedule{Cron: test.cron, Timezone: "Europe/Paris", Enabled: test.cron != "" && !off}
		if diff := cmp.Diff(want, e.Schedule); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
	}
}

// Words that say nothing are shown as they were typed, with what is wrong with them at their place.
func TestFaultySchedulesComeBack(t *testing.T) {
	t.Parallel()
	s := newSite(t, siteOptions{}).signIn().fill()
	for name, c := range map[string]struct {
		change url.Values
		want   []string
	}{
		"times": {
			url.Values{"when": {"daily"}, "times": {"25:00, soon"}},
			[]string{`href="#when"`, `value="25:00, soon"`, "is not a time of the day", `value="daily" selected`},
		},
		"weekdays": {
			url.Values{"when": {"weekly"}, "times": {"06:00"}},
			[]string{`href="#when"`, "needs the days of the week", `value="weekly" selected`},
		},
		"minutes": {
			url.Values{"when": {"hourly"}, "minutes": {"x"}},
			[]string{`href="#when"`, "is not a minute past the hour", `value="hourly" selected`},
		},
		"a day that no month has": {
			url.Values{"when": {"monthly"}, "day": {"32"}, "times": {"06:00"}},
			[]string{`href="#when"`, "must be 1 to 31", `value="32"`},
		},
		"no expression": {url.Values{"cron": {""}}, []string{`href="#cron"`, "write a cron expression"}},
		"a wrong one":   {url.Values{"cron": {"61 * * * *"}}, []string{`href="#cron"`, "<details class=\"finer\" open>"}},
		"an unknown kind": {
			url.Values{"when": {"yearly"}, "times": {"06:00"}}, []string{"is not known"},
		},
	} {
		got := s.post("/exporters", s.filledForm(c.change))
		if got.status != http.StatusUnprocessableEntity {
			t.Errorf("%s: status %d", name, got.status)
		}
		for _, want := range c.want {
			if !strings.Contains(got.body, want) {
				t.Errorf("%s: %q is not in the page", name, want)
			}
		}
	}
}

// Without scripts a button shows the next times. Nothing is read or saved for it.
func TestTimesWithoutScripts(t *testing.T) {
	t.Parallel()
	s := newSite(t, siteOptions{}).signIn().fill()
	got := s.post("/exporters/times", s.filledForm(url.Values{"when": {"last_business_day"}, "times": {"18:00"}}))
	for _, want := range []string{
		"On the last business day of every month at 18:00 (Europe/Paris)",
		"Tue 31 Mar 2026, 16:00 UTC (18:00 in Europe/Paris)",
		"Thu 30 Apr 2026, 16:00 UTC (18:00 in Europe/Paris)", "Fri 29 May 2026, 16:00 UTC (18:00 in Europe/Paris)",
		"Public holidays are not known here.",
		"It runs now, and then goes on by itself, next on Tue 31 Mar 2026, 16:00 UTC (18:00 in Europe/Paris).",
		`value="last_business_day" selected`,
	} {
		if got.status != http.StatusOK || !strings.Contains(got.body, want) {
			t.Errorf("status %d, %q is not in the page", got.status, want)
		}
	}
	all, err := s.desk.Exporters(t.Context(), export.ExporterFilter{})
	must(t, err)
	if len(all) != 0 {
		t.Errorf("%d exporters were made", len(all))
	}
}

// A stored schedule comes back as the words that say it.
func TestStoredSchedulesAreWords(t *testing.T) {
	t.Parallel()
	s := newSite(t, siteOptions{}).signIn().fill()
	for cron, want := range map[string][]string{
		"0 6 * * 1-5":            {`value="weekdays" selected`, `value="06:00"`},
		"0 6 * * *; 30 12 * * *": {`value="daily" selected`, `value="06:00, 12:30"`},
		"0 7 3B * *":             {`value="business_days_after_month_end" selected`, `value="3"`},
		"0 7 L * *":              {`value="last_day" selected`},
		"*/20 * * * *":           {`value="minutes" selected`, `value="20" selected`},
		"0 6 1 1 *":              {`value="own" selected`, "<details class=\"finer\" open>"},
	} {
		e := s.exporter(func(e *export.Exporter) { e.Schedule.Cron = cron })
		body := s.wantGet("/exporters/" + string(e.ID) + "/edit")
		for _, part := range want {
			if !strings.Contains(body, part) {
				t.Errorf("%q: %q is not in the form", cron, part)
			}
		}
	}
}

func TestNewSchedulesBeginInTheViewersZone(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		viewer, other, country, want string
	}{
		"the viewer's":           {"Asia/Kolkata", "Europe/Paris", "US", "Asia/Kolkata"},
		"other exporters'":       {"", "Europe/Paris", "US", "Europe/Paris"},
		"the country's":          {"Local", "", "AU", "Australia/Sydney"},
		"a cookie that is wrong": {"Mars/Base", "", "GB", "Europe/London"},
		"an unknown country's":   {"", "", "XX", "UTC"},
	} {
		r := httptest.NewRequest(http.MethodGet, "/exporters/new", nil)
		r.AddCookie(&http.Cookie{Name: zoneCookie, Value: c.viewer})
		k := known{companies: []export.Company{{Realm: realmA, Country: c.country}}}
		got := startZone(&gin.Context{Request: r}, c.other, k, export.Exporter{Companies: []export.RealmID{realmA}})
		if got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
	for _, code := range []string{"US", "CA", "GB", "AU", "IN", "FR", "SG", "ZA", "BR", "MY"} {
		if _, err := time.LoadLocation(countryZone(code)); err != nil || countryZone(code) == "" {
			t.Errorf("%s: %q is no zone", code, countryZone(code))
		}
	}
}

// TestFormHasEveryField: whatever people set has an input in the form, and an element there that errors about it link
// to.
func TestFormHasEveryField(t *testing.T) {
	t.Parallel()
	s := newSite(t, siteOptions{exportDirs: []string{t.TempDir()}}).signIn().fill()
	body := s.wantGet("/exporters/new?type=invoices")
	for _, f := range export.Fields() {
		if f.ReadOnly() {
			continue
		}
		if f.Input != "" && !strings.Contains(body, ` name="`+f.Input+`"`) {
			t.Errorf("the form sends no %s for %s", f.Input, f.Path)
		}
		if !strings.Contains(body, ` id="`+f.AnchorID()+`"`) {
			t.Errorf("errors about %s lead to %s, which the form has not", f.Path, f.AnchorID())
		}
	}
	for page, modes := range map[string]int{"invoices": 3, "profit_and_loss": 2, "company_info": 0} {
		body := s.wantGet("/exporters/new?type=" + page)
		shown := 0
		for _, m := range export.Modes() {
			shown += strings.Count(body, `<option value="`+string(m)+`"`)
		}
		if shown != modes {
			t.Errorf("the form of %s offers %d modes, want %d", page, shown, modes)
		}
	}
}

// TestErrorsNameTheFields: every error is called by its field's label and links to its input.
func TestErrorsNameTheFields(t *testing.T) {
	t.Parallel()
	for _, f := range export.Fields() {
		if f.ReadOnly() {
			continue
		}
		for _, path := range []string{f.Path, f.Path + "[3]"} {
			got := formErrors(problem.Invalid(path, "is wrong"), nil)
			if diff := cmp.Diff([]fieldError{{f.AnchorID(), f.Label, "is wrong"}}, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", path, diff)
			}
		}
	}
	options := []export.Option{{Key: "summarize_by", Title: "Columns by"}}
	for key, label := range map[string]string{"summarize_by": "Columns by", "colour": "colour"} {
		got := formErrors(problem.Invalid("options."+key, "is wrong"), options)
		if diff := cmp.Diff([]fieldError{{"option-" + key, label, "is wrong"}}, got); diff != "" {
			t.Error(diff)
		}
	}
}

// TestBadFormLosesNothing sends one form with everything wrong: each fault is reported at its field and in the summary,
// and every value is still there.
func TestBadFormLosesNothing(t *testing.T) {
	t.Parallel()
	s := newSite(t, siteOptions{}).signIn().fill()
	a := s.post("/exporters", s.filledForm(url.Values{
		"name": {""}, "company": nil, "column": {"DocNumber", "No[such"}, "option.date_range": {"custom"},
		"option.start_date": {"2026-13-40"}, "option.lines": {"true"},
		"filter_op": {">", "=", "starts_with"}, "filter_value": {"not a number", "", "INV"}, "spreadsheet": {"what?"},
		"sheet": {""}, "start": {"1A"}, "cron": {"61 * * * *"}, "timezone": {"Europe/Paris"},
	}))
	if a.status != http.StatusUnprocessableEntity {
		t.Fatalf("status %d, want 422\n%s", a.status, a.body)
	}
	checkPage(t, "refused form", a.body)
	for _, want := range []string{
		`href="#name"`, `href="#companies"`, `href="#columns"`, `href="#option-start_date"`, `href="#filters"`,
		`href="#spreadsheet"`, `href="#sheet"`, `href="#start"`, `href="#cron"`,
		`value="not a number"`, `value="what?"`, `value="1A"`, `value="61 * * * *"`, `value="No[such"`,
		`value="2026-13-40"`, `value="Europe/Paris"`, `value="INV"`, "Nothing was lost",
	} {
		if !strings.Contains(a.body, want) {
			t.Errorf("the refused form lacks %s", want)
		}
	}
	if all, _ := s.desk.Exporters(t.Context(), export.ExporterFilter{}); len(all) != 0 {
		t.Error("a bad exporter was stored")
	}
}

func TestEditKeepsOrderAndRefusesAStaleForm(t *testing.T) {
	t.Parallel()
	s := newSite(t, siteOptions{}).signIn().fill()
	e := s.exporter(func(e *export.Exporter) { e.Columns = []string{"Balance", "CustomField.Rep", "DocNumber"} })
	path := "/exporters/" + string(e.ID)
	body := s.wantGet(path + "/edit")
	first := strings.Index(body, `name="column" value="Balance" checked`)
	second := strings.Index(body, `name="column" value="CustomField.Rep" checked`)
	third := strings.Index(body, `name="column" value="DocNumber" checked`)
	if first < 0 || second < first || third < second {
		t.Errorf("the columns stand at %d, %d, %d: not in the exporter's order", first, second, third)
	}
	form := s.filledForm(url.Values{"name": {"Renamed"}, "revision": {"1"}})
	s.wantSent(path+"/edit", form, path)
	form.Set("name", "Renamed again")
	a := s.post(path+"/edit", form)
	if a.status != http.StatusConflict || !strings.Contains(a.body, "Somebody else changed") ||
		!strings.Contains(a.body, `value="Renamed again"`) {
		t.Errorf("a stale form: status %d", a.status)
	}
	checkPage(t, "stale form", a.body)
	now, err := s.desk.Exporter(t.Context(), e.ID)
	must(t, err)
	if now.Name != "Renamed" || now.Revision != 2 {
		t.Errorf("the exporter is %q, revision %d", now.Name, now.Revision)
	}
}

func TestReportFormLeavesDefaultsOpen(t *testing.T) {
	t.Parallel()
	s := newSite(t, siteOptions{}).signIn().fill()
	d, err := s.desk.Definition("profit_and_loss")
	must(t, err)
	form := url.Values{
		"type": {"profit_and_loss"}, "column": export.Defaults(d, false), "option.accounting_method": {"Cash"},
	}
	e, err := readForm(s.desk, form)
	must(t, err)
	if e.Columns != nil {
		t.Errorf("the defaults were pinned: %v", e.Columns)
	}
	form["column"] = []string{"Label", "Amounts"}
	e, err = readForm(s.desk, form)
	must(t, err)
	if diff := cmp.Diff([]string{"Label", "Amounts"}, e.Columns); diff != "" {
		t.Error(diff)
	}
	if a := s.post("/exporters", form); a.status != http.StatusUnprocessableEntity ||
		strings.Contains(a.body, `href="#option-accounting_method"`) {
		t.Errorf("status %d, or the chosen accounting method was lost", a.status)
	}
	form.Del("option.accounting_method")
	if a := s.post("/exporters", form); !strings.Contains(a.body, `href="#option-accounting_method"`) {
		t.Error("the missing accounting method is not named")
	}
}

func TestPreview(t *testing.T) {
	t.Parallel()
	s := newSite(t, siteOptions{}).signIn().fill()
	fragment := func(path string, form url.Values) answer {
		r := s.request(http.MethodPost, path, form)
		if form == nil {
			r = s.request(http.MethodGet, path, nil)
		}
		r.Header.Set("X-Fragment", "1")
		a := s.do(r)
		if strings.Contains(a.body, "<html") {
			t.Errorf("%s: a fragment is a whole page", path)
		}
		return a
	}
	a := fragment("/exporters/preview", s.filledForm(url.Values{"name": {""}}))
	if a.status != http.StatusOK {
		t.Fatalf("status %d\n%s", a.status, a.body)
	}
	checkFragment(t, "preview", a.body)
	for _, want := range []string{
		"&lt;b&gt;Bold &amp; Co&lt;/b&gt;", "−1,234,567.50", "2026-03-29", "All 2 rows.",
		"One account has no name.", "indent-1", `class="total"`, "…",
	} {
		if !strings.Contains(a.body, want) {
			t.Errorf("the preview lacks %q", want)
		}
	}
	if diff := cmp.Diff([]string{"TotalAmt", "DocNumber", "CustomField.Sales Rep", "ShipAddr.City"},
		s.previewer.Asked.Columns); diff != "" {
		t.Error(diff)
	}
	// Without scripts, the whole form is returned with the preview in it.
	whole := s.post("/exporters/preview", s.filledForm(nil))
	if whole.status != http.StatusOK || !strings.Contains(whole.body, "All 2 rows.") ||
		!strings.Contains(whole.body, `value="30 5 * * 1"`) {
		t.Errorf("status %d, or the form lost something", whole.status)
	}
	checkPage(t, "form with preview", whole.body)

	bad := fragment("/exporters/preview", s.filledForm(url.Values{"company": nil}))
	if bad.status != http.StatusUnprocessableEntity || !strings.Contains(bad.body, `href="#companies"`) {
		t.Errorf("a bad form: status %d\n%s", bad.status, bad.body)
	}
	s.previewer.Err = problem.New(problem.CompanyReconnectRequired, "Access to Alder has ended.")
	e := s.exporter(nil)
	gone := fragment("/exporters/"+string(e.ID)+"/preview", nil)
	if gone.status != http.StatusConflict || !strings.Contains(gone.body, "Access to Alder has ended.") {
		t.Errorf("a problem: status %d\n%s", gone.status, gone.body)
	}
}

func TestScheduleInWords(t *testing.T) {
	t.Parallel()
	s := newSite(t, siteOptions{}).signIn()
	for query, want := range map[string]string{
		"cron=0+6+*+*+1-5&timezone=America%2FNew_York": "Every weekday at 06:00 (America/New_York)",
		"cron=&timezone=UTC":                           "Only by hand",
		"cron=nonsense&timezone=UTC":                   "needs 5 fields",
		"cron=0+6+*+*+*&timezone=Mars%2FBase":          "time zone",
	} {
		body := s.wantGet("/schedule?" + query)
		if !strings.Contains(body, want) {
			t.Errorf("%s: %q is not in\n%s", query, want, body)
		}
	}
	// The next times are in the viewer's zone, then in the schedule's, across the clock change in Paris on 29 March.
	body := s.wantGet("/schedule?cron=30+8+*+*+*&timezone=Europe%2FParis")
	for _, want := range []string{">Mon 30 Mar 2026, 06:30 UTC (08:30 in Europe/Paris)<"} {
		if !strings.Contains(body, want) {
			t.Errorf("%q is not in\n%s", want, body)
		}
	}
}

func TestExporterActions(t *testing.T) {
	t.Parallel()
	s := newSite(t, siteOptions{}).signIn().fill()
	e := s.exporter(nil)
	path := "/exporters/" + string(e.ID)
	s.wantSent(path+"/pause", nil, path)
	if body := s.wantGet(path); !strings.Contains(body, "Paused: paused by "+email) ||
		!strings.Contains(body, path+"/resume") {
		t.Error("the pause is not shown")
	}
	s.wantSent(path+"/resume", nil, path)
	a := s.post(path+"/run", nil)
	first := a.header.Get("Location")
	if !strings.HasPrefix(first, "/runs/run_") {
		t.Fatalf("sent to %q", first)
	}
	s.wantSent(path+"/run", nil, first)
	if body := s.wantGet(first); !strings.Contains(body, "queued or running already") {
		t.Error("joining a run is not told")
	}
	s.wantSent(path+"/delete", nil, "/exporters")
	for _, gone := range []string{path, path + "/edit", path + "/delete", path + "/preview"} {
		if a := s.get(gone); a.status != http.StatusNotFound {
			t.Errorf("%s afterwards: status %d", gone, a.status)
		} else {
			checkPage(t, gone, a.body)
		}
	}
	checkPage(t, "a run whose exporter is gone", s.wantGet(first))
}
