package googlesim

import (
	"errors"
	"net/http"
	"net/url"
	"reflect"
	"slices"

	"google.golang.org/api/sheets/v4"
)

func asAPIError(err error) *apiError {
	var refused *apiError
	if errors.As(err, &refused) {
		return refused
	}
	return &apiError{
		code: http.StatusInternalServerError, status: "INTERNAL", message: "Internal error encountered.",
		reason: "internalError",
	}
}

// perform runs one API method. A nil answer is 204.
func (s *Server) perform(who caller, r *http.Request, c *call) (any, error) {
	q := r.URL.Query()
	if c.drive() {
		return s.performDrive(who, q, c)
	}
	if err := checkQuery(q, c); err != nil {
		return nil, err
	}
	p := &performance{s: s, who: who, q: q, c: c, base: s.base(r)}
	// A mask the answer does not have is refused before anything is done.
	m, err := responseMask(q.Get("fields"), prototype(c.kind))
	if err != nil {
		return nil, err
	}
	answer, err := p.decodeAndRun()
	if err != nil {
		return nil, err
	}
	v := reflect.New(reflect.TypeOf(answer)).Elem()
	v.Set(reflect.ValueOf(answer))
	m.prune(v)
	return v.Interface(), nil
}

// prototype returns an empty answer of a method.
func prototype(kind string) any {
	switch kind {
	case "create", "get", "getByDataFilter":
		return &sheets.Spreadsheet{}
	case "batchUpdate":
		return &sheets.BatchUpdateSpreadsheetResponse{}
	case "sheets.copyTo":
		return &sheets.SheetProperties{}
	case "developerMetadata.get":
		return &sheets.DeveloperMetadata{}
	case "developerMetadata.search":
		return &sheets.SearchDeveloperMetadataResponse{}
	case "values.get":
		return &sheets.ValueRange{}
	case "values.batchGet":
		return &sheets.BatchGetValuesResponse{}
	case "values.batchGetByDataFilter":
		return &sheets.BatchGetValuesByDataFilterResponse{}
	case "values.update":
		return &sheets.UpdateValuesResponse{}
	case "values.append":
		return &sheets.AppendValuesResponse{}
	case "values.clear":
		return &sheets.ClearValuesResponse{}
	case "values.batchUpdate":
		return &sheets.BatchUpdateValuesResponse{}
	case "values.batchUpdateByDataFilter":
		return &sheets.BatchUpdateValuesByDataFilterResponse{}
	case "values.batchClear":
		return &sheets.BatchClearValuesResponse{}
	}
	return &sheets.BatchClearValuesByDataFilterResponse{}
}

// performance is one Sheets method being carried out.
type performance struct {
	s      *Server
	who    caller
	q      url.Values
	c      *call
	base   string
	fields string
}

// systemParameters are accepted by every method.
var systemParameters = []string{
	"alt", "fields", "prettyPrint", "quotaUser", "key", "access_token", "oauth_token", "callback", "uploadType",
	"upload_protocol", "$.xgafv",
}

var methodParameters = map[string][]string{
	"get":             {"ranges", "includeGridData", "excludeTablesInBandedRanges", "commentsViewMode"},
	"values.get":      {"majorDimension", "valueRenderOption", "dateTimeRenderOption"},
	"values.batchGet": {"ranges", "majorDimension", "valueRenderOption", "dateTimeRenderOption"},
	"values.update": {
		"valueInputOption", "includeValuesInResponse", "responseValueRenderOption", "responseDateTimeRenderOption",
	},
	"values.append": {
		"valueInputOption", "insertDataOption", "includeValuesInResponse", "responseValueRenderOption",
		"responseDateTimeRenderOption",
	},
}

// checkQuery refuses query parameters the method does not have, and masks it cannot answer.
func checkQuery(q url.Values, c *call) error {
	for name := range q {
		if !slices.Contains(systemParameters, name) && !slices.Contains(methodParameters[c.kind], name) {
			d := decoder{}
			d.fault("", "Invalid JSON payload received. Unknown name %q: Cannot bind query parameter. Field '%s' "+
				"could not be found in request message.", name, name)
			return d.err()
		}
	}
	return nil
}

func (p *performance) decodeAndRun() (any, error) {
	p.fields = p.q.Get("fields")
	switch p.c.kind {
	case "create":
		return p.create()
	case "get":
		return p.get()
	case "getByDataFilter":
		return p.getByDataFilter()
	case "batchUpdate":
		return p.batchUpdate()
	case "sheets.copyTo":
		return p.copyTo()
	case "developerMetadata.get":
		return p.metadataGet()
	case "developerMetadata.search":
		return p.metadataSearch()
	case "values.get":
		return p.valuesGet()
	case "values.batchGet":
		return p.valuesBatchGet()
	case "values.batchGetByDataFilter":
		return p.valuesBatchGetByDataFilter()
	case "values.update":
		return p.valuesUpdate()
	case "values.append":
		return p.valuesAppend()
	case "values.clear":
		return p.valuesClear()
	case "values.batchUpdate", "values.batchUpdateByDataFilter":
		return p.valuesBatchUpdate()
	case "values.batchClear", "values.batchClearByDataFilter":
		return p.valuesBatchClear()
	}
	return nil, errUnknownMethod()
}

// look runs a read on the committed state.
func (p *performance) look(read func(doc *document, st *state) error) error {
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	doc, refused := p.s.open(p.who, p.c)
	if refused != nil {
		return refused
	}
	return read(doc, doc.state)
}

// alter runs a change on a copy of the state, which replaces the state only if all of it succeeds.
func (p *performance) alter(apply func(*change) error) error {
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	doc, refused := p.s.open(p.who, p.c)
	if refused != nil {
		return refused
	}
	return p.s.commit(doc, p.who, p.base, p.c, apply)
}

// commit applies a change; why is the request that asks for it, nil for a person. The caller holds the
// lock.
func (s *Server) commit(doc *document, who caller, base string, why *call, apply func(*change) error) error {
	now := s.now()
	c := &change{
		st: doc.state.begin(), who: who, owner: doc.owner == who.email, limit: s.cellLimit, year: now.Year(),
		base: base, doc: doc,
	}
	c.st.how = s.how
	if err := apply(c); err != nil {
		return err
	}
	c.st.swallow()
	c.st.calc = nil
	before := doc.state
	doc.state, doc.modified = c.st, now
	doc.edits.add(now)
	s.tell(doc, who, why, c, before)
	return nil
}
