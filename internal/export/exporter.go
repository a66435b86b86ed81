package export

import (
	"crypto/rand"
	"strings"
	"time"

	"github.com/oklog/ulid/v2"
)

// ID is exp_, run_, con_ or usr_ followed by a lower-case ULID, so ids sort by creation time.
type ID string

// NewID returns a new id with the prefix, such as "run".
func NewID(prefix string, now time.Time) ID {
	u := ulid.MustNew(ulid.Timestamp(now), rand.Reader) // fails only after the year 10889 or without randomness
	return ID(prefix + "_" + strings.ToLower(u.String()))
}

// ExporterPrefix begins the ids of exporters.
const ExporterPrefix = "exp"

// OnHandEdit says what happens when a run would undo what people have done to the exported rows since the last run.
type OnHandEdit string

const (
	// OverwriteHandEdits undoes it. The run's difference lists it.
	OverwriteHandEdits OnHandEdit = "overwrite"
	// KeepCopyOfHandEdits first copies the range to a hidden tab, which stays.
	KeepCopyOfHandEdits OnHandEdit = "keep_copy"
	// StopOnHandEdit fails the run; the sheet stays as people left it.
	StopOnHandEdit OnHandEdit = "stop"
)

func onHandEditWords(e Exporter) string {
	switch e.OnHandEdit {
	case KeepCopyOfHandEdits:
		return "Overwrite them, and keep a copy on a hidden tab"
	case StopOnHandEdit:
		return "Nothing is written, the run fails"
	}
	return "Overwrite them, and list them in what the run changed"
}

func keepMonthsWords(e Exporter) string {
	if e.KeepMonths {
		return "A copy of the rows on a tab of its own"
	}
	return "Nothing is kept"
}

func inPlaceWords(e Exporter) string {
	if e.InPlace {
		return "Written in place, old and new rows side by side meanwhile"
	}
	return "Nothing is written, the run fails"
}

// OnDifference is what happens when figures of QuickBooks' own disagree with each other and nobody has accepted that.
type OnDifference string

const (
	// WarnOnDifference writes what QuickBooks shows; the run succeeds and carries the differences.
	WarnOnDifference OnDifference = "warn"
	// FailOnDifference fails the run; the sheet keeps its previous rows.
	FailOnDifference OnDifference = "fail"
)

func onDifferenceWords(e Exporter) string {
	if e.OnDifference == FailOnDifference {
		return "Nothing is written, the run fails"
	}
	return "Write what QuickBooks shows, and point them out"
}

// Exporter is a saved configuration of what to export and where to.
type Exporter struct {
	ID           ID                `json:"id"`
	Name         string            `json:"name"`
	Definition   string            `json:"type"`
	Companies    []RealmID         `json:"company_ids"`
	Columns      []string          `json:"columns,omitempty"` // empty means the definition's defaults
	Titles       map[string]string `json:"titles,omitempty"`  // people's own titles, by column
	Tags         []string          `json:"tags,omitempty"`    // by which notices pick exporters
	Filters      []Filter          `json:"filters,omitempty"`
	Options      map[string]string `json:"options,omitempty"`
	Target       Target            `json:"target"`
	Mode         Mode              `json:"mode"`
	OnDifference OnDifference      `json:"on_difference,omitempty"`   // empty means WarnOnDifference
	Look         Look              `json:"look,omitempty"`            // empty means PlainLook
	TitleBlock   bool              `json:"title_block,omitempty"`     // a Heading above the rows
	OnHandEdit   OnHandEdit        `json:"on_hand_edit,omitempty"`    // empty means OverwriteHandEdits
	WhenBlocked  WhenBlocked       `json:"when_blocked,omitempty"`    // empty means MoveWhenBlocked
	KeepMonths   bool              `json:"keep_month_ends,omitempty"` // a copy of the rows as each month has left them
	InPlace      bool              `json:"in_place,omitempty"`        // see WriteRequest.InPlace
	NoFillDown   bool              `json:"no_fill_down,omitempty"`    // formulas beside the rows do not follow them
	Split        Split             `json:"split,omitempty"`           // empty means SplitNone
	Schedule     Schedule          `json:"schedule"`
	Pause        *Pause            `json:"pause,omitempty"` // nil unless paused
	Revision     int               `json:"revision"`        // counts people's changes and the spreadsheet's creation
	CreatedAt    time.Time         `json:"created_at"`
	UpdatedAt    time.Time         `json:"updated_at"`
	CreatedBy    string            `json:"created_by"`
	// NextAt is the schedule's next due time; zero if there is none. It is stored so that a missed one is noticed, and
	// a pause keeps it. The ledger of due times ends here.
	NextAt time.Time `json:"next_at"`
	// Accepted are differences of QuickBooks' own that people know about; at most MostAccepted.
	Accepted []AcceptedDifference `json:"accepted,omitempty"`
}

