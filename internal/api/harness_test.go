package api

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/gin-gonic/gin"
	"github.com/shopspring/decimal"

	"ledgersheet/internal/boltstore"
	"ledgersheet/internal/budget"
	"ledgersheet/internal/control"
	"ledgersheet/internal/desktest"
	"ledgersheet/internal/export"
	"ledgersheet/internal/notice"
	"ledgersheet/internal/pipeline"
	"ledgersheet/internal/progress"
	"ledgersheet/internal/table"
)

func TestMain(m *testing.M) {
	gin.SetMode(gin.TestMode)
	m.Run()
}

var noon = desktest.Noon()

const (
	token   = "a-token-of-the-tests"
	session = "a-session-of-the-tests"
	realmA  = desktest.RealmA
	realmB  = desktest.RealmB
)

// harness is the API over a real control and a real store. Everything behind those is faked.
type harness struct {
	t       *testing.T
	store   *boltstore.Store
	broker  *progress.Broker
	engine  *gin.Engine
	spec    *openapi3.T
	log     *desktest.Log
	account export.ID

	quickBooks *desktest.QuickBooks
	google     *desktest.Google
	consents   *desktest.Consents
	previewer  *desktest.Previewer
	budget     *budget.Budget
	channel    *desktest.Channel
	notices    *notice.Dispatcher
}

func newHarness(t *testing.T) *harness {
	t.Helper()
	b := desktest.New(t, desktest.Options{NameA: "Alder Ltd", NameB: "Birch Inc", Waits: "waits for a worker"})
	h := &harness{
		t: t, store: b.Store, broker: b.Broker, spec: closedSpec(t), log: b.Log,
		quickBooks: b.QuickBooks, google: b.Google, consents: b.Consents, previewer: b.Previewer, budget: b.Budget,
		channel: b.Channel, notices: b.Notices,
	}
	h.previewer.Shows = samplePreview(t)
	o := Options{Control: b.Control, Authenticate: authenticate, Logger: b.Logger, Version: "1.2.3"}
	h.engine = gin.New()
	h.engine.HandleMethodNotAllowed = true
	h.engine.NoRoute(Unknown(o))
	h.engine.NoMethod(Unknown(o))
	Register(h.engine.Group(Base), o)
	b.Connect()
	h.account = b.Account
	return h
}

func authenticate(c *gin.Context) (control.Actor, bool) {
	if c.GetHeader("Authorization") == "Bearer "+token {
		return control.Program(), true
	}
	// "Bearer as role company company" is a person with a role and these companies, or with all if none are given.
	if role, ok := strings.CutPrefix(c.GetHeader("Authorization"), "Bearer as "); ok {
		words := strings.Fields(role)
		u := export.User{Email: words[0] + "@example.com", Role: words[0]}
		for _, realm := range words[1:] {
			u.Companies = append(u.Companies, export.RealmID(realm))
		}
		return control.Person(u, "hash"), true
	}
	if cookie, err := c.Cookie("session"); err == nil && cookie == session {
		return control.Person(export.User{Email: "ann@example.com", Role: "owner"}, "hash"), true
	}
	return control.Actor{}, false
}

// input returns the body of a valid exporter with changes. A nil value removes a member.
func (h *harness) input(changes map[string]any) map[string]any {
	body := map[string]any{
		"name": "Open invoices", "type": "invoices", "company_ids": []any{string(realmA)},
		"columns": []any{"DocNumber", "TxnDate", "CustomerRef.name", "TotalAmt", "Balance"},
		"filters": []any{map[string]any{"column": "Balance", "op": ">", "value": "0"}},
		"options": map[string]any{
			"date_range": "this_fiscal_year_to_date", "date_column": "TxnDate", "lines": false,
		},
		"destination": map[string]any{
			"google_account_id": string(h.account), "spreadsheet_id": "", "sheet": "Invoices", "start_cell": "A1",
		},
		"mode":     "replace",
		"schedule": map[string]any{"cron": "0 6 * * 1-5", "timezone": "America/New_York", "enabled": true},
	}
	for k, v := range changes {
		if v == nil {
			delete(body, k)
		} else {
			body[k] = v
		}
	}
	return body
}

// answer is the response to a call.
type answer struct {
	status int
	header http.Header
	raw    []byte
	body   map[string]any
}

// call sends a request with the token and checks the answer against the description.
func (h *harness) call(method, path string, body any, headers ...string) answer {
	h.t.Helper()
	var reader io.Reader
	switch b := body.(type) {
	case nil:
	case string:
		reader = strings.NewReader(b)
	default:
		raw, err := json.Marshal(b)
		must(h.t, err)
		reader = bytes.NewReader(raw)
	}
	r := httptest.NewRequestWithContext(h.t.Context(), method, Base+path, reader)
	r.Header.Set("Authorization", "Bearer "+token)
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
		if headers[i+1] == "" {
			r.Header.Del(headers[i])
		}
	}
	return h.do(r)
}

func (h *harness) do(r *http.Request) answer {
	h.t.Helper()
	w := httptest.NewRecorder()
	h.engine.ServeHTTP(w, r)
	a := answer{status: w.Code, header: w.Result().Header, raw: w.Body.Bytes()}
	if strings.HasPrefix(a.header.Get("Content-Type"), "application/json") {
		dec := json.NewDecoder(bytes.NewReader(a.raw))
		dec.UseNumber()
		if err := dec.Decode(&a.body); err != nil {
			h.t.Fatalf("%s %s answered no JSON: %v\n%s", r.Method, r.URL, err, a.raw)
		}
	}
	h.validate(r, a)
	return a
}

