package web

import (
	"cmp"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"ledgersheet/internal/export"
)

// exporterView is the page of one exporter.
type exporterView struct {
	Row      exporterRow
	Result   *resultView // nil before the first success
	Line     string      // sums up the configuration
	Facts    []fact
	Columns  []helpColumn
	Schedule scheduleView
	Chain    []chainRow
	Due      []dueRow
	Runs     []runRow
	Active   export.ID // the run that is queued or running
	Sheet    string
	File     bool // Sheet is a file
	Problem  *problemView
	Double   *doubleView
	Paused   bool
	Slowed   string // why its next run comes later than its schedule says
	Download bool   // the person may download the result
}

func (w *Web) exporterPage(c *gin.Context) error {
	ctx, d := c.Request.Context(), w.desk(c)
	e, err := d.Exporter(ctx, export.ID(c.Param("id")))
	if err != nil {
		return err
	}
	k, err := know(ctx, d, needCompanies|needAccounts)
	if err != nil {
		return err
	}
	runs, _, err := d.Runs(ctx, export.RunFilter{Exporter: e.ID, Limit: sparkRuns})
	if err != nil {
		return err
	}
	standings, err := d.Standings(ctx, e)
	if err != nil {
		return err
	}
	view := exporterView{
		Row: w.exporterRow(e, standings[0].History, k), Facts: configFacts(e, k), Runs: w.runRows(runs),
		Paused: e.Paused(), Download: d.MayDownload(e),
		Schedule: w.scheduleView(e.Schedule), Result: w.newResult(ctx, d, e, runs), Line: configLine(e, k),
	}
	if err := view.Schedule.addCost(ctx, d, e); err != nil {
		return err
	}
	if view.Due, err = w.dueRows(ctx, d, e); err != nil {
		return err
	}
	if view.Chain, err = w.chainRows(ctx, d, e); err != nil {
		return err
	}
	if view.Slowed, err = w.describeSlowed(ctx, d, e); err != nil {
		return err
	}
	view.Sheet, view.File = cmp.Or(view.Row.Sheet, e.Target.URL), e.Target.IsFile()
	if view.File != view.Row.File { // the runs wrote elsewhere
		view.Sheet = e.Target.URL
	}
	for i := range view.Runs {
		view.Runs[i].Name = formatExact(runs[i].QueuedAt, e.Schedule.Location()) // all belong to this exporter
	}
	if def, err := d.Definition(e.Definition); err == nil {
		view.Columns = columnsOf(def, e)
	}
	if len(runs) > 0 {
		if !runs[0].Status.Over() {
			view.Active = runs[0].ID
		}
		if view.Problem = w.problemView(runs[0], k); view.Problem != nil {
			if view.Problem.Next, err = w.nextWords(ctx, d, runs[0]); err != nil {
				return err
			}
			if view.Problem.Repairs, err = repairViews(ctx, d, runs[0]); err != nil {
				return err
			}
		}
		if view.Double, err = findDouble(ctx, d, runs[0]); err != nil {
			return err
		}
	}
	if view.Row.Block != nil {
		view.Problem = view.Row.Block // which is also why later runs fail
	}
	f := frame{Title: isolate(e.Name), Section: "exporters", Live: string(e.ID)}
	return w.page(c, http.StatusOK, "exporter", f, view)
}

// columnsOf returns the columns that a run would write, with their titles.
func columnsOf(d export.Definition, e export.Exporter) []helpColumn {
	keys := e.ResultColumns(d)
	list := make([]helpColumn, 0, len(keys))
	for _, key := range keys {
		col, err := export.FindColumn(d, key)
		if err != nil {
			col = export.Column{Path: key}
		}
		title := columnTitle(d, e, key)
		list = append(list, helpColumn{col.Path, title, col.Kind.String(), col.Help, true, col.Line()})
	}
	return list
}

