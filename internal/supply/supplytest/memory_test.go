package supplytest

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
	"ledgersheet/internal/record"
	"ledgersheet/internal/supply"
	"ledgersheet/internal/table"
)

// flaw is a promise that a memory breaks; the empty one breaks none.
type flaw string

// memory is a supply of books in memory, and the books. It reads pages: each begins behind the last id of the one
// before, so that nothing that is there all the time can be missed.
type memory struct {
	flaw flaw

	mu       sync.Mutex
	now      time.Time
	objects  map[string][]*kept // in the order of ids
	asked    int
	broken   int // how many more requests are answered, -1 for all
	way      Way
	tasks    map[int][]func()
	readings int
}

// kept is one record.
type kept struct {
	id       string
	rec      record.Record
	inactive bool
	deleted  bool
	changed  time.Time
}

const memoryPage = 10

func newMemory(t *testing.T, f flaw) *memory {
	t.Helper()
	m := &memory{flaw: f, now: today, objects: map[string][]*kept{}, broken: -1, tasks: map[int][]func(){}}
	for object, text := range map[string]string{
		"CompanyInfo": `{"Id":"1","CompanyName":"A"}`, "Preferences": `{"Id":"1"}`,
		"TaxAgency":            `{"Id":"3","DisplayName":"Board"}`,
		"RecurringTransaction": `{"Id":"4","TxnType":"Invoice"}`, "Invoice": `{"Id":"5"}`, "Vendor": `{"Id":"6"}`,
	} {
		if err := m.Put(object, []byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	return m
}

func (m *memory) place() Place {
	return Place{
		Supply: m, Feed: m, Books: m, Page: memoryPage, Break: m.breakAfter, Between: m.between, Pass: m.pass,
		Company: export.Company{Realm: "1"}, Other: export.Company{Realm: "2"},
	}
}

func (m *memory) pass(d time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.now = m.now.Add(d)
}

func (m *memory) breakAfter(n int, way Way) func() {
	m.broken, m.way = n, way
	return func() { m.broken = -1 }
}

func (m *memory) between(n int, do func()) func() {
	n += m.asked
	m.tasks[n] = append(m.tasks[n], do)
	return func() { delete(m.tasks, n) }
}

// ask is a request that may fail. short says that its answer holds less than it should.
func (m *memory) ask(ctx context.Context) (short bool, err error) {
	if ctx.Err() != nil && m.flaw != "ignores the context" {
		return false, problem.From(fmt.Errorf("reading: %w", ctx.Err()))
	}
	for _, do := range m.tasks[m.asked] {
		do()
	}
	m.asked++
	if m.broken < 0 {
		return false, nil
	}
	if m.broken > 0 {
		m.broken--
		return false, nil
	}
	switch {
	case m.way == Short:
		return true, nil
	case m.flaw == "errors are no problems":
		return false, fmt.Errorf("reading: %s", m.way)
	case m.flaw == "takes "+flaw(m.way)+" answers for the end":
		return true, nil
	}
	return false, problem.New(problem.QuickBooksUnavailable, "The answer is %s.", m.way)
}

// IDs implements Books.
func (m *memory) IDs(object string) []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	var ids []string
	for _, k := range m.objects[object] {
		if !k.deleted {
			ids = append(ids, k.id)
		}
	}
	return ids
}

func (m *memory) find(object, id string) *kept {
	for _, k := range m.objects[object] {
		if k.id == id {
			return k
		}
	}
	return nil
}

// Put implements Books.
func (m *memory) Put(object string, text []byte) error {
	rec, err := record.Parse(text)
	if err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	k := m.find(object, rec.Text("Id"))
	switch {
	case k == nil:
		k = &kept{id: rec.Text("Id")}
		m.objects[object] = append(m.objects[object], k)
	case m.flaw == "keeps old records" && k.rec.Exists() && !k.deleted:
		rec = k.rec
	}
	k.rec, k.deleted, k.changed = rec, false, m.now
	slices.SortFunc(m.objects[object], func(a, b *kept) int { return compareIDs(a.id, b.id) })
	return nil
}

func compareIDs(a, b string) int {
	x, _ := strconv.Atoi(a)
	y, _ := strconv.Atoi(b)
	return cmp.Compare(x, y)
}

// Activate implements Books.
func (m *memory) Activate(object, id string, active bool) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	k := m.find(object, id)
	k.inactive, k.changed = !active, m.now
	return nil
}

