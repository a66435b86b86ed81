package intuitsim

import (
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Company is one simulated company: its records, its journal and the knobs that change them. Server.Company returns it.
// Every change raises the SyncToken and the LastUpdatedTime of the records it touches and shows in change data capture.
type Company struct {
	mu     sync.Mutex
	once   sync.Once
	opts   *Options
	info   CompanyInfo
	quirks Quirks
	zone   *time.Location

	index      int
	legalName  string
	canadian   bool
	numbered   bool // accounts carry numbers
	taxAccount string

	streams     map[string]*rand.Rand // by purpose; see draws
	noted       map[*record][]byte    // what records showed before a renaming, with LoudNames
	lastIDs     map[*entity]int
	generation  int
	moves       int                // how often a record was changed
	entities    map[string]*entity // by path: those of every company, and those of Options.Objects
	byEntity    map[*entity][]*record
	byID        map[*entity]map[string]*record
	today       day                   // the day on which the books were made
	clock       time.Time             // when the records begin that generate adds next, see stampAs
	stamps      map[*entity]time.Time // the latest of each entity since then
	generating  bool
	notes       []note // changes that no webhook has told yet
	cardBalance cents  // kept while generating, negative when money is owed

	books       books
	accounts    []*account
	names       map[string]bool // of customers, vendors and employees
	customers   []*party
	vendors     []*party
	employees   []*party
	items       []*item
	classes     []*listEntry
	departments []*listEntry
	terms       []*listEntry
	methods     []*listEntry
	taxCodes    []*listEntry
	taxRates    []*listEntry
	types       []*listEntry
	txns        []*txn

	journals map[string][]posting // by method, nil when a transaction changed
	totals   map[*account]cents   // accrual balances of all time, by account
	stock    map[*item]milli      // bought less sold, by item
}

// profile is the fixed part of a company.
type profile struct {
	realm, name, legal string
	country, currency  string
	zone, taxAccount   string
	fiscal             time.Month
	numbered           bool
}

func profileOf(index int) profile {
	profiles := [...]profile{
		{"9130347957983976", "Harbor & Pine Landscaping", "Harbor & Pine Landscaping LLC", "US", "USD",
			"America/Los_Angeles", "Board of Equalization Payable", time.January, false},
		{"4620816365291038470", "Northfield Robotics", "Northfield Robotics, Inc.", "US", "USD", "America/New_York",
			"Department of Revenue Payable", time.July, true},
		{"193514844361349", "Atelier Boréal", "Atelier Boréal Inc.", "CA", "CAD", "America/Toronto",
			"GST/HST Payable", time.April, false},
	}
	p := profiles[index%len(profiles)]
	if n := index / len(profiles); n > 0 {
		p.name, p.legal = fmt.Sprintf("%s %d", p.name, n+1), fmt.Sprintf("%s (%d)", p.legal, n+1)
		more := [...]string{"Bluebird Dental", "Alder & Birch Supply", "Côte d'Or Café", "Delta Freight",
			"Evergreen Physio", "Foundry Coffee", "Kestrel Cycles", "Zürich Uhren", "Fox & Sons Plumbing"}
		if i := index - len(profiles); i < len(more) {
			p.name, p.legal = more[i], more[i]+" Inc."
		}
		p.realm = strconv.Itoa(9_341_000_000_000_000 + index*7_919_381)
	}
	return p
}

func newCompany(index int, opts *Options, entities map[string]*entity) *Company {
	p := profileOf(index)
	zone, err := time.LoadLocation(p.zone)
	if err != nil {
		zone = time.FixedZone("", -8*3600)
	}
	var quirks Quirks
	if n := len(opts.Quirks); n > 0 {
		quirks = opts.Quirks[index%n]
	}
	return &Company{
		opts: opts, quirks: quirks, index: index, zone: zone, entities: entities, legalName: p.legal,
		canadian: p.country == "CA", numbered: p.numbered, taxAccount: p.taxAccount,
		info: CompanyInfo{
			Realm: p.realm, Name: p.name, Country: p.country, Currency: p.currency, FiscalYearStart: p.fiscal,
		},
		byEntity: map[*entity][]*record{}, byID: map[*entity]map[string]*record{}, names: map[string]bool{},
		lastIDs: map[*entity]int{}, stamps: map[*entity]time.Time{}, streams: map[string]*rand.Rand{},
	}
}

// ready makes the books on first use.
func (c *Company) ready() {
	c.once.Do(func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.today = dayOf(c.now())
		c.generating = true
		c.generate()
		c.generating = false
	})
}

