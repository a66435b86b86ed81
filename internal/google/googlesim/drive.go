package googlesim

import (
	"maps"
	"net/url"
	"reflect"
	"regexp"
	"sort"
	"strconv"
	"strings"
	"time"

	"google.golang.org/api/drive/v3"
)

const spreadsheetType = "application/vnd.google-apps.spreadsheet"

// performDrive runs one Drive method. Like Drive it answers only id, name, mimeType and kind unless
// a mask asks for more.
func (s *Server) performDrive(who caller, q url.Values, c *call) (any, error) {
	base := s.base(nil)
	s.mu.Lock()
	defer s.mu.Unlock()
	var answer any
	usual := "kind,id,name,mimeType"
	switch c.kind {
	case "drive.about":
		if q.Get("fields") == "" {
			return nil, badRequest("The 'fields' parameter is required for this method.")
		}
		answer = &drive.About{
			Kind: "drive#about",
			User: &drive.User{Kind: "drive#user", EmailAddress: who.email, DisplayName: who.email, Me: true},
		}
	case "drive.list":
		list, err := s.driveList(who, q, base)
		if err != nil {
			return nil, err
		}
		answer, usual = list, "kind,nextPageToken,incompleteSearch,files(kind,id,name,mimeType)"
	case "drive.create":
		f, err := s.driveCreate(who, c, base)
		if err != nil {
			return nil, err
		}
		answer = f
	default:
		doc, refused := s.open(who, c)
		if refused != nil {
			return nil, refused
		}
		var err error
		if answer, usual, err = s.driveFile(who, doc, c, base); answer == nil || err != nil {
			return nil, err
		}
	}
	fields := q.Get("fields")
	if fields == "" {
		fields = usual
	}
	m, err := responseMask(fields, answer)
	if err != nil {
		return nil, driveMaskError(fields)
	}
	v := reflect.New(reflect.TypeOf(answer)).Elem()
	v.Set(reflect.ValueOf(answer))
	m.prune(v)
	return v.Interface(), nil
}

func driveMaskError(fields string) *apiError {
	e := badRequest("Invalid field selection %s", fields)
	e.reason = "invalidParameter"
	return e
}

// driveFile runs a method on one file. A nil answer is 204.
func (s *Server) driveFile(who caller, doc *document, c *call, base string) (answer any, usual string, err error) {
	usual = "kind,id,name,mimeType"
	switch c.kind {
	case "drive.get":
	case "drive.delete":
		if doc.owner != who.email {
			e := errNoPermission()
			e.message, e.reason = "The user does not have sufficient permissions for this file.",
				"insufficientFilePermissions"
			return nil, "", e
		}
		delete(s.docs, doc.id)
		for i, id := range s.order {
			if id == doc.id {
				s.order = append(s.order[:i:i], s.order[i+1:]...)
				break
			}
		}
		return nil, "", nil
	case "drive.update":
		var in drive.File
		if err := decodeBody(c.body, &in, ""); err != nil {
			return nil, "", err
		}
		if in.Name != "" {
			err := s.commit(doc, who, base, c, func(c *change) error { c.st.title = in.Name; return nil })
			if err != nil {
				return nil, "", err
			}
		}
		if in.Trashed || sent(in.ForceSendFields, "Trashed") {
			doc.trashed = in.Trashed
		}
	case "drive.copy":
		var in drive.File
		if err := decodeBody(c.body, &in, ""); err != nil {
			return nil, "", err
		}
		if doc.copyLocked && doc.role(who.email) == "reader" {
			return nil, "", errCannotCopy()
		}
		parents := in.Parents
		if len(parents) == 0 && doc.parent != "" && s.seesFolder(who, c, doc.parent) {
			parents = []string{doc.parent}
		}
		parent, err := s.placeFile(who, c, parents)
		if err != nil {
			return nil, "", err
		}
		copied := s.copyFile(doc, who.email, in.Name)
		copied.apps[appKey(who)], copied.parent = true, parent
		copied.properties = maps.Clone(doc.properties)
		for key, value := range in.AppProperties {
			if copied.properties == nil {
				copied.properties = map[string]string{}
			}
			copied.properties[key] = value
		}
		return s.driveResource(copied, who, base), usual, nil
	case "drive.permissions.list":
		list := &drive.PermissionList{
			Kind: "drive#permissionList", Permissions: []*drive.Permission{permission(doc.owner, "owner")},
		}
		for _, email := range sortedKeys(doc.shares) {
			list.Permissions = append(list.Permissions, permission(email, doc.shares[email]))
		}
		return list, "kind,permissions(kind,id,type,role)", nil
	case "drive.permissions.create":
		var in drive.Permission
		if err := decodeBody(c.body, &in, ""); err != nil {
			return nil, "", err
		}
		if in.Type != "user" || in.EmailAddress == "" || (in.Role != "writer" && in.Role != "reader") {
			return nil, "", badRequest("The permission type field is required.")
		}
		doc.shares[in.EmailAddress] = in.Role
		return permission(in.EmailAddress, in.Role), "kind,id,type,role", nil
	}
	return s.driveResource(doc, who, base), usual, nil
}

