package api

import (
	"encoding/json"
	"fmt"
	"strconv"

	"ledgersheet/internal/control"
	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

type exporterView struct {
	ID          export.ID        `json:"id"`
	Name        string           `json:"name"`
	Type        string           `json:"type"`
	CompanyIDs  []export.RealmID `json:"company_ids"`
	Columns     []string         `json:"columns"`
	Filters     []filterView     `json:"filters"`
	Options     map[string]any   `json:"options"`
	Destination destinationView  `json:"destination"`
	Mode        export.Mode      `json:"mode"`
	Schedule    scheduleView     `json:"schedule"`

	Paused    bool    `json:"paused"`
	PausedWhy *string `json:"paused_why"`
	Revision  int     `json:"revision"`
	CreatedAt *string `json:"created_at"`
	CreatedBy string  `json:"created_by"`
	UpdatedAt *string `json:"updated_at"`
}

type filterView struct {
	Column string    `json:"column"`
	Op     export.Op `json:"op"`
	Value  string    `json:"value"`
}

type destinationView struct {
	GoogleAccountID export.ID `json:"google_account_id"`
	SpreadsheetID   string    `json:"spreadsheet_id"`
	Sheet           string    `json:"sheet"`
	StartCell       string    `json:"start_cell"`
	SpreadsheetURL  *string   `json:"spreadsheet_url"`
}

type scheduleView struct {
	Cron     string  `json:"cron"`
	Timezone string  `json:"timezone"`
	Enabled  bool    `json:"enabled"`
	NextAt   *string `json:"next_at"`
}

func showExporter(d *control.Desk, e export.Exporter) exporterView {
	v := exporterView{
		ID: e.ID, Name: e.Name, Type: e.Definition, CompanyIDs: some(e.Companies), Columns: some(e.Columns),
		Filters: make([]filterView, len(e.Filters)), Options: optionValues(d, e), Mode: e.Mode,
		Destination: destinationView{
			GoogleAccountID: e.Target.Account, SpreadsheetID: e.Target.Spreadsheet, Sheet: e.Target.Sheet, StartCell: e.Target.Start,
			SpreadsheetURL: text(e.Target.URL),
		},
		Schedule: scheduleView{Cron: e.Schedule.Cron, Timezone: e.Schedule.Timezone, Enabled: e.Schedule.Enabled, NextAt: stamp(e.NextAt)},
		Paused:   e.Paused(), PausedWhy: text(e.PauseWords()), Revision: e.Revision,
		CreatedAt: stamp(e.CreatedAt), CreatedBy: e.CreatedBy, UpdatedAt: stamp(e.UpdatedAt),
	}
	for i, f := range e.Filters {
		v.Filters[i] = filterView(f)
	}
	return v
}

// optionValues shows the options that are set, each in its own JSON type.
func optionValues(d *control.Desk, e export.Exporter) map[string]any {
	kinds := optionKinds(d, e.Definition)
	values := make(map[string]any, len(e.Options))
	for k, v := range e.Options {
		values[k] = optionValue(kinds[k], v)
	}
	return values
}

// optionKinds is what each option of a type must be; nil for a type that there is not.
func optionKinds(desk *control.Desk, definition string) map[string]export.OptionKind {
	d, err := desk.Definition(definition)
	if err != nil {
		return nil // control refuses the type by itself, and names the field
	}
	kinds := map[string]export.OptionKind{}
	for _, o := range d.OptionList() {
		kinds[o.Key] = o.Kind
	}
	return kinds
}

// readExporter turns a request's body into an exporter. It checks shapes only; what the values mean is control's. The
// members that only answers have are accepted, so that what was read can be changed and sent back.
func readExporter(d *control.Desk, members map[string]any) (export.Exporter, error) {
	var bad problem.Collect
	o := newObject("", members, &bad)
	e := export.Exporter{Name: o.text("name"), Definition: o.text("type"), Columns: o.texts("columns"), Mode: export.Mode(o.text("mode"))}
	for _, id := range o.texts("company_ids") {
		e.Companies = append(e.Companies, export.RealmID(id))
	}
	for _, f := range o.objects("filters") {
		e.Filters = append(e.Filters, export.Filter{Column: f.text("column"), Op: export.Op(f.text("op")), Value: f.scalar("value")})
		f.done()
	}
	e.Options = readOptions(d, o.object("options"), e.Definition)
	e.Target = readTarget(o.object("destination"))
	e.Schedule = readSchedule(o.object("schedule"))
	o.ignore("id", "paused", "paused_why", "revision", "created_at", "created_by", "updated_at")
	o.done()
	return e, bad.Err()
}

// readOptions takes options as text, numbers or truth values. Truth values get the one spelling that runs look for.
func readOptions(d *control.Desk, o *object, definition string) map[string]string {
	kinds := optionKinds(d, definition)
	options := make(map[string]string, len(o.members))
	for key := range o.members {
		value := o.scalar(key)
		if b, err := strconv.ParseBool(value); err == nil && kinds[key] == export.OptionBool {
			value = strconv.FormatBool(b)
		}
		if value != "" {
			options[key] = value
		}
	}
	return options
}

func readTarget(o *object) export.Target {
	t := export.Target{Account: export.ID(o.text("google_account_id")), Spreadsheet: o.text("spreadsheet_id"), Sheet: o.text("sheet"), Start: o.text("start_cell")}
	o.ignore("spreadsheet_url")
	o.done()
	return t
}

func readSchedule(o *object) export.Schedule {
	sched := export.Schedule{Cron: o.text("cron"), Timezone: o.text("timezone"), Enabled: o.truth("enabled")}
	o.ignore("next_at")
	o.done()
	return sched
}

// members is a view as a request's body would be read.
func (v exporterView) members() (map[string]any, error) {
	raw, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("encoding exporter: %w", err)
	}
	return parseObject(raw)
}
