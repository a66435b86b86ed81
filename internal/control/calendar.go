package control

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"net/url"
	"slices"
	"strings"
	"time"

	"ledgersheet/internal/access"
	"ledgersheet/internal/export"
	"ledgersheet/internal/ics"
	"ledgersheet/internal/problem"
)

const calendarSetting = "calendar"

// calendarEvery is how often calendar programs should read the calendar again.
const calendarEvery = 12 * time.Hour

// calendarAddress is the secret in the calendar's address, which programs must be able to read without signing in.
type calendarAddress struct {
	Key string `json:"key"`
}

// CalendarURL returns the address of the calendar of connections' ends; empty if there is none. Whoever has it can read
// the companies' names, so only those who may connect all companies see it.
func (d *Desk) CalendarURL(ctx context.Context) (string, error) {
	if err := d.allow(access.Connect, access.Installation(), "companies"); err != nil {
		return "", err
	}
	address, err := readSetting[calendarAddress](ctx, d.core, calendarSetting)
	return d.calendarURL(address), err
}

func (d *Desk) calendarURL(a calendarAddress) string {
	if a.Key == "" {
		return ""
	}
	return d.o.BaseURL + "/calendar.ics?key=" + url.QueryEscape(a.Key)
}

// RenewCalendar makes a new address for the calendar. The old one stops working.
func (d *Desk) RenewCalendar(ctx context.Context) (string, error) {
	return d.changeCalendar(ctx, newSecret(), "calendar.renew")
}

// EndCalendar makes the calendar's address stop working.
func (d *Desk) EndCalendar(ctx context.Context) error {
	_, err := d.changeCalendar(ctx, "", "calendar.end")
	return err
}

func (d *Desk) changeCalendar(ctx context.Context, key, action string) (string, error) {
	if err := d.allow(access.Connect, access.Installation(), "companies"); err != nil {
		return "", err
	}
	address, err := changeSetting(ctx, d.core, calendarSetting, func(a *calendarAddress) error {
		a.Key = key
		return nil
	})
	if err != nil {
		return "", err
	}
	d.audit(ctx, d.who, action, "", "")
	return d.calendarURL(address), nil
}

// Calendar returns the calendar for whoever has the key in its address; nobody has to be signed in. It tells when the
// connections of all companies end.
func (d *Desk) Calendar(ctx context.Context, key string) ([]byte, error) {
	address, err := readSetting[calendarAddress](ctx, d.core, calendarSetting)
	if err != nil {
		return nil, err
	}
	if address.Key == "" || subtle.ConstantTimeCompare([]byte(address.Key), []byte(key)) != 1 {
		return nil, problem.New(problem.NotFound, "There is no calendar at this address.").
			WithHint("It may have been given a new one: look at Connections.")
	}
	companies, err := d.o.Store.Companies(ctx)
	if err != nil {
		return nil, err
	}
	accounts, err := d.o.Store.Accounts(ctx)
	if err != nil {
		return nil, err
	}
	c := ics.Calendar{Name: "ledgersheet connections", Made: d.o.Now(), Every: calendarEvery}
	for _, company := range companies {
		c.Events = append(c.Events, d.companyEvents(company)...)
	}
	for _, account := range accounts {
		c.Events = append(c.Events, d.accountEvents(account)...)
	}
	live, err := readSetting[goingLive](ctx, d.core, goingLiveSetting)
	if err != nil {
		return nil, err
	}
	if next := nextAssessment(live.AssessedAt); !next.IsZero() && d.o.Environment == "production" {
		c.Events = append(c.Events, d.event("assessment", next, "Intuit's yearly assessment is due",
			"Answer the questionnaire at developer.intuit.com, and enter the day under Connections, Going live."))
	}
	return c.Encode(), nil
}

// companyEvents returns both ends of a company's connection, or the end that has come.
func (d *Desk) companyEvents(c export.Company) (events []ics.Event) {
	add := func(kind string, at time.Time, title, text string) {
		if !at.IsZero() {
			events = append(events, d.event(kind+" "+string(c.Realm), at, title, text))
		}
	}
	again := "Open Connections and press Reconnect on " + c.Name + ", or send a link to an administrator of the " +
		"company."
	switch c.Status {
	case export.ReconnectRequired:
		add("lost", c.LostAt, "QuickBooks access to "+c.Name+" has ended", again)
	case export.Connected:
		add("fixed", c.HardExpiresAt, "QuickBooks access to "+c.Name+" ends for good",
			"Intuit ends each connection five years after the consent. "+again)
		if !LifeOf(c, d.o.Now()).Fixed {
			add("rolling", c.TokenExpiresAt, "QuickBooks access to "+c.Name+" ends unless it is renewed",
				"ledgersheet renews it each day, which moves this day. If the day does not move, ledgersheet is not "+
					"running or cannot reach Intuit.")
		}
	}
	return events
}

func (d *Desk) accountEvents(a export.GoogleAccount) (events []ics.Event) {
	switch life := LifeOfAccount(a, d.o.Now()); {
	case a.Status == export.ReconnectRequired && !a.LostAt.IsZero():
		events = append(events, d.event("lost "+string(a.ID), a.LostAt, "Google access for "+a.Email+" has ended",
			"Open Connections and press Reconnect on "+a.Email+"."))
	case !life.Ends.IsZero():
		events = append(events, d.event("fixed "+string(a.ID), life.Ends, "Google access for "+a.Email+" ends",
			sentences(life.Reason, "Open Connections and press Reconnect on "+a.Email+".")))
	}
	return events
}

// event returns an event that stays the same while its subject does. The subject, such as a company's id, is not in it.
func (d *Desk) event(subject string, at time.Time, title, text string) ics.Event {
	sum := sha256.Sum256([]byte(d.o.BaseURL + " " + subject))
	host := "ledgersheet"
	if u, err := url.Parse(d.o.BaseURL); err == nil && u.Hostname() != "" {
		host = u.Hostname()
	}
	remind := warnDays()
	slices.Reverse(remind)
	return ics.Event{
		UID: hex.EncodeToString(sum[:12]) + "@" + strings.ReplaceAll(host, ":", "-"), Day: at.UTC(), Title: title,
		Text: text, Link: d.o.BaseURL + "/connections", Remind: remind,
	}
}

// newSecret returns 32 random bytes for an address. crypto/rand never fails.
func newSecret() string {
	var b [32]byte
	_, _ = rand.Read(b[:])
	return base64.RawURLEncoding.EncodeToString(b[:])
}
