package pipeline_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"ledgersheet/exporters"
	"ledgersheet/internal/export"
	"ledgersheet/internal/google"
	"ledgersheet/internal/google/googlesim"
	"ledgersheet/internal/intuit/intuitsim"
	"ledgersheet/internal/limit"
	"ledgersheet/internal/mirror"
	"ledgersheet/internal/pipeline"
	"ledgersheet/internal/problem"
	"ledgersheet/internal/source"
	"ledgersheet/internal/storetest"
	"ledgersheet/internal/supply/supplysim"
	"ledgersheet/internal/vault"
)

// mortal is a store that keeps nothing any more once the process is dead.
type mortal struct {
	*storetest.Memory
	dead bool
}

var errDead = errors.New("the process is dead")

func (m *mortal) PutMark(ctx context.Context, key string, data []byte) error {
	if m.dead {
		return errDead
	}
	return m.Memory.PutMark(ctx, key, data)
}

func (m *mortal) UpdateExporter(ctx context.Context, id export.ID, change func(*export.Exporter) error) (
	export.Exporter, error) {
	if m.dead {
		return export.Exporter{}, errDead
	}
	return m.Memory.UpdateExporter(ctx, id, change)
}

// counted counts requests, and has something done before one of them.
type counted struct {
	next   http.RoundTripper
	n, at  int
	before func()
	known  bool // what stands was not read
}

func (c *counted) RoundTrip(r *http.Request) (*http.Response, error) {
	if c.n++; c.n == c.at {
		c.before()
	}
	switch {
	case strings.HasSuffix(r.URL.Path, ":getByDataFilter"):
		c.known = true
	case r.Method == http.MethodGet && strings.HasPrefix(r.URL.Path, "/v4/spreadsheets/") &&
		!strings.Contains(r.URL.Path, ":"):
		c.known = false // its state is read, and then its rows
	}
	return c.next.RoundTrip(r)
}

// deltaWorld is a company whose invoices three exporters write: one by schedule, which may rely on what is known, one
// by hand, which compares that with the sheet, and one that makes all rows and reads all that stand each time.
type deltaWorld struct {
	t         *testing.T
	world     *supplysim.World
	books     *intuitsim.Company
	sheets    *googlesim.Server
	transport *counted
	store     *mortal
	dir       string
	key       vault.Key
	mirror    *mirror.Mirror
	runner    *pipeline.Runner
	unknowing *pipeline.Runner // knows neither versions nor differences
	runs      int
	meddle    func() // what happens before a request, if it is not that the process dies

	fast, hand, full export.ID
}

// unknowing is a source without what only some sources can tell.
type unknowing struct{ export.Source }

