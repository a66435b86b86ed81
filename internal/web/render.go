package web

import (
	"bytes"
	"errors"
	"fmt"
	"html/template"
	"io"
	"io/fs"
	"net/http"
	"path"
	"strings"

	"github.com/gin-gonic/gin"
)

// frame is what surrounds every page.
type frame struct {
	Title     string
	Section   string // of the navigation
	User      string // empty before sign-in
	Theme     string // "light", "dark", or empty for the browser's choice
	Keys      bool   // whether keyboard shortcuts are on
	Notice    *notice
	Trouble   *notice // what keeps all work from going on
	Demo      bool
	SheetsURL string
	Refresh   int    // seconds after which pages without scripts reload
	Live      string // whose news the page's live parts follow: liveAll, or the id of a run or exporter
	Events    string // address of the news
	Here      string // this page's path, for forms that return to it
	Version   string
}

// liveAll is for pages that follow all runs.
const liveAll = "all"

// notice is the message of the last action, shown once.
type notice struct {
	Tone string `json:"tone"`
	Text string `json:"text"`
	Hint string `json:"hint,omitempty"`
}

// document is the input of a layout.
type document struct {
	Frame frame
	Page  any
}

// pages holds the parsed templates.
type pages struct {
	byName    map[string]*template.Template
	fragments *template.Template
}

// missing makes a view without a field that a template names an error.
const missing = "missingkey=error"

func newPages(files fs.FS, address func(string) (string, error)) (*pages, error) {
	funcs := template.FuncMap{
		"asset":   address,
		"icon":    func(name string) (icon, error) { return newIcon(name, address) },
		"dict":    dict,
		"isolate": isolate,
		"count":   count,
		"tone":    toneIcon,
	}
	base, err := template.New("").Funcs(funcs).Option(missing).
		ParseFS(files, "layouts/*.html", "partials/*.html")
	if err != nil {
		return nil, fmt.Errorf("parsing layouts: %w", err)
	}
	p := &pages{byName: map[string]*template.Template{}, fragments: base}
	names, err := fs.Glob(files, "pages/*.html")
	if err != nil {
		return nil, fmt.Errorf("listing pages: %w", err)
	}
	for _, name := range names {
		t, err := base.Clone()
		if err == nil {
			t, err = t.ParseFS(files, name)
		}
		if err == nil {
			t, err = prune(t, funcs, "layout", "bare")
		}
		if err != nil {
			return nil, fmt.Errorf("parsing page: %w", err)
		}
		p.byName[strings.TrimSuffix(path.Base(name), ".html")] = t
	}
	for name, t := range p.byName {
		if err := checkEscaping(t, "layout", "bare"); err != nil {
			return nil, fmt.Errorf("escaping page %s: %w", name, err)
		}
	}
	fragments := []string{"preview", "dryrun", "schedule", "plan", "palette", "draft", "place", "names"}
	if err := checkEscaping(base, fragments...); err != nil {
		return nil, fmt.Errorf("escaping fragments: %w", err)
	}
	return p, nil
}

// checkEscaping makes html/template find escaping errors now rather than when somebody opens the page. It escapes
// before it executes. Execution then fails because there is no view; that error is expected and ignored.
func checkEscaping(t *template.Template, names ...string) error {
	for _, name := range names {
		if wrong, ok := errors.AsType[*template.Error](t.ExecuteTemplate(io.Discard, name, nil)); ok {
			return wrong
		}
	}
	return nil
}

// render renders a page into memory first: a template that fails must not leave half a page.
func (p *pages) render(name, layout string, d document) ([]byte, error) {
	t, ok := p.byName[name]
	if !ok {
		return nil, fmt.Errorf("there is no page %q", name)
	}
	var b bytes.Buffer
	if err := t.ExecuteTemplate(&b, layout, d); err != nil {
		return nil, fmt.Errorf("rendering page %s: %w", name, err)
	}
	return b.Bytes(), nil
}

