package web

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"ledgersheet/internal/export"
	"ledgersheet/internal/schedule"
)

// The folds of the editor, by the keys of their sentences.
const (
	foldColumns = "columns"
	foldRows    = "rows"
	foldWhere   = "where"
	foldLook    = "look"
	foldWrite   = "write"
	foldWhen    = "when"
	foldTags    = "tags"
)

// editorSays says in a line what is set within each fold of the editor.
func editorSays(ctx context.Context, d export.Definition, e export.Exporter, k known) map[string]string {
	e.Normalize()
	tags := "None"
	if len(e.Tags) > 0 {
		tags = strings.Join(e.Tags, ", ")
	}
	when := scheduleWords(e.Schedule)
	switch {
	case e.Chained():
		when = "After " + plural(len(e.After), "other exporter has", "other exporters have") + " succeeded"
	case e.Schedule.Enabled && e.Schedule.Cron != "":
		when += ", by itself"
	}
	if _, err := schedule.Parse(e.Schedule.Cron, e.Schedule.Timezone); err != nil && e.Schedule.Cron != "" {
		when = "Needs a look"
	}
	return map[string]string{
		foldColumns: columnsSay(d, e), foldRows: rowsSay(ctx, d, e, k), foldWhere: whereSays(e, k),
		foldLook: lookSays(e), foldWrite: writeSays(d, e), foldWhen: when, foldTags: tags,
	}
}

// namedColumns is how many columns are named in a line.
const namedColumns = 4

func columnsSay(d export.Definition, e export.Exporter) string {
	keys := draftColumns(d, e)
	if len(keys) == 0 {
		return "None yet"
	}
	var names []string
	for _, key := range keys[:min(len(keys), namedColumns)] {
		names = append(names, isolate(columnTitle(d, e, key)))
	}
	text := count(len(keys)) + ": " + strings.Join(names, ", ")
	if more := len(keys) - len(names); more > 0 {
		text += " and " + count(more) + " more"
	}
	return text
}

// rowsSay says which rows there are: the options apart from the dates, and the filters.
func rowsSay(ctx context.Context, d export.Definition, e export.Exporter, k known) string {
	var says []string
	for _, o := range d.OptionList() {
		v := e.Option(d, o.Key)
		if isMainOption(o) || o.Key == export.OptDeleted || v == "" || v == o.Default {
			continue
		}
		switch {
		case o.Kind == export.OptionBool && v == "true":
			says = append(says, o.Title)
		case o.Records != "" || o.Most > 0:
			says = append(says, o.Title+": "+chosenSay(ctx, k, e, o, v))
		case o.Kind != export.OptionBool:
			says = append(says, o.Title+": "+isolate(optionText(d, o, v)))
		}
	}
	for _, f := range e.Filters {
		says = append(says, filterWords(d, e, f))
	}
	switch {
	case len(says) > 0:
		return strings.Join(says, "; ")
	case d.Info().Kind == export.KindReport:
		return "As QuickBooks shows it"
	}
	return "All, one row each"
}

// chosenSay names what a filter by records or values holds, as far as the names are known.
func chosenSay(ctx context.Context, k known, e export.Exporter, o export.Option, text string) string {
	list := knownChoices(ctx, k.desk, e, o, text)
	var names []string
	for _, c := range list[:min(len(list), namedColumns)] {
		if strings.HasPrefix(c.Title, "No. ") {
			return count(len(list)) + " chosen"
		}
		names = append(names, isolate(c.Title))
	}
	says := strings.Join(names, ", ")
	if more := len(list) - len(names); more > 0 {
		says += " and " + count(more) + " more"
	}
	return says
}