// want makes a call and fails the test unless the answer has the status.
func (h *harness) want(status int, method, path string, body any, headers ...string) answer {
	h.t.Helper()
	a := h.call(method, path, body, headers...)
	if a.status != status {
		h.t.Fatalf("%s %s: got status %d, want %d\n%s", method, path, a.status, status, a.raw)
	}
	return a
}

// validate checks an answer against the description of its operation. Without a description, the answer must be an
// error of the API.
func (h *harness) validate(r *http.Request, a answer) {
	h.t.Helper()
	if a.header.Get("X-Request-Id") == "" || a.header.Get("Cache-Control") != "no-store" {
		h.t.Errorf("%s %s: headers lack the request id or no-store: %v", r.Method, r.URL, a.header)
	}
	path, item := h.findDescription(strings.TrimPrefix(r.URL.Path, Base))
	if item == nil || item.GetOperation(r.Method) == nil {
		var v any
		must(h.t, json.Unmarshal(a.raw, &v))
		if err := h.spec.Components.Schemas["Error"].Value.VisitJSON(v); err != nil || a.status < 400 {
			h.t.Errorf("%s %s: status %d is no error of the API: %v\n%s", r.Method, r.URL, a.status, err, a.raw)
		}
		return
	}
	options := &openapi3filter.Options{IncludeResponseStatus: true}
	if a.header.Get("Content-Type") == "text/event-stream" {
		options.ExcludeResponseBody = true
		h.validateEvents(a.raw)
	}
	input := &openapi3filter.ResponseValidationInput{
		RequestValidationInput: &openapi3filter.RequestValidationInput{
			Request: r, Route: &routers.Route{
				Spec: h.spec, Path: path, PathItem: item, Method: r.Method, Operation: item.GetOperation(r.Method),
			},
		},
		Status: a.status, Header: a.header, Options: options,
	}
	if err := openapi3filter.ValidateResponse(h.t.Context(), input.SetBodyBytes(a.raw)); err != nil {
		h.t.Errorf("%s %s: the answer is not as described: %v\n%s", r.Method, r.URL, err, a.raw)
	}
	if a.status == http.StatusNoContent && len(a.raw) > 0 {
		h.t.Errorf("%s %s: 204 with a body: %s", r.Method, r.URL, a.raw)
	}
}

// validateEvents checks the data of server-sent events against the description of a run.
func (h *harness) validateEvents(raw []byte) {
	h.t.Helper()
	for line := range strings.SplitSeq(string(raw), "\n") {
		data, ok := strings.CutPrefix(line, "data: ")
		if !ok {
			continue
		}
		var v any
		must(h.t, json.Unmarshal([]byte(data), &v))
		if err := h.spec.Components.Schemas["Run"].Value.VisitJSON(v); err != nil {
			h.t.Errorf("an event is not as described: %v\n%s", err, data)
		}
	}
}

func (h *harness) findDescription(path string) (string, *openapi3.PathItem) {
	for _, pattern := range h.spec.Paths.InMatchingOrder() {
		if matches(strings.NewReplacer("{", ":", "}", "").Replace(pattern), path) {
			return pattern, h.spec.Paths.Value(pattern)
		}
	}
	return "", nil
}

// closedSpec returns the description, changed so that objects may not have undescribed members.
func closedSpec(t *testing.T) *openapi3.T {
	t.Helper()
	doc, err := openapi3.NewLoader().LoadFromData(buildDescription("1.2.3"))
	must(t, err)
	no := false
	seen := map[*openapi3.Schema]bool{}
	var shut func(*openapi3.SchemaRef)
	shut = func(ref *openapi3.SchemaRef) {
		if ref == nil || ref.Value == nil || seen[ref.Value] {
			return
		}
		seen[ref.Value] = true
		if len(ref.Value.Properties) > 0 && ref.Value.AdditionalProperties.Schema == nil {
			ref.Value.AdditionalProperties.Has = &no
		}
		for _, p := range ref.Value.Properties {
			shut(p)
		}
		shut(ref.Value.Items)
	}
	for _, ref := range doc.Components.Schemas {
		shut(ref)
	}
	return doc
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// at returns a value in decoded JSON by member names and indexes.
func at(t *testing.T, v any, path ...any) any {
	t.Helper()
	for _, p := range path {
		switch p := p.(type) {
		case string:
			m, ok := v.(map[string]any)
			if _, have := m[p]; !ok || !have {
				t.Fatalf("no member %q in %v", p, v)
			}
			v = m[p]
		case int:
			l, ok := v.([]any)
			if !ok || p >= len(l) {
				t.Fatalf("no element %d in %v", p, v)
			}
			v = l[p]
		}
	}
	return v
}

// create creates an exporter and returns its id.
func (h *harness) create(changes map[string]any) string {
	h.t.Helper()
	a := h.want(http.StatusCreated, http.MethodPost, "/exporters", h.input(changes))
	return fmt.Sprint(a.body["id"])
}

func samplePreview(t *testing.T) pipeline.Preview {
	t.Helper()
	amount, err := table.ParseDecimal("1234567890123456.70")
	must(t, err)
	return pipeline.Preview{
		Columns: []table.Column{
			{ID: "DocNumber", Title: "Number"},
			{ID: "TotalAmt", Title: "Total", Kind: table.Money},
			{ID: "TxnDate", Title: "Date", Kind: table.Date},
			{ID: "Active", Title: "Active", Kind: table.Bool},
		},
		Rows: []table.Row{
			{Cells: []table.Cell{table.TextOf("00123"), table.MoneyOf(amount), table.DateOf(noon), table.BoolOf(true)}},
			{Cells: []table.Cell{{}, table.MoneyOf(decimal.Zero), {}, {}}},
		},
	}
}
