package app_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"ledgersheet/internal/app"
	"ledgersheet/internal/config"
	"ledgersheet/internal/export"
	"ledgersheet/internal/intuit/intuitsim"
	"ledgersheet/internal/problem"
)

// badDisk is a disk that can stop taking writes.
type badDisk struct {
	why    error
	broken atomic.Bool
}

func (d *badDisk) ask() error {
	if d.broken.Load() {
		return fmt.Errorf("write ledgersheet.db: %w", d.why)
	}
	return nil
}

// troubleWorld has two companies with an exporter each that runs every hour, and tells when Intuit renews a grant.
type troubleWorld struct {
	*world
	*visitor
	exporters []export.Exporter
	renewed   atomic.Int32
	onRenewal func()
}

// RoundTrip sends requests on, and notices those that renew a grant after Intuit has done so.
func (w *troubleWorld) RoundTrip(r *http.Request) (*http.Response, error) {
	renewal := false
	if r.Method == http.MethodPost && r.URL.Host == "intuit.test" && strings.Contains(r.URL.Path, "token") {
		body, err := r.GetBody()
		if err != nil {
			return nil, err
		}
		text, err := io.ReadAll(body)
		if err != nil {
			return nil, err
		}
		renewal = strings.Contains(string(text), "grant_type=refresh_token")
	}
	res, err := w.plain.RoundTrip(r)
	if renewal && err == nil {
		w.renewed.Add(1)
		if w.onRenewal != nil {
			w.onRenewal()
		}
	}
	return res, err
}

// newTroubleWorld opens one after change, unless that is nil, has changed its settings.
func newTroubleWorld(t *testing.T, disk func() error, change func(*config.Settings)) *troubleWorld {
	t.Helper()
	w := makeWorld(t, intuitsim.Options{Companies: 2, Customers: 3, Vendors: 3, Items: 5, Invoices: 2, Bills: 2})
	w.intuit.RotateOnEveryRefresh(true)
	w.intuit.PunishReuse(true)
	f := &troubleWorld{world: w}
	w.plain, w.network, w.disk = w.network, f, disk
	if change != nil {
		change(&w.set)
	}
	w.openToVisitors()
	f.visitor = w.signIn()
	for i, c := range w.connect(2) {
		e := w.newExporter("vendors", nil, nil, c)
		e.Name = fmt.Sprint("Vendors ", i)
		e.Schedule = export.Schedule{Cron: "30 * * * *", Timezone: "UTC", Enabled: true}
		f.exporters = append(f.exporters, w.create(e))
		w.mustRun(f.exporters[i].ID)
	}
	must(t, w.app.StartSchedules(w.ctx))
	return f
}

