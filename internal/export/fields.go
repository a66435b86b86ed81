package export

import (
	"cmp"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"ledgersheet/internal/problem"
)

// FieldKind is the Go type of a field's value, and so how to show and read it.
type FieldKind int

// The kinds, each with the type of its values.
const (
	FieldText     FieldKind = iota // string
	FieldNote                      // string, null in JSON if empty
	FieldTexts                     // []string
	FieldTruth                     // bool
	FieldNumber                    // int
	FieldTime                      // time.Time, null in JSON if zero
	FieldFilters                   // []Filter
	FieldSettings                  // map[string]string, by the definition's options
	FieldTitles                    // map[string]string, by column
)

// Field is one field of an exporter. The API, forms, errors and updates all follow the table of fields. A new field
// takes a member of Exporter, a row in the table, and a member in the API's description.
type Field struct {
	Path  string // in the API and in problems, such as "destination.sheet"
	Label string // its name in forms and their errors; empty if no form shows it
	// Input is the name under which the form sends it. It is empty if the form does not send it, or not as one value.
	Input  string
	Anchor string // the element id in the form's page that an error links to; Input if empty
	Hidden bool   // the form sends it back unchanged, without showing it

	Missing string // what is wrong with an exporter that lacks it; empty if it is optional
	// Of reports whether an exporter has use for it; nil for every one. What it has no use for is not missing.
	Of      func(Exporter) bool
	Default string // of texts: what empty means
	On      bool   // of truths: what none means
	// Choices are the values that a text may have; nil for any.
	Choices []string
	// Words puts the value into words on the exporter's page; nil if that page has words of its own.
	Words func(Exporter) string

	Kind FieldKind
	get  func(Exporter) any
	set  func(*Exporter, any) // nil if only the program sets it
}

// Fields lists an exporter's fields in the API's order.
func Fields() []Field { return slices.Clone(fields) }

