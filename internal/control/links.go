package control

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"ledgersheet/internal/access"
	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

const linksSetting = "access_links"

const (
	longestLinkLife = 7 * 24 * time.Hour
	usualLinkLife   = 3 * 24 * time.Hour
	// linkGrace is how long after a link's end a consent that was begun before may still be finished.
	linkGrace = 15 * time.Minute
	// keepLinks is how long links that are of no use any more are listed.
	keepLinks = 30 * 24 * time.Hour
	mostLinks = 200 // open or not, in the list
	// mostVisits is how many browsers may be on their way with one link.
	mostVisits = 8
)

// LinkState says whether a link can be used.
type LinkState string

// The states of links. Only open ones can be used; the others are final.
const (
	LinkOpen    LinkState = "open"
	LinkUsed    LinkState = "used"    // a company was connected with it
	LinkExpired LinkState = "expired" // its time is over
	LinkRevoked LinkState = "revoked" // somebody here has ended it
)

// Link lets somebody who has no account here give or renew access to one company, once. Its secret is stored as a hash.
type Link struct {
	ID        export.ID      `json:"id"`
	Hash      string         `json:"hash"`
	Realm     export.RealmID `json:"realm,omitempty"` // the company; empty for any one company
	By        string         `json:"by"`              // who made it
	Program   bool           `json:"program,omitzero"`
	MadeAt    time.Time      `json:"made_at"`
	ExpiresAt time.Time      `json:"expires_at"`
	RevokedAt time.Time      `json:"revoked_at,omitzero"`
	UsedAt    time.Time      `json:"used_at,omitzero"`
	// Company is the name of the company that was connected with it; before that, of the one that it is for.
	Company string `json:"company,omitempty"`
	// Failure is why the last try failed; nil if there was none, or if one has succeeded since.
	Failure *problem.Problem `json:"failure,omitempty"`
	Visits  []string         `json:"visits,omitempty"` // hashes of the browsers that have begun a consent
}

// State returns the link's state.
func (l Link) State(now time.Time) LinkState {
	switch {
	case !l.UsedAt.IsZero():
		return LinkUsed
	case !l.RevokedAt.IsZero():
		return LinkRevoked
	case !now.Before(l.ExpiresAt):
		return LinkExpired
	}
	return LinkOpen
}

// LinkState returns a link's state now.
func (d *Desk) LinkState(l Link) LinkState { return l.State(d.o.Now()) }

// thing returns what the link lets somebody connect.
func (l Link) thing() access.Thing {
	if l.Realm == "" {
		return access.Installation()
	}
	return access.About(l.Realm)
}

// endedAt returns when a link that is of no use any more came to that.
func (l Link) endedAt() time.Time { return earliest(earliest(l.UsedAt, l.RevokedAt), l.ExpiresAt) }

// Visitor returns the actor for somebody who has only a link. browser is the hash of what their browser keeps; consents
// are bound to it.
func Visitor(browser string) Actor { return Actor{Session: browser} }