// ask asks the API or a plain address as the owner's program does.
func (w *troubleWorld) ask(method, path, body string) (status int, answer string) {
	r := httptest.NewRequestWithContext(w.ctx, method, path, strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer "+apiToken)
	res := w.visitor.do(r)
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	must(w.world.t, err)
	return res.StatusCode, string(text)
}

// expect asks and compares the answer.
func (w *troubleWorld) expect(method, path, body string, status int, says ...string) {
	w.world.t.Helper()
	got, answer := w.ask(method, path, body)
	if got != status {
		w.world.t.Fatalf("%s %s: %d %.500s, want %d", method, path, got, answer, status)
	}
	for _, text := range says {
		if !strings.Contains(answer, text) {
			w.world.t.Errorf("%s %s: %.1500s\ndoes not say %q", method, path, answer, text)
		}
	}
}

// checkTrouble looks at all that tells of a store in trouble.
func (w *troubleWorld) checkTrouble(says string, unsaved int) {
	t := w.world.t
	t.Helper()
	w.expect("GET", "/readyz", "", http.StatusServiceUnavailable, "store is not ready")
	w.expect("GET", "/healthz", "", http.StatusOK)
	w.expect("GET", "/api/v1/status", "", http.StatusOK, `"ok":false`, `"store_in_trouble"`, says, "nothing is lost")
	w.expect("GET", "/metrics", "", http.StatusOK, "ledgersheet_store_in_trouble 1",
		fmt.Sprint("ledgersheet_tokens_unsaved ", unsaved))
	for _, e := range w.exporters {
		status, answer := w.ask("POST", "/api/v1/exporters/"+string(e.ID)+"/runs", "{}")
		joined := status == http.StatusAccepted && strings.Contains(answer, `"status":"running"`)
		if !joined && (status != http.StatusServiceUnavailable || !strings.Contains(answer, says)) {
			t.Errorf("starting a run: %d %.500s", status, answer)
		}
	}
	for _, v := range []*visitor{w.visitor, w.world.signIn()} { // an old session and a new one
		for range 3 {
			text := v.see("/").text
			if !strings.Contains(text, says) || !strings.Contains(text, "All work has waited") {
				t.Errorf("the page does not tell of trouble: %.600s", text)
			}
			time.Sleep(2 * time.Minute)
		}
	}
	page, _, err := w.desk().Runs(w.ctx, export.RunFilter{Limit: 100})
	must(t, err)
	for _, r := range page {
		if r.Status == export.RunFailed || r.Status == export.RunCancelled {
			t.Errorf("run %s %s: %v", r.ID, r.Status, r.Problem)
		}
	}
}

// checkRecovery expects that all goes on by itself, and that no connection was lost.
func (w *troubleWorld) checkRecovery() {
	t := w.world.t
	t.Helper()
	time.Sleep(time.Minute)
	synctest.Wait()
	w.expect("GET", "/readyz", "", http.StatusOK)
	w.expect("GET", "/metrics", "", http.StatusOK, "ledgersheet_store_in_trouble 0", "ledgersheet_tokens_unsaved 0")
	time.Sleep(10 * time.Minute) // runs that were due meanwhile are spread over a minute
	synctest.Wait()
	w.expect("GET", "/api/v1/status", "", http.StatusOK, `"ok":true`)
	if text := w.see("/").text; strings.Contains(text, "All work has waited") {
		t.Errorf("the page still tells of trouble: %.600s", text)
	}
	time.Sleep(2 * time.Hour) // tokens that were taken from the store are renewed again
	for _, e := range w.exporters {
		runs, _, err := w.desk().Runs(w.ctx, export.RunFilter{Exporter: e.ID, Limit: 100})
		must(t, err)
		for i, r := range runs {
			if i == 0 && time.Since(r.FinishedAt) > time.Hour || r.Status != export.RunSucceeded {
				t.Errorf("run %d of %s: %s %v %v", i, e.Name, r.Status, r.FinishedAt, r.Problem)
			}
		}
	}
	companies, err := w.desk().Companies(w.ctx)
	must(t, err)
	for _, c := range companies {
		if c.Status != export.Connected {
			t.Errorf("%s is %s: %v", c.Name, c.Status, c.LastError)
		}
	}
}

// TestStoreInTrouble breaks the disk at the worst moment: Intuit has renewed a grant, and ended the old one, and the
// new one cannot be stored. All work waits, all faces say why, and all goes on by itself when the disk is well again.
func TestStoreInTrouble(t *testing.T) {
	t.Parallel()
	for says, why := range map[string]error{
		"The disk that holds the data folder is full":          syscall.ENOSPC,
		"The disk that holds the data folder can only be read": syscall.EROFS,
		"The store cannot be written":                          syscall.EIO,
	} {
		t.Run(why.Error(), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				disk := &badDisk{why: why}
				w := newTroubleWorld(t, disk.ask, nil)
				w.onRenewal = func() { disk.broken.Store(true) }
				before := w.renewed.Load()
				for w.renewed.Load() == before {
					time.Sleep(time.Minute)
				}
				synctest.Wait()
				unsaved := int(w.renewed.Load() - before) // both, if they were renewed at the same moment
				w.checkTrouble(says, unsaved)
				time.Sleep(5 * time.Hour)
				w.checkTrouble(says, unsaved)
				for _, e := range w.exporters { // their tokens have run out
					if _, err := w.desk().TestCompany(w.ctx, e.Companies[0]); !errors.Is(err, export.ErrStoreTrouble) {
						t.Errorf("testing a company: %v", err)
					}
				}
				if n := int(w.renewed.Load() - before); n != unsaved {
					t.Errorf("%d grants were renewed that could not be stored", n-unsaved)
				}
				w.onRenewal = nil
				disk.broken.Store(false)
				w.checkRecovery()
			})
		})
	}
}

