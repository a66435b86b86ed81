package storetest

import (
	"context"
	"errors"
	"testing"

	"ledgersheet/internal/export"
)

func testMarks(t *testing.T, s export.Store) {
	ctx := t.Context()
	for _, id := range []export.ID{"exp_1", "exp_10", "exp_2"} {
		must(t, s.CreateExporter(ctx, sampleExporter(id, string(id))))
		for _, realm := range []export.RealmID{"1", "2"} {
			must(t, s.PutMark(ctx, export.MarkKey(id, realm), []byte("first")))
			must(t, s.PutMark(ctx, export.MarkKey(id, realm), []byte(string(id)+"\x00\xff"+string(realm))))
		}
	}
	check := func(what string, left ...export.ID) {
		t.Helper()
		for _, id := range []export.ID{"exp_1", "exp_10", "exp_2"} {
			stays := false
			for _, l := range left {
				stays = stays || l == id
			}
			for _, realm := range []export.RealmID{"1", "2"} {
				got, err := s.Mark(ctx, export.MarkKey(id, realm))
				if want := string(id) + "\x00\xff" + string(realm); stays && (err != nil || string(got) != want) {
					t.Errorf("%s: the mark of %s and %s is %q, %v", what, id, realm, got, err)
				}
				if !stays && !errors.Is(err, export.ErrNotFound) {
					t.Errorf("%s: the mark of %s and %s is still there: %q, %v", what, id, realm, got, err)
				}
			}
		}
	}
	check("all put", "exp_1", "exp_10", "exp_2")
	must(t, s.DeleteExporter(ctx, "exp_1"))
	check("an exporter deleted", "exp_10", "exp_2")
	must(t, s.DeleteMarks(ctx, export.MarkPrefix("exp_2")))
	must(t, s.DeleteMarks(ctx, export.MarkPrefix("exp_2")))
	check("marks deleted", "exp_10")

	ended, cancel := context.WithCancel(ctx)
	cancel()
	wantErr(t, "PutMark", s.PutMark(ended, "exp_2/1", nil), context.Canceled)
	wantErr(t, "DeleteMarks", s.DeleteMarks(ended, "exp_10/"), context.Canceled)
	check("an ended context", "exp_10")
}