// MakeLink returns a link for a company, or for any one company if the realm is empty, and its address. The address is
// not kept, so it can be shown only now. A life of zero is three days; more than a week is refused.
func (d *Desk) MakeLink(ctx context.Context, realm export.RealmID, life time.Duration) (Link, string, error) {
	if err := d.companies.ready(); err != nil {
		return Link{}, "", err
	}
	if life == 0 {
		life = usualLinkLife
	}
	if life < time.Minute || life > longestLinkLife {
		var wrong problem.Collect
		wrong.Add("days", "must be from 1 to %d", int(longestLinkLife/(24*time.Hour)))
		return Link{}, "", wrong.Err()
	}
	now, token := d.o.Now(), newSecret()
	link := Link{
		ID: export.NewID("lnk", now), Hash: hashToken(token), Realm: realm, By: d.who.Email,
		Program: d.who.Session == "", MadeAt: now, ExpiresAt: now.Add(life),
	}
	if realm != "" {
		company, err := d.companies.getForChange(ctx, d, realm)
		if err != nil {
			return Link{}, "", err
		}
		link.Company = company.Name
	} else if err := d.allow(access.Connect, access.Installation(), "companies"); err != nil {
		return Link{}, "", err
	}
	_, err := changeSetting(ctx, d.core, linksSetting, func(all *[]Link) error {
		*all = slices.DeleteFunc(*all, func(l Link) bool {
			return l.State(now) != LinkOpen && now.Sub(l.endedAt()) > keepLinks
		})
		if len(*all) >= mostLinks {
			return problem.New(problem.Conflict, "There are %d links already.", len(*all)).
				WithHint("Revoke those that are not needed; links are forgotten 30 days after their end.")
		}
		*all = append(*all, link)
		return nil
	})
	if err != nil {
		return Link{}, "", err
	}
	d.audit(ctx, d.who, "link.create", string(link.ID), link.subject()+", "+
		"until "+link.ExpiresAt.UTC().Format("2 January 2006, 15:04 MST"))
	return link, d.o.BaseURL + "/access?link=" + url.QueryEscape(token), nil
}

// subject names what a link is for.
func (l Link) subject() string {
	switch {
	case l.Company != "":
		return l.Company
	case l.Realm != "":
		return string(l.Realm)
	}
	return "one company"
}

// MayConnect reports whether the actor may connect any company or account at all.
func (d *Desk) MayConnect() bool { return d.who.Grant.Can(access.Connect, access.Thing{}) }

// Links returns the links of the companies that the actor may connect, newest first.
func (d *Desk) Links(ctx context.Context) ([]Link, error) {
	if !d.MayConnect() {
		return nil, d.allow(access.Connect, access.Thing{}, "companies")
	}
	all, err := readSetting[[]Link](ctx, d.core, linksSetting)
	if err != nil {
		return nil, err
	}
	all = slices.DeleteFunc(all, func(l Link) bool { return !d.who.Grant.Can(access.Connect, l.thing()) })
	slices.SortStableFunc(all, func(a, b Link) int { return b.MadeAt.Compare(a.MadeAt) })
	return all, nil
}

// RevokeLink ends a link that nobody has used. One that is over stays as it is.
func (d *Desk) RevokeLink(ctx context.Context, id export.ID) (Link, error) {
	now := d.o.Now()
	link, err := d.changeLink(ctx, func(l Link) bool {
		return l.ID == id && d.who.Grant.Can(access.Connect, l.thing())
	}, func(l *Link) error {
		if l.State(now) == LinkOpen {
			l.RevokedAt = now
		}
		return nil
	})
	if errors.Is(err, export.ErrNotFound) {
		return link, explainMissing(err, "link")
	}
	if err == nil {
		d.audit(ctx, d.who, "link.revoke", string(id), link.subject())
	}
	return link, err
}

// changeLink changes the one link that which selects; ErrNotFound if there is none.
func (c *core) changeLink(ctx context.Context, which func(Link) bool, change func(*Link) error) (link Link, err error) {
	_, err = changeSetting(ctx, c, linksSetting, func(all *[]Link) error {
		i := slices.IndexFunc(*all, which)
		if i < 0 {
			return fmt.Errorf("link: %w", export.ErrNotFound)
		}
		err := change(&(*all)[i])
		link = (*all)[i]
		return err
	})
	return link, err
}

// hashToken returns what is stored of a link's secret.
func hashToken(token string) string {
	sum := sha256.Sum256([]byte("access link " + token))
	return hex.EncodeToString(sum[:])
}

func hasToken(token string) func(Link) bool {
	hash := []byte(hashToken(token))
	return func(l Link) bool { return subtle.ConstantTimeCompare(hash, []byte(l.Hash)) == 1 }
}