// smallDisk mounts a small file system of its own, where the test may.
func smallDisk(t *testing.T, bytes int) string {
	t.Helper()
	dir := t.TempDir()
	if err := app.MountSmall(dir, bytes); err != nil {
		t.Skipf("no file system can be mounted here: %v", err)
	}
	t.Cleanup(func() { must(t, app.Unmount(dir)) })
	return dir
}

// fillUp leaves no room beside the store.
func fillUp(t *testing.T, dir string) (filler string) {
	t.Helper()
	filler = filepath.Join(dir, "filler")
	f, err := os.OpenFile(filler, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	must(t, err)
	for err == nil {
		_, err = f.Write(make([]byte, 4096))
	}
	if !errors.Is(err, syscall.ENOSPC) {
		t.Fatal(err)
	}
	must(t, f.Close())
	return filler
}

// TestFullFileSystem fills a real file system. The store takes writes while it has free pages; when it has none, it is
// in trouble until there is room.
func TestFullFileSystem(t *testing.T) {
	t.Parallel()
	dir := smallDisk(t, 24<<20)
	synctest.Test(t, func(t *testing.T) {
		w := newTroubleWorld(t, nil, func(set *config.Settings) { set.DataDir = filepath.Join(dir, "data") })
		filler := fillUp(t, dir)
		for i := 0; ; i++ {
			body := fmt.Sprintf(`{"name":"More %d %s","type":"vendors","company_ids":[%q],`+
				`"destination":{"google_account_id":%q,"sheet":"Data"}}`, i, strings.Repeat("x", 80),
				w.exporters[0].Companies[0], w.account)
			status, answer := w.ask("POST", "/api/v1/exporters", body)
			if status == http.StatusServiceUnavailable {
				break
			}
			if status != http.StatusCreated || i > 5000 {
				t.Fatalf("exporter %d: %d %s", i, status, answer)
			}
		}
		w.checkTrouble("The disk that holds the data folder is full", 0)
		time.Sleep(5 * time.Hour)
		w.checkTrouble("The disk that holds the data folder is full", 0)
		must(t, os.Remove(filler))
		w.checkRecovery()
	})
}

// fadingDisk takes a number of writes and no more, until it is mended.
type fadingDisk struct {
	left atomic.Int64 // negative: it takes all
	hit  atomic.Bool
}

func (d *fadingDisk) ask() error {
	switch left := d.left.Load(); {
	case left < 0:
		return nil
	case left == 0:
		d.hit.Store(true)
		return fmt.Errorf("write ledgersheet.db: %w", syscall.ENOSPC)
	default:
		d.left.Store(left - 1)
		return nil
	}
}

// TestDiskFillsAtEachWrite lets the disk get full at each write that a run makes, from its enqueueing to its end. The
// rows are appended, so that a lost or doubled write would be seen. It mends the disk after a while, and expects that
// the run ends well by itself.
func TestDiskFillsAtEachWrite(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		disk := &fadingDisk{}
		disk.left.Store(-1)
		w := makeWorld(t, intuitsim.Options{Companies: 1, Customers: 3, Vendors: 3, Items: 5, Invoices: 2, Bills: 2})
		w.disk = disk.ask
		w.open()
		company := w.connect(1)[0]
		sim := w.intuit.Company(string(company.Realm))
		e := w.newExporter("vendors", nil, []string{"Id", "DisplayName"}, company)
		e.Mode = export.Append
		e = w.create(e)
		w.mustRun(e.ID)
		for writes := int64(0); ; writes++ {
			if _, err := sim.AddParty("Vendor", fmt.Sprint("Vendor after write ", writes)); err != nil {
				t.Fatal(err)
			}
			disk.left.Store(writes)
			_, _, err := w.desk().RunNow(w.ctx, e.ID)
			if err != nil && !errors.Is(err, export.ErrStoreTrouble) {
				t.Fatal(err)
			}
			time.Sleep(10 * time.Minute)
			disk.left.Store(-1)
			time.Sleep(time.Minute)
			if err != nil {
				w.mustRun(e.ID)
			}
			synctest.Wait()
			runs, _, err := w.desk().Runs(w.ctx, export.RunFilter{Limit: 1})
			must(t, err)
			if runs[0].Status != export.RunSucceeded || runs[0].Attempts != 1 {
				t.Fatalf("full at write %d: the run %s after %d attempts: %v", writes+1, runs[0].Status,
					runs[0].Attempts, runs[0].Problem)
			}
			doc := w.google.Spreadsheet(runs[0].Exporter.Target.Spreadsheet)
			seen := map[any]int{}
			for _, row := range doc.Values("Data!A2:B1000") {
				seen[row[0]]++
			}
			for _, id := range sim.IDs("Vendor") {
				if seen[id] != 1 {
					t.Errorf("full at write %d: vendor %s stands %d times in the sheet", writes+1, id, seen[id])
				}
			}
			if !disk.hit.Swap(false) {
				t.Logf("a run makes %d writes", writes)
				if writes < 5 {
					t.Errorf("a run made only %d writes", writes)
				}
				return
			}
		}
	})
}