// draws returns the random numbers for one purpose, usually an entity. Each purpose has its own stream, so that an
// additional record of one entity does not change the others.
func (c *Company) draws(what string) *rand.Rand {
	r := c.streams[what]
	if r == nil {
		h := fnv.New64a()
		_, _ = h.Write([]byte(what)) // a hash takes everything
		r = rand.New(rand.NewPCG(uint64(c.opts.Seed)^h.Sum64(), uint64(c.index)+1))
		c.streams[what] = r
	}
	return r
}

// Realm returns the company's id.
func (c *Company) Realm() string { return c.info.Realm }

// IDs lists the ids of an entity's existing records, including inactive ones, in order of creation.
func (c *Company) IDs(entityName string) []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	var out []string
	if e := c.entityNamed(entityName); e != nil {
		for _, r := range c.records(e) {
			if !r.deleted {
				out = append(out, r.id)
			}
		}
	}
	return out
}

// Record returns the JSON of one record, as a single read wraps it, and whether there is one.
func (c *Company) Record(entityName, id string) ([]byte, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	r := c.find(entityName, id)
	if r == nil {
		return nil, false
	}
	return slices.Clone(r.json(c)), true
}

func (c *Company) now() time.Time { return c.opts.Now().In(c.zone).Truncate(time.Second) }

// entityNamed finds an entity in any letter case, as the query endpoint does.
func (c *Company) entityNamed(name string) *entity { return c.entities[strings.ToLower(name)] }

// records lists all records of an entity, deleted ones too.
func (c *Company) records(e *entity) []*record { return c.byEntity[e] }

// find returns an existing record, or nil.
func (c *Company) find(entityName, id string) *record {
	r := c.byID[c.entityNamed(entityName)][id]
	if r == nil || r.deleted {
		return nil
	}
	return r
}

// nextID returns the id for the next record of an entity. Each entity counts separately, so that an additional record
// of one does not change the ids of the others. Ids that records brought along are skipped.
func (c *Company) nextID(e *entity) string {
	for n := c.lastIDs[e] + 1; ; n++ {
		if id := e.id(n); c.byID[e][id] == nil {
			return id
		}
	}
}

// add gives a record its id and files it. A record that already has an id keeps it.
func (c *Company) add(entityName string, r *record, src source) {
	r.entity, r.source = c.entityNamed(entityName), src
	if r.id == "" {
		r.id = c.nextID(r.entity)
		c.lastIDs[r.entity]++
	}
	switch {
	case !r.created.IsZero():
	case c.generating:
		r.created = c.nextStamp(r.entity)
	default:
		r.created = c.now()
	}
	if r.updated.IsZero() {
		r.updated = r.created
	}
	c.byEntity[r.entity] = append(c.byEntity[r.entity], r)
	ids := c.byID[r.entity]
	if ids == nil {
		ids = map[string]*record{}
		c.byID[r.entity] = ids
	}
	ids[r.id] = r
	c.notice(r, true)
}

// touch marks a record as changed now.
func (c *Company) touch(r *record) {
	r.sync++
	c.moves++
	now := c.now()
	if c.generating {
		now = c.nextStamp(r.entity)
	}
	if now.After(r.updated) {
		r.updated = now
	}
	r.invalidate()
	c.journals, c.totals, c.stock = nil, nil, nil
	c.notice(r, false)
}