var fields = []Field{
	shownField(Field{Path: "id", Kind: FieldText}, func(e Exporter) any { return string(e.ID) }),
	textField(Field{
		Path: "name", Label: "Name", Input: "name",
		Missing: "is missing; it also names the spreadsheet",
	}, func(e *Exporter) *string { return &e.Name }),
	textField(Field{
		Path: typePath, Label: "Type", Input: "type", Anchor: "form", Hidden: true,
		Missing: "is not an exporter type; see the catalogue",
	}, func(e *Exporter) *string { return &e.Definition }),
	textsField(Field{
		Path: "company_ids", Label: "Companies", Input: "company", Anchor: "companies",
		Missing: "needs at least one company",
	}, func(e *Exporter) *[]RealmID { return &e.Companies }),
	textsField(Field{Path: "columns", Label: "Columns", Anchor: "columns"},
		func(e *Exporter) *[]string { return &e.Columns }),
	ownField(Field{Path: "titles", Label: "Own titles", Anchor: "titles", Kind: FieldTitles},
		func(e *Exporter) *map[string]string { return &e.Titles }),
	textsField(Field{Path: "tags", Label: "Tags", Input: "tags"}, func(e *Exporter) *[]string { return &e.Tags }),
	ownField(Field{Path: "filters", Label: "Filters", Anchor: "filters", Kind: FieldFilters},
		func(e *Exporter) *[]Filter { return &e.Filters }),
	ownField(Field{Path: "options", Label: "Options", Anchor: "options", Kind: FieldSettings},
		func(e *Exporter) *map[string]string { return &e.Options }),
	textField(Field{
		Path: "destination.kind", Label: "Written to", Input: "kind", Default: string(Spreadsheet),
		Choices: []string{string(Spreadsheet), string(CSVFile), string(XLSXFile)},
	}, func(e *Exporter) *TargetKind { return &e.Target.Kind }),
	textField(Field{
		Path: "destination.google_account_id", Label: "Google account", Input: "account",
		Missing: "is missing; connect a Google account first", Of: toSheet,
	}, func(e *Exporter) *ID { return &e.Target.Account }),
	textField(Field{Path: "destination.spreadsheet_id", Label: "Spreadsheet", Input: "spreadsheet"},
		func(e *Exporter) *string { return &e.Target.Spreadsheet }),
	textField(Field{
		Path: "destination.sheet", Label: "Tab", Input: "sheet",
		Missing: "is missing; it is the title of the tab", Of: toSheet,
	}, func(e *Exporter) *string { return &e.Target.Sheet }),
	textField(Field{Path: "destination.start_cell", Label: "Start cell", Input: "start", Default: "A1"},
		func(e *Exporter) *string { return &e.Target.Start }),
	textField(Field{
		Path: "destination.folder", Label: "Folder", Input: "folder",
		Missing: "is missing; it is where the file is kept", Of: toFile,
	}, func(e *Exporter) *string { return &e.Target.Folder }),
	textField(Field{
		Path: "destination.file", Label: "File", Input: "file",
		Missing: "is missing; it is the file's name, such as invoices.csv", Of: toFile,
	}, func(e *Exporter) *string { return &e.Target.File }),
	textField(Field{Path: "destination.template_spreadsheet_id", Label: "Template", Input: "template", Of: toSheet},
		func(e *Exporter) *string { return &e.Target.Template }),
	textField(Field{Path: "destination.folder_id", Label: "Drive folder", Input: "drive_folder", Of: toSheet},
		func(e *Exporter) *string { return &e.Target.DriveFolder }),
	shownField(Field{Path: "destination.spreadsheet_url", Kind: FieldNote},
		func(e Exporter) any { return e.Target.URL }),
	textField(Field{
		Path: modePath, Label: "How rows are written", Input: "mode",
		Default: string(Replace), Choices: texts(Modes()), Words: modeWords,
	}, func(e *Exporter) *Mode { return &e.Mode }),
	textField(Field{
		Path: splitPath, Label: "Tabs", Input: "split", Default: string(SplitNone),
		Choices: []string{string(SplitNone), string(SplitYear), string(SplitCompany)}, Words: splitWords, Of: toSheet,
	}, func(e *Exporter) *Split { return &e.Split }),
	textField(Field{
		Path: "on_difference", Label: "If QuickBooks' own figures disagree", Input: "on_difference",
		Default: string(WarnOnDifference), Choices: []string{string(WarnOnDifference), string(FailOnDifference)},
		Words: onDifferenceWords,
	}, func(e *Exporter) *OnDifference { return &e.OnDifference }),
	textField(Field{
		Path: "look", Label: "Look", Input: "look", Default: string(PlainLook), Choices: lookTexts(), Words: lookWords,
		Of: toSheet,
	}, func(e *Exporter) *Look { return &e.Look }),
	ownField(Field{
		Path: "title_block", Label: "Title above the rows", Input: "title_block", Kind: FieldTruth,
		Words: titleBlockWords, Of: toSheet,
	}, func(e *Exporter) *bool { return &e.TitleBlock }),
	textField(Field{
		Path: "on_hand_edit", Label: "If people edited the exported rows", Input: "on_hand_edit",
		Default: string(OverwriteHandEdits),
		Choices: []string{string(OverwriteHandEdits), string(KeepCopyOfHandEdits), string(StopOnHandEdit)},
		Words:   onHandEditWords,
	}, func(e *Exporter) *OnHandEdit { return &e.OnHandEdit }),
	textField(Field{
		Path: "when_blocked", Label: "If other cells are in the way", Input: "when_blocked",
		Default: string(MoveWhenBlocked), Choices: []string{string(MoveWhenBlocked), string(StopWhenBlocked)},
		Words: whenBlockedWords, Of: toSheet,
	}, func(e *Exporter) *WhenBlocked { return &e.WhenBlocked }),
	notField(Field{
		Path: "fill_down", Label: "Formulas beside the rows", Input: "fill_down", Words: fillDownWords, Of: toSheet,
	}, func(e *Exporter) *bool { return &e.NoFillDown }),
	ownField(Field{
		Path: "keep_month_ends", Label: "At each month's end", Input: "keep_month_ends", Kind: FieldTruth,
		Words: keepMonthsWords, Of: toSheet,
	}, func(e *Exporter) *bool { return &e.KeepMonths }),
	ownField(Field{
		Path: "in_place", Label: "If rows have no room twice", Input: "in_place", Kind: FieldTruth, Words: inPlaceWords,
		Of: toSheet,
	}, func(e *Exporter) *bool { return &e.InPlace }),
	textField(Field{Path: "schedule.cron", Label: "Schedule", Input: "cron"},
		func(e *Exporter) *string { return &e.Schedule.Cron }),
	textField(Field{Path: "schedule.timezone", Label: "Time zone", Input: "timezone", Default: "UTC"},
		func(e *Exporter) *string { return &e.Schedule.Timezone }),
	ownField(Field{Path: "schedule.enabled", Label: "Run by this schedule", Input: "enabled", Kind: FieldTruth},
		func(e *Exporter) *bool { return &e.Schedule.Enabled }),
	ownField(Field{
		Path: "schedule.on_change", Label: "When QuickBooks tells of a change", Input: "on_change", Kind: FieldTruth,
		Words: onChangeWords,
	}, func(e *Exporter) *bool { return &e.Schedule.OnChange }),
	ownField(Field{
		Path: "schedule.skip_missed", Label: "After a time when the service was down", Input: "skip_missed",
		Kind: FieldTruth, Words: skipMissedWords,
	}, func(e *Exporter) *bool { return &e.Schedule.SkipMissed }),
	shownField(Field{Path: "schedule.next_at", Kind: FieldTime}, func(e Exporter) any { return e.Upcoming() }),
	shownField(Field{Path: "paused", Kind: FieldTruth}, func(e Exporter) any { return e.Paused() }),
	shownField(Field{Path: "paused_why", Kind: FieldNote}, func(e Exporter) any { return e.PauseWords() }),
	shownField(Field{Path: "paused_until", Kind: FieldTime}, func(e Exporter) any { return e.PausedUntil() }),
	shownField(Field{Path: "revision", Kind: FieldNumber}, func(e Exporter) any { return e.Revision }),
	shownField(Field{Path: "created_at", Kind: FieldTime}, func(e Exporter) any { return e.CreatedAt }),
	shownField(Field{Path: "created_by", Kind: FieldText}, func(e Exporter) any { return e.CreatedBy }),
	shownField(Field{Path: "updated_at", Kind: FieldTime}, func(e Exporter) any { return e.UpdatedAt }),
}

