package control

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

// CauseCode names a kind of cause: the code of the problem with which runs end, or one of those below.
type CauseCode string

// The codes of causes that no run ends with.
const (
	CauseStore        CauseCode = "store_in_trouble" // the disk takes no writes, so all work waits
	CauseDisconnected CauseCode = "disconnected"     // a person disconnected what exporters still need
	CauseEndsSoon     CauseCode = "ends_soon"        // a consent ends soon
	CauseLate         CauseCode = "late"             // due times have passed without a run
	CauseDifferences  CauseCode = "differences"      // QuickBooks' own figures disagree with each other
	CauseAssessment   CauseCode = "assessment"       // Intuit wants its yearly questions answered
)

// Cause is one thing that needs a person, whatever the number of exporters that it affects. Its texts are for people.
type Cause struct {
	// Key is the same as long as it is the same cause.
	Key    string
	Code   CauseCode
	Title  string    // what is wrong, a sentence
	Detail string    // what the provider or the run said; empty if nothing, or not the same for all that wait
	Action string    // what to do
	Hint   string    // what the run says to do; empty like Detail
	Since  time.Time // zero if that is not known
	// Waiting are the exporters that it holds back, or whose rows it makes doubtful, by name.
	Waiting []Named
	// Run is the newest run that says so; empty if none does, or if several exporters wait.
	Run     export.ID
	Block   Block          // the connection in question; empty for other causes
	Company export.RealmID // the company in question, if it is about one only
	Warning bool           // rows still come
	// Stage is how many days before an end the warning is due: 30, 7 or 1. People are told again with each. It is 0
	// for other causes.
	Stage  int
	rank   int
	realms map[export.RealmID]bool // that it concerns
}

// The ranks of causes: those that explain the rest come first.
const (
	rankStore = iota
	rankConnection
	rankFailing
	rankLate
	rankWarning
)

func storeCause(since time.Time, why *problem.Problem) Cause {
	return Cause{
		Key: "store", Code: CauseStore, rank: rankStore, Title: why.Message, Action: why.Hint, Since: since,
	}
}

// causes collects causes by what they are about.
type causes struct {
	desk      *Desk
	now       time.Time
	blocks    blocks
	companies map[export.RealmID]export.Company
	accounts  map[export.ID]export.GoogleAccount
	by        map[string]*Cause
	read      map[export.RealmID]bool // by some exporter; true if one goes on and has succeeded last
}

func newCauses(d *Desk, companies []export.Company, accounts []export.GoogleAccount) *causes {
	c := &causes{
		desk: d, now: d.o.Now(), blocks: d.newBlocks(), by: map[string]*Cause{},
		read:      map[export.RealmID]bool{},
		companies: make(map[export.RealmID]export.Company, len(companies)),
		accounts:  make(map[export.ID]export.GoogleAccount, len(accounts)),
	}
	c.blocks.learn(companies, accounts)
	for _, company := range companies {
		c.companies[company.Realm] = company
	}
	for _, account := range accounts {
		c.accounts[account.ID] = account
	}
	return c
}

// add returns the cause under a key, which create makes if it is new.
func (c *causes) add(key string, create func() Cause) *Cause {
	if c.by[key] == nil {
		cause := create()
		cause.realms = map[export.RealmID]bool{}
		if cause.Company != "" {
			cause.realms[cause.Company] = true
		}
		c.by[key] = &cause
	}
	return c.by[key]
}

// addConnections adds the connections that are lost, refused or about to end.
func (c *causes) addConnections() {
	for realm, company := range c.companies {
		switch {
		case company.Status == export.ReconnectRequired || company.Refused():
			c.addCompany(realm)
		case LifeOf(company, c.now).Phase == PhaseExpiring:
			c.add("ends\x00"+string(realm), func() Cause { return endsSoon(company, c.now) })
		}
	}
	for id, account := range c.accounts {
		switch {
		case account.Status == export.ReconnectRequired:
			c.addAccount(id)
		case LifeOfAccount(account, c.now).Phase == PhaseExpiring:
			c.add("ends\x00"+string(id), func() Cause { return accountEndsSoon(account, c.now) })
		}
	}
}

// addCompany adds a company of no use at present.
func (c *causes) addCompany(realm export.RealmID) *Cause {
	return c.add("company\x00"+string(realm), func() Cause { return companyCause(c.companies[realm]) })
}

// addAccount adds a Google account of no use at present.
func (c *causes) addAccount(id export.ID) *Cause {
	return c.add("account\x00"+string(id), func() Cause { return accountCause(c.accounts[id]) })
}

