package control_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

// TestDisconnectAndCatchUp misses a due time while a company is disconnected. Reconnecting makes one run for it.
// Reconnecting again makes none.
func TestDisconnectAndCatchUp(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	e, idle := b.create(b.input(alder)), b.create(b.input(birch))
	_, err := b.DisconnectCompany(b.ctx, alder)
	must(t, err)
	if len(b.revoked) != 1 || b.revoked[0] != "r-Alder" {
		t.Errorf("revoked %v", b.revoked)
	}
	if _, err := b.store.Grant(b.ctx, export.CompanyGrant(alder)); !errors.Is(err, export.ErrNotFound) {
		t.Errorf("the grant is still there: %v", err)
	}
	// Editing it meanwhile forgets nothing.
	b.update(e.ID, 0, func(e *export.Exporter) { e.Name = "Renamed" })
	b.now = noon.AddDate(0, 0, 3)
	b.reconnect(alder)
	if n := b.active(e.ID); n != 1 {
		t.Errorf("%d runs catch up, want 1", n)
	}
	if s := b.stored(e.ID); s.Paused() || !s.NextAt.Equal(time.Date(2026, 3, 6, 6, 0, 0, 0, time.UTC)) {
		t.Errorf("afterwards paused %v, next %s", s.Paused(), s.NextAt)
	}
	b.reconnect(alder)
	if n := b.active(e.ID) + b.active(idle.ID); n != 1 {
		t.Errorf("%d runs after connecting again, want 1", n)
	}
}

// TestTwoDisconnects: an exporter is resumed only when the last of its connections is back.
func TestTwoDisconnects(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	e := b.create(b.input(alder, birch))
	for _, realm := range []export.RealmID{alder, birch} {
		_, err := b.DisconnectCompany(b.ctx, realm)
		must(t, err)
	}
	_, err := b.DisconnectAccount(b.ctx, "con_1")
	must(t, err)
	b.now = noon.AddDate(0, 0, 3)
	b.reconnect(alder)
	if s := b.stored(e.ID); !s.Paused() || !strings.Contains(s.PauseWords(), "Birch") {
		t.Errorf("with Birch still disconnected: paused %v, %q", s.Paused(), s.PauseWords())
	}
	b.reconnect(birch)
	if s := b.stored(e.ID); !s.Paused() || !strings.Contains(s.PauseWords(), "con_1@example.com") {
		t.Errorf("with the Google account still disconnected: paused %v, %q", s.Paused(), s.PauseWords())
	}
	if n := b.active(e.ID); n != 0 {
		t.Errorf("%d runs were started too early", n)
	}
	b.reconnectAccount("con_1")
	if s := b.stored(e.ID); s.Paused() || b.active(e.ID) != 1 {
		t.Errorf("with all connected: paused %v, %d runs", s.Paused(), b.active(e.ID))
	}
}

// TestPersonsPauseStays: a reconnect does not resume what a person paused.
func TestPersonsPauseStays(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	e := b.create(b.input(alder))
	_, err := b.DisconnectCompany(b.ctx, alder)
	must(t, err)
	_, err = b.PauseExporter(b.ctx, e.ID, time.Time{})
	must(t, err)
	b.reconnect(alder)
	if !b.stored(e.ID).Paused() {
		t.Error("an exporter that a person paused was resumed")
	}
}

// TestNamesDecideNothing: a company's name may look like the words of a person's pause.
func TestNamesDecideNothing(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	_, err := b.store.UpdateCompany(b.ctx, alder,
		func(c *export.Company) error { c.Name = "paused by nobody Ltd"; return nil })
	must(t, err)
	e := b.create(b.input(alder))
	_, err = b.DisconnectCompany(b.ctx, alder)
	must(t, err)
	if s := b.stored(e.ID); !s.Paused() || s.Pause.Reason != export.CompanyDisconnect || !s.Pause.Since.Equal(noon) {
		t.Fatalf("paused as %+v", s.Pause)
	}
	b.reconnect(alder)
	if s := b.stored(e.ID); s.Paused() {
		t.Errorf("after the reconnect: %s", s.PauseWords())
	}
}

// TestFreedByAnEdit: an exporter is resumed once it is given connections other than the missing one.
func TestFreedByAnEdit(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		lose func(b *bench) error
		edit func(e *export.Exporter)
	}{
		"account deleted": {
			func(b *bench) error { return b.DeleteAccount(b.ctx, "con_1") },
			func(e *export.Exporter) { e.Target.Account = "con_2" },
		},
		"account disconnected": {
			func(b *bench) error { _, err := b.DisconnectAccount(b.ctx, "con_1"); return err },
			func(e *export.Exporter) { e.Target.Account = "con_2" },
		},
		"company disconnected": {
			func(b *bench) error { _, err := b.DisconnectCompany(b.ctx, alder); return err },
			func(e *export.Exporter) { e.Companies = []export.RealmID{birch} },
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			e := b.create(b.input(alder, birch))
			must(t, test.lose(b))
			if s := b.stored(e.ID); !s.Paused() {
				t.Fatal("it is not paused")
			}
			if s := b.update(e.ID, 0, test.edit); s.Paused() || s.NextAt.IsZero() {
				t.Errorf("after the edit: paused %v (%s), next %s", s.Paused(), s.PauseWords(), s.NextAt)
			}
		})
	}
}