// copyFile makes a file of another's contents: tabs, formulas, named ranges, protections and developer
// metadata keep their ids. Nobody it was shared with sees the copy. The caller holds the lock. See
// https://developers.google.com/workspace/drive/api/reference/rest/v3/files/copy.
func (s *Server) copyFile(doc *document, owner, title string) *document {
	st := doc.state.begin()
	if st.title = title; title == "" {
		st.title = "Copy of " + doc.state.title
	}
	return s.store(owner, st)
}

func permission(email, role string) *drive.Permission {
	sum := uint32(2166136261)
	for _, b := range []byte(email) {
		sum = (sum ^ uint32(b)) * 16777619
	}
	return &drive.Permission{
		Kind: "drive#permission", Id: strconv.FormatUint(uint64(sum), 10), Type: "user", Role: role,
		EmailAddress: email,
	}
}

func sortedKeys(m map[string]string) []string {
	var keys []string
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}

func (s *Server) driveResource(doc *document, who caller, base string) *drive.File {
	role := doc.role(who.email)
	var parents []string
	if doc.parent != "" {
		parents = []string{doc.parent}
	}
	return &drive.File{
		Parents: parents,
		Kind:    "drive#file", Id: doc.id, Name: doc.state.title, MimeType: spreadsheetType, Trashed: doc.trashed,
		WebViewLink: base + "/spreadsheets/d/" + doc.id + "/edit",
		Version:     doc.edits.version(s.now(), s.how.DriveLag),
		CreatedTime: doc.created.UTC().Format(time.RFC3339Nano),
		ModifiedTime: doc.edits.modified(s.now(), s.how.DriveLag, doc.created).UTC().
			Format(time.RFC3339Nano), AppProperties: doc.properties,
		OwnedByMe: role == "owner", Shared: len(doc.shares) > 0,
		Owners: []*drive.User{{
			Kind: "drive#user", EmailAddress: doc.owner, DisplayName: doc.owner, Me: role == "owner",
		}},
		Capabilities: &drive.FileCapabilities{
			CanEdit: role == "owner" || role == "writer", CanModifyContent: role == "owner" || role == "writer",
			CanDelete: role == "owner",
		},
		ForceSendFields: []string{"Trashed"},
	}
}

func (s *Server) driveCreate(who caller, c *call, base string) (*drive.File, error) {
	var in drive.File
	if err := decodeBody(c.body, &in, ""); err != nil {
		return nil, err
	}
	if in.MimeType != spreadsheetType {
		return nil, badRequest("This simulator only makes files of type %s.", spreadsheetType)
	}
	parent, err := s.placeFile(who, c, in.Parents)
	if err != nil {
		return nil, err
	}
	st := newState(in.Name)
	if st.title == "" {
		st.title = "Untitled"
	}
	st.addTab(0, "Sheet1", defaultRows, defaultColumns)
	doc := s.store(who.email, st)
	doc.apps[appKey(who)] = true
	doc.properties, doc.parent = in.AppProperties, parent
	return s.driveResource(doc, who, base), nil
}

