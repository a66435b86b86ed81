package app_test

import (
	"slices"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"ledgersheet/internal/config"
	"ledgersheet/internal/mail/smtpsim"
	"ledgersheet/internal/notice"
)

// TestStoreTroubleIsTold fills the disk: although nothing can be stored, a mail and a call of the webhook say so, once,
// even if the mail server takes nothing at first; and both say when it is over.
func TestStoreTroubleIsTold(t *testing.T) {
	t.Parallel()
	r := newReceivers(t)
	synctest.Test(t, func(t *testing.T) {
		disk := &badDisk{why: syscall.ENOSPC}
		w := newTroubleWorld(t, disk.ask, func(set *config.Settings) { set.Notices = r.settings() })
		for to, rule := range map[string]notice.Rule{
			"ann@example.com": {On: []notice.Event{notice.NeedsYou, notice.Recovery}},
			"bob@example.com": {On: []notice.Event{notice.Failure}, Tags: []string{"sales"}}, // all of them wait
			"cat@example.com": {On: []notice.Event{notice.DigestEvent, notice.Recovery}},
		} {
			rule.Kind, rule.To = notice.Mail, to
			_, _, err := w.desk().CreateNotice(w.ctx, rule)
			must(t, err)
		}
		w.app.StartAlarm(w.ctx)
		time.Sleep(2 * time.Hour)
		if got := r.subjects(); len(got)+len(r.got()) > 0 {
			t.Fatalf("told while all is well: %q %q", got, r.got())
		}
		const refusals = 8
		busy := smtpsim.Fault{Code: 421, Text: "Too busy"}
		r.server.Fail(smtpsim.StepGreet, slices.Repeat([]smtpsim.Fault{busy}, refusals)...)
		disk.broken.Store(true)
		time.Sleep(6 * time.Hour) // runs are due each hour
		w.checkTrouble("The disk that holds the data folder is full", 0)
		if err := w.app.TellNow(w.ctx); err == nil {
			t.Error("other notices are stored on a full disk")
		}
		full := "The disk that holds the data folder is full"
		opened := []string{"ann@example.com: " + full, "bob@example.com: " + full}
		r.check(t, opened, "opened needs_you")
		if got := r.server.Talks(); got != refusals+len(opened) {
			t.Errorf("the mail server was called %d times", got)
		}
		disk.broken.Store(false)
		time.Sleep(3 * time.Minute)
		must(t, w.app.TellNow(w.ctx)) // says nothing more
		r.check(t, append(opened, "ann@example.com: Over: "+full), "opened needs_you", "recovered recovery")
		w.checkRecovery()
	})
}

// check compares what was received, in any order.
func (r *receivers) check(t *testing.T, mails []string, hooked ...string) {
	t.Helper()
	got := slices.Sorted(slices.Values(r.subjects()))
	if want := slices.Sorted(slices.Values(mails)); !slices.Equal(got, want) {
		t.Errorf("the mails are %q, want %q", got, want)
	}
	if got := r.got(); !slices.Equal(got, hooked) {
		t.Errorf("the webhook got %q, want %q", got, hooked)
	}
}
