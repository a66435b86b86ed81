package mirror

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"pgregory.net/rapid"

	"ledgersheet/exporters"
	"ledgersheet/internal/export"
	"ledgersheet/internal/intuit/intuitsim"
	"ledgersheet/internal/problem"
	"ledgersheet/internal/record"
	"ledgersheet/internal/supply"
)

// objects lists the objects of all exporters.
func objects() []string {
	var list []string
	for _, d := range exporters.All() {
		if e, ok := d.(export.Entity); ok && !slices.Contains(list, e.Object) {
			list = append(list, e.Object)
		}
	}
	return list
}

// spelt returns records as text, one by one, without some members.
func spelt(records *supply.Records, err error, without ...string) ([]string, error) {
	if err != nil {
		return nil, err
	}
	var list []string
	for rec, err := range records.All {
		if err != nil {
			return nil, err
		}
		for _, name := range without {
			rec = rec.With(name, nil)
		}
		list = append(list, string(rec.JSON()))
	}
	return list, nil
}

// wantOf is a Want for all that can be known of an object's records.
func (w *world) wantOf(object string) supply.Want {
	want := supply.Want{Company: w.company(0), Object: object, Title: object, Inactive: true, Day: w.clock.Read()}
	if len(objectOf(object).unknowable) > 0 {
		want.Members = []string{"Id", "Name"} // not its balances
	}
	return want
}

// check compares a mirror with a full reading. An error is one of the reading.
func (w *world) check(m *Mirror, object string) (difference string, err error) {
	ctx := context.Background()
	want := w.wantOf(object)
	var without []string
	if want.Members != nil {
		without = Volatile(object)
	}
	records, err := m.Records(ctx, want)
	got, err := spelt(records, err, without...)
	if err != nil {
		return "", err
	}
	live, err := w.client.Records(ctx, want)
	should, err := spelt(live, err, without...)
	if err != nil {
		return "", err
	}
	for i := range max(len(got), len(should)) {
		switch {
		case i >= len(got):
			return fmt.Sprintf("%s: %d of %d records, without %s", object, len(got), len(should), should[i]), nil
		case i >= len(should):
			return fmt.Sprintf("%s: %d records for %d, the next is %s", object, len(got), len(should), got[i]), nil
		case got[i] != should[i]:
			return fmt.Sprintf("%s: record %d is\n%s", object, i, apart(got[i], should[i])), nil
		}
	}
	return w.checkParts(m, want, should)
}

// apart shows where two texts begin to differ.
func apart(got, should string) string {
	n := 0
	for n < min(len(got), len(should)) && got[n] == should[n] {
		n++
	}
	from := max(0, n-120)
	return fmt.Sprintf("%.400s\nand should be\n%.400s", got[from:], should[from:])
}

// checkParts compares what a mirror counts and looks up with a full reading.
func (w *world) checkParts(m *Mirror, want supply.Want, should []string) (difference string, err error) {
	ctx := supply.WithOccasion(context.Background(), w.clock.Read())
	n, err := m.Count(ctx, want)
	if err != nil {
		return "", err
	}
	if n != len(should) && n >= 0 {
		return fmt.Sprintf("%s: counted %d of %d", want.Object, n, len(should)), nil
	}
	if want.Object == "CompanyInfo" || want.Object == "Preferences" || want.Object == "ExchangeRate" ||
		want.Object == "RecurringTransaction" || len(should) == 0 {
		return "", nil
	}
	text := should[len(should)/2]
	rec, err := record.Parse([]byte(text))
	if err != nil {
		return "", err
	}
	found, err := m.Lookup(ctx, want, []string{rec.Text("Id"), "999999999"})
	if err != nil {
		return "", err
	}
	one := found[rec.Text("Id")]
	if want.Members != nil {
		for _, name := range Volatile(want.Object) {
			one = one.With(name, nil)
		}
	}
	if len(found) != 1 || string(one.JSON()) != text {
		return fmt.Sprintf("%s: looked up %d, %s and not %s", want.Object, len(found), one.JSON(), text), nil
	}
	return "", nil
}

// TestMirrorIsAFullReading draws histories of a company's books, with readings through two mirrors in between, and
// compares each with a full reading.
func TestMirrorIsAFullReading(t *testing.T) {
	t.Parallel()
	all := objects()
	if len(all) < 30 {
		t.Fatalf("only %d objects", len(all))
	}
	rapid.Check(t, func(rt *rapid.T) { newHistory(t, rt, all).run() })
}

// history is one history being drawn.
type history struct {
	*world
	rt      *rapid.T
	books   *intuitsim.Company
	objects []string
	dirs    [2]string
	mirrors [2]*Mirror
	saved   [2][]byte // a mirror's file as it was
	number  int
}

