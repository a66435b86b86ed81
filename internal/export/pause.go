package export

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// PauseReason is why an exporter is paused.
type PauseReason string

// The reasons for pauses. A person's pause lasts until a person ends it. The others end when the connection returns.
const (
	PausedByPerson    PauseReason = "person"
	CompanyDisconnect PauseReason = "company_disconnected"
	AccountDisconnect PauseReason = "account_disconnected"
	AccountDeleted    PauseReason = "account_deleted"
)

// Pause holds an exporter's scheduled runs back without changing its schedule.
type Pause struct {
	Reason PauseReason `json:"reason"`
	Who    string      `json:"who"` // the person's e-mail, or the connection's name at the time
	Since  time.Time   `json:"since"`
	// Until is when the pause ends by itself; zero for never. Only a person's pause has it.
	Until time.Time `json:"until,omitzero"`
}

// String puts the reason into words for people.
func (p Pause) String() string {
	switch p.Reason {
	case PausedByPerson:
		if !p.Until.IsZero() {
			return "paused by " + p.Who + " until " + p.Until.UTC().Format("2 January 2006, 15:04 UTC")
		}
		return "paused by " + p.Who
	case AccountDeleted:
		return strings.Replace("its Google account "+p.Who+" was deleted", "  ", " ", 1)
	}
	return p.Who + " is disconnected"
}

// PauseWords tells people why an exporter is paused; empty if it is not.
func (e Exporter) PauseWords() string {
	if e.Pause == nil {
		return ""
	}
	return e.Pause.String()
}

// Paused reports whether scheduled runs are held back.
func (e Exporter) Paused() bool { return e.Pause != nil }

// PausedUntil returns when the pause ends by itself; zero if it does not, or if the exporter is not paused.
func (e Exporter) PausedUntil() time.Time {
	if e.Pause == nil {
		return time.Time{}
	}
	return e.Pause.Until
}

// WakeAt returns when the schedule wants to be looked at: at the next due time or, if the exporter is paused, when the
// pause ends by itself. ok is false if it never does, or if there is no schedule.
func (e Exporter) WakeAt() (at time.Time, ok bool) {
	switch {
	case e.Paused():
		return e.Pause.Until, !e.Pause.Until.IsZero()
	case e.Schedule.Enabled && e.Schedule.Cron != "":
		return e.NextAt, true
	}
	return time.Time{}, false
}

// Upcoming returns the next due time; zero if there is none, or if the exporter is paused.
func (e Exporter) Upcoming() time.Time {
	if e.Paused() {
		return time.Time{}
	}
	return e.NextAt
}

// UnmarshalJSON also accepts exporters stored when a pause was a sentence.
func (e *Exporter) UnmarshalJSON(data []byte) error {
	type plain Exporter
	var stored struct {
		*plain
		Paused    bool   `json:"paused"`
		PausedWhy string `json:"paused_why"`
	}
	stored.plain = (*plain)(e)
	if err := json.Unmarshal(data, &stored); err != nil {
		return fmt.Errorf("reading an exporter: %w", err)
	}
	if stored.Paused && e.Pause == nil {
		e.Pause = readPause(stored.PausedWhy)
	}
	return nil
}

// readPause parses the sentences that pauses used to be. Endings are tried first: they were fixed, while a company can
// have any name.
func readPause(why string) *Pause {
	if who, ok := strings.CutSuffix(why, " is disconnected"); ok {
		return &Pause{Reason: CompanyDisconnect, Who: who}
	}
	if who, ok := strings.CutSuffix(why, " was deleted"); ok {
		return &Pause{Reason: AccountDeleted, Who: strings.TrimSpace(strings.TrimPrefix(who, "its Google account"))}
	}
	return &Pause{Reason: PausedByPerson, Who: strings.TrimPrefix(why, "paused by ")}
}