func whereSays(e export.Exporter, k known) string {
	if e.Target.IsFile() {
		return isolate(fileWords(e.Target))
	}
	account := "no account"
	if a, ok := k.account(e.Target.Account); ok {
		account = isolate(a.Email)
	}
	book := "A new spreadsheet"
	switch {
	case e.Target.Spreadsheet != "" && e.Target.Created:
		book = "The spreadsheet made here"
	case e.Target.Spreadsheet != "":
		book = "An existing spreadsheet"
	case e.Target.Template != "":
		book = "A copy of the template"
	}
	tab := ", tab “" + isolate(e.Target.Sheet) + "” from " + e.Target.Start
	if e.IsSplit() {
		tab = ", tabs that begin with “" + isolate(e.Target.Sheet) + "”"
	}
	return book + tab + ", with " + account
}

func lookSays(e export.Exporter) string {
	text := cmp.Or(e.Look, export.PlainLook).Title()
	if e.TitleBlock {
		text += ", with a title above the rows"
	}
	return text
}

// writeSays names what is not as usual.
func writeSays(d export.Definition, e export.Exporter) string {
	says := []string{cmp.Or(e.Mode, export.Replace).Words()}
	usual := export.Exporter{Definition: e.Definition, Mode: e.Mode}
	usual.Normalize()
	named := []string{"when_blocked", "fill_down", "on_difference", "on_hand_edit", "keep_month_ends", "in_place"}
	for _, f := range export.Fields() {
		if !slices.Contains(named, f.Path) || f.Words == nil || f.Of != nil && !f.Of(e) {
			continue
		}
		if words := f.Words(e); words != f.Words(usual) {
			says = append(says, placeWords(f.Label, e)+": "+lowerFirst(words))
		}
	}
	if v := e.Option(d, export.OptDeleted); e.Mode == export.Upsert && v != export.DeletedRemove {
		for _, o := range d.OptionList() {
			if o.Key == export.OptDeleted {
				says = append(says, o.Title+": "+lowerFirst(optionText(d, o, v)))
			}
		}
	}
	if len(says) == 1 {
		says = append(says, "the rest as usual")
	}
	return strings.Join(says, "; ")
}

func lowerFirst(text string) string {
	if text == "" {
		return ""
	}
	return strings.ToLower(text[:1]) + text[1:]
}

// isMainOption reports whether an option is asked before all others: which days, which basis, and what has no default.
func isMainOption(o export.Option) bool {
	switch o.Key {
	case export.OptDateRange, export.OptStartDate, export.OptEndDate, export.OptDateColumn, export.OptReportDate,
		export.OptBasis, export.OptSummarize, export.OptCompare:
		return true
	}
	return o.Required && o.Default == ""
}

// foldOf returns the fold that holds the input with an element id; empty if none does.
func foldOf(id string, d export.Definition) string {
	switch id {
	case "columns", "titles":
		return foldColumns
	case "filters":
		return foldRows
	case "kind", "folder", "file", "account", "spreadsheet", "sheet", "start", "split", "destination":
		return foldWhere
	case "template", "drive_folder":
		return "template"
	case "look", "title_block":
		return foldLook
	case "mode", "when_blocked", "fill_down", "on_difference", "on_hand_edit", "keep_month_ends", "in_place",
		"option-" + export.OptDeleted:
		return foldWrite
	case "cron", "when", "timezone", "enabled", "on_change", "skip_missed", "after":
		return foldWhen
	case "tags":
		return foldTags
	}
	if key, is := strings.CutPrefix(id, "option-"); is {
		for _, o := range d.OptionList() {
			if o.Key == key && !isMainOption(o) {
				return foldRows
			}
		}
	}
	return ""
}

// openFolds returns the folds to show open: those with something wrong in them.
func openFolds(list []fieldError, d export.Definition) map[string]bool {
	open := map[string]bool{}
	for _, key := range []string{
		foldColumns, foldRows, foldWhere, foldLook, foldWrite, foldWhen, foldTags, "template",
	} {
		open[key] = false
	}
	for _, f := range list {
		if key := foldOf(f.ID, d); key != "" {
			open[key] = true
		}
	}
	open[foldWhere] = open[foldWhere] || open["template"]
	return open
}
