package notice

import (
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
	"ledgersheet/internal/schedule"
)

// Rule says what is told to whom.
type Rule struct {
	ID   export.ID `json:"id"`
	Kind Kind      `json:"kind"`
	// To is an e-mail address, or the URL of a webhook, which may be a secret.
	To string  `json:"to"`
	On []Event `json:"on"`
	// Companies are those that it tells of; empty means all. Of an exporter it tells only if all of its companies are
	// among them: who gets the notices may not see the others.
	Companies []export.RealmID `json:"company_ids,omitempty"`
	Tags      []string         `json:"tags,omitempty"`         // only exporters with one of them; empty means all
	Exporters []export.ID      `json:"exporter_ids,omitempty"` // only these; empty means all
	// Timezone is that of Quiet and Digest, and of times in the texts.
	Timezone   string  `json:"timezone,omitempty"`
	Quiet      Quiet   `json:"quiet,omitzero"`
	Digest     Digest  `json:"digest,omitzero"`
	StaleHours int     `json:"stale_hours,omitempty"`
	Limits     []Limit `json:"limits,omitempty"` // of figures, for Value
	// Secret signs what a webhook gets.
	Secret    string    `json:"secret,omitempty"`
	CreatedAt time.Time `json:"created_at"`
	CreatedBy string    `json:"created_by"`
	// ChangedAt is since when it has been about what it is about; zero means since it was made. What happened before is
	// not told.
	ChangedAt time.Time `json:"changed_at,omitzero"`
	// Fixed marks the rule of the environment, which cannot be deleted.
	Fixed bool `json:"-"`
}

// Quiet is the time of day in which nothing is sent, such as from 22:00 to 07:00. The zero Quiet is never.
type Quiet struct {
	From string `json:"from"`
	To   string `json:"to"`
}

// Digest says when the digest is due. The zero Digest is each day at 07:00.
type Digest struct {
	Weekly bool   `json:"weekly,omitempty"` // on Mondays
	At     string `json:"at,omitempty"`     // 07:00
}

// Limit is what a headline figure should not pass. Amounts are decimal text; an empty one is no limit.
type Limit struct {
	Figure string `json:"figure"` // its id or its title
	Above  string `json:"above,omitempty"`
	Below  string `json:"below,omitempty"`
}

// Bounds of rules, and their defaults.
const (
	defaultStale = 26 // a day, and time for a run that is late
	mostStale    = 24 * 366
	mostLimits   = 20
	mostRules    = 200
)

// Health is how a rule's notices have fared.
type Health struct {
	Pending int       `json:"-"` // how many wait to be sent
	SentAt  time.Time `json:"sent_at,omitzero"`
	// Error is what was in the way of the last one that did not arrive, until one does; empty if nothing is.
	Error string    `json:"error,omitempty"`
	Since time.Time `json:"since,omitzero"` // since when there has been an error
	// Refused says that the receiver does not want what it gets, so that a person must look.
	Refused bool `json:"refused,omitempty"`
	Lost    int  `json:"lost,omitempty"` // how many were given up since one last arrived
}

// since returns since when the rule tells of what happens.
func (r Rule) since() time.Time {
	if r.ChangedAt.After(r.CreatedAt) {
		return r.ChangedAt
	}
	return r.CreatedAt
}

// sameSubject reports whether both tell of the same things.
func (r Rule) sameSubject(other Rule) bool {
	return slices.Equal(r.On, other.On) && slices.Equal(r.Companies, other.Companies) &&
		slices.Equal(r.Tags, other.Tags) && slices.Equal(r.Exporters, other.Exporters) &&
		slices.Equal(r.Limits, other.Limits) && r.StaleHours == other.StaleHours
}

// wants reports whether the rule is for one of the events.
func (r Rule) wants(events ...Event) bool {
	return slices.ContainsFunc(events, func(e Event) bool { return slices.Contains(r.On, e) })
}

// eventOf returns the first of the events that the rule is for.
func (r Rule) eventOf(events []Event) Event {
	for _, e := range events {
		if slices.Contains(r.On, e) {
			return e
		}
	}
	return ""
}

// among returns the companies as a filter: nil for all.
func (r Rule) among() []export.RealmID {
	if len(r.Companies) == 0 {
		return nil
	}
	return r.Companies
}

// covers reports whether the rule is about an exporter.
func (r Rule) covers(e Subject) bool {
	return (len(r.Companies) == 0 || export.AllAmong(e.Companies, r.Companies)) && r.picks(e)
}

// picks reports whether the rule's own list of exporters or tags selects the exporter.
func (r Rule) picks(e Subject) bool {
	if len(r.Exporters) == 0 && len(r.Tags) == 0 {
		return true
	}
	return slices.Contains(r.Exporters, e.ID) ||
		slices.ContainsFunc(e.Tags, func(tag string) bool { return slices.Contains(r.Tags, tag) })
}

// zone returns the rule's time zone.
func (r Rule) zone() *time.Location {
	if loc, err := time.LoadLocation(r.Timezone); err == nil {
		return loc
	}
	return time.UTC
}

// prepare fills in what was left out.
func (r *Rule) prepare() {
	r.Timezone = orElse(r.Timezone, "UTC")
	if r.StaleHours == 0 {
		r.StaleHours = defaultStale
	}
	r.Digest.At = orElse(r.Digest.At, "07:00")
	if r.Kind == Webhook && r.Secret == "" {
		r.Secret = NewSecret()
	}
}

// NewSecret returns a secret that signs webhooks.
func NewSecret() string {
	b := make([]byte, 32)
	_, _ = rand.Read(b) // never fails
	return "whsec_" + base64.RawURLEncoding.EncodeToString(b)
}