// ExporterFilter selects exporters. Zero fields select all.
type ExporterFilter struct {
	Company RealmID // only those that export it
	Account ID      // only those that write with this account
	// Spreadsheet selects those that write to this one.
	Spreadsheet string
	// Among, unless nil, keeps only exporters all of whose companies are in it. It expresses what somebody may see.
	Among []RealmID
}

// Matches reports whether the filter selects the exporter.
func (f ExporterFilter) Matches(e Exporter) bool { return e.Head(History{}).Matches(f) }

// Option returns the exporter's value of an option, or the definition's default.
func (e Exporter) Option(d Definition, key string) string { return OptionValue(d, e.Options, key) }

// Target is where rows are written.
type Target struct {
	Account     ID     `json:"google_account_id"`
	Spreadsheet string `json:"spreadsheet_id"` // empty until the first run creates one
	Sheet       string `json:"sheet"`          // the tab's title when last seen
	Tab         *int64 `json:"tab,omitempty"`  // its gid, once known; a tab is found by gid, not by title
	Start       string `json:"start_cell"`     // upper left corner at the first run, such as "A1", or a StartName
	// Template is the spreadsheet of which the first run makes a copy instead of an empty spreadsheet; empty for none.
	Template string `json:"template_spreadsheet_id,omitempty"`
	// DriveFolder is where in Drive the first run makes a spreadsheet; empty for the account's own.
	DriveFolder string `json:"folder_id,omitempty"`
	// Share names the set of exporters whose first run makes one spreadsheet, called Title, for all of them.
	Share string `json:"share,omitempty"`
	Title string `json:"title,omitempty"`
	// Kind is empty for Spreadsheet. Of files, only Folder and File count, and Sheet in a workbook.
	Kind   TargetKind `json:"kind,omitempty"`
	Folder string     `json:"folder,omitempty"` // absolute
	File   string     `json:"file,omitempty"`   // a name in it
	// URL opens the tab, as reported by the destination after the last run; empty before the first.
	URL string `json:"url,omitempty"`
	// Created reports whether the program created the spreadsheet.
	Created bool `json:"created,omitempty"`
	// CreateKey identifies the spreadsheet to create, so that it is created only once. Each new spreadsheet gets a new
	// key.
	CreateKey string `json:"create_key,omitempty"`
}

// Schedule says when an exporter runs on its own.
type Schedule struct {
	Cron     string `json:"cron"` // empty means never
	Timezone string `json:"timezone"`
	Enabled  bool   `json:"enabled"`
	// OnChange runs it also when QuickBooks says that something it reads has changed, whether Enabled or not.
	OnChange bool `json:"on_change,omitempty"`
	// SkipMissed lets due times pass that were missed while the service was down, instead of catching up once.
	SkipMissed bool `json:"skip_missed,omitempty"`
}

// SameTimes reports whether both are due at the same times.
func (s Schedule) SameTimes(other Schedule) bool {
	return s.Cron == other.Cron && s.Timezone == other.Timezone && s.Enabled == other.Enabled
}

func skipMissedWords(e Exporter) string {
	if e.Schedule.SkipMissed {
		return "Wait for the next due time"
	}
	return "Catch up once"
}

func onChangeWords(e Exporter) string {
	if e.Schedule.OnChange {
		return "Run soon after"
	}
	return "Wait for the schedule"
}

// Location returns the schedule's time zone, or UTC if it has none or an unknown one.
func (s Schedule) Location() *time.Location {
	if loc, err := time.LoadLocation(s.Timezone); err == nil {
		return loc
	}
	return time.UTC
}