// driveList lists what the caller may see, newest change first; drive.file sees only its own.
func (s *Server) driveList(who caller, q url.Values, base string) (*drive.FileList, error) {
	matches, err := driveQuery(q.Get("q"))
	if err != nil {
		return nil, err
	}
	size, start := 100, 0
	if text := q.Get("pageSize"); text != "" {
		if size, err = strconv.Atoi(text); err != nil || size < 1 || size > 1000 {
			return nil, badRequest("Invalid value '%s'. Values must be within the range: [1, 1000]", text)
		}
	}
	if text := q.Get("pageToken"); text != "" {
		if start, err = strconv.Atoi(strings.TrimPrefix(text, "~!!~")); err != nil {
			return nil, badRequest("Invalid Value")
		}
	}
	own := who.perFileOnly(listScopes)
	var found []*document
	for _, id := range s.order {
		doc := s.docs[id]
		if doc.role(who.email) == "" || own && !doc.apps[appKey(who)] || !matches(doc) {
			continue
		}
		found = append(found, doc)
	}
	by := q.Get("orderBy")
	sort.SliceStable(found, func(i, j int) bool {
		if strings.HasPrefix(by, "name") {
			return strings.ToLower(found[i].state.title) < strings.ToLower(found[j].state.title)
		}
		return found[i].modified.After(found[j].modified)
	})
	list := &drive.FileList{Kind: "drive#fileList"}
	for i := start; i < len(found) && i < start+size; i++ {
		list.Files = append(list.Files, s.driveResource(found[i], who, base))
	}
	if start+size < len(found) {
		list.NextPageToken = "~!!~" + strconv.Itoa(start+size)
	}
	return list, nil
}

var driveTerm = regexp.MustCompile(`^\s*(mimeType|name|trashed)\s*(=|!=|contains)\s*('(?:[^'\\]|\\.)*'|true|false)\s*`)

// appPropertyTerm is the one other term that is known: a property that an app put on a file of its own.
var appPropertyTerm = regexp.MustCompile(
	`^\s*appProperties\s+has\s*\{\s*key='([^'\\]*)'\s+and\s+value='([^'\\]*)'\s*\}\s*`)

// driveQuery reads the terms of q this simulator knows, joined by "and".
func driveQuery(text string) (func(*document) bool, error) {
	invalid := badRequest("Invalid Value")
	invalid.reason = "invalid"
	var terms []func(*document) bool
	for rest := text; strings.TrimSpace(rest) != ""; {
		m, p := driveTerm.FindStringSubmatch(rest), appPropertyTerm.FindStringSubmatch(rest)
		switch {
		case p != nil:
			rest = rest[len(p[0]):]
			terms = append(terms, func(d *document) bool { v, have := d.properties[p[1]]; return have && v == p[2] })
		case m != nil:
			rest = rest[len(m[0]):]
			term, ok := driveCondition(m[1], m[2], m[3])
			if !ok {
				return nil, invalid
			}
			terms = append(terms, term)
		default:
			return nil, invalid
		}
		if rest == "" {
			break
		}
		after, found := strings.CutPrefix(rest, "and ")
		if !found || strings.TrimSpace(after) == "" {
			return nil, invalid
		}
		rest = after
	}
	return func(d *document) bool {
		for _, t := range terms {
			if !t(d) {
				return false
			}
		}
		return true
	}, nil
}

func driveCondition(field, op, raw string) (func(*document) bool, bool) {
	want := raw
	if strings.HasPrefix(raw, "'") {
		want = strings.NewReplacer(`\\`, `\`, `\'`, "'").Replace(raw[1 : len(raw)-1])
	}
	switch {
	case field == "trashed" && op != "contains" && raw[0] != '\'':
		return func(d *document) bool { return (d.trashed == (want == "true")) == (op == "=") }, true
	case field == "mimeType" && op != "contains":
		return func(*document) bool { return (want == spreadsheetType) == (op == "=") }, true
	case field == "name" && op == "contains":
		// Drive matches the beginnings of words.
		return func(d *document) bool {
			title, part := strings.ToLower(d.state.title), strings.ToLower(want)
			return strings.HasPrefix(title, part) || strings.Contains(title, " "+part) ||
				strings.Contains(title, "-"+part)
		}, true
	case field == "name":
		return func(d *document) bool { return (d.state.title == want) == (op == "=") }, true
	}
	return nil, false
}

// Files lists the ids of all spreadsheets, oldest first.
func (s *Server) Files() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.order...)
}
