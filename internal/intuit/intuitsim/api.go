package intuitsim

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// Bounds of change data capture.
const (
	cdcWindow = 30 * 24 * time.Hour
	cdcLimit  = 1000
)

// api answers the accounting API: only GET, and only with a valid token for that company.
func (s *Server) api(call *call, r *http.Request) *answer {
	now := s.opts.Now()
	wantsJSON := strings.Contains(r.Header.Get("Accept"), "application/json")
	spell := func(f *apiFault) *answer {
		if f.kind == "AUTHENTICATION" || f.kind == "AUTHORIZATION" {
			return f.gateway(now)
		}
		if !wantsJSON {
			return f.xml(now)
		}
		zone := time.UTC
		if c := s.byRealm[call.realm]; c != nil {
			zone = c.zone
		}
		return f.service(now, zone)
	}
	g, fault := s.bearer(r)
	if fault != nil {
		a := spell(fault)
		a.header.Set("WWW-Authenticate", `Bearer realm="Intuit", error="invalid_token"`)
		return a
	}
	s.mu.Lock()
	otherKeys := s.auth.otherKeys
	s.mu.Unlock()
	if g.realm != call.realm || otherKeys {
		return spell(faultFor(http.StatusForbidden))
	}
	if r.Method != http.MethodGet {
		a := spell(&apiFault{
			status: http.StatusMethodNotAllowed, code: "500", kind: "ValidationFault", message: "Unsupported Operation",
			detail: r.Method + " is refused: this sandbox is read-only",
		})
		a.header.Set("Allow", http.MethodGet)
		return a
	}
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return spell(validation("4000", "Error parsing query", "malformed query string"))
	}
	c := s.Company(call.realm)
	a, fault := s.data(c, call, r.URL.Path, query, now)
	if fault != nil {
		return spell(fault)
	}
	a.header.Set("Cache-Control", "max-age=0, no-cache, no-store, must-revalidate, private")
	a.header.Set("Qbo-Version", "1951.124")
	if !wantsJSON && a.status == http.StatusOK {
		return xmlAnswer(a)
	}
	return a
}

func (s *Server) data(c *Company, call *call, path string, query url.Values, now time.Time) (*answer, *apiFault) {
	switch call.kind {
	case kindReport:
		s.mu.Lock()
		settings := s.reports
		s.mu.Unlock()
		return c.report(call.name, query, settings, now)
	case kindQuery:
		q, fault := parseQuery(query.Get("query"))
		if fault != nil {
			return nil, fault
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		return c.run(q, now)
	case kindCDC:
		c.mu.Lock()
		defer c.mu.Unlock()
		return c.changes(query, now, call.fault)
	case kindRead:
		c.mu.Lock()
		defer c.mu.Unlock()
		return c.read(path, now)
	}
	return nil, unsupported(path)
}

// read answers …/{entity}/{id}, …/companyinfo/{realm} and …/preferences.
func (c *Company) read(path string, now time.Time) (*answer, *apiFault) {
	parts := strings.Split(strings.TrimPrefix(path, "/v3/company/"), "/")
	name := parts[1]
	if name == "creditcardpayment" {
		name = "creditcardpaymenttxn"
	}
	e := c.entities[name] // paths are lower case, no others are known
	if e == nil {
		return nil, unsupported(path)
	}
	id := "1"
	if len(parts) == 3 && e.path != "preferences" {
		id = parts[2]
		if e.path == "companyinfo" {
			if id != c.info.Realm && id != "1" {
				return nil, notFound()
			}
			id = "1"
		}
	}
	r := c.find(e.name, id)
	if r == nil {
		return nil, notFound()
	}
	b := fmt.Appendf(nil, `{%q:`, e.name)
	b = append(b, r.json(c)...)
	b = append(b, `,"time":`...)
	b = appendString(b, stampMillis(now, c.zone))
	return newAnswer(http.StatusOK, "application/json;charset=UTF-8", append(b, '}')), nil
}

// changes answers change data capture: full records by entity in the order asked for, the deleted ones last.
// spoilt, unless nil, may spoil the answer.
// https://developer.intuit.com/app/developer/qbo/docs/learn/explore-the-quickbooks-online-api/change-data-capture
func (c *Company) changes(query url.Values, now time.Time, spoilt *Fault) (*answer, *apiFault) {
	since, err := c.parseInstant(query.Get("changedSince"))
	if err != nil {
		return nil, validation("2030", "Invalid ID", "Invalid or missing value for changedSince")
	}
	if now.Sub(since) > cdcWindow {
		return nil, validation("2030", "Invalid ID", "changedSince is more than 30 days ago")
	}
	names := strings.FieldsFunc(query.Get("entities"), func(r rune) bool { return r == ',' || r == ' ' })
	if len(names) == 0 {
		return nil, validation("2020", "Required param missing, need to supply the required value for the API",
			"Required parameter entities is missing in the request")
	}
	var groups []object
	left := cdcLimit
	for _, name := range names {
		e := c.entityNamed(name)
		if e == nil || e.noCDC {
			return nil, validation("2010", "Request has invalid or unsupported property", "Entity "+name+
				" is not supported for change data capture")
		}
		living, gone := c.changed(e, since)
		all := append(living, gone...)
		group := object{}
		if n := min(len(all), left); n > 0 {
			left -= n
			list := make([]object, 0, n)
			for _, r := range all[:n] {
				if r.deleted {
					list = append(list, r.tombstone(c))
				} else {
					list = append(list, r.object(c))
				}
			}
			group = object{{e.name, list}, {"startPosition", 1}, {"maxResults", n}}
		}
		groups = append(groups, group)
	}
	body := object{{"CDCResponse", spoilt.spoilCapture(groups)}, {"time", stampMillis(now, c.zone)}}
	return newAnswer(http.StatusOK, "application/json;charset=UTF-8", body.appendJSON(nil)), nil
}

// changed returns an entity's records changed since an instant, oldest change first, the deleted ones apart.
func (c *Company) changed(e *entity, since time.Time) (living, gone []*record) {
	for _, r := range c.records(e) {
		switch {
		case r.updated.Before(since):
		case r.deleted:
			gone = append(gone, r)
		default:
			living = append(living, r)
		}
	}
	byChange := func(x, y *record) int { return x.updated.Compare(y.updated) }
	slices.SortStableFunc(living, byChange)
	slices.SortStableFunc(gone, byChange)
	return living, gone
}

func notFound() *apiFault {
	return validation("610", "Object Not Found", "Object Not Found : Something you're trying to use has been made "+
		"inactive. Check the fields with accounts, invoices, items, vendors or employees.")
}

func unsupported(path string) *apiFault {
	return validation("500", "Unsupported Operation", "Operation Could not find resource for relative : "+path+
		" of full path: https://sandbox.example"+path+" is not supported.")
}