func companyCause(company export.Company) Cause {
	cause := Cause{
		Company: company.Realm, Block: Block{Company: &company}, rank: rankConnection, Since: company.LostAt,
	}
	switch {
	case company.Status == export.Disconnected:
		cause.Code, cause.Title = CauseDisconnected, company.Name+" is disconnected."
		cause.Action = "Open Connections and press Reconnect on " + company.Name +
			", or pause the exporters that use it."
	case company.Refused():
		cause.Code = CauseCode(company.LastError.Code)
		cause.Title = "QuickBooks gives nothing of " + company.Name + "."
		cause.Detail = company.LastError.Message
		cause.Action = sentences(company.LastError.Hint,
			"Afterwards open Connections and press Test on "+company.Name+".")
	default:
		cause.Code = CauseCode(problem.CompanyReconnectRequired)
		cause.Title = "QuickBooks access to " + company.Name + " has ended."
		cause.Detail, cause.Action = explainLoss(company.LastError, problem.CompanyReconnectRequired)
		cause.Action = sentences(cause.Action, "Open Connections and press Reconnect on "+company.Name+".")
	}
	return cause
}

// explainLoss returns what the provider said when it ended a consent, and what to do about that beyond the usual.
func explainLoss(last *problem.Problem, code problem.Code) (detail, action string) {
	if last == nil {
		return "", ""
	}
	if last.Hint != problem.New(code, "").Hint {
		action = last.Hint
	}
	return last.Message, action
}

func accountCause(account export.GoogleAccount) Cause {
	cause := Cause{Block: Block{Account: &account}, rank: rankConnection, Since: account.LostAt}
	if account.Status == export.Disconnected {
		cause.Code, cause.Title = CauseDisconnected, account.Email+" is disconnected."
		cause.Action = "Open Connections and press Reconnect on " + account.Email +
			", or give the exporters another Google account."
		return cause
	}
	cause.Code = CauseCode(problem.GoogleReconnectRequired)
	cause.Title = "Google access for " + account.Email + " has ended."
	cause.Detail, cause.Action = explainLoss(account.LastError, problem.GoogleReconnectRequired)
	cause.Action = sentences(cause.Action, "Open Connections and press Reconnect on "+account.Email+".")
	return cause
}

// addExporter adds an exporter to the cause that it waits for.
func (c *causes) addExporter(ctx context.Context, h export.ExporterHead) error {
	for _, realm := range h.Companies {
		c.read[realm] = c.read[realm] || !h.Paused && h.Verdict == export.RunSucceeded
	}
	if h.Paused {
		return nil
	}
	if cause := c.blockOf(h); cause != nil {
		c.wait(cause, h)
		return nil
	}
	state, err := c.desk.stateOfHead(ctx, h, c.blocks)
	if err != nil {
		return err
	}
	switch state {
	case StateLate:
		cause := c.add("late", lateCause)
		cause.Since = earliest(cause.Since, h.NextAt)
		c.wait(cause, h)
	case StateFailing, StateDiffers:
		return c.addVerdict(ctx, h, state)
	case StateRunning:
		return c.addHeld(ctx, h)
	}
	return nil
}

// heldAfter is how long a provider may answer nobody before that is told.
const heldAfter = 15 * time.Minute

// addHeld adds an exporter whose run waits in the queue because a provider answers nobody. Such runs do not fail, so no
// verdict tells of them.
func (c *causes) addHeld(ctx context.Context, h export.ExporterHead) error {
	history, err := c.desk.history(ctx, h.ID)
	if err != nil || len(history.Recent) == 0 || history.Recent[0].Status != export.RunQueued {
		return err
	}
	p := history.Problem
	if p == nil || p.Code != problem.QuickBooksUnavailable && p.Code != problem.GoogleUnavailable {
		return nil
	}
	r, err := c.desk.o.Store.Run(ctx, history.Recent[0].ID)
	if err != nil {
		return fmt.Errorf("reading a run: %w", err)
	}
	if c.desk.o.Now().Sub(r.QueuedAt) < heldAfter {
		return nil
	}
	cause := c.add(c.explain(h, p))
	cause.Since, cause.Run = earliest(cause.Since, r.QueuedAt), r.ID
	cause.Detail, cause.Hint = p.Message, p.Hint
	c.wait(cause, h)
	return nil
}

// blockOf returns the cause of the connection that stands in an exporter's way; nil if none does.
func (c *causes) blockOf(h export.ExporterHead) *Cause {
	refused := export.RealmID("")
	for _, realm := range h.Companies {
		switch company, known := c.companies[realm]; {
		case !known:
		case isLost(company):
			return c.addCompany(realm)
		case company.Refused() && refused == "":
			refused = realm
		}
	}
	if account, known := c.accounts[h.Account]; known && account.Status != export.Connected {
		return c.addAccount(h.Account)
	}
	if refused != "" {
		return c.addCompany(refused)
	}
	return nil
}

