package control

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"ledgersheet/internal/access"
	"ledgersheet/internal/export"
	"ledgersheet/internal/notice"
	"ledgersheet/internal/problem"
)

// Notices keeps the rules by which notices are sent.
type Notices interface {
	Rules(ctx context.Context) ([]notice.Listed, error)
	Rule(ctx context.Context, id export.ID) (notice.Listed, error)
	Add(ctx context.Context, r notice.Rule) (notice.Rule, error)
	Change(ctx context.Context, id export.ID, change func(*notice.Rule) error) (notice.Rule, error)
	Remove(ctx context.Context, id export.ID) error
	// Test returns what the receiver answered. The error of a message that did not arrive is a *notice.SendError.
	Test(ctx context.Context, id export.ID) (answer string, err error)
	// Ready returns why a kind of notice cannot be sent; empty if it can.
	Ready(k notice.Kind) (why string)
}

// Notice is a rule as people may see it: an address that is a secret is cut short, and what signs is left out.
type Notice struct {
	notice.Listed
	Own bool // the actor may try it out, change and delete it
}

// aboutRule returns what a rule reveals something about.
func aboutRule(r notice.Rule) access.Thing {
	return access.Thing{Companies: r.Companies, Whole: len(r.Companies) == 0}
}

// Notices returns the rules that the actor may see, oldest first.
func (d *Desk) Notices(ctx context.Context) ([]Notice, error) {
	if err := d.allow(access.See, access.Thing{}, "notices"); err != nil || d.o.Notices == nil {
		return nil, err
	}
	all, err := d.o.Notices.Rules(ctx)
	if err != nil {
		return nil, fmt.Errorf("reading the notices: %w", err)
	}
	var list []Notice
	for _, r := range all {
		if d.who.Grant.Can(access.See, aboutRule(r.Rule)) {
			list = append(list, d.hide(r))
		}
	}
	return list, nil
}

// hide takes the secrets out of a rule.
func (d *Desk) hide(r notice.Listed) Notice {
	r.Secret = ""
	if r.Kind != notice.Mail {
		r.To = ShortenAddress(r.To)
	}
	return Notice{r, !r.Fixed && d.who.Grant.Can(access.Tell, aboutRule(r.Rule))}
}

// ShortenAddress leaves of a webhook's address what is no secret: the host.
func ShortenAddress(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return "…"
	}
	short := u.Scheme + "://" + u.Host
	if u.Path != "" && u.Path != "/" || u.RawQuery != "" {
		short += "/…"
	}
	return short
}

// NoticeKinds returns for each kind of notice why it cannot be sent; an empty text if it can.
func (d *Desk) NoticeKinds() map[notice.Kind]string {
	kinds := map[notice.Kind]string{}
	for _, k := range notice.Kinds() {
		kinds[k] = "Notices are not set up."
		if d.o.Notices != nil {
			kinds[k] = d.o.Notices.Ready(k)
		}
	}
	return kinds
}

// MaySetNotices reports whether the actor may add rules of their own.
func (d *Desk) MaySetNotices() bool { return d.who.Grant.Can(access.Tell, access.Thing{}) }

// CreateNotice stores a rule and returns it with the secret that signs its webhooks, which is not shown again.
func (d *Desk) CreateNotice(ctx context.Context, r notice.Rule) (n Notice, secret string, err error) {
	if err := d.allow(access.Tell, aboutRule(r), "notices"); err != nil {
		return Notice{}, "", err
	}
	if d.o.Notices == nil {
		return Notice{}, "", problem.New(problem.Conflict, "Notices are not set up.")
	}
	if err := d.checkNotice(ctx, r); err != nil {
		return Notice{}, "", err
	}
	r.CreatedAt, r.CreatedBy = d.o.Now(), d.who.Email
	if r, err = d.o.Notices.Add(ctx, r); err != nil {
		return Notice{}, "", err
	}
	n = d.hide(notice.Listed{Rule: r})
	d.audit(ctx, d.who, "notice.create", string(r.ID), string(r.Kind)+" to "+n.To)
	return n, r.Secret, nil
}

// checkNotice returns a problem if a rule is about what is not there.
func (d *Desk) checkNotice(ctx context.Context, r notice.Rule) error {
	var bad problem.Collect
	for i, realm := range r.Companies {
		if _, err := d.Company(ctx, realm); err != nil {
			if !problem.HasCode(err, problem.NotFound) {
				return err
			}
			bad.Add(fmt.Sprintf("company_ids[%d]", i), "is no company that is connected here")
		}
	}
	for i, id := range r.Exporters {
		if _, err := d.Exporter(ctx, id); err != nil {
			if !problem.HasCode(err, problem.NotFound) {
				return err
			}
			bad.Add(fmt.Sprintf("exporter_ids[%d]", i), "is no exporter")
		}
	}
	return bad.Err()
}