// Delete implements Books.
func (m *memory) Delete(object, id string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	k := m.find(object, id)
	k.deleted, k.changed = true, m.now
	return nil
}

func (k *kept) shown(object string) record.Record {
	if object == vendors {
		return k.rec.With("Active", !k.inactive)
	}
	return k.rec
}

// wanted lists the records that are wanted, and whether the conditions were applied whole: those on amounts are.
func (m *memory) wanted(w supply.Want) (list []record.Record, exact bool, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	exact = true
	var applied []supply.Condition
	for _, c := range w.Narrow {
		if c.Column.Kind == table.Money || c.Column.Path == "AsOfDate" {
			applied = append(applied, c)
		} else {
			exact = m.flaw == "says it is exact"
		}
	}
	if w.Object == rates && len(applied) == 0 && m.flaw != "gives rates of all days" {
		applied = append(applied, condition("AsOfDate", table.Date, true, export.OpEqual, w.Day.Format(time.DateOnly)))
	}
	if w.Company.Realm != "1" && m.flaw != "mixes companies" {
		return nil, exact, nil
	}
	inactive := w.Inactive && m.flaw != "hides inactive records" || m.flaw == "gives inactive records always"
	for _, k := range m.objects[w.Object] {
		rec := k.shown(w.Object)
		ok, err := match(rec, applied)
		if err != nil {
			return nil, false, err
		}
		if m.flaw == "narrows too much" && len(w.Narrow) > 0 && k.id == idOf(3) {
			continue
		}
		if ok && !k.deleted && (inactive || !k.inactive) {
			list = append(list, rec)
		}
	}
	if m.flaw == "orders by the last change" {
		slices.SortStableFunc(list, func(a, b record.Record) int {
			return m.find(w.Object, b.Text("Id")).changed.Compare(m.find(w.Object, a.Text("Id")).changed)
		})
	}
	return list, exact, nil
}

func single(object string) bool { return object == "CompanyInfo" || object == "Preferences" }

// Count implements supply.Supply.
func (m *memory) Count(ctx context.Context, w supply.Want) (int, error) {
	short, err := m.ask(ctx)
	if err != nil {
		return 0, err
	}
	list, _, err := m.wanted(w)
	n := len(list)
	switch {
	case m.flaw == "counts wrongly", short && m.way != Short:
		n--
	case m.flaw == "counts as far as the limit" && w.Limit > 0:
		n = min(n, w.Limit)
	}
	if single(w.Object) && m.flaw != "counts what cannot be counted" {
		n = -1
	}
	return n, err
}

// Records implements supply.Supply.
func (m *memory) Records(ctx context.Context, w supply.Want) (*supply.Records, error) {
	if m.flaw == "refuses inactive ones of objects that have none" && w.Inactive && w.Object != vendors {
		return nil, problem.New(problem.QuickBooksRejected, "There is no property Active.")
	}
	unlimited := w
	unlimited.Limit = 0
	total, err := m.Count(ctx, unlimited)
	if err != nil {
		return nil, err
	}
	if m.flaw == "gives a wrong total" && total >= 0 {
		total++
	}
	_, exact, err := m.wanted(w)
	if err != nil {
		return nil, err
	}
	size := 0 // how many records are enough
	if w.Limit > 0 && m.flaw != "ignores the limit" {
		if size = w.Limit; !exact && m.flaw != "scans too little" {
			size = max(size, supply.Scan)
		}
		if m.flaw == "gives less than the limit" {
			size--
		}
	}
	m.readings++
	reading := m.readings
	all := func(yield func(record.Record, error) bool) {
		n := 0
		err := m.pages(ctx, w, func(rec record.Record) bool {
			if size > 0 && n >= size {
				return false
			}
			n++
			again := m.flaw == "repeats a record" && n == 7 || m.flaw == "repeats a page's last record" &&
				n%memoryPage == 0
			if m.flaw == "loses the wrapped type" && w.Object == "RecurringTransaction" {
				rec = rec.With("TxnType", nil)
			}
			return yield(rec, nil) && (!again || yield(rec, nil))
		})
		short := size == 0 && total > n && m.broken >= 0 && m.way == Short
		if err == nil && short && m.flaw != "takes short answers for the end" {
			err = problem.New(problem.IncompleteRead, "%d of %d came.", n, total)
		}
		if err == nil || !yield(record.Record{}, err) {
			return
		}
		if m.flaw == "goes on behind an error" {
			yield(record.Record{}, err)
		}
	}
	if m.flaw == "reads once" {
		inner := all
		all = func(yield func(record.Record, error) bool) {
			if m.readings == reading {
				inner(yield)
			}
			m.readings++
		}
	}
	return &supply.Records{Total: total, Exact: exact, All: all}, nil
}

