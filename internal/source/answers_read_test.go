package source_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/shopspring/decimal"

	"ledgersheet/internal/export"
	"ledgersheet/internal/intuit"
	"ledgersheet/internal/oauth"
	"ledgersheet/internal/problem"
	"ledgersheet/internal/supply"
)

// pageServer answers questions for one object's records, and for any other's with none.
type pageServer struct {
	object string
	page   []byte // the answer's QueryResponse
	count  int
}

func (s pageServer) respond(r *http.Request) (*http.Response, error) {
	query := r.URL.Query().Get("query")
	body := `{"QueryResponse":{},"time":"2026-01-31T10:00:00.000-08:00"}`
	switch {
	case !strings.Contains(query, "FROM "+s.object+" ") && !strings.HasSuffix(query, "FROM "+s.object):
	case strings.Contains(query, "COUNT(*)"):
		body = fmt.Sprintf(`{"QueryResponse":{"totalCount":%d}}`, s.count)
	default:
		body = fmt.Sprintf(`{"QueryResponse":%s}`, s.page)
	}
	return newResponse(r, 200, body), nil
}

// recordsOf reads the records of a file as a list of the type, by document and by line. The file has a page, a record
// or several records. Columns are the default ones and those named here.
func recordsOf(id string, columns ...string) reading {
	return func(t *testing.T, body []byte) []string {
		t.Helper()
		d := describeType(t, id).(export.Entity)
		page, n := pageOf(t, d.Object, body)
		var lines []string
		ways := []string{"false"}
		if d.Lines {
			ways = append(ways, "true")
		}
		for _, way := range ways {
			c, _ := newScripted(intuit.Options{}, pageServer{d.Object, page, n}.respond)
			s := simulated{client: c, company: export.Company{Realm: "1", Name: "Test Ltd", HomeCurrency: "USD"}}
			q := export.Query{Options: map[string]string{"lines": way, "date_range": "all"}}
			if columns != nil {
				q.Columns = columns
			}
			got := s.read(t, d, q)
			name := map[string]string{"false": "documents", "true": "lines"}[way]
			lines = append(lines, name+": "+describe(got))
			if got.err == nil && (len(got.Checks) > 0 || len(got.warnings()) > 0) {
				lines = append(lines, describeChecks(got)...)
			}
			if columns != nil {
				lines = append(lines, got.joined()...)
			}
		}
		return lines
	}
}

// pageOf returns the file's records as a page, and how many there are.
func pageOf(t *testing.T, object string, body []byte) (page []byte, n int) {
	t.Helper()
	var doc map[string]json.RawMessage
	var list []json.RawMessage
	switch {
	case json.Unmarshal(body, &list) == nil:
	case json.Unmarshal(body, &doc) != nil:
		t.Fatal("the file is no JSON object")
	case doc["QueryResponse"] != nil:
		var page map[string]json.RawMessage
		if err := json.Unmarshal(doc["QueryResponse"], &page); err != nil {
			t.Fatal(err)
		}
		if page[object] != nil {
			if err := json.Unmarshal(page[object], &list); err != nil {
				t.Fatal(err)
			}
		}
		return doc["QueryResponse"], len(list)
	case doc[object] != nil:
		list = []json.RawMessage{doc[object]}
	default:
		list = []json.RawMessage{body}
	}
	page, err := json.Marshal(map[string]any{object: list})
	if err != nil {
		t.Fatal(err)
	}
	return page, len(list)
}

// repeatedOf is recordsOf for a file that has its records several times over, which is refused, and then for each once.
func repeatedOf(id string) reading {
	return func(t *testing.T, body []byte) []string {
		var list, once []json.RawMessage
		if err := json.Unmarshal(body, &list); err != nil {
			t.Fatal(err)
		}
		seen := map[string]bool{}
		for _, r := range list {
			var doc struct{ ID string }
			if err := json.Unmarshal(r, &doc); err != nil {
				t.Fatal(err)
			}
			if !seen[doc.ID] {
				once = append(once, r)
			}
			seen[doc.ID] = true
		}
		body, err := json.Marshal(once)
		if err != nil {
			t.Fatal(err)
		}
		whole, err := json.Marshal(list)
		if err != nil {
			t.Fatal(err)
		}
		return append(recordsOf(id)(t, whole), recordsOf(id)(t, body)...)
	}
}