// OpenLink returns what a link is for, for the person who has opened it. It changes nothing: mail programs open links,
// too. One that cannot be used any more is a conflict problem that says why.
func (d *Desk) OpenLink(ctx context.Context, token string) (Link, error) {
	all, err := readSetting[[]Link](ctx, d.core, linksSetting)
	if err != nil {
		return Link{}, err
	}
	i := slices.IndexFunc(all, hasToken(token))
	if i < 0 {
		return Link{}, unknownLink()
	}
	link := all[i]
	if err := d.checkLink(ctx, &link, d.o.Now()); err != nil {
		return Link{}, err
	}
	return link, nil
}

func unknownLink() *problem.Problem {
	return problem.New(problem.NotFound, "This link is not known here.").
		WithHint("Make sure that the whole address was copied, or ask for a new link.")
}

// NameAsker names who asks by a link, for the person who has it: the maker's e-mail, or, if a program has made it,
// whoever runs this installation.
func (d *Desk) NameAsker(ctx context.Context, l Link) string { return d.nameAsker(ctx, l) }

func (c *core) nameAsker(ctx context.Context, l Link) string {
	if strings.Contains(l.By, "@") {
		return l.By
	}
	if legal, err := readSetting[Legal](ctx, c, legalSetting); err == nil && legal.Operator != "" {
		return legal.Operator
	}
	return "the sender of this link"
}

// checkLink returns why a link cannot be used, and otherwise brings its company's name up to date.
func (c *core) checkLink(ctx context.Context, l *Link, now time.Time) error {
	closed := func(why string) error {
		return problem.New(problem.Conflict, "%s", why).WithHint("Ask %s for a new link if one is needed.",
			c.nameAsker(ctx, *l))
	}
	switch l.State(now) {
	case LinkUsed:
		return closed("This link was used already: it works once.")
	case LinkRevoked:
		return closed("This link was revoked.")
	case LinkExpired:
		return closed("This link has expired.")
	}
	if grant, err := c.grantOf(ctx, *l); err != nil || !grant.Can(access.Connect, l.thing()) {
		if err != nil {
			return err
		}
		return closed("The person who made this link may not connect the company any more.")
	}
	if l.Realm == "" {
		return nil
	}
	company, err := c.o.Store.Company(ctx, l.Realm)
	if errors.Is(err, export.ErrNotFound) {
		return closed("The company of this link is not kept here any more.")
	}
	if err != nil {
		return fmt.Errorf("reading the company: %w", err)
	}
	l.Company = company.Name
	return nil
}

// grantOf returns what the person who made a link may do now.
func (c *core) grantOf(ctx context.Context, l Link) (access.Grant, error) {
	if l.Program {
		return access.Everything(), nil
	}
	u, err := c.o.Store.UserByEmail(ctx, l.By)
	if errors.Is(err, export.ErrNotFound) {
		return access.Grant{}, nil
	}
	if err != nil {
		return access.Grant{}, fmt.Errorf("reading who made the link: %w", err)
	}
	return access.Of(u), nil
}

// BeginLink begins the consent that a link is for, and returns the address of Intuit's page. The actor is a Visitor,
// whose browser is the only one that can finish it.
func (d *Desk) BeginLink(ctx context.Context, token string) (string, error) {
	if err := d.companies.ready(); err != nil {
		return "", err
	}
	link, err := d.OpenLink(ctx, token)
	if err != nil {
		return "", err
	}
	if d.who.Session == "" {
		return "", errors.New("beginning the consent of a link: the actor has no browser")
	}
	flow := export.Flow{Realm: link.Realm, Scopes: []string{accountingScope}}
	address, err := d.asHolder(link).beginCompany(ctx, flow)
	if err != nil {
		return "", err
	}
	_, err = d.changeLink(ctx, hasToken(token), func(l *Link) error {
		l.Visits = append(l.Visits, d.who.Session)
		l.Visits = l.Visits[max(0, len(l.Visits)-mostVisits):]
		return d.checkLink(ctx, l, d.o.Now()) // it may have been used or revoked meanwhile
	})
	return address, err
}

// asHolder returns the desk of somebody who has the link and nothing else. Each of its actions is allowed by the link.
func (d *Desk) asHolder(l Link) *Desk {
	return &Desk{d.core, Actor{Email: "link of " + l.By, Session: d.who.Session}}
}