func newHistory(t *testing.T, rt *rapid.T, all []string) *history {
	w := newWorld(t, intuitsim.Options{
		Seed: int64(rapid.IntRange(1, 3).Draw(rt, "seed")), Companies: 1, Customers: 6, Vendors: 4, Items: 6,
		Invoices: 12, Bills: 6,
	})
	h := &history{world: w, rt: rt, books: w.books(0)}
	quirks := intuitsim.Quirks{
		LoudNames: rapid.Bool().Draw(rt, "loud names"), QuietSettlements: rapid.Bool().Draw(rt, "quiet settlements"),
		QuietBalances: rapid.Bool().Draw(rt, "quiet balances"), MergedStay: rapid.Bool().Draw(rt, "merged stay"),
		NoOrderByID: rapid.IntRange(0, 5).Draw(rt, "order") == 0,
	}
	h.books.SetQuirks(quirks)
	for _, object := range all {
		if len(h.books.IDs(object)) == 0 {
			h.put(object)
		}
	}
	// A few objects are read again and again, as by the exporters of one company.
	h.objects = rapid.SliceOfNDistinct(rapid.SampledFrom(all), 3, 6, rapid.ID[string]).Draw(rt, "objects")
	if rapid.Bool().Draw(rt, "with invoices") {
		h.objects = append(h.objects, "Invoice")
	}
	for i := range h.mirrors {
		dir, err := os.MkdirTemp(t.TempDir(), "")
		if err != nil {
			t.Fatal(err)
		}
		h.dirs[i], h.mirrors[i] = dir, h.mirror(dir)
	}
	rt.Cleanup(func() {
		for i := range h.mirrors {
			_ = h.mirrors[i].Close(context.Background())
			_ = os.RemoveAll(h.dirs[i])
		}
	})
	return h
}

// put adds or replaces a record of an object of which the simulator makes none itself.
func (h *history) put(object string) {
	h.number++
	id := strconv.Itoa(900_000 + h.number%7)
	text := fmt.Sprintf(`{"Id":%q,"Name":"N %d","Note":"Note %d","TxnDate":"2026-01-02","AsOfDate":%q}`, id,
		h.number%7, h.number, h.clock.Read().Format(time.DateOnly))
	_, _ = h.books.Put(object, []byte(text)) // refused for what the books hold themselves
}

// step does one thing to the books.
func (h *history) step() {
	pick := func(entity string) string {
		ids := h.books.IDs(entity)
		if len(ids) == 0 {
			return ""
		}
		return rapid.SampledFrom(ids).Draw(h.rt, entity)
	}
	h.number++
	lists := []string{"Customer", "Vendor", "Item", "Class", "Department", "Term", "PaymentMethod", "Account"}
	// What is refused, such as paying what is paid, changes nothing.
	switch kind := rapid.IntRange(0, 13).Draw(h.rt, "what"); kind {
	case 0:
		_, _ = h.books.AddInvoice(intuitsim.Sale{
			CustomerID: pick("Customer"), DocNumber: strconv.Itoa(h.number), Amount: "12.30", Date: "2026-03-01",
		})
	case 1:
		_, _ = h.books.AddBill(intuitsim.Cost{VendorID: pick("Vendor"), Amount: "7.10", Date: "2026-03-02"})
	case 2:
		_, _ = h.books.Pay("Invoice", pick("Invoice"), "")
	case 3:
		_, _ = h.books.Pay("Bill", pick("Bill"), "1.00")
	case 4, 5:
		entity := rapid.SampledFrom([]string{"Invoice", "Bill", "Payment", "Purchase", "Estimate"}).Draw(h.rt, "entity")
		change := intuitsim.Change{Note: "Note " + strconv.Itoa(h.number)}
		if kind == 5 {
			change.Amount = strconv.Itoa(500+h.number) + ".50"
		}
		_ = h.books.Change(entity, pick(entity), change)
	case 6:
		entity := rapid.SampledFrom([]string{"Invoice", "Bill", "Payment"}).Draw(h.rt, "entity")
		_ = h.books.Void(entity, pick(entity))
	case 7, 8:
		entity := rapid.SampledFrom([]string{
			"Invoice", "Payment", "BillPayment", "Bill", "CreditMemo", "Deposit", "Estimate", "SalesReceipt",
		}).Draw(h.rt, "entity")
		_ = h.books.Delete(entity, pick(entity))
	case 9:
		list := rapid.SampledFrom(lists).Draw(h.rt, "list")
		_ = h.books.Change(list, pick(list), intuitsim.Change{Name: "Name " + strconv.Itoa(h.number)})
	case 10:
		list := rapid.SampledFrom(lists).Draw(h.rt, "list")
		active := rapid.Bool().Draw(h.rt, "active")
		_ = h.books.Change(list, pick(list), intuitsim.Change{Active: &active})
	case 11:
		list := rapid.SampledFrom([]string{"Customer", "Vendor", "Class", "Term"}).Draw(h.rt, "list")
		if len(h.books.IDs(list)) > 2 {
			_ = h.books.Merge(list, pick(list), pick(list))
		}
	case 12:
		h.put(rapid.SampledFrom(h.objects).Draw(h.rt, "object"))
	case 13:
		for _, object := range h.objects {
			if id := pick(object); id != "" && !objectOf(object).list && id >= "900000" {
				_ = h.books.Delete(object, id)
			}
		}
	}
	h.clock.Pass(time.Duration(rapid.SampledFrom([]int{0, 1, 1, 30, 200, 4000}).Draw(h.rt, "seconds")) * time.Second)
}