// notice returns a rule that the actor may try out, change and delete.
func (d *Desk) notice(ctx context.Context, id export.ID) (notice.Listed, error) {
	if d.o.Notices == nil {
		return notice.Listed{}, explainMissing(export.ErrNotFound, "notice")
	}
	r, err := d.o.Notices.Rule(ctx, id)
	if err != nil {
		return r, explainMissing(err, "notice")
	}
	if !d.who.Grant.Can(access.See, aboutRule(r.Rule)) {
		return r, explainMissing(export.ErrNotFound, "notice")
	}
	return r, d.allow(access.Tell, aboutRule(r.Rule), "notice")
}

// Notice returns a rule that the actor may see.
func (d *Desk) Notice(ctx context.Context, id export.ID) (Notice, error) {
	all, err := d.Notices(ctx)
	if err != nil {
		return Notice{}, err
	}
	i := slices.IndexFunc(all, func(n Notice) bool { return n.ID == id })
	if i < 0 {
		return Notice{}, explainMissing(export.ErrNotFound, "notice")
	}
	return all[i], nil
}

// UpdateNotice changes a rule, and returns it with the secret that signs its webhooks if that is another one now.
// change gets the rule with its secrets.
func (d *Desk) UpdateNotice(ctx context.Context, id export.ID, change func(*notice.Rule) error) (
	n Notice, secret string, err error,
) {
	old, err := d.notice(ctx, id)
	if err != nil {
		return Notice{}, "", err
	}
	if old.Fixed {
		return Notice{}, "", problem.New(problem.Conflict, "This notice comes from the settings of the service.").
			WithHint("Change LEDGERSHEET_NOTICE_WEBHOOK_URL in its environment.")
	}
	r, err := d.o.Notices.Change(ctx, id, func(r *notice.Rule) error {
		// It may be about other companies since it was read.
		if err := d.allow(access.Tell, aboutRule(*r), "notice"); err != nil {
			return err
		}
		if err := change(r); err != nil {
			return err
		}
		if r.Kind != notice.Mail && r.To == ShortenAddress(old.To) { // as it was shown
			r.To = old.To
		}
		if err := d.allow(access.Tell, aboutRule(*r), "notice"); err != nil {
			return err
		}
		return d.checkNotice(ctx, *r)
	})
	if err != nil {
		return Notice{}, "", explainMissing(err, "notice")
	}
	if r.Secret != old.Secret {
		secret = r.Secret
	}
	n = d.hide(notice.Listed{Rule: r})
	d.audit(ctx, d.who, "notice.update", string(id), string(r.Kind)+" to "+n.To)
	return n, secret, nil
}

// DeleteNotice deletes a rule, and what is still to be sent for it.
func (d *Desk) DeleteNotice(ctx context.Context, id export.ID) error {
	r, err := d.notice(ctx, id)
	if err != nil {
		return err
	}
	if r.Fixed {
		return problem.New(problem.Conflict, "This notice comes from the settings of the service.").
			WithHint("Take LEDGERSHEET_NOTICE_WEBHOOK_URL out of its environment to end it.")
	}
	if err := d.o.Notices.Remove(ctx, id); err != nil {
		return explainMissing(err, "notice")
	}
	d.audit(ctx, d.who, "notice.delete", string(id), string(r.Kind)+" to "+d.hide(r).To)
	return nil
}

// TestedNotice is what came of a try.
type TestedNotice struct {
	OK     bool
	Answer string // the receiver's, or why it did not arrive
}

// TestNotice sends a message for trial.
func (d *Desk) TestNotice(ctx context.Context, id export.ID) (TestedNotice, error) {
	r, err := d.notice(ctx, id)
	if err != nil {
		return TestedNotice{}, err
	}
	d.audit(ctx, d.who, "notice.test", string(id), string(r.Kind)+" to "+d.hide(r).To)
	answer, err := d.o.Notices.Test(ctx, id)
	if failure, ok := errors.AsType[*notice.SendError](err); ok {
		return TestedNotice{Answer: failure.Text}, nil
	}
	if err != nil {
		return TestedNotice{}, explainMissing(err, "notice")
	}
	return TestedNotice{OK: true, Answer: answer}, nil
}

// StoreCause returns the trouble of the store; false if there is none.
func (c *Control) StoreCause() (notice.Cause, bool) {
	since, why := c.As(Local("notices")).Trouble()
	if why == nil {
		return notice.Cause{}, false
	}
	return noticeCause(storeCause(since, why)), true
}

