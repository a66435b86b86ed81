package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

// TestTokensAreStoredFirst expects that tokens are stored before anything else is tried, with each try, and that work
// goes on only when they are, even if there is room by then.
func TestTokensAreStoredFirst(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var did []string
		say := func(what string, err *error) func() error {
			return func() error { did = append(did, what); return *err }
		}
		full := error(syscall.ENOSPC)
		tokens, room := full, full
		w := newStoreWatch(slog.New(slog.DiscardHandler))
		save := say("tokens", &tokens)
		w.tokens, w.probe = func(context.Context) error { return save() }, say("room", &room)
		w.resume = func() { did = append(did, "resume") }
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { defer close(done); w.run(ctx) }()
		defer func() { cancel(); <-done }()

		time.Sleep(time.Hour)
		if len(did) > 0 {
			t.Fatalf("without trouble it did %v", did)
		}
		expect := func(held bool, want ...string) {
			t.Helper()
			time.Sleep(probeEvery)
			synctest.Wait()
			if !slices.Equal(did, want) || (w.hold() != nil) != held {
				t.Errorf("it did %v, want %v; holds: %v", did, want, w.hold())
			}
			did = nil
		}
		w.note(export.StoreTrouble(full))
		synctest.Wait()
		if since, _ := w.state(); since.IsZero() || !slices.Equal(did, []string{"tokens", "room"}) {
			t.Errorf("at once it did %v", did)
		}
		did = nil
		expect(true, "tokens", "room")
		room = nil
		expect(true, "tokens", "room")
		tokens = nil
		expect(false, "tokens", "room", "resume")
		expect(false)
		room = full
		w.note(export.StoreTrouble(full)) // a second time
		room = nil
		time.Sleep(probeEvery)
		synctest.Wait()
		if w.hold() != nil {
			t.Error("it does not end a second time")
		}
	})
}

// TestDiskOfARun tells errors of the data folder's disk from those of other places.
func TestDiskOfARun(t *testing.T) {
	t.Parallel()
	of := func(why error) error { return fmt.Errorf("writing rows into a file: %w", why) }
	for name, test := range map[string]struct {
		err     error
		trouble bool
	}{
		"well": {nil, false}, "full": {of(syscall.ENOSPC), true}, "read-only": {of(syscall.EROFS), true},
		"quota": {of(syscall.EDQUOT), true}, "another error": {of(syscall.EPIPE), false},
		"wrapped":                 {problem.Wrap(of(syscall.ENOSPC), problem.Internal, "x"), true},
		"an export folder":        {problem.Wrap(of(syscall.ENOSPC), problem.SpreadsheetFull, "x"), false},
		"an export folder's user": {problem.Wrap(of(syscall.EROFS), problem.SpreadsheetForbidden, "x"), false},
	} {
		w := newStoreWatch(slog.New(slog.DiscardHandler))
		work := w.heed(func(context.Context, export.Run, func(func(*export.Run))) error { return test.err })
		err := work(t.Context(), export.Run{}, nil)
		if errors.Is(err, export.ErrStoreTrouble) != test.trouble || (w.hold() != nil) != test.trouble ||
			!errors.Is(err, test.err) {
			t.Errorf("%s: %v, holds: %v", name, err, w.hold())
		}
	}
}

// TestADamagedStoreStays expects that trouble which only a person can end does not end by itself, whatever else is.
func TestADamagedStoreStays(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newStoreWatch(slog.New(slog.DiscardHandler))
		w.tokens, w.probe = func(context.Context) error { return nil }, func() error { return nil }
		w.resume = func() { t.Error("work went on") }
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { defer close(done); w.run(ctx) }()
		defer func() { cancel(); <-done }()
		w.condemn(problem.New(problem.Conflict, "The store is damaged."))
		w.note(export.StoreTrouble(syscall.ENOSPC))
		time.Sleep(time.Hour)
		if _, why := w.state(); why == nil || why.Message != "The store is damaged." {
			t.Errorf("it says %v", why)
		}
	})
}