// hasVisited selects the link with which a browser has begun a consent.
func (d *Desk) hasVisited(l Link) bool {
	return d.who.Session != "" && slices.Contains(l.Visits, d.who.Session)
}

// FinishLink takes Intuit's answer to a consent that was begun with a link, and connects the company. After a success
// the link is used up, and not before: who declines or chooses another company may try again. The zero Link comes with
// an error if the link cannot be used at all; with any other error, the link remembers it.
func (d *Desk) FinishLink(ctx context.Context, answer url.Values) (Link, error) {
	now := d.o.Now()
	claimed, err := d.changeLink(ctx, d.hasVisited, func(l *Link) error {
		begun := *l
		begun.ExpiresAt = begun.ExpiresAt.Add(linkGrace)
		if err := d.checkLink(ctx, &begun, now); err != nil {
			return err
		}
		l.UsedAt = now // so that of two who come at once only one goes on
		return nil
	})
	if errors.Is(err, export.ErrNotFound) {
		return Link{}, unknownLink()
	}
	if err != nil {
		return Link{}, err
	}
	holder := d.asHolder(claimed)
	company, connectErr := holder.connectByLink(ctx, claimed, answer)
	// Even if the browser has left, because a link that stays claimed could not be used any more.
	link, err := d.changeLink(context.WithoutCancel(ctx), func(l Link) bool { return l.ID == claimed.ID },
		func(l *Link) error {
			l.Failure = nil
			if connectErr != nil {
				l.UsedAt, l.Failure = time.Time{}, problem.From(connectErr)
				return nil
			}
			l.Company, l.Realm = company.Name, company.Realm
			return nil
		})
	if connectErr != nil {
		d.audit(ctx, holder.who, "link.refuse", string(claimed.ID), string(problem.From(connectErr).Code))
	} else {
		d.audit(ctx, holder.who, "link.use", string(claimed.ID), company.Name)
	}
	return link, errors.Join(connectErr, err)
}

// connectByLink does the work of FinishCompany for who has a link.
func (d *Desk) connectByLink(ctx context.Context, l Link, answer url.Values) (export.Company, error) {
	flow, grant, err := d.companies.finish(ctx, d, answer)
	if err != nil {
		return export.Company{}, d.explainOther(ctx, err, flow, answer, l.Company)
	}
	return d.keepCompany(ctx, flow.Realm, grant)
}

// VisitedLink returns the link with which a browser has begun a consent, for the page that tells how it went.
func (d *Desk) VisitedLink(ctx context.Context) (Link, error) {
	all, err := readSetting[[]Link](ctx, d.core, linksSetting)
	if err != nil {
		return Link{}, err
	}
	i := slices.IndexFunc(all, d.hasVisited)
	if i < 0 {
		return Link{}, unknownLink()
	}
	return all[i], nil
}

// explainOther returns err, or if the person has chosen another company than the flow is for, a problem with the names
// of both, as far as the actor may know them. wanted is the name of the company that the flow is for; empty if the
// actor may look it up.
func (d *Desk) explainOther(
	ctx context.Context, err error, flow export.Flow, answer url.Values, wanted string,
) error {
	chosen := export.RealmID(answer.Get("realmId"))
	if flow.Realm == "" || chosen == flow.Realm || !chosen.Valid() || !problem.HasCode(err, problem.Conflict) {
		return err
	}
	other := "another company"
	if c, err := d.companies.get(ctx, d, chosen); err == nil {
		other = c.Name
	}
	if c, err := d.companies.get(ctx, d, flow.Realm); err == nil {
		wanted = c.Name
	}
	if strings.TrimSpace(wanted) == "" {
		wanted = "a different one"
	}
	return problem.Wrap(err, problem.Conflict, "The permission was given for %s, but %s was to be connected.", other,
		wanted).WithHint("Nothing was changed. Begin again and choose %s on Intuit's page.", wanted)
}
