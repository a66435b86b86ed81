package notice

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"time"

	"ledgersheet/internal/export"
)

// When a cause that stays is told again: after a day, then each week.
const (
	remindFirst = 24 * time.Hour
	remindAfter = 7 * 24 * time.Hour
)

// incident is what a rule knows of one cause. It is entered when the cause is first seen, told once the cause has
// stayed as long as it must, told again from time to time, and left when the cause is gone.
type incident struct {
	Rule   export.ID `json:"rule"`
	Cause  Cause     `json:"cause"` // as last seen
	SeenAt time.Time `json:"seen_at"`
	ToldAt time.Time `json:"told_at,omitzero"` // zero until it was told
	LastAt time.Time `json:"last_at,omitzero"` // when it was last told
	Told   int       `json:"told,omitempty"`   // how many times
	// Unsure says that the rule was changed since: if it is not about the cause any more, that is no recovery.
	Unsure bool `json:"unsure,omitempty"`
}

func (i incident) key() string { return incidentPrefix(i.Rule) + mark(i.Cause.Key) }

// mark names a cause in records and messages.
func mark(cause string) string {
	sum := sha256.Sum256([]byte(cause))
	return hex.EncodeToString(sum[:8])
}

// due returns when the incident is to be told next.
func (i incident) due() time.Time {
	switch {
	case i.ToldAt.IsZero():
		return i.SeenAt.Add(i.Cause.Settle)
	case i.Told <= 1:
		return i.LastAt.Add(remindFirst)
	}
	return i.LastAt.Add(remindAfter)
}

// verdict is what follows from the causes of the moment for one rule.
type verdict struct {
	keep  []incident // as they are from now on
	over  []incident // told before, and gone
	drop  []incident // never told, and gone
	tells []telling
}

// telling is a message to be made.
type telling struct {
	phase    Phase
	incident incident
	nearer   bool // it is told again because its stage is another one
}

// judge compares what a rule knows with the causes of the moment. active reports whether an exporter has a run that is
// queued or under way: while it has, nobody can say whether its cause is gone.
func judge(r Rule, known []incident, causes []Cause, now time.Time, active func(export.ID) bool) verdict {
	var v verdict
	present := map[string]bool{}
	for _, cause := range causes {
		if !r.wants(cause.On...) || present[cause.Key] {
			continue
		}
		present[cause.Key] = true
		i := incident{Rule: r.ID, SeenAt: now}
		if n := slices.IndexFunc(known, func(k incident) bool { return k.Cause.Key == cause.Key }); n >= 0 {
			i = known[n]
		}
		i.Unsure = false
		nearer := i.Told > 0 && cause.Stage > 0 && cause.Stage < i.Cause.Stage
		i.Cause = cause
		if nearer || !now.Before(i.due()) {
			phase := Opened
			if i.Told > 0 {
				phase = Still
			} else {
				i.ToldAt = now
			}
			i.LastAt, i.Told = now, i.Told+1
			v.tells = append(v.tells, telling{phase, i, nearer})
		}
		v.keep = append(v.keep, i)
	}
	for _, i := range known {
		switch {
		case present[i.Cause.Key]:
		case !i.Unsure && slices.ContainsFunc(i.Cause.Waiting, func(e Named) bool { return active(e.ID) }):
			v.keep = append(v.keep, i)
		case i.Told == 0, i.Unsure:
			v.drop = append(v.drop, i)
		default:
			v.over = append(v.over, i)
			if r.wants(Recovery) {
				v.tells = append(v.tells, telling{phase: Recovered, incident: i})
			}
		}
	}
	return v
}

// narrow leaves of a cause what the rule is about; false if that is nothing.
func (r Rule) narrow(c Cause, subjects map[export.ID]Subject) (Cause, bool) {
	if len(r.Exporters) == 0 && len(r.Tags) == 0 {
		return c, true
	}
	all := c.Waiting
	c.Waiting = nil
	for _, e := range all {
		if s, known := subjects[e.ID]; known && r.picks(s) {
			c.Waiting = append(c.Waiting, e)
		}
	}
	return c, len(c.Waiting) > 0
}

// mostNamed is how many exporters a message names.
const mostNamed = 8

// tell makes the message.
func (d *Dispatcher) tell(r Rule, t telling, now time.Time) Message {
	c := t.incident.Cause
	m := Message{
		At: now, Phase: t.phase, Event: r.eventOf(c.On), Code: c.Code, Cause: mark(c.Key), Company: c.Company,
		Title: c.Title, Since: c.Since, Warning: c.Warning, Zone: r.Timezone,
		Link: Link{orElse(c.Button, "Open the dashboard"), d.o.BaseURL + c.Path},
	}
	if m.Since.IsZero() {
		m.Since = t.incident.SeenAt
	}
	for i, e := range c.Waiting {
		if i == mostNamed {
			m.More = len(c.Waiting) - mostNamed
			break
		}
		m.Exporters = append(m.Exporters, Link{e.Name, d.o.BaseURL + "/exporters/" + string(e.ID)})
	}
	switch t.phase {
	case Recovered:
		m.Event, m.Link = Recovery, Link{"Open the dashboard", d.o.BaseURL + "/"}
		m.Lines = []string{fmt.Sprintf("This is over. It was told on %s and lasted %s.",
			t.incident.ToldAt.In(r.zone()).Format("2 January at 15:04"), span(now.Sub(m.Since)))}
	case Still:
		m.Lines = appendText([]string{"This has lasted for " + span(now.Sub(m.Since)) + "."}, c.Detail)
		if t.nearer {
			m.Lines = appendText([]string{nearerWords(c.Stage)}, c.Detail)
		}
		m.Action = c.Action
	default:
		m.Lines, m.Action = appendText(nil, c.Detail), c.Action
	}
	return m
}

// nearerWords says how near it is now.
func nearerWords(stage int) string {
	if stage == 1 {
		return "It comes within a day now."
	}
	return fmt.Sprintf("It comes within %d days now.", stage)
}

func appendText(list []string, text string) []string {
	if text != "" {
		list = append(list, text)
	}
	return list
}

// span says how long something took, roughly.
func span(d time.Duration) string {
	count := func(n int, unit string) string {
		if n == 1 {
			return "1 " + unit
		}
		return fmt.Sprintf("%d %ss", n, unit)
	}
	switch minutes := int(d.Round(time.Minute) / time.Minute); {
	case minutes < 1:
		return "less than a minute"
	case minutes < 120:
		return count(minutes, "minute")
	case minutes < 48*60:
		return count((minutes+30)/60, "hour")
	default:
		return count((minutes+12*60)/(24*60), "day")
	}
}