func lateCause() Cause {
	return Cause{
		Code: CauseLate, rank: rankLate, Title: "Exporters were due and have not begun.",
		Action: "Wait a few minutes if the service has just started. Otherwise see whether it runs, and whether " +
			"other runs take all its time.",
	}
}

// addVerdict adds an exporter whose last run failed, or found that QuickBooks' own figures disagree.
func (c *causes) addVerdict(ctx context.Context, h export.ExporterHead, state State) error {
	history, err := c.desk.history(ctx, h.ID)
	if err != nil {
		return err
	}
	verdict := history.Verdict()
	var p *problem.Problem
	if state == StateFailing {
		if p, err = c.problemOf(ctx, history, verdict.ID); err != nil {
			return err
		}
	}
	key, create := c.explain(h, p)
	cause := c.add(key, create)
	cause.Since = earliest(cause.Since, sinceWhen(history))
	switch {
	case p == nil:
	case len(cause.Waiting) == 0:
		cause.Detail, cause.Hint = p.Message, p.Hint
	case cause.Detail != p.Message || cause.Hint != p.Hint:
		cause.Detail, cause.Hint = "", ""
	}
	cause.Run = verdict.ID
	c.wait(cause, h)
	return nil
}

// problemOf returns the problem of a failed run. The history has that of the newest run, which may have been stopped.
func (c *causes) problemOf(ctx context.Context, h export.History, run export.ID) (*problem.Problem, error) {
	p := h.Problem
	if len(h.Recent) > 0 && h.Recent[0].ID != run {
		r, err := c.desk.o.Store.Run(ctx, run)
		if err != nil {
			return nil, fmt.Errorf("reading a run: %w", err)
		}
		p = r.Problem
	}
	if p == nil {
		p = problem.New(problem.Internal, "")
	}
	return p, nil
}

// sinceWhen returns since when an exporter's runs have failed, or have found differences, as far as the recent ones
// tell.
func sinceWhen(h export.History) (since time.Time) {
	last := h.Verdict()
	for _, b := range h.Recent {
		switch {
		case !b.Verdict():
		case b.Status != last.Status || (b.Differences > 0) != (last.Differences > 0):
			return since
		default:
			since = b.FinishedAt
		}
	}
	return since
}

// wait notes that an exporter waits for a cause.
func (c *causes) wait(cause *Cause, h export.ExporterHead) {
	cause.Waiting = append(cause.Waiting, Named{h.ID, h.Name})
	for _, realm := range h.Companies {
		cause.realms[realm] = true
	}
	if len(cause.Waiting) > 1 {
		cause.Run = ""
	}
}

// status returns what was collected.
func (c *causes) status() Status {
	s := Status{Companies: len(c.companies)}
	concerned := map[export.RealmID]bool{}
	for key, cause := range c.by {
		cause.Key = key
		cause.finish()
		for realm := range cause.realms {
			// What ends soon still works.
			concerned[realm] = concerned[realm] || cause.Code != CauseEndsSoon
		}
		s.Causes = append(s.Causes, *cause)
	}
	for realm, company := range c.companies {
		fresh, read := c.read[realm]
		if !read {
			s.Empty++
		}
		if fresh && company.Status == export.Connected && !concerned[realm] {
			s.Current++
		}
	}
	slices.SortFunc(s.Causes, func(a, b Cause) int {
		return cmp.Or(cmp.Compare(a.rank, b.rank), cmp.Compare(len(b.Waiting), len(a.Waiting)),
			a.Since.Compare(b.Since), strings.Compare(a.Title, b.Title))
	})
	return s
}

// finish puts the number or the names of those that wait into the texts.
func (c *Cause) finish() {
	names := nameWaiting(c.Waiting)
	c.Title = strings.ReplaceAll(c.Title, waitingMark, names)
	c.Action = strings.ReplaceAll(c.Action, waitingMark, names)
}

// waitingMark stands in a cause's texts for the names of the exporters that wait for it, which come to be known last.
const waitingMark = "\x00waiting\x00"

// nameWaiting names one exporter, or one of several.
func nameWaiting(list []Named) string {
	switch len(list) {
	case 0:
		return "no exporter"
	case 1:
		return list[0].Name
	case 2:
		return list[0].Name + " and " + list[1].Name
	}
	return fmt.Sprintf("%s and %d more", list[0].Name, len(list)-1)
}

// earliest returns the earlier of two times, of which zero ones do not count.
func earliest(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

// sentences joins those that are not empty.
func sentences(list ...string) string {
	return strings.Join(slices.DeleteFunc(list, func(s string) bool { return s == "" }), " ")
}