func (h *history) run() {
	for range rapid.IntRange(2, 5).Draw(h.rt, "readings") {
		for range rapid.IntRange(0, 6).Draw(h.rt, "changes") {
			h.step()
		}
		h.upset()
		which := rapid.IntRange(0, 1).Draw(h.rt, "mirror")
		for _, object := range h.objects {
			if rapid.IntRange(0, 3).Draw(h.rt, "skip") > 0 {
				h.read(which, object)
			}
		}
	}
}

// upset draws something unusual.
func (h *history) upset() {
	switch rapid.IntRange(0, 9).Draw(h.rt, "upset") {
	case 0:
		h.clock.Pass(time.Duration(rapid.SampledFrom([]int{8, 27, 31, 40}).Draw(h.rt, "days")) * 24 * time.Hour)
	case 1:
		if rapid.IntRange(0, 2).Draw(h.rt, "flood?") == 0 {
			h.flood()
		}
	case 2:
		h.server.Fail(intuitsim.Fault{Match: "cdc", N: 1, Status: http.StatusServiceUnavailable})
	case 3:
		f := intuitsim.Fault{Match: "v3", Skip: rapid.IntRange(0, 4).Draw(h.rt, "after"), N: 1}
		f.Body = rapid.SampledFrom([]intuitsim.Body{intuitsim.BodyCut, intuitsim.BodyBadJSON, ""}).Draw(h.rt, "body")
		if f.Body == "" {
			f.Status = http.StatusInternalServerError // 429 would have all requests wait for a minute
		}
		h.server.Fail(f)
	case 4, 5:
		h.swap(rapid.IntRange(0, 1).Draw(h.rt, "which"))
	}
}

// flood changes more records than an answer can hold.
func (h *history) flood() {
	object := rapid.SampledFrom([]string{"Invoice", "Vendor", "Bill"}).Draw(h.rt, "flooded")
	for i := range supply.FeedMost + 50 {
		text := fmt.Sprintf(`{"Id":"%d","DisplayName":"V %d","TxnDate":"2026-01-02","TotalAmt":%d.00}`, 5_000_000+i, i, i)
		if _, err := h.books.Put(object, []byte(text)); err != nil {
			h.rt.Fatal(err)
		}
	}
	if object != "Vendor" {
		for i := range rapid.IntRange(0, 3).Draw(h.rt, "deleted in the flood") {
			_ = h.books.Delete(object, strconv.Itoa(5_000_000+i))
		}
	}
}

// swap keeps a mirror's file, or puts back the one that was kept.
func (h *history) swap(which int) {
	_ = h.mirrors[which].Close(context.Background())
	path := h.mirrors[which].path(h.company(0).Realm)
	if h.saved[which] == nil {
		h.saved[which], _ = os.ReadFile(path) // none if nothing was read yet
	} else if err := os.WriteFile(filepath.Clean(path), h.saved[which], 0o600); err != nil {
		h.rt.Fatal(err)
	}
	h.mirrors[which] = h.mirror(h.dirs[which])
}

// read compares a mirror with a full reading. After a failure it must be right when it is asked again.
func (h *history) read(which int, object string) {
	difference, err := h.check(h.mirrors[which], object)
	if err != nil {
		if _, ok := errors.AsType[*problem.Problem](err); !ok {
			h.rt.Fatalf("%s: %v", object, err)
		}
		h.server.ClearFaults()
		if difference, err = h.check(h.mirrors[which], object); err != nil {
			h.rt.Fatalf("%s, once more: %v", object, err)
		}
	}
	if difference != "" {
		h.rt.Fatalf("mirror %d: %s", which, difference)
	}
}