// countOf reads the records of another file in the folder, of which this one has the count.
func countOf(id, file string) reading {
	return func(t *testing.T, body []byte) []string {
		d := describeType(t, id).(export.Entity)
		other, err := os.ReadFile(filepath.Join(folders["sample"], file))
		if err != nil {
			t.Fatal(err)
		}
		page, _ := pageOf(t, d.Object, other)
		var doc struct{ QueryResponse struct{ TotalCount int } }
		if err := json.Unmarshal(body, &doc); err != nil {
			t.Fatal(err)
		}
		c, sent := newScripted(intuit.Options{}, pageServer{d.Object, page, doc.QueryResponse.TotalCount}.respond)
		got := simulated{client: c}.read(t, d, export.Query{})
		return []string{fmt.Sprintf("%s, %d requests", describe(got), len(*sent))}
	}
}

// company reads a file as the company's information or preferences, with nothing to be had of the other of the two. If
// the file has several, equal outcomes are one.
func company(object string) reading {
	return func(t *testing.T, body []byte) []string {
		page, _ := pageOf(t, object, body)
		var doc map[string][]json.RawMessage
		if err := json.Unmarshal(page, &doc); err != nil {
			t.Fatal(err)
		}
		var lines []string
		for _, one := range doc[object] {
			lines = append(lines, readCompany(t, object, one))
		}
		return slices.Compact(lines)
	}
}

func readCompany(t *testing.T, object string, one []byte) string {
	t.Helper()
	c, _ := newScripted(intuit.Options{}, func(r *http.Request) (*http.Response, error) {
		answer := fmt.Sprintf(`{%q:%s,"time":"2026-01-31T10:00:00.000-08:00"}`, object, one)
		switch prefs := strings.HasSuffix(r.URL.Path, "/preferences"); {
		case object == "Preferences" && !prefs:
			answer = companyInfo
		case object != "Preferences" && prefs:
			answer = `{"Preferences":{},"time":"2026-01-31T10:00:00.000-08:00"}`
		}
		return newResponse(r, 200, answer), nil
	})
	got, err := c.Company(t.Context(), "1", intuit.Production)
	if err != nil {
		return describeProblem(err)
	}
	books, err := c.Books(t.Context(), got, nil)
	if err != nil {
		return describeProblem(err)
	}
	return fmt.Sprintf("%s | %s | %s | %s | year from %s | closed %q", got.Name, got.LegalName, got.Country,
		got.HomeCurrency, got.FiscalYearStart, books.Closed)
}

// refused asks for a list of which every answer is this one, with the status, and then for once only.
func refused(status int) reading {
	return func(t *testing.T, body []byte) (lines []string) {
		always, once := refuse(t, status, string(body), false), refuse(t, status, string(body), true)
		return []string{"always: " + always, "once: " + once}
	}
}

// refuse returns what comes of a refusal: the problem, how many requests were made, and what the connection heard.
func refuse(t *testing.T, status int, body string, once bool) (outcome string) {
	synctest.Test(t, func(t *testing.T) {
		steps := []roundTrip{respond(status, body)}
		if once {
			steps = append(steps, respond(200, companyInfo))
		}
		told := ""
		c, sent := newScripted(intuit.Options{Told: func(_ context.Context, _ export.RealmID, _ time.Time,
			why *problem.Problem) {
			if why != nil {
				told = fmt.Sprintf(", and the connection is %s", why.Code)
			}
		}}, steps...)
		name, err := c.CompanyName(t.Context(), "1")
		outcome = name
		if err != nil {
			outcome = describeProblem(err)
		}
		if strings.Contains(outcome, "FAKEACCESSTOKEN") {
			t.Errorf("%q has the token", outcome)
		}
		outcome += fmt.Sprintf(" after %d requests%s", len(*sent), told)
	})
	return outcome
}

// refusedEach does the same with a file of faults, each with its status and how often it comes.
func refusedEach(t *testing.T, body []byte) []string {
	var list []struct {
		Status int
		Times  string
		Body   json.RawMessage
	}
	if err := json.Unmarshal(body, &list); err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, f := range list {
		if f.Body == nil {
			lines = append(lines, f.Times+": "+describe(readOneMore(t)))
			continue
		}
		lines = append(lines, refuse(t, f.Status, string(f.Body), f.Times == "once"))
	}
	return lines
}

// refusedAsStated does the same with a file of answers that says itself what each comes to.
func refusedAsStated(t *testing.T, body []byte) []string {
	var list []struct {
		Status, Tries int
		Body          json.RawMessage
		Code, Message string
	}
	if err := json.Unmarshal(body, &list); err != nil {
		t.Fatal(err)
	}
	right := 0
	for _, f := range list {
		text := string(f.Body)
		var lines []string
		if json.Unmarshal(f.Body, &lines) == nil {
			text = strings.Join(lines, "\n")
		}
		got := refuse(t, f.Status, text, false)
		want := fmt.Sprintf("%s: %s after %d requests", f.Code, brief(f.Message), f.Tries)
		if !strings.HasPrefix(got, want) {
			t.Errorf("status %d with %s comes to %q, want %q", f.Status, brief(text), got, want)
			continue
		}
		right++
	}
	return []string{fmt.Sprintf("%d answers", right)}
}

