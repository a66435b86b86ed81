package google_test

import (
	"testing"
	"testing/synctest"
	"time"

	"ledgersheet/internal/export"
	"ledgersheet/internal/google/googlesim"
)

// TestEditions: an edition moves with every change, whoever makes it, as soon as Drive has noticed.
func TestEditions(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const lag = 20 * time.Second
		b := newBench(t, googlesim.Options{Behaviour: googlesim.Behaviour{DriveLag: lag}}, 0)
		b.mustWrite(schema, invoices(5))
		edition := func() string { return b.client.Edition(b.ctx, b.exporter.Target, &export.Meter{}) }
		time.Sleep(lag)
		before := edition()
		if before == "" {
			t.Fatal("there is no edition")
		}
		for name, act := range map[string]func(){
			"a write of ours": func() { b.mustWrite(schema, invoices(6)) },
			"a person's cell": func() { must(t, b.doc().SetCell("Invoices!B2", "mine")) },
		} {
			act()
			if edition() != before {
				t.Errorf("%s showed at once", name)
			}
			time.Sleep(lag)
			after := edition()
			if after == before || after != edition() {
				t.Errorf("%s: %s, then %s and %s", name, before, after, edition())
			}
			before = after
		}
		for name, spoil := range map[string]func(){
			"in the bin":  func() { b.doc().Trash(true) },
			"unavailable": func() { b.doc().Trash(false); b.sim.Fail(googlesim.Fault{Kind: "drive.get", Status: 503}) },
			"gone":        func() { b.sim.Fail(googlesim.Fault{Kind: "drive.get", Status: 404}) },
		} {
			if spoil(); edition() != "" {
				t.Errorf("%s: the edition is %q", name, edition())
			}
			b.sim.ClearFaults()
		}
	})
}

// TestNoEditionWithoutDrive: an account that may use Sheets alone does not learn it.
func TestNoEditionWithoutDrive(t *testing.T) {
	t.Parallel()
	b := newBench(t, googlesim.Options{}, 0)
	b.mustWrite(schema, invoices(5))
	b.http = b.sim.Client(owner, allSheets)
	b.open(0, 0)
	if e := b.client.Edition(b.ctx, b.exporter.Target, nil); e != "" {
		t.Errorf("the edition is %q", e)
	}
}
