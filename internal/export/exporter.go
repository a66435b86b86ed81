package export

import (
	"crypto/rand"
	"slices"
	"strings"
	"time"

	"github.com/oklog/ulid/v2"
)

// ID is exp_, run_, con_ or usr_ and a lower-case ULID, so ids sort by the time they were made.
type ID string

// NewID makes an id with the prefix, such as "run".
func NewID(prefix string, now time.Time) ID {
	u := ulid.MustNew(ulid.Timestamp(now), rand.Reader) // fails only past the year 10889 or without randomness
	return ID(prefix + "_" + strings.ToLower(u.String()))
}

// Mode is how a run's rows meet those that are in the sheet.
type Mode string

// Replace makes the managed range exactly the result.
const Replace Mode = "replace"

// Modes lists the modes that there are; every definition offers all of them.
func Modes() []Mode { return []Mode{Replace} }

func modeTexts() []string {
	var list []string
	for _, m := range Modes() {
		list = append(list, string(m))
	}
	return list
}

func modeWords(e Exporter) string {
	if e.Mode == Replace {
		return "Replace: the range becomes exactly the result"
	}
	return string(e.Mode)
}

// Exporter is a saved configuration of what to export and where to.
type Exporter struct {
	ID         ID                `json:"id"`
	Name       string            `json:"name"`
	Definition string            `json:"type"`
	Companies  []RealmID         `json:"company_ids"`
	Columns    []string          `json:"columns,omitempty"` // empty means the definition's defaults
	Filters    []Filter          `json:"filters,omitempty"`
	Options    map[string]string `json:"options,omitempty"`
	Target     Target            `json:"target"`
	Mode       Mode              `json:"mode"`
	Schedule   Schedule          `json:"schedule"`
	Pause      *Pause            `json:"pause,omitempty"` // nil while nothing holds it back
	Revision   int               `json:"revision"`        // counts changes by people, and the making of the spreadsheet
	CreatedAt  time.Time         `json:"created_at"`
	UpdatedAt  time.Time         `json:"updated_at"`
	CreatedBy  string            `json:"created_by"`
	// next due time of the schedule; zero when none. Stored, so that a missed one is seen.
	NextAt time.Time `json:"next_at"`
}

// ExporterFilter chooses exporters; zero fields choose all.
type ExporterFilter struct {
	Company RealmID // only those that use it
	Account ID      // only those that write with it
	// Among, unless it is nil, leaves only exporters all of whose companies are in it: what somebody may see.
	Among []RealmID
}

// Matches reports whether the filter leaves an exporter.
func (f ExporterFilter) Matches(e Exporter) bool {
	return (f.Company == "" || slices.Contains(e.Companies, f.Company)) &&
		(f.Account == "" || e.Target.Account == f.Account) &&
		(f.Among == nil || AllAmong(e.Companies, f.Among))
}

// Option returns the exporter's value of an option, or the definition's default.
func (e Exporter) Option(d Definition, key string) string { return OptionValue(d, e.Options, key) }

// Target is where rows go.
type Target struct {
	Account     ID     `json:"google_account_id"`
	Spreadsheet string `json:"spreadsheet_id"` // empty until the first run made one
	Sheet       string `json:"sheet"`          // the tab's title when it was last seen
	Tab         *int64 `json:"tab,omitempty"`  // its gid, once known; a tab is found by it and not by its title
	Start       string `json:"start_cell"`     // upper left corner of the first run, such as "A1"
	// File names a file in a destination that is a folder; empty for sheets.
	File string `json:"file,omitempty"`
	// URL opens the tab, as the destination said after the last run; empty before the first.
	URL string `json:"url,omitempty"`
	// Created says that the program made the spreadsheet.
	Created bool `json:"created,omitempty"`
	// CreateKey marks the spreadsheet that is to be made, so that it is made once only; another one for another
	// spreadsheet.
	CreateKey string `json:"create_key,omitempty"`
}

// Schedule says when an exporter runs by itself.
type Schedule struct {
	Cron     string `json:"cron"` // empty means never
	Timezone string `json:"timezone"`
	Enabled  bool   `json:"enabled"`
}

// Location is the schedule's zone, UTC when it has none or an unknown one.
func (s Schedule) Location() *time.Location {
	if loc, err := time.LoadLocation(s.Timezone); err == nil {
		return loc
	}
	return time.UTC
}