// TestDeleteCompany: deleting a company deletes the exporters that used only it, stops their runs, and removes it from
// the others.
func TestDeleteCompany(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	own, both := b.create(b.input(alder)), b.create(b.input(alder, birch))
	run, _, err := b.RunNow(b.ctx, own.ID)
	must(t, err)
	_, err = b.DisconnectCompany(b.ctx, alder)
	must(t, err)
	must(t, b.DeleteCompany(b.ctx, alder))
	if _, err := b.Exporter(b.ctx, own.ID); !problem.HasCode(err, problem.NotFound) {
		t.Errorf("the exporter of the company alone: %v", err)
	}
	if r, _ := b.Run(b.ctx, run.ID); r.Status != export.RunCancelled {
		t.Errorf("its run is %s", r.Status)
	}
	if s := b.stored(both.ID); len(s.Companies) != 1 || s.Companies[0] != birch || s.Paused() {
		t.Errorf("the combined exporter: %v, paused %v", s.Companies, s.Paused())
	}
	// its last refresh may end now
	b.system.CompanyEnded(b.ctx, alder, problem.New(problem.CompanyReconnectRequired, "late"))
	if _, err := b.Company(b.ctx, alder); !problem.HasCode(err, problem.NotFound) {
		t.Errorf("the company: %v", err)
	}
}

// TestWhatQuickBooksSaysOfACompany: what reaches a connection, and what says nothing about the present one.
func TestWhatQuickBooksSaysOfACompany(t *testing.T) {
	t.Parallel()
	lost := problem.New(problem.CompanyReconnectRequired, "It ended.")
	lapsed := problem.New(problem.QuickBooksRejected, "It lapsed.")
	type say struct {
		asked time.Time
		why   *problem.Problem
	}
	now, before := noon.Add(time.Minute), noon.Add(-time.Minute)
	for name, test := range map[string]struct {
		from   export.ConnectionStatus
		said   []say
		status export.ConnectionStatus
		last   *problem.Problem
	}{
		"ended":               {export.Connected, []say{{now, lost}}, export.ReconnectRequired, lost},
		"of an older consent": {export.Connected, []say{{before, lost}}, export.Connected, nil},
		"lapsed":              {export.Connected, []say{{now, lapsed}}, export.Connected, lapsed},
		"renewed":             {export.Connected, []say{{now, lapsed}, {now, nil}}, export.Connected, nil},
		"lapsed, then lost":   {export.Connected, []say{{now, lapsed}, {now, lost}}, export.ReconnectRequired, lost},
		"well after the end":  {export.Connected, []say{{now, lost}, {now, nil}}, export.ReconnectRequired, lost},
		"twice":               {export.Connected, []say{{now, lost}, {now, lapsed}}, export.ReconnectRequired, lost},
		"disconnected":        {export.Disconnected, []say{{now, lost}}, export.Disconnected, nil},
	} {
		b := newBench(t)
		must(t, b.store.PutCompany(b.ctx, export.Company{Realm: alder, Status: test.from, ConnectedAt: noon}))
		for _, s := range test.said {
			b.system.CompanyTold(b.ctx, alder, s.asked, s.why)
		}
		c, err := b.store.Company(b.ctx, alder)
		must(t, err)
		same := c.LastError == test.last ||
			c.LastError != nil && test.last != nil && c.LastError.Message == test.last.Message
		refused := test.last == lapsed
		if c.Status != test.status || !same || c.Refused() != refused || c.RefusedAt.IsZero() == refused {
			t.Errorf("%s: %s, %v, refused at %s", name, c.Status, c.LastError, c.RefusedAt)
		}
		b.system.CompanyTold(b.ctx, "404", now, lost) // a company that is gone meanwhile
	}
}

// TestATestRecordsHowItWent: only a failure that passes by itself does not take the place of what QuickBooks says of
// the company as a whole.
func TestATestRecordsHowItWent(t *testing.T) {
	t.Parallel()
	lapsed := problem.New(problem.QuickBooksRejected, "It lapsed.")
	down := problem.New(problem.QuickBooksUnavailable, "Down.")
	for name, test := range map[string]struct {
		had, fails, last *problem.Problem
	}{
		"all is well":     {nil, nil, nil},
		"down":            {nil, down, down},
		"down and lapsed": {lapsed, down, lapsed},
		"lapsed":          {nil, lapsed, lapsed},
		"renewed":         {lapsed, nil, nil},
	} {
		b := newBench(t)
		if test.fails != nil {
			b.fails = test.fails
		}
		if test.had != nil {
			b.system.CompanyTold(b.ctx, alder, b.now.Add(time.Hour), test.had)
		}
		if _, err := b.TestCompany(b.ctx, alder); (err == nil) != (test.fails == nil) {
			t.Errorf("%s: %v", name, err)
		}
		c, err := b.store.Company(b.ctx, alder)
		must(t, err)
		if (c.LastError == nil) != (test.last == nil) ||
			test.last != nil && c.LastError.Message != test.last.Message ||
			test.last == nil && !c.RefusedAt.IsZero() {
			t.Errorf("%s: the last error is %v, want %v", name, c.LastError, test.last)
		}
	}
}
