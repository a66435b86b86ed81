package export

import (
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"time"
	"unicode/utf8"
)

// Asked is a request that a run made to a provider, as evidence.
type Asked struct {
	At       time.Time `json:"at"`
	Provider string    `json:"provider"` // "quickbooks" or "google"
	// What was asked for, in clear: the path and, of QuickBooks, the parameters. It may hold customers' names.
	What   string `json:"what"`
	Status int    `json:"status,omitempty"` // of the answer; 0 if there was none
	ID     string `json:"id,omitempty"`     // the provider's own id of the request, for its support
	// Shared says that the request was another run's, which this run shared.
	Shared  bool `json:"shared,omitempty"`
	Attempt int  `json:"attempt,omitempty"` // of the run, from 1
}

const (
	mostAsked     = 20  // requests kept of the first ones, and as many of the last
	mostAskedText = 400 // bytes of a text
)

// AskedLog keeps the first and the last requests of a run, so that its size is bounded. The zero value is empty.
type AskedLog struct {
	First []Asked `json:"first,omitempty"`
	Last  []Asked `json:"last,omitempty"`
	Count int     `json:"count"`
}

// Add adds a request.
func (l *AskedLog) Add(a Asked) {
	a.What, a.ID = cutText(a.What), cutText(a.ID)
	l.Count++
	if len(l.First) < mostAsked {
		l.First = append(l.First, a)
		return
	}
	if len(l.Last) == mostAsked {
		l.Last = append(l.Last[:0], l.Last[1:]...)
	}
	l.Last = append(l.Last, a)
}

// Join adds the requests of another log, which came later.
func (l *AskedLog) Join(later AskedLog) {
	for _, a := range later.Requests() {
		l.Add(a)
	}
	l.Count += later.Omitted()
}

// Requests returns the requests that are kept, in order.
func (l AskedLog) Requests() []Asked { return slices.Concat(l.First, l.Last) }

// Omitted counts the requests that are not kept. They came after the first ones of their attempt.
func (l AskedLog) Omitted() int { return l.Count - len(l.First) - len(l.Last) }

func cutText(s string) string {
	if len(s) <= mostAskedText {
		return s
	}
	for s = s[:mostAskedText]; !utf8.ValidString(s); s = s[:len(s)-1] {
	}
	return s + "…"
}

// Evidence is what is kept of how a run came by its rows, besides the run itself.
type Evidence struct {
	Day      string   `json:"day,omitempty"`  // of the run, in Zone; dates are worked out from it
	Zone     string   `json:"zone,omitempty"` // the exporter's time zone
	Revision int      `json:"revision"`       // of the exporter, when the run began
	Asked    AskedLog `json:"asked"`
}

// Pack returns the bytes to keep.
func (e Evidence) Pack() ([]byte, error) {
	data, err := json.Marshal(e)
	if err != nil {
		return nil, fmt.Errorf("encoding a run's evidence: %w", err)
	}
	return data, nil
}

// UnpackEvidence reads what Pack returned.
func UnpackEvidence(data []byte) (e Evidence, err error) {
	if err := json.Unmarshal(data, &e); err != nil {
		return e, fmt.Errorf("reading a run's evidence: %w", err)
	}
	return e, nil
}

// notes are the requests that a Meter has been told of.
type notes struct {
	mu  sync.Mutex
	log AskedLog
}

// Note keeps a request as evidence. It does not count it: that is for Add.
func (m *Meter) Note(a Asked) {
	for ; m != nil; m = m.parent {
		m.notes.mu.Lock()
		m.notes.log.Add(a)
		m.notes.mu.Unlock()
	}
}

// Asked returns the requests that were noted.
func (m *Meter) Asked() AskedLog {
	if m == nil {
		return AskedLog{}
	}
	m.notes.mu.Lock()
	defer m.notes.mu.Unlock()
	log := m.notes.log
	log.First, log.Last = slices.Clone(log.First), slices.Clone(log.Last)
	return log
}

// Part returns a Meter for a part of a run: m counts and notes what it does, too.
func (m *Meter) Part() *Meter { return &Meter{parent: m} }
