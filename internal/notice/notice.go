// Package notice decides what is told to whom, and when: one notice for each cause, when it comes, while it stays and
// when it is over, besides what runs find out and a regular digest. Everything that it knows and everything that is
// still to be sent is in the store, so that a restart tells nothing twice and forgets nothing. How a notice travels is
// up to a [Channel].
package notice

import (
	"context"
	"time"

	"ledgersheet/internal/export"
)

// Kind is how notices travel.
type Kind string

// The kinds.
const (
	Mail    Kind = "mail"
	Webhook Kind = "webhook" // JSON, signed
	Slack   Kind = "slack"   // an incoming webhook of Slack's
	Teams   Kind = "teams"   // a workflow of Microsoft Teams that starts when a webhook request is received
)

// Kinds lists the kinds.
func Kinds() []Kind { return []Kind{Mail, Webhook, Slack, Teams} }

// Event is what a notice can be about.
type Event string

// The events.
const (
	Failure      Event = "failure"       // runs fail, or do not happen
	Recovery     Event = "recovery"      // what was told is over
	NeedsYou     Event = "needs_you"     // nothing gets better until a person acts
	Difference   Event = "difference"    // QuickBooks' own figures disagree
	ClosedChange Event = "closed_change" // a figure of a past month has changed
	Stale        Event = "stale"         // no success for some hours
	DigestEvent  Event = "digest"        // the figures, and how all stands
	Value        Event = "value"         // a figure is above or below a limit
	Report       Event = "report"        // a run has succeeded: its rows as a workbook, by mail
	Pack         Event = "pack"          // all of a pack has run: what is missing, and by mail the rows as a workbook
)

// Events lists the events.
func Events() []Event {
	return []Event{Failure, Recovery, NeedsYou, Difference, ClosedChange, Stale, DigestEvent, Value, Report, Pack}
}

// Cause is one thing that is wrong at present, however many exporters it affects. Its texts are for people.
type Cause struct {
	Key    string    `json:"key"` // the same as long as it is the same cause
	Code   string    `json:"code"`
	Title  string    `json:"title"`
	Detail string    `json:"detail,omitempty"`
	Action string    `json:"action,omitempty"`
	Path   string    `json:"path"` // of the page that lands on the remedy
	Button string    `json:"button"`
	Since  time.Time `json:"since,omitzero"`
	// Waiting are the exporters that it affects. A cause of a connection may have none.
	Waiting []Named        `json:"waiting,omitempty"`
	Company export.RealmID `json:"company_id,omitempty"` // if it is about one
	On      []Event        `json:"on"`                   // the events that it is, the most particular first
	Warning bool           `json:"warning,omitempty"`    // rows still come
	// Stage counts down to something that comes: 30, 7, 1 days. Each lower one is told at once. Most causes have 0.
	Stage int `json:"stage,omitempty"`
	// Settle is how long the cause must stay before it is told, because it often goes away by itself.
	Settle time.Duration `json:"settle,omitempty"`
}

// Named is an exporter as people know it.
type Named struct {
	ID   export.ID `json:"id"`
	Name string    `json:"name"`
}

// Phase is what a message says of its subject.
type Phase string

// The phases.
const (
	Opened    Phase = "opened"
	Still     Phase = "still"     // told before, and still there
	Recovered Phase = "recovered" // over
	Happened  Phase = "happened"  // it has no end
	Regular   Phase = "regular"   // a digest
	Trial     Phase = "test"      // somebody wants to see whether it arrives
)

// Message is one notice, ready to be put into a channel's form.
type Message struct {
	// ID is the same each time that the message is sent, so that a receiver can tell a repetition.
	ID        export.ID      `json:"id"`
	At        time.Time      `json:"at"` // of what it tells
	Phase     Phase          `json:"phase"`
	Event     Event          `json:"event,omitempty"`
	Code      string         `json:"code,omitempty"`  // of the cause
	Cause     string         `json:"cause,omitempty"` // the same in all messages about one cause
	Company   export.RealmID `json:"company_id,omitempty"`
	Title     string         `json:"title"`
	Lines     []string       `json:"lines,omitempty"`
	Action    string         `json:"action,omitempty"`
	Link      Link           `json:"link"`
	Since     time.Time      `json:"since,omitzero"`
	Exporters []Link         `json:"exporters,omitempty"` // the first of those affected
	More      int            `json:"more,omitempty"`      // how many more there are
	Moves     []Move         `json:"moves,omitempty"`
	// Causes are, of a digest, what needs somebody now; of a pack, what is missing.
	Causes  []Link   `json:"causes,omitempty"`
	Figures []Figure `json:"figures,omitempty"`
	Warning bool     `json:"warning,omitempty"`
	// Attach is the exporter whose rows go along as a workbook; empty for none.
	Attach export.ID `json:"attach,omitempty"`
	// AttachPack are the exporters of a pack whose rows go along as one workbook, which is called AttachName.
	AttachPack []export.ID `json:"attach_pack,omitempty"`
	AttachName string      `json:"attach_name,omitempty"`
	Zone       string      `json:"zone,omitempty"` // the IANA zone in which to write times; empty means UTC
}

// Link is an address with its name.
type Link struct {
	Text string `json:"text"`
	URL  string `json:"url"`
}

// Move is a figure that was one and is another now. Amounts are exact decimal text.
type Move struct {
	Title    string `json:"title"`
	Company  string `json:"company"`
	Period   string `json:"period"`
	Currency string `json:"currency,omitempty"`
	Old      string `json:"old"`
	New      string `json:"new"`
	By       string `json:"by"`
}

// Figure is a headline figure with what it was before, for a small picture. Amounts are exact decimal text.
type Figure struct {
	Title    string  `json:"title"`
	Company  string  `json:"company"`
	Period   string  `json:"period,omitempty"`
	Currency string  `json:"currency,omitempty"`
	Value    string  `json:"value"`
	By       string  `json:"by,omitempty"` // what it has changed by since the last digest; empty if that is not known
	URL      string  `json:"url,omitempty"`
	Points   []Point `json:"points,omitempty"` // oldest first, the last one is the value
}

// Point is what a figure was on a day.
type Point struct {
	Day   string `json:"day"` // 2006-01-02
	Value string `json:"value"`
}

// Channel sends messages of one kind.
type Channel interface {
	// Check returns what is wrong with an address, in words for people; empty if nothing is. It makes no requests.
	Check(to string) (why string)
	// Send sends a message and returns what the receiver answered, in words for people. It returns an error once ctx
	// ends. Errors other than *SendError are temporary.
	Send(ctx context.Context, r Rule, m Message) (answer string, err error)
}

// SendError is why a message did not arrive. Its text is for people and has no secrets.
type SendError struct {
	Text    string
	Lasting bool          // sending the same again cannot help
	After   time.Duration // how long the receiver asks to wait; zero if it did not say
}

// Error returns the text.
func (e *SendError) Error() string { return e.Text }

// Attached returns the exporters whose rows go along as a workbook; empty for none.
func (m Message) Attached() []export.ID {
	if m.Attach != "" {
		return []export.ID{m.Attach}
	}
	return m.AttachPack
}

// Prefix is what stands in front of the title where there is room for one line: what the message says of its subject.
func (m Message) Prefix() string {
	switch m.Phase {
	case Still:
		return "Still: "
	case Recovered:
		return "Over: "
	case Trial:
		return "Test: "
	case Regular:
		return "Digest: "
	}
	return ""
}