// CausesAmong returns what is wrong at present, as somebody may know who sees just these companies; nil means all. The
// store's own trouble is not among them, see StoreCause: what comes of other causes is stored.
func (c *Control) CausesAmong(ctx context.Context, among []export.RealmID) ([]notice.Cause, error) {
	grant := access.Grant{Role: access.Viewer, Companies: among}
	status, err := c.As(Actor{Email: "notices", Grant: grant}).Status(ctx)
	if err != nil {
		return nil, err
	}
	var list []notice.Cause
	for _, cause := range status.Causes {
		if cause.Code != CauseStore {
			list = append(list, noticeCause(cause))
		}
	}
	return list, nil
}

// lateSettles is how long exporters must be late before somebody is told: after a start, it takes a while until all
// that was missed has been caught up.
const lateSettles = 15 * time.Minute

// storeSettles is how long the store must be in trouble before somebody is told.
const storeSettles = time.Minute

func noticeCause(c Cause) notice.Cause {
	n := notice.Cause{
		Key: c.Key, Code: string(c.Code), Title: c.Title, Detail: c.Detail, Action: c.Action, Since: c.Since,
		Company: c.Company, Warning: c.Warning, Stage: c.Stage, On: noticeEvents(c),
	}
	if n.Detail != "" && c.Hint != "" {
		n.Action = c.Hint
	}
	switch c.Code {
	case CauseLate:
		n.Settle = lateSettles
	case CauseStore:
		n.Settle = storeSettles
	}
	n.Path, n.Button = remedyPath(c)
	for _, e := range c.Waiting {
		n.Waiting = append(n.Waiting, notice.Named(e))
	}
	return n
}

// noticeEvents returns the events that a cause is, the most particular first.
func noticeEvents(c Cause) []notice.Event {
	switch {
	case c.Code == CauseDifferences:
		return []notice.Event{notice.Difference}
	case c.Code == CauseLate:
		return []notice.Event{notice.Failure}
	case c.Warning:
		return []notice.Event{notice.NeedsYou}
	case c.rank == rankConnection, c.Code == CauseStore, problem.New(problem.Code(c.Code), "").Class() == problem.Stop:
		return []notice.Event{notice.NeedsYou, notice.Failure}
	}
	return []notice.Event{notice.Failure}
}

// remedy is where a cause is put right.
type remedy struct {
	// path is the page of causes that are about no exporter in particular. Others land on the exporter, its run or,
	// if there are several, on the list of those in the state.
	path, button string
	state        State
}

// remedyOf returns the remedy of each kind of cause; false for an unknown one.
func remedyOf(code CauseCode) (remedy, bool) {
	switch code {
	case CauseStore:
		return remedy{path: "/", button: "Open the dashboard"}, true
	case CauseAssessment:
		return remedy{path: "/connections/production", button: "Open the checklist"}, true
	case CauseCode(problem.AppCredentials):
		return remedy{path: "/connections/production", button: "Check the app's keys"}, true
	case CauseDisconnected, CauseEndsSoon:
		return remedy{path: "/connections", button: "Open Connections"}, true
	case CauseLate:
		return remedy{state: StateLate}, true
	case CauseDifferences:
		return remedy{state: StateDiffers}, true
	}
	_, known := causeTexts[problem.Code(code)]
	return remedy{state: StateFailing}, known
}

// remedyPath returns the page that lands on what ends the cause, and what its button says.
func remedyPath(c Cause) (path, button string) {
	r, _ := remedyOf(c.Code)
	switch company, account := c.Block.Company, c.Block.Account; {
	case company != nil:
		return "/connections?q=" + url.QueryEscape(string(company.Realm)), "Open the connection"
	case account != nil:
		return "/connections#accounts", "Open the connection"
	case r.path != "":
		return r.path, r.button
	case len(c.Waiting) == 1 && c.Code == CauseLate:
		return "/exporters/" + string(c.Waiting[0].ID), "Open exporter"
	case len(c.Waiting) == 1 && c.Run != "":
		return "/runs/" + string(c.Run), "Open run"
	}
	query := url.Values{"state": {string(r.state)}}
	if c.Company != "" {
		query.Set("company", string(c.Company))
	}
	return "/exporters?" + query.Encode(), "Show the exporters"
}

// SplitTags reads tags that a person has typed, separated by commas.
func SplitTags(text string) []string {
	var tags []string
	for tag := range strings.SplitSeq(text, ",") {
		if tag = strings.TrimSpace(tag); tag != "" && !slices.Contains(tags, tag) {
			tags = append(tags, tag)
		}
	}
	return tags
}
