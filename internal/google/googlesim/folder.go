package googlesim

import (
	"fmt"
	"net/http"
	"net/url"
)

// folder is a folder of the simulated Drive.
type folder struct {
	id, owner string
	editors   map[string]bool
	apps      map[string]bool // client ID and email of every drive.file grant on it
	// shared says that it is part of a shared drive, whose files count against nobody's storage.
	shared bool
}

// CreateFolder makes a folder in the owner's Drive, or in a shared drive, and lets others edit it. Like every file that
// a person makes, drive.file clients do not see it.
func (s *Server) CreateFolder(owner string, shared bool, editors ...string) (id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := &folder{id: "0" + secret(32), owner: owner, shared: shared, editors: map[string]bool{owner: true},
		apps: map[string]bool{}}
	for _, email := range editors {
		f.editors[email] = true
	}
	s.folders[f.id] = f
	return f.id
}

// Parent returns the folder of a spreadsheet; empty for its owner's own Drive.
func (s *Server) Parent(id string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if doc := s.docs[id]; doc != nil {
		return doc.parent
	}
	return ""
}

// LockCopies lets only editors copy a spreadsheet, as its owner may choose.
func (s *Server) LockCopies(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if doc := s.docs[id]; doc != nil {
		doc.copyLocked = true
	}
}

// seesFolder reports whether a caller may put files into a folder. The caller holds the lock.
func (s *Server) seesFolder(who caller, c *call, id string) bool {
	f := s.folders[id]
	return f != nil && f.editors[who.email] && (!who.perFileOnly(driveScopes) || f.apps[appKey(who)]) &&
		(!f.shared || c.asks("supportsAllDrives"))
}

// asks reports whether the call sets a truth among its parameters.
func (c *call) asks(name string) bool {
	q, err := url.ParseQuery(c.rawQuery)
	return err == nil && q.Get(name) == "true"
}

// placeFile returns the folder of a new file and refuses one for which there is no room. A file has one parent at most.
// Without supportsAllDrives, a client does not see folders of shared drives. The caller holds the lock. See
// https://developers.google.com/workspace/drive/api/guides/enable-shareddrives.
func (s *Server) placeFile(who caller, c *call, parents []string) (string, error) {
	if len(parents) > 1 {
		e := badRequest("A file can only have one parent folder.")
		e.reason = "invalid"
		return "", e
	}
	if len(parents) == 0 {
		return "", s.mayCreate(who)
	}
	if !s.seesFolder(who, c, parents[0]) {
		e := errNotFound()
		e.message, e.reason = fmt.Sprintf("File not found: %s.", parents[0]), "notFound"
		return "", e
	}
	if s.folders[parents[0]].shared {
		return parents[0], nil
	}
	return parents[0], s.mayCreate(who)
}

// errCannotCopy is Drive's refusal of a copy that the file's owner does not allow.
func errCannotCopy() *apiError {
	e := errNoPermission()
	e.code, e.message, e.reason = http.StatusForbidden, "This file cannot be copied by the user.", "cannotCopyFile"
	return e
}
