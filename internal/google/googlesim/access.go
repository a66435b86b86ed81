package googlesim

import (
	"fmt"
	"net/http"
	"strings"
)

// authenticate reads the bearer token of a request.
func (s *Server) authenticate(r *http.Request) (caller, *apiError) {
	text, ok := bearer(r)
	if !ok {
		return caller{}, errUnregistered()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	token := s.access[text]
	if token == nil || s.now().After(token.expires) {
		return caller{}, errBadToken()
	}
	return token.caller, nil
}

func bearer(r *http.Request) (string, bool) {
	if text := r.URL.Query().Get("access_token"); text != "" {
		return text, true
	}
	kind, text, ok := strings.Cut(r.Header.Get("Authorization"), " ")
	return text, ok && strings.EqualFold(kind, "bearer")
}

// emailOf returns the account a request speaks for, if its token is known.
func (s *Server) emailOf(r *http.Request) string {
	text, _ := bearer(r)
	s.mu.Lock()
	defer s.mu.Unlock()
	if token := s.access[text]; token != nil {
		return token.email
	}
	return ""
}

func appKey(who caller) string { return who.client + " " + who.email }

// role returns owner, writer, reader or "".
func (d *document) role(email string) string {
	if d.owner == email {
		return "owner"
	}
	return d.shares[email]
}

// scopes of the Sheets methods, strongest first.
var (
	writeScopes = []string{scopePrefix + "drive", scopePrefix + "drive.file", scopePrefix + "spreadsheets"}
	readScopes  = append([]string{scopePrefix + "drive.readonly", scopePrefix + "spreadsheets.readonly"},
		writeScopes...)
	driveScopes = []string{scopePrefix + "drive", scopePrefix + "drive.file"}
	listScopes  = append([]string{scopePrefix + "drive.readonly", scopePrefix + "drive.metadata.readonly", scopePrefix +
		"drive.metadata"}, driveScopes...)
)

// methodScopes returns the scopes of which a call needs one. Only three reads accept a read-only scope.
func methodScopes(c *call) []string {
	switch c.kind {
	case "get", "values.get", "values.batchGet":
		return readScopes
	case "drive.get", "drive.list", "drive.about", "drive.permissions.list":
		return listScopes
	}
	if c.drive() {
		return driveScopes
	}
	return writeScopes
}

func (who caller) hasAny(scopes []string) bool {
	for _, scope := range scopes {
		if who.scopes[scope] {
			return true
		}
	}
	return false
}

// perFileOnly reports whether, of the scopes the call accepts, the caller holds drive.file alone.
func (who caller) perFileOnly(scopes []string) bool {
	for _, scope := range scopes {
		if scope != scopePrefix+"drive.file" && who.scopes[scope] {
			return false
		}
	}
	return true
}

// open finds the file of a call and checks that the caller may do what the call does. The caller of
// open holds the lock.
func (s *Server) open(who caller, c *call) (*document, *apiError) {
	doc := s.docs[c.id]
	if doc == nil || (who.perFileOnly(methodScopes(c)) && !doc.apps[appKey(who)]) {
		return nil, notFound(c)
	}
	switch doc.role(who.email) {
	case "":
		if c.drive() {
			return nil, notFound(c)
		}
		return nil, errNoPermission()
	case "reader":
		if !c.read {
			return nil, errNoPermission()
		}
	}
	return doc, nil
}

func notFound(c *call) *apiError {
	e := errNotFound()
	if c.drive() {
		e.message = fmt.Sprintf("File not found: %s.", c.id)
	}
	return e
}

// Share gives an account access to a spreadsheet; role is writer (also when empty) or reader.
func (s *Server) Share(id, email, role string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	doc := s.docs[id]
	switch {
	case doc == nil:
		return fmt.Errorf("sharing spreadsheet %q: no such spreadsheet", id)
	case email == "":
		return fmt.Errorf("sharing spreadsheet %q: no e-mail given", id)
	case role == "":
		role = "writer"
	case role != "writer" && role != "reader":
		return fmt.Errorf("sharing spreadsheet %q: role %q is neither writer nor reader", id, role)
	}
	doc.shares[email] = role
	return nil
}

// Pick acts as the user choosing a spreadsheet for the server's client in a file picker, which lets drive.file tokens
// of that account reach it.
func (s *Server) Pick(id, email string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	doc := s.docs[id]
	if doc == nil || doc.role(email) == "" {
		return fmt.Errorf("picking spreadsheet %q: %s cannot open it", id, email)
	}
	doc.apps[appKey(caller{client: s.client.id, email: email})] = true
	return nil
}

// CreateSpreadsheet makes a spreadsheet as a user does in the browser and returns its id. It is not
// visible to drive.file clients until picked. Without titles it has one tab, Sheet1.
func (s *Server) CreateSpreadsheet(ownerEmail, title string, tabs ...string) string {
	if title == "" {
		title = "Untitled spreadsheet"
	}
	st := newState(title)
	if len(tabs) == 0 {
		tabs = []string{"Sheet1"}
	}
	for i, name := range tabs {
		id := int64(0)
		if i > 0 {
			id = st.freshID()
		}
		st.addTab(id, name, defaultRows, defaultColumns)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.store(ownerEmail, st).id
}

// store makes a file of a state. The caller holds the lock.
func (s *Server) store(owner string, st *state) *document {
	now := s.now()
	doc := &document{
		id: "1" + secret(32), owner: owner, created: now, modified: now, shares: map[string]string{},
		apps: map[string]bool{}, state: st,
	}
	s.docs[doc.id] = doc
	s.order = append(s.order, doc.id)
	return doc
}

// serveAPI answers a Sheets or Drive request: who asks, whether the scopes and the quota allow it,
// then the method.
func (s *Server) serveAPI(w http.ResponseWriter, r *http.Request, c *call) {
	who, refused := s.authenticate(r)
	if refused == nil {
		c.user = who.email
		refused = s.admit(who, r, c)
	}
	if refused != nil {
		refused.write(w, c.drive())
		return
	}
	answer, err := s.perform(who, r, c)
	if err != nil {
		asAPIError(err).write(w, c.drive())
		return
	}
	if answer == nil {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	writeJSON(w, http.StatusOK, answer)
}

func (s *Server) admit(who caller, r *http.Request, c *call) *apiError {
	service, name := "sheets.googleapis.com", "google.apps.sheets.v4.SpreadsheetsService."+c.kind
	if c.drive() {
		service, name = "drive.googleapis.com", "google.apps.drive.v3.DriveFiles."+strings.TrimPrefix(c.kind, "drive.")
	}
	if !who.hasAny(methodScopes(c)) {
		return errScope(service, name)
	}
	if c.drive() {
		return nil
	}
	user := who.email
	if q := r.URL.Query().Get("quotaUser"); q != "" && who.service {
		user = q
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.spend(user, c.read)
}