// TestFullExportFolder expects that a run which keeps a file on a full disk says so, and nothing else stands still.
func TestFullExportFolder(t *testing.T) {
	t.Parallel()
	dir := smallDisk(t, 1<<20)
	w := makeWorld(t, intuitsim.Options{Companies: 1, Customers: 3, Vendors: 400, Items: 5, Invoices: 2, Bills: 2})
	w.set.ExportDirs = []string{dir}
	w.open()
	company := w.connect(1)[0]
	e := w.newExporter("vendors", nil, nil, company)
	e.Target = export.Target{Kind: export.CSVFile, Folder: dir, File: "Vendors.csv"}
	e = w.create(e)
	before := w.run(e.ID)
	if before.Status != export.RunSucceeded {
		t.Fatal(before.Problem)
	}
	kept, err := os.ReadFile(filepath.Join(dir, "Vendors.csv"))
	must(t, err)
	filler := fillUp(t, dir)
	sim := w.intuit.Company(string(company.Realm))
	if _, err := sim.AddParty("Vendor", "One more"); err != nil {
		t.Fatal(err)
	}
	r := w.run(e.ID)
	if r.Status != export.RunFailed || r.Problem.Code != problem.SpreadsheetFull ||
		!strings.Contains(r.Problem.Message, "is full") {
		t.Errorf("the run %s: %v", r.Status, r.Problem)
	}
	now, err := os.ReadFile(filepath.Join(dir, "Vendors.csv"))
	must(t, err)
	if string(now) != string(kept) {
		t.Error("the file did not keep its previous rows")
	}
	if _, why := w.desk().Trouble(); why != nil {
		t.Errorf("the store is said to be in trouble: %v", why)
	}
	must(t, os.Remove(filler))
	if r := w.run(e.ID); r.Status != export.RunSucceeded || r.Rows != before.Rows+1 {
		t.Errorf("with room again the run %s: %v", r.Status, r.Problem)
	}
}