// pages gives the wanted records until nobody wants more.
func (m *memory) pages(ctx context.Context, w supply.Want, give func(record.Record) bool) error {
	last, came := record.Record{}, 0
	for {
		short, err := m.ask(ctx)
		if err != nil {
			return err
		}
		list, _, err := m.wanted(w)
		if err != nil {
			return err
		}
		from := came
		if m.flaw != "pages by position" && m.flaw != "orders by the last change" && last.Exists() {
			from = 0
			for from < len(list) && compareIDs(list[from].Text("Id"), last.Text("Id")) <= 0 {
				from++
			}
		}
		page := list[min(from, len(list)):min(from+memoryPage, len(list))]
		if short {
			page = page[:len(page)/2]
		}
		drops := m.flaw == "drops the last record" || m.flaw == "drops the last record of many" && from > 0
		if drops && from+len(page) == len(list) {
			page = page[:max(0, len(page)-1)]
		}
		full := len(page) == memoryPage
		for _, rec := range page {
			if last = rec; !give(rec) {
				return nil
			}
		}
		came += len(page)
		if !full || m.flaw == "reads one page" {
			return nil
		}
	}
}

// Lookup implements supply.Supply.
func (m *memory) Lookup(ctx context.Context, w supply.Want, ids []string) (map[string]record.Record, error) {
	if len(ids) > supply.MostLookedUp && m.flaw != "looks up as many as it likes" {
		return nil, problem.New(problem.Internal, "%d ids.", len(ids))
	}
	short, err := m.ask(ctx)
	if err != nil {
		return nil, err
	}
	list, _, err := m.wanted(w)
	found := map[string]record.Record{}
	for _, rec := range list {
		if id := rec.Text("Id"); slices.Contains(ids, id) && (!short || len(found) < 2) {
			found[id] = rec
		}
	}
	if m.flaw == "finds what is not there" {
		for _, id := range ids {
			found[id] = found[id].With("Id", id)
		}
	}
	return found, err
}

// Changes implements supply.Feed.
func (m *memory) Changes(ctx context.Context, w supply.ChangesWant) (supply.Delta, error) {
	short, err := m.ask(ctx)
	if err != nil {
		return supply.Delta{}, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.now.Sub(w.Since) > 30*24*time.Hour && m.flaw != "remembers as if for ever" {
		return supply.Delta{}, problem.New(problem.QuickBooksRejected, "changedSince is too old.")
	}
	d := supply.Delta{At: m.now, Records: map[string][]record.Record{}}
	n := 0
	for _, object := range w.Objects {
		for _, k := range m.objects[object] {
			early := k.changed.Before(w.Since) || m.flaw == "asks behind the cursor" && k.changed.Equal(w.Since)
			if early || n == supply.FeedMost || short || (w.Company.Realm != "1" && m.flaw != "mixes companies") {
				continue
			}
			rec := k.shown(object)
			if k.deleted {
				if m.flaw == "does not tell deletions" {
					continue
				}
				rec = record.Record{}.With("Id", k.id)
				if m.flaw != "tells deletions as changes" {
					rec = rec.With("status", "Deleted")
				}
			}
			d.Records[object] = append(d.Records[object], rec)
			n++
		}
	}
	d.Cut = n == supply.FeedMost && m.flaw != "does not say that it is cut"
	if m.flaw == "always cut" {
		d.Cut = true
	}
	return d, nil
}

// Books implements supply.Feed.
func (m *memory) Books(ctx context.Context, _ export.Company, _ *export.Meter) (supply.Books, error) {
	_, err := m.ask(ctx)
	m.mu.Lock()
	defer m.mu.Unlock()
	b := supply.Books{Now: m.now}
	if strings.HasPrefix(string(m.flaw), "its clock is fast") {
		b.Now = b.Now.Add(time.Minute)
	}
	return b, err
}
