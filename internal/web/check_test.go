package web

import (
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// checkPage checks what all pages promise: valid structure, no unfilled placeholders, a name for every control, and
// nothing that the content security policy would block.
func checkPage(t *testing.T, where, body string) {
	t.Helper()
	root, err := html.Parse(strings.NewReader(body))
	must(t, err)
	for _, wrong := range []string{"<no value>", "&lt;no value&gt;", "ZgotmplZ", "%!", "0001-01-01", "1 Jan 0001"} {
		if strings.Contains(body, wrong) {
			t.Errorf("%s: has %q", where, wrong)
		}
	}
	p := &pageCheck{t: t, where: where, ids: map[string]bool{}, labelled: map[string]bool{}}
	p.walk(root, nil)
	p.finish()
}

// checkFragment is checkPage for part of a page.
func checkFragment(t *testing.T, where, body string) {
	t.Helper()
	const head = "<!doctype html><html lang=en><title>t · ledgersheet</title><h1>t</h1>"
	checkPage(t, where, head+"<main id=main>"+body+"</main></html>")
}

type pageCheck struct {
	t        *testing.T
	where    string
	ids      map[string]bool
	labelled map[string]bool // ids that have a label
	controls []*html.Node    // that need a label
	refs     []string        // ids that must exist
	h1       int
	level    int
	title    string
	main     bool
}

func (p *pageCheck) errorf(format string, args ...any) {
	p.t.Helper()
	p.t.Errorf(p.where+": "+format, args...)
}

func (p *pageCheck) walk(n *html.Node, parents []*html.Node) {
	if n.Type == html.ElementNode {
		p.element(n, parents)
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		p.walk(c, append(parents, n))
	}
}

func (p *pageCheck) element(n *html.Node, parents []*html.Node) {
	p.t.Helper()
	if id, ok := attr(n, "id"); ok {
		if p.ids[id] || id == "" {
			p.errorf("id %q is empty or there twice", id)
		}
		p.ids[id] = true
	}
	for _, a := range n.Attr {
		if a.Key == "style" || strings.HasPrefix(a.Key, "on") {
			p.errorf("<%s> has the inline attribute %s, which the policy blocks", n.Data, a.Key)
		}
		if a.Key == "aria-describedby" || a.Key == "aria-labelledby" || a.Key == "list" {
			p.refs = append(p.refs, strings.Fields(a.Val)...)
		}
	}
	if n.Data == "th" && text(n) == "" {
		p.errorf("a table header is empty")
	}
	if _, tabs := attr(n, "tabindex"); n.Data == "time" && tabs {
		p.errorf("a time is a tab stop")
	}
	switch n.Data {
	case "html":
		if lang, _ := attr(n, "lang"); lang != "en" {
			p.errorf("no lang")
		}
	case "main":
		p.main = true
	case "style":
		p.errorf("inline style element")
	case "script":
		if src, ok := attr(n, "src"); !ok || !strings.HasPrefix(src, "/static/") {
			p.errorf("script is inline or from elsewhere: %q", src)
		}
	case "title":
		if parents[len(parents)-1].Data == "head" {
			p.title = text(n)
		}
	case "h1", "h2", "h3", "h4":
		level := int(n.Data[1] - '0')
		if level == 1 {
			p.h1++
		}
		if p.level != 0 && level > p.level+1 {
			p.errorf("heading %q skips from h%d to h%d", text(n), p.level, level)
		}
		p.level = level
		if text(n) == "" {
			p.errorf("empty heading")
		}
	case "label":
		if id, ok := attr(n, "for"); ok {
			p.labelled[id] = true
		}
	case "input", "select", "textarea", "meter", "progress":
		if kind, _ := attr(n, "type"); kind == "hidden" {
			break
		}
		_, named := attr(n, "aria-label")
		if named || slices.ContainsFunc(parents, func(m *html.Node) bool { return m.Data == "label" }) {
			break
		}
		p.controls = append(p.controls, n)
	case "button":
		if text(n) == "" {
			p.errorf("button without a name")
		}
		p.checkInForm(n, parents)
	case "a":
		href, ok := attr(n, "href")
		if !ok || href == "" || strings.HasPrefix(href, "javascript:") {
			p.errorf("link %q leads nowhere", text(n))
		}
		if text(n) == "" {
			p.errorf("link to %q has no name", href)
		}
		if id, ok := strings.CutPrefix(href, "#"); ok {
			p.refs = append(p.refs, id)
		}
		if target, _ := attr(n, "target"); target == "_blank" {
			if rel, _ := attr(n, "rel"); !strings.Contains(rel, "noopener") {
				p.errorf("link to %q lets the new page reach this one", href)
			}
		}
	case "img":
		if _, ok := attr(n, "alt"); !ok {
			p.errorf("img without alt")
		}
	case "svg":
		hidden, _ := attr(n, "aria-hidden")
		role, _ := attr(n, "role")
		label, _ := attr(n, "aria-label")
		if hidden != "true" && (role != "img" || label == "") {
			p.errorf("svg is neither hidden nor a named image")
		}
	case "form":
		if slices.ContainsFunc(parents, func(m *html.Node) bool { return m.Data == "form" }) {
			p.errorf("form within a form")
		}
		method, _ := attr(n, "method")
		action, _ := attr(n, "action")
		if method != "post" && method != "get" || !strings.HasPrefix(action, "/") {
			p.errorf("form has method %q and action %q", method, action)
		}
	}
}

// checkInForm checks that a button that submits something is in a form.
func (p *pageCheck) checkInForm(n *html.Node, parents []*html.Node) {
	kind, _ := attr(n, "type")
	if kind != "button" && !slices.ContainsFunc(parents, func(m *html.Node) bool { return m.Data == "form" }) {
		p.errorf("button %q is in no form", text(n))
	}
}

func (p *pageCheck) finish() {
	p.t.Helper()
	if p.h1 != 1 {
		p.errorf("has %d h1, want 1", p.h1)
	}
	if !strings.HasSuffix(p.title, " · ledgersheet") || strings.HasPrefix(p.title, " ") {
		p.errorf("title is %q", p.title)
	}
	if !p.main {
		p.errorf("no main")
	}
	for _, c := range p.controls {
		if id, ok := attr(c, "id"); !ok || !p.labelled[id] {
			name, _ := attr(c, "name")
			p.errorf("<%s name=%q id=%q> has no label", c.Data, name, id)
		}
	}
	for _, id := range p.refs {
		if !p.ids[id] {
			p.errorf("refers to #%s, which is not there", id)
		}
	}
}

func attr(n *html.Node, key string) (string, bool) {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val, true
		}
	}
	return "", false
}

func text(n *html.Node) string {
	var b strings.Builder
	var walk func(*html.Node)
	walk = func(n *html.Node) {
		if n.Type == html.TextNode {
			b.WriteString(n.Data)
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			walk(c)
		}
	}
	walk(n)
	return strings.TrimSpace(b.String())
}