func toSheet(e Exporter) bool { return !e.Target.IsFile() }

func toFile(e Exporter) bool { return e.Target.IsFile() }

func textField[T ~string](f Field, at func(*Exporter) *T) Field {
	f.Kind = FieldText
	f.get = func(e Exporter) any { return string(*at(&e)) }
	f.set = func(e *Exporter, v any) { *at(e) = T(v.(string)) }
	return f
}

func textsField[T ~string](f Field, at func(*Exporter) *[]T) Field {
	f.Kind = FieldTexts
	f.get = func(e Exporter) any {
		var texts []string
		for _, v := range *at(&e) {
			texts = append(texts, string(v))
		}
		return texts
	}
	f.set = func(e *Exporter, v any) {
		var list []T
		for _, text := range v.([]string) {
			list = append(list, T(text))
		}
		*at(e) = list
	}
	return f
}

// ownField returns a field whose values have the member's own type.
func ownField[T any](f Field, at func(*Exporter) *T) Field {
	f.get = func(e Exporter) any { return *at(&e) }
	f.set = func(e *Exporter, v any) { *at(e) = v.(T) }
	return f
}

// notField returns a field that is true unless its member is set.
func notField(f Field, at func(*Exporter) *bool) Field {
	f.Kind, f.On = FieldTruth, true
	f.get = func(e Exporter) any { return !*at(&e) }
	f.set = func(e *Exporter, v any) { *at(e) = !v.(bool) }
	return f
}