func (p *pages) fragment(name string, view any) ([]byte, error) {
	var b bytes.Buffer
	if err := p.fragments.ExecuteTemplate(&b, name, view); err != nil {
		return nil, fmt.Errorf("rendering fragment %s: %w", name, err)
	}
	return b.Bytes(), nil
}

// page answers with a page in the dashboard's layout.
func (w *Web) page(c *gin.Context, status int, name string, f frame, view any) error {
	return w.answer(c, status, name, "layout", f, view)
}

// barePage answers with a page without navigation, for use before sign-in.
func (w *Web) barePage(c *gin.Context, status int, name string, f frame, view any) error {
	return w.answer(c, status, name, "bare", f, view)
}

func (w *Web) answer(c *gin.Context, status int, name, layout string, f frame, view any) error {
	f = w.fill(c, f)
	body, err := w.pages.render(name, layout, document{f, view})
	if err != nil {
		return err
	}
	c.Data(status, "text/html; charset=utf-8", viewerOf(c).write(body))
	return nil
}

// fill sets the parts of a frame that are the same for all pages.
func (w *Web) fill(c *gin.Context, f frame) frame {
	f.Demo, f.SheetsURL, f.Version = w.o.Settings.Demo, w.o.Settings.SheetsWebURL, w.shortVersion()
	f.Here = c.Request.URL.RequestURI()
	f.Events = eventsPath
	f.Keys = true
	if v, err := c.Cookie(keysCookie); err == nil && v == "off" {
		f.Keys = false
	}
	f.Theme = c.Query("theme")
	if f.Theme == "" {
		f.Theme, _ = c.Cookie(themeCookie)
	}
	if f.Theme != "light" && f.Theme != "dark" {
		f.Theme = ""
	}
	if f.User = signedInEmail(c); f.User != "" && f.Notice == nil {
		f.Notice = w.popNotice(c)
	}
	if f.User != "" {
		f.Trouble = w.trouble(c)
	}
	return f
}

// trouble returns what every page says while the store cannot be written.
func (w *Web) trouble(c *gin.Context) *notice {
	since, why := w.desk(c).Trouble()
	if why == nil {
		return nil
	}
	return &notice{toneBad, fmt.Sprintf("%s All work has waited since %s.", why.Message,
		since.UTC().Format("15:04 UTC on 2 January")), why.Hint}
}

// shortVersion returns the version without the build's details, which the settings page shows.
func (w *Web) shortVersion() string {
	short, _, _ := strings.Cut(w.o.Settings.Version, " ")
	return short
}

// answerFragment answers with part of a page.
func (w *Web) answerFragment(c *gin.Context, status int, name string, view any) error {
	body, err := w.pages.fragment(name, view)
	if err != nil {
		return err
	}
	c.Data(status, "text/html; charset=utf-8", viewerOf(c).write(body))
	return nil
}

// seeOther redirects the browser after a form has been processed.
func seeOther(c *gin.Context, address string) error {
	c.Redirect(http.StatusSeeOther, address)
	return nil
}

// icon is a drawing in the sprite.
type icon struct{ Href string }

func newIcon(name string, address func(string) (string, error)) (icon, error) {
	sprite, err := address("icons.svg")
	return icon{sprite + "#" + name}, err
}

// toneIcon returns the icon for a notice's tone.
func toneIcon(tone string) string {
	switch tone {
	case toneGood:
		return "check"
	case toneBad:
		return "cross"
	case toneWarn:
		return "warn"
	}
	return "info"
}

// dict passes several values to a partial.
func dict(pairs ...any) (map[string]any, error) {
	if len(pairs)%2 != 0 {
		return nil, fmt.Errorf("dict wants pairs, not %d values", len(pairs))
	}
	m := make(map[string]any, len(pairs)/2)
	for i := 0; i < len(pairs); i += 2 {
		key, ok := pairs[i].(string)
		if !ok {
			return nil, fmt.Errorf("dict wants names, not %v", pairs[i])
		}
		m[key] = pairs[i+1]
	}
	return m, nil
}
