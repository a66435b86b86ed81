package budget

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"ledgersheet/internal/export"
	"ledgersheet/internal/schedule"
)

// Quota is how many requests to the Sheets API a minute may have, or has; a limit of 0 is none. Google counts for each
// user and for the whole project. Requests to Drive do not count.
// https://developers.google.com/workspace/sheets/api/limits
type Quota struct{ Reads, Writes int }

// lower returns the tighter of two limits.
func (q Quota) lower(o Quota) Quota {
	least := func(a, b int) int {
		if a == 0 || b == 0 {
			return max(a, b)
		}
		return min(a, b)
	}
	return Quota{least(q.Reads, o.Reads), least(q.Writes, o.Writes)}
}

// GoogleLimits are what a budget needs to know of Google. With the zero value it slows nothing down.
type GoogleLimits struct {
	Account, Project Quota // of each Google account, and of all of them together
	// Used returns an account's requests in the last minute; nil means that nobody counts them.
	Used func(account export.ID) Quota
}

const (
	// ahead is how far requests to Google are foreseen.
	ahead = 7 * 24 * time.Hour
	// mostAhead limits the due times of one schedule that are looked at: those of each minute of the time.
	mostAhead = 7 * 24 * 60
	// guessedReads and guessedWrites are what a run is taken to need as long as no exporter of its type has run: a look
	// at the spreadsheet, the rows that stand, the commit, and a look at what it wrote.
	guessedReads, guessedWrites = 3, 1
)

// AccountUse is what a Google account has had and is foreseen to have.
type AccountUse struct {
	Account export.ID // empty for all accounts together
	Used    Quota     // in the last minute
	Burst   Burst     // of the coming week, the one after which requests are made for the longest time
	// Least is the least time between an exporter's scheduled runs to which they are slowed down, because they could
	// never keep up: more falls due than the quota lets through. It is 0 if they are not.
	Least time.Duration
}

// Burst is what is due at one moment.
type Burst struct {
	At      time.Time // zero if nothing is due
	Runs    int
	Request Quota         // what these runs take
	Drain   time.Duration // until all requests are made, with those that were left over from before
}

// need is what runs take of Google's quotas.
type need struct{ reads, writes float64 }

func (n need) plus(o need) need     { return need{n.reads + o.reads, n.writes + o.writes} }
func (n need) times(f float64) need { return need{n.reads * f, n.writes * f} }

func needOf(r export.Requests) need { return need{float64(r.SheetsReads), float64(r.SheetsWrites)} }

// google returns what a run takes. The dearest of several does not count, because it often is the first write.
func (c *cost) google() need {
	var sum, dearest need
	for _, r := range c.runs {
		n := needOf(r)
		sum = sum.plus(n)
		if n.reads+n.writes > dearest.reads+dearest.writes {
			dearest = n
		}
	}
	n := len(c.runs)
	if n > 1 {
		sum, n = sum.plus(dearest.times(-1)), n-1
	}
	return sum.times(1 / float64(n))
}

// needs says what runs take of Google's quotas, as estimates does of QuickBooks' calls.
type needs struct {
	own    map[export.ID]need
	byType map[string]need
	count  map[string]float64
}

func newNeeds() needs {
	return needs{map[export.ID]need{}, map[string]need{}, map[string]float64{}}
}

func (s needs) add(e export.Exporter, c *cost) {
	n := c.google()
	s.own[e.ID] = n
	s.byType[e.Definition] = s.byType[e.Definition].plus(n)
	s.count[e.Definition]++
}

func (s needs) of(e export.Exporter) need {
	if n, measured := s.own[e.ID]; measured {
		return n
	}
	if count := s.count[e.Definition]; count > 0 {
		return s.byType[e.Definition].times(1 / count)
	}
	return need{guessedReads, guessedWrites}
}

// group is the exporters of one account that have the same schedule.
type group struct {
	account export.ID
	cron    export.Schedule
	runs    int
	need    need
	due     []int64 // in Unix seconds, of the time that is foreseen
	gap     int64   // the shortest time between two of them, in seconds; 0 if there are not two
	own     bool    // it is the exporter in question
}

func (g *group) fallsDue(due []int64) {
	g.due, g.gap = due, 0
	for i := 1; i < len(due); i++ {
		if gap := due[i] - due[i-1]; g.gap == 0 || gap < g.gap {
			g.gap = gap
		}
	}
}

// traffic is what the present schedules will ask of Google.
type traffic struct {
	limits GoogleLimits
	groups []group // by account and schedule
	due    map[export.Schedule][]int64
	uses   map[export.ID]AccountUse // of the accounts that any exporter writes with
	all    AccountUse               // of several accounts together
}

// sameTimes is what of a schedule decides when it is due.
func sameTimes(s export.Schedule) export.Schedule {
	return export.Schedule{Cron: s.Cron, Timezone: s.Timezone}
}

