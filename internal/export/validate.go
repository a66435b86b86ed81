package export

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"ledgersheet/internal/problem"
	"ledgersheet/internal/record"
)

// Limits on what an exporter may hold, all far above what anyone needs.
const (
	maxName        = 100
	maxCompanies   = 100
	maxColumns     = 200
	maxColumnKey   = 200
	maxTitles      = 500 // reports may have a column a day
	maxTitle       = 200
	maxFilters     = 20
	maxFilterValue = 5_000
	maxTabTitle    = 100 // Google's own, in UTF-16 units
)

// Normalize cleans up what people type: surrounding space, pasted spreadsheet addresses, lower-case start cells.
func (e *Exporter) Normalize() {
	e.Name = strings.TrimSpace(e.Name)
	if pasted := openURL.FindString(strings.TrimSpace(e.Target.Spreadsheet)); pasted != "" {
		e.Target.URL = pasted + "/edit"
	}
	e.Target.Spreadsheet = SpreadsheetID(e.Target.Spreadsheet)
	e.Target.Sheet = strings.TrimSpace(e.Target.Sheet)
	e.Target.Template, e.Target.DriveFolder = SpreadsheetID(e.Target.Template), FolderID(e.Target.DriveFolder)
	e.Target.Folder, e.Target.File = strings.TrimSpace(e.Target.Folder), strings.TrimSpace(e.Target.File)
	if e.Target.IsFile() {
		e.Target.Account, e.Target.Spreadsheet, e.Target.Start = "", "", ""
		e.Target.Template, e.Target.DriveFolder = "", ""
	} else {
		e.Target.Folder, e.Target.File = "", ""
	}
	e.Target.Start = strings.ToUpper(strings.TrimSpace(e.Target.Start))
	if name := strings.ToLower(e.Target.Start); StartName(name) {
		e.Target.Start = name
	}
	e.Schedule.Cron = strings.Join(strings.Fields(e.Schedule.Cron), " ")
	e.Schedule.Timezone = strings.TrimSpace(e.Schedule.Timezone)
	for k, v := range e.Options {
		if v == "" {
			delete(e.Options, k)
		}
	}
	for k, v := range e.Titles {
		if e.Titles[k] = strings.TrimSpace(v); e.Titles[k] == "" {
			delete(e.Titles, k)
		}
	}
	e.Tags = tidyTags(e.Tags)
	e.After = tidyIDs(e.After)
	e.setDefaults()
}

// tidyIDs trims ids and leaves out those that are empty or there already.
func tidyIDs(ids []ID) (list []ID) {
	for _, id := range ids {
		if id = ID(strings.TrimSpace(string(id))); id != "" && !slices.Contains(list, id) {
			list = append(list, id)
		}
	}
	return list
}

// tidyTags trims tags, takes those apart that a person has typed in one text with commas, and leaves out those that are
// empty or there already.
func tidyTags(tags []string) []string {
	var list []string
	for _, tag := range strings.Split(strings.Join(tags, ","), ",") {
		if tag = strings.TrimSpace(tag); tag != "" && !slices.Contains(list, tag) {
			list = append(list, tag)
		}
	}
	return list
}

// The bounds of tags.
const (
	maxTags = 20
	maxTag  = 50
)

func (e Exporter) validateTags(c *problem.Collect) {
	if len(e.Tags) > maxTags {
		c.Add("tags", "are more than %d", maxTags)
	}
	for i, tag := range e.Tags {
		if len([]rune(tag)) > maxTag || strings.ContainsFunc(tag, unicode.IsControl) {
			c.Add(fmt.Sprintf("tags[%d]", i), "must have %d characters at most", maxTag)
		}
	}
}

// SetTags gives the exporter other tags, unless there is something wrong with them.
func (e *Exporter) SetTags(tags []string) error {
	tagged := Exporter{Tags: tidyTags(tags)}
	var c problem.Collect
	tagged.validateTags(&c)
	if err := c.Err(); err != nil {
		return err
	}
	e.Tags = tagged.Tags
	return nil
}

// Validate adds the exporter's faults to c, under each field's name in the API. It checks only the exporter itself.
// Whether its companies, accounts and schedule exist is for the caller to check.
func (e Exporter) Validate(d Definition, c *problem.Collect) {
	e.validateFields(d, c)
	if len([]rune(e.Name)) > maxName {
		c.Add("name", "has more than %d characters", maxName)
	} else if strings.ContainsFunc(e.Name, unicode.IsControl) {
		c.Add("name", "has line breaks or other control characters")
	}
	if len(e.Companies) > maxCompanies {
		c.Add("company_ids", "are more than %d", maxCompanies)
		return
	}
	for i, r := range e.Companies {
		if slices.Contains(e.Companies[:i], r) {
			c.Add(fmt.Sprintf("company_ids[%d]", i), "is there twice")
		}
	}
	e.Target.validate(c)
	e.validateFile(c)
	e.validateSplit(c)
	e.validateOptions(d, c)
	e.validateColumns(d, c)
	e.validateTitles(c)
	e.validateTags(c)
	e.validateFilters(d, c)
}