// columnTitle returns the title of a column in the exporter's sheet.
func columnTitle(d export.Definition, e export.Exporter, key string) string {
	col, err := export.FindColumn(d, key)
	if err != nil {
		return cmp.Or(e.Titles[key], key)
	}
	return cmp.Or(e.Titles[key], col.Title, key)
}

// configFacts describes how an exporter is configured. For a run, pass its own copy of the exporter.
func configFacts(e export.Exporter, k known) []fact {
	names := make([]string, len(e.Companies))
	for i, r := range e.Companies {
		names[i] = k.company(r)
	}
	account := string(e.Target.Account)
	if a, ok := k.account(e.Target.Account); ok {
		account = a.Email
	}
	facts := []fact{
		{Title: "What", Text: typeTitle(k.desk, e.Definition)}, {Title: "Companies", Text: strings.Join(names, ", ")},
	}
	title := func(column string) string { return cmp.Or(e.Titles[column], column) }
	if d, err := k.desk.Definition(e.Definition); err == nil {
		title = func(column string) string { return columnTitle(d, e, column) }
		for _, o := range d.OptionList() {
			moot := o.Key == export.OptDeleted && e.Mode != export.Upsert ||
				o.Key == export.OptCompanies && e.Split == export.SplitCompany
			if v := e.Option(d, o.Key); v != "" && v != "false" && !moot {
				facts = append(facts, fact{Title: o.Title, Text: optionText(d, o, v)})
			}
		}
	}
	if len(e.Filters) > 0 {
		filters := fact{Title: "Only rows where"}
		for _, f := range e.Filters {
			filters.Items = append(filters.Items, strings.TrimSpace(title(f.Column)+" "+opWord(f.Op)+" "+f.Value))
		}
		facts = append(facts, filters)
	}
	if e.Target.IsFile() {
		facts = append(facts, fact{Title: "Where", Text: fileWords(e.Target)})
	} else {
		place := "Tab “" + e.Target.Sheet + "” from " + e.Target.Start
		if e.IsSplit() {
			place = "Tabs that begin with “" + e.Target.Sheet + "”, each from " + e.Target.Start
		}
		if e.Target.Spreadsheet == "" {
			place += ", in a new spreadsheet that the first run makes"
			if e.Target.Template != "" {
				place += " as a copy of the template " + e.Target.Template
			}
		}
		facts = append(facts, fact{Title: "Where", Text: place}, fact{Title: "Written by", Text: account})
	}
	for _, f := range export.Fields() {
		if f.Words != nil && (f.Of == nil || f.Of(e)) {
			facts = append(facts, fact{Title: placeWords(f.Label, e), Text: f.Words(e)})
		}
	}
	when := scheduleWords(e.Schedule)
	if e.Chained() {
		when = "After other exporters have succeeded"
	}
	return append(facts, fact{Title: "When", Text: when})
}

// fileWords says which file an exporter keeps.
func fileWords(t export.Target) string {
	return kindTitle(t.Kind) + " “" + t.File + "” in " + t.Folder
}

// placeWords speaks of a file where an exporter keeps one.
func placeWords(text string, e export.Exporter) string {
	if e.Target.IsFile() {
		return strings.Replace(text, "sheet", "file", 1)
	}
	return text
}

// placeName is what an exporter writes to, in a word.
func placeName(e export.Exporter) string {
	if e.Target.IsFile() {
		return "file"
	}
	return "spreadsheet"
}

// kindTitle is what people call what rows are written to.
func kindTitle(k export.TargetKind) string {
	switch k {
	case export.CSVFile:
		return "CSV file"
	case export.XLSXFile:
		return "Excel workbook"
	}
	return "Google Sheets"
}

func optionText(d export.Definition, o export.Option, v string) string {
	if o.Kind == export.OptionBool {
		return "yes"
	}
	for _, c := range o.Values {
		if c.Value == v {
			return choiceTitle(d, o.Key, c)
		}
	}
	return v
}
