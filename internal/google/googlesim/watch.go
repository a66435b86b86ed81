package googlesim

import "google.golang.org/api/sheets/v4"

// Applied is a change that has just been committed, whole.
type Applied struct {
	// Kind is the method as in Fault.Kind, or "person" for what was done past the API.
	Kind string
	User string
	// Path, Query and Body are the request as it was sent; empty for a person.
	Path, Query string
	Body        []byte
	// Requests are those of a batchUpdate, a person's Batch included. They must not be changed.
	Requests []*sheets.Request
	// Late says that the answer had been given before, see Fault.Late.
	Late bool
	// Book is the spreadsheet as it stands after the change, Before as it stood. They are for reading, and
	// for the time of the call only.
	Book, Before *Spreadsheet
}

// Watch calls a function after every change that is committed, in order and before anybody can see a
// later one. The function must look at nothing but what it is given: the server waits for it.
func (s *Server) Watch(watcher func(Applied)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.watchers = append(s.watchers, watcher)
}

// tell calls the watchers. The caller holds the lock.
func (s *Server) tell(doc *document, who caller, why *call, c *change, before *state) {
	if len(s.watchers) == 0 {
		return
	}
	view := func(st state) *Spreadsheet { return &Spreadsheet{s: s, id: doc.id, frozen: &st, doc: doc} }
	event := Applied{
		Kind: "person", User: who.email, Requests: c.requests, Book: view(*c.st), Before: view(*before),
	}
	if why != nil {
		event.Kind, event.Path, event.Query, event.Body = why.kind, why.path, why.rawQuery, why.body
		event.Late = why.late
	}
	for _, watcher := range s.watchers {
		watcher(event)
	}
}