// validate returns a problem that names each wrong field. check says what is wrong with the address.
func (r Rule) validate(check func(Rule) string) error {
	var bad problem.Collect
	switch {
	case !slices.Contains(Kinds(), r.Kind):
		bad.Add("kind", "must be mail, webhook, slack or teams")
	case r.To == "":
		bad.Add("to", "is missing")
	default:
		if why := check(r); why != "" {
			bad.Add("to", "%s", why)
		}
	}
	if len(r.On) == 0 {
		bad.Add("on", "must name at least one event")
	}
	for _, e := range r.On {
		if !slices.Contains(Events(), e) {
			bad.Add("on", "has %q, which is no event", e)
		}
	}
	if _, err := time.LoadLocation(r.Timezone); err != nil || r.Timezone == "Local" {
		bad.Add("timezone", "must be a time zone such as America/New_York")
	}
	if r.wants(Report) && (r.Kind != Mail || len(r.Companies)+len(r.Exporters)+len(r.Tags) == 0) {
		bad.Add("on", "may have the report itself (\"report\") only by mail, and about some companies, exporters "+
			"or tags")
	}
	if r.StaleHours < 1 || r.StaleHours > mostStale {
		bad.Add("stale_hours", "must be from 1 to %d", mostStale)
	}
	if r.Secret != "" && (len(r.Secret) < 16 || len(r.Secret) > 200) {
		bad.Add("secret", "must have 16 to 200 characters")
	}
	r.validateTimes(&bad)
	r.validateLimits(&bad)
	return bad.Err()
}

func (r Rule) validateTimes(bad *problem.Collect) {
	if _, err := clockOf(r.Digest.At); err != nil {
		bad.Add("digest.at", "must be a time of day such as 07:00")
	}
	if r.Quiet == (Quiet{}) {
		return
	}
	if _, err := clockOf(r.Quiet.From); err != nil {
		bad.Add("quiet.from", "must be a time of day such as 22:00")
	}
	if _, err := clockOf(r.Quiet.To); err != nil {
		bad.Add("quiet.to", "must be a time of day such as 07:00")
	}
	if r.Quiet.From == r.Quiet.To {
		bad.Add("quiet.to", "must be another time than the one from which it is quiet")
	}
}

func (r Rule) validateLimits(bad *problem.Collect) {
	switch {
	case r.wants(Value) && len(r.Limits) == 0:
		bad.Add("limits", "must name a figure and an amount, because \"value\" is to be told")
	case !r.wants(Value) && len(r.Limits) > 0:
		bad.Add("limits", "are of use only if \"value\" is to be told")
	}
	if len(r.Limits) > mostLimits {
		bad.Add("limits", "may be %d at most", mostLimits)
	}
	for _, l := range r.Limits {
		if l.Figure == "" || l.Above == "" && l.Below == "" {
			bad.Add("limits", "must each name a figure, and an amount that it is above or below")
		}
		for _, text := range []string{l.Above, l.Below} {
			if _, err := amountOf(text); text != "" && err != nil {
				bad.Add("limits", "has %q, which is no amount such as 10000 or -250.50", text)
			}
		}
	}
}

// amountOf reads an amount that a person has typed.
func amountOf(text string) (decimal.Decimal, error) {
	if len(text) > 40 {
		return decimal.Zero, problem.New(problem.InvalidInput, "the amount is too long")
	}
	d, err := decimal.NewFromString(text)
	if err == nil && (d.Exponent() > 30 || d.Exponent() < -30) {
		err = problem.New(problem.InvalidInput, "the amount is too large")
	}
	return d, err
}

// clockOf reads a time of day, as the time since midnight.
func clockOf(text string) (time.Duration, error) {
	t, err := time.Parse("15:04", text)
	return time.Duration(t.Hour())*time.Hour + time.Duration(t.Minute())*time.Minute, err
}

// quietUntil returns when the quiet time ends in which now is; zero if now is not in one.
func (r Rule) quietUntil(now time.Time) time.Time {
	from, errFrom := clockOf(r.Quiet.From)
	to, errTo := clockOf(r.Quiet.To)
	if errFrom != nil || errTo != nil || from == to {
		return time.Time{}
	}
	local := now.In(r.zone())
	clock := time.Duration(local.Hour())*time.Hour + time.Duration(local.Minute())*time.Minute +
		time.Duration(local.Second())*time.Second + time.Duration(local.Nanosecond())
	days := 0
	switch {
	case from < to && clock >= from && clock < to, from > to && clock < to:
	case from > to && clock >= from:
		days = 1
	default:
		return time.Time{}
	}
	// In terms of the wall clock, so that daylight saving does not shift the end.
	return time.Date(local.Year(), local.Month(), local.Day()+days, int(to/time.Hour), int(to%time.Hour/time.Minute),
		0, 0, local.Location())
}

// nextDigest returns when the first digest after a time is due.
func (r Rule) nextDigest(after time.Time) time.Time {
	at, err := clockOf(r.Digest.At)
	if err != nil {
		return time.Time{}
	}
	days := " * * *"
	if r.Digest.Weekly {
		days = " * * 1"
	}
	minute := at % time.Hour / time.Minute
	spec, err := schedule.Parse(fmt.Sprintf("%d %d%s", minute, at/time.Hour, days), r.Timezone)
	if err != nil {
		return time.Time{}
	}
	return spec.Next(after)
}

func orElse(text, missing string) string {
	if text == "" {
		return missing
	}
	return text
}
