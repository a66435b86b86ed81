package web

import (
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"ledgersheet/internal/control"
	"ledgersheet/internal/problem"
)

// textView is the terms or the privacy page, which anybody may read.
type textView struct {
	Title   string
	Changed moment // zero for the program's own text
	Blocks  []textBlock
	Other   link
}

// textBlock is a heading, a paragraph or a list.
type textBlock struct {
	Heading string
	Text    string
	Items   []string
}

// readBlocks divides a text: blank lines end paragraphs, "# " begins a heading, and "- " a point of a list.
func readBlocks(text string) (blocks []textBlock) {
	var words, items []string
	flush := func() {
		if len(words) > 0 {
			blocks = append(blocks, textBlock{Text: strings.Join(words, " ")})
		}
		if len(items) > 0 {
			blocks = append(blocks, textBlock{Items: items})
		}
		words, items = nil, nil
	}
	for line := range strings.SplitSeq(text, "\n") {
		line = strings.TrimSpace(line)
		heading, isHeading := strings.CutPrefix(line, "# ")
		item, isItem := strings.CutPrefix(line, "- ")
		switch {
		case line == "":
			flush()
		case isHeading:
			flush()
			blocks = append(blocks, textBlock{Heading: heading})
		case isItem:
			if len(words) > 0 {
				flush()
			}
			items = append(items, item)
		case len(items) > 0: // a list's point goes on
			items[len(items)-1] += " " + line
		default:
			words = append(words, line)
		}
	}
	flush()
	return blocks
}

func (w *Web) termsPage(c *gin.Context) error {
	return w.showText(c, "Terms of use", link{"Privacy policy", "/privacy"},
		func(l control.Legal) string { return l.Terms })
}

func (w *Web) privacyPage(c *gin.Context) error {
	return w.showText(c, "Privacy policy", link{"Terms of use", "/terms"},
		func(l control.Legal) string { return l.Privacy })
}

func (w *Web) showText(c *gin.Context, title string, other link, choose func(control.Legal) string) error {
	d := w.desk(c)
	legal, err := d.Legal(c.Request.Context())
	if err != nil {
		return err
	}
	view := textView{Title: title, Other: other, Blocks: readBlocks(d.Fill(legal, choose(legal)))}
	if !legal.ChangedAt.IsZero() {
		view.Changed = w.moment(legal.ChangedAt)
	}
	return w.barePage(c, http.StatusOK, "text", frame{Title: title}, view)
}

// textsView is the form for both texts.
type textsView struct {
	control.Legal
	Errors                                        []fieldError
	OperatorWhy, ContactWhy, TermsWhy, PrivacyWhy string
	TermsURL, PrivacyURL                          string
}

func (w *Web) textsPage(c *gin.Context) error {
	if !w.desk(c).MayConnect() {
		return problem.New(problem.Forbidden, "Your role does not allow you to change these texts.")
	}
	legal, err := w.desk(c).Legal(c.Request.Context())
	if err != nil {
		return err
	}
	return w.showTexts(c, http.StatusOK, textsView{Legal: legal})
}

func (w *Web) showTexts(c *gin.Context, status int, view textsView) error {
	view.TermsURL, view.PrivacyURL = w.o.Settings.BaseURL+"/terms", w.o.Settings.BaseURL+"/privacy"
	return w.page(c, status, "texts", frame{Title: "Terms and privacy", Section: "connections"}, view)
}

func (w *Web) saveTexts(c *gin.Context) error {
	legal := control.Legal{
		Operator: c.PostForm("operator"), Contact: c.PostForm("contact"), Terms: c.PostForm("terms"),
		Privacy: c.PostForm("privacy"),
	}
	if c.PostForm("usual") != "" { // the program's own texts
		legal.Terms, legal.Privacy = "", ""
	}
	err := w.desk(c).SetLegal(c.Request.Context(), legal)
	if p := problem.From(err); p != nil && p.Code == problem.InvalidInput {
		view := textsView{
			Legal: legal, OperatorWhy: p.Fields["operator"], ContactWhy: p.Fields["contact"],
			TermsWhy:   p.Fields["terms"],
			PrivacyWhy: p.Fields["privacy"],
		}
		for _, f := range []fieldError{
			{"operator", "Who runs this installation", view.OperatorWhy}, {"contact", "E-mail", view.ContactWhy},
			{"terms", "Terms of use", view.TermsWhy}, {"privacy", "Privacy policy", view.PrivacyWhy},
		} {
			if f.Text != "" {
				view.Errors = append(view.Errors, f)
			}
		}
		return w.showTexts(c, http.StatusUnprocessableEntity, view)
	}
	if err != nil {
		return err
	}
	w.notify(c, toneGood, "The texts are in force.", "")
	return seeOther(c, "/connections/texts")
}
