package web

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"net/http"
	"slices"

	"github.com/gin-gonic/gin"

	"ledgersheet/internal/control"
	"ledgersheet/internal/export"
)

const (
	packsPath = "/packs"
	madePath  = packsPath + "/made"
)

// packsView is the page on which people choose a pack.
type packsView struct {
	Packs     []packCard
	Companies int
	Accounts  int
}

// packCard is a pack in people's words.
type packCard struct {
	ID, Title, Summary, Href string
	Tabs                     []string // the first ones
	More                     int      // how many other tabs there are
	Calls                    string   // what it costs in calls to QuickBooks
	Current                  bool     // it is the page's own
}

// packTabs is how many tabs a pack's card lists.
const packTabs = 9

func (w *Web) packsPage(c *gin.Context) error {
	ctx, d := c.Request.Context(), w.desk(c)
	k, err := know(ctx, d, needCompanies|needAccounts)
	if err != nil {
		return err
	}
	view := packsView{Packs: packCards(d, ""), Companies: len(k.companies), Accounts: len(k.accounts)}
	for i, p := range sortedPacks(d) {
		if view.Packs[i].Calls, err = packCalls(ctx, d, p, k); err != nil {
			return err
		}
	}
	return w.page(c, http.StatusOK, "packs", frame{Title: "Packs", Section: "exporters"}, view)
}

// sortedPacks returns the packs, those with the fewest tabs first.
func sortedPacks(d *control.Desk) []export.Pack {
	packs := d.Packs()
	slices.SortStableFunc(packs, func(a, b export.Pack) int { return cmp.Compare(len(a.Items), len(b.Items)) })
	return packs
}

func packCards(d *control.Desk, current string) []packCard {
	var list []packCard
	for _, p := range sortedPacks(d) {
		card := packCard{
			ID: p.ID, Title: p.Title, Summary: p.Summary, Href: packsPath + "/" + p.ID, Current: p.ID == current,
		}
		for i, item := range p.Items {
			if i == packTabs && len(p.Items) > packTabs+1 {
				card.More = len(p.Items) - packTabs
				break
			}
			card.Tabs = append(card.Tabs, item.Title)
		}
		list = append(list, card)
	}
	return list
}

// packCalls says what a run of a whole pack costs, for all connected companies or else for one.
func packCalls(ctx context.Context, d *control.Desk, p export.Pack, k known) (string, error) {
	realms := []export.RealmID{""}
	if len(k.companies) > 0 {
		realms = nil
	}
	for _, co := range k.companies {
		realms = append(realms, co.Realm)
	}
	var drafts []export.Exporter
	for _, item := range p.Items {
		def, err := d.Definition(item.Definition)
		if err != nil {
			return "", err
		}
		e := item.Draft(def, "Accrual")
		e.Companies = realms
		drafts = append(drafts, e)
	}
	price, err := d.Price(ctx, drafts...)
	if err != nil || price.Calls == 0 {
		return "", err
	}
	whom := "a company"
	if len(k.companies) == 1 {
		whom = "your company"
	} else if len(k.companies) > 1 {
		whom = "all " + count(len(k.companies)) + " companies"
	}
	calls := plural(int(math.Ceil(price.Calls)), "call", "calls")
	return fmt.Sprintf("About %s to QuickBooks each time, for %s.", calls, whom), nil
}
