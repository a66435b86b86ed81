package app_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/net/html"

	"ledgersheet/internal/vault"
)

const apiToken = "a token of the tests"

// visitor is the owner with a browser, and with the API's token.
type visitor struct {
	w       *world
	cookies []*http.Cookie
}

// openToVisitors prepares the settings for signIn.
func (w *world) openToVisitors() {
	w.set.APIToken = vault.Secret(apiToken)
	w.open()
	must(w.t, w.app.EnsureOwner(w.ctx))
}

func (w *world) signIn() *visitor {
	w.t.Helper()
	v := &visitor{w: w}
	form := url.Values{"email": {w.set.AdminEmail}, "password": {w.set.AdminPassword.Reveal()}}
	r := httptest.NewRequestWithContext(w.ctx, http.MethodPost, "/login", strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	answer := v.do(r)
	if v.cookies = answer.Cookies(); answer.StatusCode != http.StatusSeeOther || len(v.cookies) == 0 {
		w.t.Fatalf("signing in: %s", answer.Status)
	}
	return v
}

func (v *visitor) do(r *http.Request) *http.Response {
	recorder := httptest.NewRecorder()
	v.w.app.Handler().ServeHTTP(recorder, r)
	return recorder.Result()
}

// call gets something from the API.
func (v *visitor) call(path string, into any) {
	v.w.t.Helper()
	r := httptest.NewRequestWithContext(v.w.ctx, http.MethodGet, "/api/v1"+path, nil)
	r.Header.Set("Authorization", "Bearer "+apiToken)
	answer := v.do(r)
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	must(v.w.t, err)
	if answer.StatusCode != http.StatusOK {
		v.w.t.Fatalf("GET %s: %s %s", path, answer.Status, body)
	}
	must(v.w.t, json.Unmarshal(body, into))
}

// page is what a person sees of a page.
type page struct {
	path, text string
	buttons    []button
	main       *html.Node
}

// button is a form's button or a link that looks like one.
type button struct {
	label, to string
	primary   bool
}

func (v *visitor) see(path string) page {
	v.w.t.Helper()
	r := httptest.NewRequestWithContext(v.w.ctx, http.MethodGet, path, nil)
	for _, c := range v.cookies {
		r.AddCookie(c)
	}
	answer := v.do(r)
	defer answer.Body.Close()
	root, err := html.Parse(answer.Body)
	must(v.w.t, err)
	main := find(root, func(n *html.Node) bool { return n.Data == "main" })
	if answer.StatusCode != http.StatusOK || len(main) != 1 {
		v.w.t.Fatalf("GET %s: %s", path, answer.Status)
	}
	return page{path: path, text: visible(main[0]), buttons: buttons(main[0]), main: main[0]}
}

// part returns the visible text of the elements with a class.
func (p page) part(class string) string {
	var b strings.Builder
	for _, n := range find(p.main, func(n *html.Node) bool { return hasClass(n, class) }) {
		b.WriteString(visible(n) + "\n")
	}
	return b.String()
}

// offers reports whether a button with the label leads to the path.
func (p page) offers(label, to string) bool {
	return slices.ContainsFunc(p.buttons, func(b button) bool { return b.label == label && b.to == to })
}

func buttons(main *html.Node) []button {
	var list []button
	for _, form := range find(main, func(n *html.Node) bool { return n.Data == "form" }) {
		for _, n := range find(form, func(n *html.Node) bool { return n.Data == "button" }) {
			list = append(list, button{visible(n), attribute(form, "action"), hasClass(n, "primary")})
		}
	}
	for _, n := range find(main, func(n *html.Node) bool { return n.Data == "a" && hasClass(n, "button") }) {
		list = append(list, button{visible(n), attribute(n, "href"), hasClass(n, "primary")})
	}
	return list
}

// find returns the elements below n that match.
func find(n *html.Node, match func(*html.Node) bool) []*html.Node {
	var list []*html.Node
	for d := range n.Descendants() {
		if d.Type == html.ElementNode && match(d) {
			list = append(list, d)
		}
	}
	return list
}

// visible returns the text that a person reads. Ids and codes, which are marked as code, are left out.
func visible(n *html.Node) string {
	var b strings.Builder
	var walk func(*html.Node)
	walk = func(n *html.Node) {
		switch {
		case n.Type == html.TextNode:
			b.WriteString(n.Data)
		case n.Type == html.ElementNode && slices.Contains([]string{"script", "style", "code", "svg"}, n.Data):
			return
		}
		for c := range n.ChildNodes() {
			walk(c)
		}
		if n.Type == html.ElementNode && n.Data != "span" {
			b.WriteByte(' ')
		}
	}
	walk(n)
	return strings.Join(strings.Fields(b.String()), " ")
}

func hasClass(n *html.Node, class string) bool {
	return slices.Contains(strings.Fields(attribute(n, "class")), class)
}

func attribute(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}