// foreseeGoogle works out what the schedules ask of Google in the time ahead. last, unless nil, is an earlier forecast.
func (f *forecast) foreseeGoogle(limits GoogleLimits, last *forecast) {
	t := &f.google
	t.limits, t.due, t.uses = limits, map[export.Schedule][]int64{}, map[export.ID]AccountUse{}
	type place struct {
		account export.ID
		cron    export.Schedule
	}
	at := map[place]*group{}
	for _, e := range f.all {
		if e.Target.IsFile() || e.Target.Account == "" {
			continue
		}
		t.uses[e.Target.Account] = AccountUse{Account: e.Target.Account}
		s, automatic := f.scheduleOf(e, last)
		if !automatic {
			continue
		}
		p := place{e.Target.Account, sameTimes(s)}
		if at[p] == nil {
			at[p] = &group{account: p.account, cron: p.cron}
			at[p].fallsDue(f.dueAhead(p.cron, last))
		}
		at[p].runs++
		at[p].need = at[p].need.plus(f.guess.google.of(e))
	}
	for _, g := range at {
		t.groups = append(t.groups, *g)
	}
	slices.SortFunc(t.groups, func(a, b group) int {
		return cmp.Or(cmp.Compare(a.account, b.account), cmp.Compare(a.cron.Cron, b.cron.Cron),
			cmp.Compare(a.cron.Timezone, b.cron.Timezone))
	})
	for account := range t.uses {
		t.uses[account] = use(account, t.of(account), t.limit())
	}
	if len(t.uses) > 1 {
		t.all = use("", t.groups, limits.Project)
	}
}

// limit is what an account may have.
func (t *traffic) limit() Quota { return t.limits.Account.lower(t.limits.Project) }

// of returns the groups of an account.
func (t *traffic) of(account export.ID) []group {
	return slices.DeleteFunc(slices.Clone(t.groups), func(g group) bool { return g.account != account })
}

// dueAhead lists when a schedule is due. What an earlier forecast knows is not worked out again.
func (f *forecast) dueAhead(s export.Schedule, last *forecast) []int64 {
	if due, known := f.google.due[s]; known {
		return due
	}
	from, until := f.at, f.at.Add(ahead)
	var due []int64
	if last != nil && !f.at.Before(last.at) && f.at.Sub(last.at) < ahead {
		if known, ok := last.google.due[s]; ok {
			passed, _ := slices.BinarySearch(known, f.at.Unix()+1)
			due, from = slices.Clone(known[passed:]), last.at.Add(ahead)
		}
	}
	if spec, err := schedule.Parse(s.Cron, cmp.Or(s.Timezone, "UTC")); err == nil {
		for len(due) < mostAhead {
			if from = spec.Next(from); from.IsZero() || from.After(until) {
				break
			}
			due = append(due, from.Unix())
		}
	}
	f.google.due[s] = due
	return due
}

// use works out what groups will have of a limit, and how far they have to be slowed down to keep up with it.
func use(account export.ID, groups []group, limit Quota) AccountUse {
	return AccountUse{Account: account, Burst: worstBurst(groups, limit, false), Least: leastOf(groups, limit)}
}

// worstBurst plays what is due, as a queue that makes requests in the order in which they came, as fast as the limit
// lets it. It returns the burst after which that takes longest; with own, of those with the exporter in question.
func worstBurst(groups []group, limit Quota, own bool) (worst Burst) {
	type dueGroup struct {
		at    int64
		group int
	}
	var due []dueGroup
	for i, g := range groups {
		for _, at := range g.due {
			due = append(due, dueGroup{at, i})
		}
	}
	slices.SortFunc(due, func(a, b dueGroup) int { return cmp.Compare(a.at, b.at) })
	var reads, writes float64 // when all requests so far are made, in Unix seconds
	for len(due) > 0 {
		at, counts := due[0].at, !own
		var n need
		var runs int
		for ; len(due) > 0 && due[0].at == at; due = due[1:] {
			g := groups[due[0].group]
			counts = counts || g.own
			n, runs = n.plus(g.need), runs+g.runs
		}
		reads = max(reads, float64(at)) + secondsFor(n.reads, limit.Reads)
		writes = max(writes, float64(at)) + secondsFor(n.writes, limit.Writes)
		drain := time.Duration((max(reads, writes) - float64(at)) * float64(time.Second)).Round(time.Second)
		if counts && (drain > worst.Drain || drain == worst.Drain && runs > worst.Runs) {
			worst = Burst{time.Unix(at, 0).UTC(), runs, Quota{round(n.reads), round(n.writes)}, drain}
		}
	}
	return worst
}

// secondsFor returns how long requests take that may be made so many times a minute.
func secondsFor(n float64, limit int) float64 {
	if limit == 0 {
		return 0
	}
	return n * 60 / float64(limit)
}

// rounds is over how many of their rounds schedules must keep up. A burst of slower ones, after which others are late
// for once, is nothing to slow anybody down for.
const rounds = 12