func newDeltaWorld(
	t *testing.T, tb interface{ Cleanup(func()) }, o intuitsim.Options, e export.Exporter,
) *deltaWorld {
	w := &deltaWorld{
		t: t, world: supplysim.New(o), key: vault.NewKey(), fast: "exp_fast", hand: "exp_hand", full: "exp_full",
	}
	w.books = w.world.Books(0)
	w.sheets = googlesim.New(googlesim.Options{
		BaseURL: "http://google.test", Now: w.world.Clock.Read,
		Behaviour: googlesim.Behaviour{DriveLag: time.Minute},
	})
	w.sheets.SetQuota(googlesim.Quota{
		ReadsPerUser: 1 << 20, WritesPerUser: 1 << 20, ReadsPerProject: 1 << 20, WritesPerProject: 1 << 20,
	})
	w.store = &mortal{Memory: storetest.NewMemory()}
	var err error
	if w.dir, err = os.MkdirTemp(t.TempDir(), ""); err != nil {
		t.Fatal(err)
	}
	tb.Cleanup(func() { _ = w.mirror.Close(context.Background()); _ = os.RemoveAll(w.dir) })
	company := w.world.Company(0)
	company.Name, company.Status, company.HomeCurrency = "Acme", export.Connected, "USD"
	ctx := context.Background()
	must(t, w.store.PutCompany(ctx, company))
	must(t, w.store.PutAccount(ctx, export.GoogleAccount{ID: "con_1", Email: "owner@example.com",
		Status: export.Connected}))
	for _, id := range []export.ID{w.fast, w.hand, w.full} {
		e.ID, e.Name, e.Definition, e.Companies = id, string(id), "invoices", []export.RealmID{company.Realm}
		e.Schedule.Timezone = "UTC"
		e.Target = export.Target{Account: "con_1", Sheet: "Data", Start: "A1", CreateKey: string(id)}
		must(t, w.store.CreateExporter(ctx, e))
	}
	w.start()
	return w
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// start starts the process.
func (w *deltaWorld) start() {
	if w.mirror != nil {
		must(w.t, w.mirror.Close(context.Background()))
	}
	w.store.dead = false
	var err error
	w.mirror, err = mirror.New(mirror.Options{
		Live: w.world.Client, Dir: w.dir, Now: w.world.Clock.Read,
		Sealer: func(context.Context, export.RealmID) (mirror.Sealer, error) { return vault.New(w.key) },
	})
	must(w.t, err)
	ends, free := w.sheets.Endpoints(), func() *limit.Keyed { return limit.New(limit.Limits{}) }
	hc := w.sheets.Client("owner@example.com", "https://www.googleapis.com/auth/drive.file",
		"https://www.googleapis.com/auth/spreadsheets")
	w.transport = &counted{next: hc.Transport}
	client := google.New(google.Options{
		SheetsURL: ends.SheetsURL, DriveURL: ends.DriveURL, Now: w.world.Clock.Read,
		HTTP: func(export.ID) (*http.Client, error) {
			return &http.Client{Transport: w.transport}, nil
		},
		Reads: free(), Writes: free(), ProjectReads: free(), ProjectWrites: free(),
		Logger: slog.New(slog.DiscardHandler),
	})
	o := pipeline.Options{
		Definitions: exporters.All(), Store: w.store, Source: source.New(source.ShareReports(w.mirror), nil),
		Destination: client, Build: "one", Now: w.world.Clock.Read,
	}
	w.runner = pipeline.New(o)
	o.Source = unknowing{o.Source}
	w.unknowing = pipeline.New(o)
}

// run runs an exporter, and has the process die before a request to Google if that is not 0.
func (w *deltaWorld) run(id export.ID, trigger export.Trigger, dies int) (export.Run, error) {
	w.runs++
	w.world.Clock.Pass(time.Second)
	e, err := w.store.Exporter(context.Background(), id)
	must(w.t, err)
	run := export.Run{
		ID: export.ID(fmt.Sprint("run_", w.runs)), Exporter: e, Trigger: trigger, QueuedAt: w.world.Clock.Read(),
		Due: w.world.Clock.Read(),
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	w.transport.n, w.transport.at, w.transport.known = 0, dies, false
	w.transport.before = func() { w.store.dead = true; cancel() }
	if w.meddle != nil {
		w.transport.before = w.meddle
	}
	runner := w.runner
	if id == w.full {
		runner = w.unknowing
	}
	err = runner.Work(ctx, run, func(change func(*export.Run)) { change(&run) })
	return run, err
}

// values returns the cells of an exporter's tab.
func (w *deltaWorld) values(id export.ID) [][]any {
	return w.doc(id).Values("Data!A1:L60")
}

func (w *deltaWorld) doc(id export.ID) *googlesim.Spreadsheet {
	e, err := w.store.Exporter(context.Background(), id)
	must(w.t, err)
	return w.sheets.Spreadsheet(e.Target.Spreadsheet)
}

// outcome is what a run tells, without what differs between any two runs.
func (w *deltaWorld) outcome(run export.Run) export.Result {
	r := run.Result
	r.URL = ""
	return r
}

var deltaColumns = []string{"Id", "DocNumber", "TxnDate", "CustomerRef.name", "Status", "TotalAmt", "Balance",
	"PrivateNote", "CustomerRef.CompanyName"}

// TestSmallChangeCosts counts what a small change of a long list costs.
func TestSmallChangeCosts(t *testing.T) {
	t.Parallel()
	w := newDeltaWorld(t, t, intuitsim.Options{Seed: 3, Companies: 1, Customers: 20, Vendors: 2, Items: 4,
		Invoices: 2500, Bills: 1}, export.Exporter{Columns: deltaColumns[:8]})
	if _, err := w.run(w.fast, export.TriggerSchedule, 0); err != nil {
		t.Fatal(err)
	}
	ids := w.books.IDs("Invoice")
	for round := range 3 {
		w.world.Clock.Pass(20 * time.Minute)
		for i := range 25 {
			must(t, w.books.Change("Invoice", ids[i*100+round], intuitsim.Change{Note: fmt.Sprint("note ", round)}))
		}
		asked := w.world.Turns.Count()
		run, err := w.run(w.fast, export.TriggerSchedule, 0)
		must(t, err)
		if run.Changed < 25 || run.Changed > 30 || run.Rows != len(ids) {
			t.Errorf("round %d: %d rows changed of %d", round, run.Changed, run.Rows)
		}
		if n := w.world.Turns.Count() - asked; n > 2 {
			t.Errorf("round %d: %d requests to QuickBooks", round, n)
		}
		if w.transport.n > 3 {
			t.Errorf("round %d: %d requests to Google", round, w.transport.n)
		}
	}
}

// TestByHandCosts counts what a run costs that somebody asks for, of a list in which little or nothing has changed.
// What stands is read, and QuickBooks' records are not.
func TestByHandCosts(t *testing.T) {
	t.Parallel()
	w := newDeltaWorld(t, t, intuitsim.Options{Seed: 3, Companies: 1, Customers: 20, Vendors: 2, Items: 4,
		Invoices: 15_000, Bills: 1}, export.Exporter{Columns: deltaColumns[:8]})
	_, err := w.run(w.hand, export.TriggerManual, 0)
	must(t, err)
	ids := w.books.IDs("Invoice")
	for round, changes := range []int{0, 25, 25, 0} {
		for i := range changes {
			must(t, w.books.Change("Invoice", ids[i*100+round], intuitsim.Change{Note: fmt.Sprint("note ", round)}))
		}
		w.world.Clock.Pass(20 * time.Second)
		asked := w.world.Turns.Count()
		run, err := w.run(w.hand, export.TriggerManual, 0)
		must(t, err)
		if !w.transport.known || run.Changed < changes || run.Changed > changes+5 || run.Rows != len(ids) ||
			run.Unchanged != (changes == 0) {
			t.Errorf("round %d: known %t, %d rows changed of %d", round, w.transport.known, run.Changed, run.Rows)
		}
		if n := w.world.Turns.Count() - asked; n > 2 {
			t.Errorf("round %d: %d requests to QuickBooks", round, n)
		}
		most := 2
		if changes > 0 {
			most = 4 // one asks Drive whether the spreadsheet is in the bin
		}
		if w.transport.n > most {
			t.Errorf("round %d: %d requests to Google", round, w.transport.n)
		}
	}
}

// TestByHandSeesWhatWasJustDone: whatever a person does to the rows right before a run or during it, and Drive does not
// yet tell of, is seen by a run that somebody asks for.
func TestByHandSeesWhatWasJustDone(t *testing.T) {
	t.Parallel()
	for _, changes := range []int{0, 1} {
		for before := range 4 { // requests of the run, 0 for all of it before
			for name, act := range map[string]func(*googlesim.Spreadsheet) error{
				"edit":   func(d *googlesim.Spreadsheet) error { return d.SetCell("Data!H5", "mine") },
				"clear":  func(d *googlesim.Spreadsheet) error { return d.SetCell("Data!A7", "") },
				"insert": func(d *googlesim.Spreadsheet) error { return d.InsertRows("Data", 4, 1) },
				"delete": func(d *googlesim.Spreadsheet) error { return d.DeleteRows("Data", 4, 1) },
				"title":  func(d *googlesim.Spreadsheet) error { return d.SetCell("Data!H1", "Mine") },
				"sort":   func(d *googlesim.Spreadsheet) error { return d.MoveRows("Data", 3, 1, 6) },
			} {
				t.Run(fmt.Sprintf("%s, %d changes, at %d", name, changes, before), func(t *testing.T) {
					t.Parallel()
					w := newDeltaWorld(t, t, intuitsim.Options{Seed: 3, Companies: 1, Customers: 4, Vendors: 2,
						Items: 4, Invoices: 12, Bills: 1}, export.Exporter{Columns: deltaColumns[:8]})
					seeJustDone(t, w, changes, before, act)
				})
			}
		}
	}
}

func seeJustDone(t *testing.T, w *deltaWorld, changes, before int, act func(*googlesim.Spreadsheet) error) {
	all := []export.ID{w.full, w.hand}
	for _, id := range all {
		_, err := w.run(id, export.TriggerManual, 0)
		must(t, err)
	}
	w.world.Clock.Pass(10 * time.Minute)
	for range changes {
		must(t, w.books.Change("Invoice", w.books.IDs("Invoice")[2], intuitsim.Change{Note: "changed"}))
	}
	w.world.Clock.Pass(10 * time.Minute)
	var codes []problem.Code
	for _, id := range all {
		doc := w.doc(id)
		w.meddle = func() { must(t, act(doc)) }
		if before == 0 {
			w.meddle()
		}
		_, err := w.run(id, export.TriggerManual, before)
		code := problem.Code("")
		if err != nil {
			code = problem.From(err).Code
		}
		codes = append(codes, code)
	}
	w.meddle = nil
	if before > 0 { // what came after a look is seen by the next one
		codes = nil
		for _, id := range all {
			_, err := w.run(id, export.TriggerManual, 0)
			code := problem.Code("")
			if err != nil {
				code = problem.From(err).Code
			}
			codes = append(codes, code)
		}
	}
	if codes[0] != codes[1] {
		t.Errorf("the full run ends with %q, the other with %q", codes[0], codes[1])
	}
	full, hand := w.values(w.full), w.values(w.hand)
	if before == committing { // a row that did not read back may be kept below the others, as a person's own
		hand = hand[:min(len(full), len(hand))]
	}
	if diff := cmp.Diff(full, hand); diff != "" {
		t.Errorf("the cells (-full +by hand):\n%s", diff)
	}
}

// committing is the number of the request to Google that writes.
const committing = 3

// TestSmallChangeIsFull plays any history of a company's books and of three sheets, of which two are written by what is
// known: all must hold the same cells, and their runs and differences must tell the same.
func TestSmallChangeIsFull(t *testing.T) {
	t.Parallel()
	small, hands, all := 0, 0, 0
	rapid.Check(t, func(rt *rapid.T) {
		e := export.Exporter{
			Columns: deltaColumns[:rapid.SampledFrom([]int{8, 8, 9}).Draw(rt, "columns")],
			Mode:    rapid.SampledFrom([]export.Mode{export.Replace, export.Upsert}).Draw(rt, "mode"),
		}
		switch rapid.IntRange(0, 3).Draw(rt, "filter") {
		case 0:
			e.Filters = []export.Filter{{Column: "Balance", Op: export.OpNotEqual, Value: "0"}}
		case 1:
			e.Titles = map[string]string{"Id": "No.", "Balance": "Still open"}
		}
		if e.Mode == export.Upsert {
			e.Options = map[string]string{export.OptDeleted: rapid.SampledFrom([]string{
				export.DeletedRemove, export.DeletedKeep, export.DeletedMark}).Draw(rt, "deleted")}
		}
		w := newDeltaWorld(t, rt, intuitsim.Options{Seed: int64(rapid.IntRange(1, 3).Draw(rt, "seed")), Companies: 1,
			Customers: 4, Vendors: 2, Items: 4, Invoices: 12, Bills: 1}, e)
		for range rapid.IntRange(3, 7).Draw(rt, "runs") {
			w.upset(rt)
			for range rapid.SampledFrom([]int{1, 2, 3, 1, 0}).Draw(rt, "changes") {
				w.step(rt)
			}
			w.person(rt)
			minutes := rapid.SampledFrom([]int{30, 8, 30, 8, 30, 8, 30, 8, 300, 2}).Draw(rt, "minutes")
			w.world.Clock.Pass(time.Duration(minutes) * time.Minute)
			if seldom(rt, "dies") == 1 {
				if _, err := w.run(w.fast, export.TriggerSchedule, rapid.IntRange(1, 6).Draw(rt, "at")); err != nil {
					w.start()
				}
				w.world.Clock.Pass(10 * time.Minute)
				w.compare(rt, false)
				continue
			}
			all++
			known, hand := w.compare(rt, true)
			if known {
				small++
			}
			if hand {
				hands++
			}
		}
	})
	if small < all/20 || hands < all/20 {
		t.Errorf("only %d and %d of %d runs wrote what changed alone: the test shows too little", small, hands, all)
	}
}

// again runs an exporter, and once more if the local copy was damaged.
func (w *deltaWorld) again(rt *rapid.T, id export.ID, trigger export.Trigger) export.Run {
	run, err := w.run(id, trigger, 0)
	if problem.HasCode(err, problem.IncompleteRead) {
		run, err = w.run(id, trigger, 0)
	}
	if err != nil {
		rt.Fatalf("the run of %s: %v", id, err)
	}
	return run
}

// compare runs all exporters and compares them. It reports whether the first one wrote without reading what stands, and
// whether the one that is run by hand did without making all rows.
func (w *deltaWorld) compare(rt *rapid.T, told bool) (known, hand bool) {
	full := w.again(rt, w.full, export.TriggerManual)
	for _, id := range []export.ID{w.fast, w.hand} {
		trigger := export.TriggerManual
		if id == w.fast {
			trigger = export.TriggerSchedule
		}
		run := w.again(rt, id, trigger)
		calls := w.transport.n
		if knows := !run.Unchanged && w.transport.known; id == w.fast {
			known = knows
		} else {
			hand = w.transport.known
		}
		if diff := cmp.Diff(w.values(w.full), w.values(id)); diff != "" {
			rt.Fatalf("the cells of %s, after %d requests (-full +known):\n%s", id, calls, diff)
		}
		if !told && id == w.fast {
			continue
		}
		if diff := cmp.Diff(w.outcome(full), w.outcome(run)); diff != "" {
			rt.Fatalf("the runs of %s, after %d requests (-full +known):\n%s", id, calls, diff)
		}
		x, errX := w.runner.Difference(context.Background(), run.ID)
		y, errY := w.runner.Difference(context.Background(), full.ID)
		if diff := cmp.Diff(y, x); diff != "" || (errX == nil) != (errY == nil) {
			rt.Fatalf("the differences of %s, after %d requests (-full +known):\n%s", id, calls, diff)
		}
	}
	return known && told, hand
}

// seldom draws one of four things that seldom happen, or none of them.
func seldom(rt *rapid.T, what string) int {
	return rapid.SampledFrom([]int{9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 0, 1, 2, 3}).Draw(rt, what)
}

// upset draws something unusual.
func (w *deltaWorld) upset(rt *rapid.T) {
	path := func() string {
		files, err := filepath.Glob(filepath.Join(w.dir, "*"))
		must(w.t, err)
		if len(files) == 0 {
			return ""
		}
		return files[0]
	}
	switch seldom(rt, "upset") {
	case 0:
		w.start()
	case 1:
		if p := path(); p != "" {
			must(w.t, w.mirror.Close(context.Background()))
			text, err := os.ReadFile(filepath.Clean(p))
			must(w.t, err)
			at := rapid.IntRange(0, len(text)-1).Draw(rt, "damage")
			for i := at; i < min(len(text), at+500); i++ {
				text[i] ^= 0x5a
			}
			must(w.t, os.WriteFile(filepath.Clean(p), text, 0o600))
			w.start()
		}
	case 2:
		if p := path(); p != "" {
			must(w.t, w.mirror.Close(context.Background()))
			must(w.t, os.Remove(p))
			w.start()
		}
	case 3:
		w.world.Clock.Pass(25 * time.Hour)
	}
}

// step does one thing to the books. What is refused changes nothing.
func (w *deltaWorld) step(rt *rapid.T) {
	pick := func(entity string) string {
		ids := w.books.IDs(entity)
		if len(ids) == 0 {
			return ""
		}
		return rapid.SampledFrom(ids).Draw(rt, entity)
	}
	w.runs++
	switch rapid.IntRange(0, 9).Draw(rt, "what") {
	case 0, 1:
		_, _ = w.books.AddInvoice(intuitsim.Sale{CustomerID: pick("Customer"), Date: "2026-03-01",
			DocNumber: strconv.Itoa(w.runs),
			Amount:    rapid.SampledFrom([]string{"12.30", "7", "0.5"}).Draw(rt, "amount")})
	case 2:
		_, _ = w.books.Pay("Invoice", pick("Invoice"), "")
	case 3:
		_ = w.books.Void("Invoice", pick("Invoice"))
	case 4:
		_ = w.books.Delete("Invoice", pick("Invoice"))
	case 5:
		_ = w.books.Change("Customer", pick("Customer"), intuitsim.Change{Name: "Name " + strconv.Itoa(w.runs)})
	case 6:
		_ = w.books.Change("Invoice", pick("Invoice"), intuitsim.Change{Amount: strconv.Itoa(500+w.runs) + ".25"})
	default:
		_ = w.books.Change("Invoice", pick("Invoice"), intuitsim.Change{Note: "Note " + strconv.Itoa(w.runs)})
	}
}

// person has a person do the same to both sheets.
func (w *deltaWorld) person(rt *rapid.T) {
	what, row := seldom(rt, "person"), rapid.IntRange(2, 6).Draw(rt, "row")
	for _, id := range []export.ID{w.fast, w.hand, w.full} {
		e, err := w.store.Exporter(context.Background(), id)
		must(w.t, err)
		if e.Target.Spreadsheet == "" {
			return
		}
		switch what {
		case 0:
			must(w.t, w.doc(id).SetCell(fmt.Sprintf("Data!H%d", row), "mine"))
		case 1:
			must(w.t, w.doc(id).SetCell(fmt.Sprintf("Data!L%d", row), "beside"))
		case 2:
			must(w.t, w.doc(id).InsertRows("Data", row, 1))
		case 3:
			must(w.t, w.doc(id).DeleteRows("Data", row, 1))
		}
	}
}
