// Package capture makes QuickBooks' raw answers fit for a bug report: a [Recorder] collects them, and a [Scrubber]
// replaces what tells of a company while structure, references and sums stay as they were.
package capture

import (
	"bytes"
	"encoding/json"
	"fmt"
	"sync"
)

// Version is that of the file's format.
const Version = 1

// Note says in each file what was replaced, and what a reader can still find out.
const Note = "Names, ids, texts and tokens are replaced; the same value has the same replacement everywhere in this " +
	"file. All dates are moved by the same number of years. All amounts are multiplied by the same number, so totals " +
	"still hold; whoever tries can find that number. Quantities, percentages and exchange rates are as they were."

// File is a capture as it is saved.
type File struct {
	Version int    `json:"version"`
	Note    string `json:"note"`
	Type    string `json:"type"` // the exporter's
	// Problem is the code of the problem that ended the reading; empty if everything was read.
	Problem  string    `json:"problem,omitempty"`
	Requests []Request `json:"requests"`
	// LeftOut counts the requests whose answers were dropped for their size. Their bodies are null.
	LeftOut int `json:"left_out,omitempty"`
}

// Request is one request and its scrubbed answer.
type Request struct {
	Path   string          `json:"path"` // with the query
	Status int             `json:"status"`
	Body   json.RawMessage `json:"body"`
	// Unread describes an answer that is not JSON; Body is null then.
	Unread string `json:"unread,omitempty"`
}

// answer is one answer as it came.
type answer struct {
	path    string
	status  int
	body    []byte
	dropped bool
}

// maxKept limits the bytes of bodies that a Recorder keeps.
const maxKept = 16 << 20

// mostIndented is the size in bytes up to which a file is laid out for people, which makes it several times larger.
const mostIndented = 2 << 20

// Recorder collects raw answers. The zero Recorder is ready, and safe for concurrent use.
type Recorder struct {
	mu      sync.Mutex // protects what follows
	answers []answer
	kept    int
}

// Add keeps an answer: the request's path with its query, the status and the body, which the caller must not change
// any more. Bodies beyond 16 MB in all are dropped, but their requests stay listed.
func (r *Recorder) Add(path string, status int, body []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	a := answer{path: path, status: status, body: body}
	if r.kept+len(body) > maxKept {
		a.body, a.dropped = nil, true
	}
	r.kept += len(a.body)
	r.answers = append(r.answers, a)
}

// Len returns how many answers there are.
func (r *Recorder) Len() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.answers)
}

// File scrubs the answers, in the order in which they came. kind is the exporter's type, and trouble the code of the
// problem that ended the reading, if one did.
func (r *Recorder) File(s *Scrubber, kind, trouble string) ([]byte, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	f := File{Version: Version, Note: Note, Type: kind, Problem: trouble, Requests: []Request{}}
	for _, a := range r.answers {
		q := Request{Path: s.Path(a.path), Status: a.status}
		var ok bool
		switch q.Body, ok = s.Body(a.body); {
		case a.dropped:
			f.LeftOut++
		case !ok:
			q.Unread = describe(a.body)
		}
		f.Requests = append(f.Requests, q)
	}
	data, err := json.Marshal(f)
	if err == nil && len(data) < mostIndented {
		data, err = json.MarshalIndent(f, "", " ")
	}
	if err != nil {
		return nil, fmt.Errorf("writing the capture: %w", err)
	}
	return append(data, '\n'), nil
}

// describe says what an answer is that is not JSON, without a word of it.
func describe(body []byte) string {
	kind := "text"
	if bytes.HasPrefix(bytes.TrimSpace(body), []byte("<")) {
		kind = "XML or HTML"
	}
	return fmt.Sprintf("%s of %d bytes", kind, len(body))
}
