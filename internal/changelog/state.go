package changelog

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"ledgersheet/internal/export"
)

// changeStateVersion is raised whenever the meaning of the stored state or of fingerprints changes.
const changeStateVersion = 1

// maxChangeState limits the unpacked size of a stored state.
const maxChangeState = 1 << 30

// changeState is what a change log keeps about one company between runs.
type changeState struct {
	Version int `json:"version"`
	// Cursor is QuickBooks' own clock at the last reading: everything that changed before is in Objects.
	Cursor  time.Time                `json:"cursor"`
	Objects map[string]*watchedState `json:"objects"`
	Log     []logEntry               `json:"log"` // later runs first
}

// watchedState is what is known of the records of one object.
type watchedState struct {
	Paths   []string               `json:"paths"` // of the texts
	Records map[string]fingerprint `json:"records"`
}

// fingerprint is what is kept of a record: enough to notice that it changed and to show what the watched fields were.
type fingerprint struct {
	Hash  uint64   `json:"h"`
	Texts []string `json:"t"`
}

// changeKind is what happened to a record.
type changeKind string

const (
	changeAdded   changeKind = "Added"
	changeChanged changeKind = "Changed"
	changeVoided  changeKind = "Voided"
	changeDeleted changeKind = "Deleted"
)

// logEntry is one entry of the log.
type logEntry struct {
	Seen   time.Time  `json:"seen"` // the reading that noticed it
	When   time.Time  `json:"when"`
	Object string     `json:"object"`
	ID     string     `json:"id"`
	Label  string     `json:"label,omitempty"`
	Date   string     `json:"date,omitempty"`
	Kind   changeKind `json:"kind"`
	Field  string     `json:"field,omitempty"` // its title
	Old    string     `json:"old,omitempty"`
	New    string     `json:"new,omitempty"`
	Closed bool       `json:"closed,omitempty"`
}

var errChangeState = errors.New("the state is not of this version")

// decodeChangeState decodes a stored state. Without data it returns a fresh one.
func decodeChangeState(data []byte) (changeState, error) {
	s := changeState{Version: changeStateVersion, Objects: map[string]*watchedState{}}
	if len(data) == 0 {
		return s, nil
	}
	in, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return s, fmt.Errorf("unpacking the state: %w", err)
	}
	var stored changeState
	if err := json.NewDecoder(io.LimitReader(in, maxChangeState)).Decode(&stored); err != nil {
		return s, fmt.Errorf("reading the state: %w", err)
	}
	if stored.Version != changeStateVersion || stored.Cursor.IsZero() {
		return s, errChangeState
	}
	if stored.Objects == nil {
		stored.Objects = s.Objects
	}
	for object, o := range stored.Objects {
		if o == nil || o.Records == nil {
			delete(stored.Objects, object) // to be watched anew
			continue
		}
		for _, p := range o.Records {
			if len(p.Texts) != len(o.Paths) {
				return s, errChangeState
			}
		}
	}
	return stored, nil
}

func (s *changeState) encode() ([]byte, error) {
	var b bytes.Buffer
	out := gzip.NewWriter(&b)
	if err := json.NewEncoder(out).Encode(s); err != nil {
		return nil, fmt.Errorf("encoding the state: %w", err)
	}
	if err := out.Close(); err != nil {
		return nil, fmt.Errorf("packing the state: %w", err)
	}
	return b.Bytes(), nil
}

// forget drops the log entries that were noticed before the given time.
func (s *changeState) forget(before time.Time) {
	s.Log = slices.DeleteFunc(s.Log, func(c logEntry) bool { return c.Seen.Before(before) })
}

// hasDeletion reports whether the log already has the record's deletion.
func (s *changeState) hasDeletion(object, id string) bool {
	return slices.ContainsFunc(s.Log, func(c logEntry) bool {
		return c.Kind == changeDeleted && c.Object == object && c.ID == id
	})
}

// unknownText stands for a field that was not being kept when the record was last seen.
const unknownText = "\x00"

// align adapts what is kept of an object's records to the fields watched now.
func (o *watchedState) align(w export.Watched) {
	now := make([]string, len(w.Fields))
	at := make([]int, len(w.Fields))
	for i, f := range w.Fields {
		now[i], at[i] = f.Path, slices.Index(o.Paths, f.Path)
	}
	if slices.Equal(now, o.Paths) {
		return
	}
	for id, p := range o.Records {
		texts := make([]string, len(now))
		for i, from := range at {
			if texts[i] = unknownText; from >= 0 {
				texts[i] = p.Texts[from]
			}
		}
		o.Records[id] = fingerprint{Hash: p.Hash, Texts: texts}
	}
	o.Paths = now
}