// shownField returns a field that only the program sets.
func shownField(f Field, get func(Exporter) any) Field {
	f.get = get
	return f
}

// ReadOnly reports whether only the program sets the field.
func (f Field) ReadOnly() bool { return f.set == nil }

// Get returns the exporter's value. Its type depends on the kind. An empty choice is its default: stores may hold
// exporters from before there was a choice.
func (f Field) Get(e Exporter) any {
	if v := f.get(e); f.Choices == nil || v != "" {
		return v
	}
	return f.Default
}

// Set sets the exporter's value. It panics if the field is read-only, or if v has the wrong type for the kind.
func (f Field) Set(e *Exporter, v any) { f.set(e, v) }

// AnchorID returns the element id in the form's page that an error about the field links to.
func (f Field) AnchorID() string {
	if f.Anchor != "" {
		return f.Anchor
	}
	return f.Input
}

// Configure copies everything that people may set from another exporter.
func (e *Exporter) Configure(from Exporter) {
	for _, f := range fields {
		if !f.ReadOnly() {
			f.set(e, f.get(from))
		}
	}
}

// IsConfiguredAs reports whether people have set everything as in wanted. The spreadsheet that the program has made
// since then is no difference from none.
func (e Exporter) IsConfiguredAs(wanted Exporter) bool {
	e.Options, e.Titles = maps.Clone(e.Options), maps.Clone(e.Titles)
	wanted.Options, wanted.Titles = maps.Clone(wanted.Options), maps.Clone(wanted.Titles)
	e.Normalize()
	wanted.Normalize()
	if e.Target.Created && wanted.Target.Spreadsheet == "" {
		wanted.Target.Spreadsheet = e.Target.Spreadsheet
	}
	return !slices.ContainsFunc(fields, func(f Field) bool {
		return !f.ReadOnly() && !sameValue(f.Get(e), f.Get(wanted))
	})
}

// sameValue compares the values of a field. Lists and maps without elements are equal.
func sameValue(a, b any) bool {
	va, vb := reflect.ValueOf(a), reflect.ValueOf(b)
	if k := va.Kind(); (k == reflect.Slice || k == reflect.Map) && va.Len() == 0 && vb.Len() == 0 {
		return true
	}
	return reflect.DeepEqual(a, b)
}

// setDefaults replaces empty texts by their defaults.
func (e *Exporter) setDefaults() {
	for _, f := range fields {
		if f.Default != "" && f.get(*e) == "" {
			f.set(e, f.Default)
		}
	}
}

// typePath is the path of the field that names the definition, modePath and splitPath of those whose choices depend on
// it.
const (
	typePath  = "type"
	modePath  = "mode"
	splitPath = "split"
)

// ChoicesFor returns the values that a text may have in an exporter of the definition; nil for any.
func (f Field) ChoicesFor(d Definition) []string {
	switch f.Path {
	case modePath:
		return texts(d.Modes())
	case splitPath:
		return texts(Splits(d))
	}
	return f.Choices
}

// validateFields adds the faults that the table alone can find: missing values, and values that are not among the
// choices. It skips the type, by which the caller has already found the definition.
func (e Exporter) validateFields(d Definition, c *problem.Collect) {
	for _, f := range fields {
		v := f.get(e)
		if f.Missing != "" && f.Path != typePath && isEmpty(v) && (f.Of == nil || f.Of(e)) {
			c.Add(f.Path, "%s", f.Missing)
		}
		choices := f.ChoicesFor(d)
		if text, ok := v.(string); ok && choices != nil && !slices.Contains(choices, cmp.Or(text, f.Default)) {
			c.Add(f.Path, "must be %s for %s", strings.Join(choices, " or "), d.Info().ID)
		}
	}
}

// isEmpty reports whether a field's value is empty.
func isEmpty(v any) bool {
	switch v := v.(type) {
	case string:
		return v == ""
	case []string:
		return len(v) == 0
	case time.Time:
		return v.IsZero()
	}
	return false
}