// leastOf returns the shortest time, in whole minutes, that must lie between an exporter's runs so that all groups keep
// up without using the whole limit; 0 if they keep up as they are.
func leastOf(groups []group, limit Quota) time.Duration {
	if keepsUp(groups, limit, 1, 0) {
		return 0
	}
	short, enough := time.Duration(0), ahead
	for enough-short > time.Minute {
		middle := (short + (enough-short)/2).Truncate(time.Minute)
		if keepsUp(groups, limit, careful, middle) {
			enough = middle
		} else {
			short = middle
		}
	}
	return enough
}

// keepsUp reports whether a part of the limit suffices for groups between whose runs lies least. For the interval of
// each group, it looks at the busiest time of some rounds of it, and at what the group and all faster ones need then.
// The busiest times of several are taken to coincide.
func keepsUp(groups []group, limit Quota, part float64, least time.Duration) bool {
	intervals := map[int64]bool{}
	for _, g := range groups {
		if g.gap > 0 {
			intervals[g.interval(least)] = true
		}
	}
	for interval := range intervals {
		window := min(rounds*interval, int64(ahead/time.Second))
		var n need
		for _, g := range groups {
			if g.gap > 0 && g.interval(least) <= interval {
				n = n.plus(g.need.times(float64(g.most(window, least))))
			}
		}
		if max(secondsFor(n.reads, limit.Reads), secondsFor(n.writes, limit.Writes)) > part*float64(window) {
			return false
		}
	}
	return true
}

// interval is the shortest time between two runs, in seconds, if at least least lies between them.
func (g *group) interval(least time.Duration) int64 { return max(g.gap, int64(least/time.Second)) }

// most returns how many runs an exporter has at most in a time of so many seconds.
func (g *group) most(window int64, least time.Duration) int {
	most, from := 0, 0
	for i, at := range g.due {
		for g.due[from] <= at-window {
			from++
		}
		most = max(most, i-from+1)
	}
	if s := int64(least / time.Second); s > 0 {
		most = min(most, int((window+s-1)/s))
	}
	return most
}

// least returns how far an account's schedules are slowed down.
func (t *traffic) least(account export.ID) time.Duration {
	return max(t.uses[account].Least, t.all.Least)
}

// GoogleReport is what is foreseen of Google's quotas.
type GoogleReport struct {
	Account, Project Quota        // a minute; 0 for no limit
	Accounts         []AccountUse // those that exporters write with, by id
	All              AccountUse   // the same of several accounts together; zero if there is one
}

// Of returns the use of one account; the zero value if nothing writes with it.
func (r GoogleReport) Of(account export.ID) AccountUse {
	for _, u := range r.Accounts {
		if u.Account == account {
			return u
		}
	}
	return AccountUse{}
}

// Least returns how far an account's schedules are slowed down; 0 if they are not.
func (r GoogleReport) Least(account export.ID) time.Duration {
	return max(r.Of(account).Least, r.All.Least)
}

func (t *traffic) report() GoogleReport {
	r := GoogleReport{Account: t.limit(), Project: t.limits.Project, All: t.all}
	for _, account := range slices.Sorted(maps.Keys(t.uses)) {
		u := t.uses[account]
		if t.limits.Used != nil {
			u.Used = t.limits.Used(account)
		}
		if len(t.uses) > 1 {
			r.All.Used.Reads += u.Used.Reads
			r.All.Used.Writes += u.Used.Writes
		}
		r.Accounts = append(r.Accounts, u)
	}
	return r
}

// GooglePrice is what a schedule asks of a Google account, together with the account's others.
type GooglePrice struct {
	Limit Quota // 0 for none
	Burst Burst // of those with a run of this exporter, the one that takes longest; zero if it is never due
	// Least is the least time between its runs to which it would be slowed down; 0 if it would not be.
	Least time.Duration
}

// googlePrice returns what a schedule asks of the first exporter's account, of those that share both.
func (f *forecast) googlePrice(of []export.Exporter) GooglePrice {
	limit, account := f.google.limit(), of[0].Target.Account
	if of[0].Target.IsFile() || account == "" || limit == (Quota{}) {
		return GooglePrice{}
	}
	own := group{account: account, cron: sameTimes(of[0].Schedule), own: true}
	stored := map[export.ID]bool{}
	for _, e := range of {
		stored[e.ID] = e.ID != ""
		if e.Target.Account == account && !e.Target.IsFile() {
			own.runs, own.need = own.runs+1, own.need.plus(f.guess.google.of(e))
		}
	}
	others := newForecast(f.at, nil, f.guess)
	for _, o := range f.all {
		if !stored[o.ID] && o.Target.Account == account {
			others.all = append(others.all, o)
		}
	}
	others.foreseeGoogle(GoogleLimits{}, f)
	own.fallsDue(others.dueAhead(own.cron, f))
	groups := append(others.google.of(account), own)
	p := GooglePrice{Limit: limit, Burst: worstBurst(groups, limit, true)}
	if least := leastOf(groups, limit); own.gap > 0 && own.gap < int64(least/time.Second) {
		p.Least = least
	}
	return p
}