// readOneMore reads a list of which every page has one record more than was asked for.
func readOneMore(t *testing.T) result {
	t.Helper()
	const total = 1001
	c, _ := newScripted(intuit.Options{}, func(r *http.Request) (*http.Response, error) {
		query := r.URL.Query().Get("query")
		if strings.Contains(query, "COUNT(*)") {
			return newResponse(r, 200, fmt.Sprintf(`{"QueryResponse":{"totalCount":%d}}`, total)), nil
		}
		var start, size int
		if _, err := fmt.Sscanf(query[strings.Index(query, "STARTPOSITION"):], "STARTPOSITION %d MAXRESULTS %d", &start,
			&size); err != nil {
			t.Errorf("%s: %v", query, err)
		}
		var list []string
		for i := start; i <= min(total, start+size); i++ {
			list = append(list, fmt.Sprintf(`{"Id":"%d","Balance":1.00}`, i))
		}
		return newResponse(r, 200, `{"QueryResponse":{"Vendor":[`+strings.Join(list, ",")+`]}}`), nil
	})
	return simulated{client: c}.read(t, describeType(t, "vendors"), export.Query{Columns: []string{"Id", "Balance"}})
}

// changesOf reads what changed of the objects. An error leaves the cursor where it is.
func changesOf(objects ...string) reading {
	return func(t *testing.T, body []byte) (lines []string) {
		synctest.Test(t, func(t *testing.T) {
			c, sent := newScripted(intuit.Options{}, respond(200, string(body)))
			want := supply.ChangesWant{Company: export.Company{Realm: "1"}, Objects: objects}
			got, err := c.Changes(t.Context(), want)
			if err != nil {
				lines = append(lines, fmt.Sprintf("%s after %d requests", describeProblem(err), len(*sent)))
				return
			}
			for object, list := range got.Records {
				total := decimal.Zero
				for _, r := range list {
					d, _ := r.Decimal("TotalAmt")
					total = total.Add(d)
				}
				lines = append(lines, fmt.Sprintf("%d of %s, TotalAmt %s, at %s", len(list), object, total,
					got.At.UTC().Format(time.RFC3339)))
			}
		})
		return lines
	}
}

// provider is Intuit's authorisation server, which answers everything with this.
func provider(status int, body []byte) *oauth.Provider {
	return &oauth.Provider{
		Name: "quickbooks", Title: "QuickBooks", ClientID: "a", ClientSecret: "b", RevokeJSON: true,
		Endpoints: func(context.Context) (oauth.Endpoints, error) {
			return oauth.Endpoints{Token: "https://intuit.test/token", UserInfo: "https://intuit.test/userinfo"}, nil
		},
		Reconnect: problem.CompanyReconnectRequired, Unavailable: problem.QuickBooksUnavailable,
		RateLimited: problem.QuickBooksRateLimited, Rejected: problem.QuickBooksRejected,
		HTTP: &http.Client{Transport: respond(status, string(body))},
	}
}

// tokenOf refreshes a token and gets this answer.
func tokenOf(status int) reading {
	return func(t *testing.T, body []byte) (lines []string) {
		synctest.Test(t, func(t *testing.T) {
			g, err := provider(status, body).Refresh(t.Context(), export.Grant{RefreshToken: "old"})
			if err != nil {
				lines = []string{describeProblem(err)}
				return
			}
			lines = []string{fmt.Sprintf("access %t for %s, refresh %t for %s", g.AccessToken != "",
				time.Until(g.Expiry), g.RefreshToken != "old" && g.RefreshToken != "",
				time.Until(g.RefreshExpiry))}
		})
		return lines
	}
}

func identityOf(t *testing.T, body []byte) []string {
	got, err := provider(200, body).UserInfo(t.Context(), "token")
	return []string{fmt.Sprintf("%s | %s | %v", got.Subject, got.Email, err)}
}

func discoveryOf(t *testing.T, body []byte) []string {
	d := intuit.NewDiscovery(intuit.DiscoveryURL(intuit.Production),
		&http.Client{Transport: respond(200, string(body))})
	got, err := d.Endpoints(t.Context())
	if err != nil {
		return []string{describeProblem(err)}
	}
	return []string{got.Authorization, got.Token, got.Revocation, got.UserInfo}
}