// validateFile refuses what only a spreadsheet can do.
func (e Exporter) validateFile(c *problem.Collect) {
	if !e.Target.IsFile() {
		return
	}
	if e.TitleBlock {
		c.Add("title_block", "is only for Google Sheets; a file holds titles and rows alone")
	}
	if e.KeepMonths {
		c.Add("keep_month_ends", "is only for Google Sheets; to keep a month's end, copy the file")
	}
	if e.OnHandEdit == KeepCopyOfHandEdits {
		c.Add("on_hand_edit", "keep_copy is only for Google Sheets; choose overwrite or stop")
	}
}

// validateTitles checks people's own titles. Their keys are not checked, because a report's columns follow from its
// dates; a title of a column that is not there does nothing.
func (e Exporter) validateTitles(c *problem.Collect) {
	if len(e.Titles) > maxTitles {
		c.Add("titles", "are more than %d", maxTitles)
		return
	}
	for key, title := range e.Titles {
		switch {
		case len(key) > maxColumnKey || len([]rune(title)) > maxTitle:
			c.Add("titles", "has a column or a title of more than %d characters", maxTitle)
		case strings.ContainsFunc(title, unicode.IsControl):
			c.Add("titles", "has line breaks or other control characters")
		}
	}
}

func (e Exporter) validateOptions(d Definition, c *problem.Collect) {
	known := map[string]Option{}
	for _, o := range d.OptionList() {
		known[o.Key] = o
		if o.Required && e.Options[o.Key] == "" {
			c.Add("options."+o.Key, "must be chosen: %s", joinChoices(o.Values))
		}
	}
	for k, v := range e.Options {
		o, ok := known[k]
		if !ok {
			c.Add("options."+k, "is no option of %s", d.Info().ID)
			continue
		}
		if why := o.check(v); why != "" {
			c.Add("options."+k, "%s", why)
		}
	}
	e.validateRange(d, c)
}

func (e Exporter) validateRange(d Definition, c *problem.Collect) {
	name := e.Option(d, OptDateRange)
	if name == "" || c.Has("options."+OptDateRange) || c.Has("options."+OptStartDate) || c.Has("options."+OptEndDate) {
		return
	}
	if name != RangeCustom {
		for _, k := range []string{OptStartDate, OptEndDate} {
			if e.Options[k] != "" {
				c.Add("options."+k, "only goes with date_range custom")
			}
		}
	} else if _, err := parseCustomRange(e.Options[OptStartDate], e.Options[OptEndDate]); err != nil {
		c.Add("options."+OptDateRange, "%v", err)
	}
	if r, ok := d.(Report); ok {
		e.validateReportRange(r, name, c)
	}
}

func (e Exporter) validateReportRange(r Report, name string, c *problem.Collect) {
	o, err := r.Parse(e.Options)
	if p, ok := errors.AsType[*problem.Problem](err); ok {
		for field, why := range p.Fields {
			if !c.Has(field) {
				c.Add(field, "%s", why)
			}
		}
	}
	if name == RangeAll && periodic(o.Summarize) {
		c.Add("options."+OptDateRange, "all cannot be split by %s; choose a range", o.Summarize)
	}
	if name == RangeCustom && (e.Options[OptStartDate] == "" || e.Options[OptEndDate] == "") {
		c.Add("options."+OptDateRange, "a report's custom range needs both start_date and end_date")
	}
}

// periodic reports whether this value of summarize_by gives one column per period.
func periodic(by string) bool {
	return slices.Contains([]string{"Days", "Week", "Month", "Quarter", "Year"}, by)
}

func (e Exporter) validateColumns(d Definition, c *problem.Collect) {
	if len(e.Columns) > maxColumns {
		c.Add("columns", "are more than %d", maxColumns)
		return
	}
	paths := d.Info().Paths
	catalogue := d.Catalogue()
	lines := WantsLines(d, e.Options)
	for i, key := range e.Columns {
		field := fmt.Sprintf("columns[%d]", i)
		if len(key) > maxColumnKey {
			c.Add(field, "has more than %d characters", maxColumnKey)
			continue
		}
		listed := slices.ContainsFunc(catalogue, func(col Column) bool { return col.Path == key })
		_, err := record.ParsePath(key)
		switch {
		case slices.Contains(e.Columns[:i], key):
			c.Add(field, "%s is there twice", key)
		case listed && !strings.HasPrefix(key, LinePrefix):
		case !paths && !listed:
			c.Add(field, "%s is not a column of %s", key, d.Info().ID)
		case err != nil:
			c.Add(field, "%s is not a column: %v", key, err)
		case strings.HasPrefix(key, LinePrefix) && !lines:
			c.Add(field, "%s is about lines; set the option lines to true", key)
		}
	}
}
