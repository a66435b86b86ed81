package storetest

import (
	"context"
	"slices"
	"strings"
	"testing"

	"ledgersheet/internal/export"
)

func testNotices(t *testing.T, s export.Store) {
	ctx := t.Context()
	check := func(what, prefix string, want ...string) {
		t.Helper()
		all, err := s.NoticeRecords(ctx, prefix)
		var got []string
		for _, r := range all {
			got = append(got, r.Key+"="+string(r.Data))
		}
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %q, %v; want %q", what, got, err, want)
		}
	}
	record := func(key, data string) export.NoticeRecord {
		r := export.NoticeRecord{Key: key}
		if data != "" {
			r.Data = []byte(data)
		}
		return r
	}
	check("nothing stored", "")
	must(t, s.ChangeNotices(ctx, []export.NoticeRecord{record("rule/1", "")}))
	check("nothing was there to delete", "")
	must(t, s.ChangeNotices(ctx, []export.NoticeRecord{
		record("rule/2", "b"), record("out/1", "x"), record("rule/1", "a"), record("rules", "z"),
	}))
	check("by key", "", "out/1=x", "rule/1=a", "rule/2=b", "rules=z")
	check("by prefix", "rule/", "rule/1=a", "rule/2=b")
	must(t, s.ChangeNotices(ctx, []export.NoticeRecord{record("rule/1", "c"), record("out/1", "")}))
	check("changed and deleted together", "", "rule/1=c", "rule/2=b", "rules=z")

	ended, cancel := context.WithCancel(ctx)
	cancel()
	wantErr(t, "ChangeNotices", s.ChangeNotices(ended, []export.NoticeRecord{record("rule/1", "")}), context.Canceled)
	_, err := s.NoticeRecords(ended, "")
	wantErr(t, "NoticeRecords", err, context.Canceled)
	check("an ended context", "rule/1", "rule/1=c")
}

// NoticeRecords implements export.NoticeStore.
func (m *Memory) NoticeRecords(ctx context.Context, prefix string) (all []export.NoticeRecord, err error) {
	err = m.do(ctx, func() error {
		for key, data := range m.notices {
			if strings.HasPrefix(key, prefix) {
				all = append(all, export.NoticeRecord{Key: key, Data: slices.Clone(data)})
			}
		}
		slices.SortFunc(all, func(a, b export.NoticeRecord) int { return strings.Compare(a.Key, b.Key) })
		return nil
	})
	return all, err
}

// ChangeNotices implements export.NoticeStore.
func (m *Memory) ChangeNotices(ctx context.Context, changes []export.NoticeRecord) error {
	return m.do(ctx, func() error {
		for _, r := range changes {
			delete(m.notices, r.Key)
			if r.Data != nil {
				m.notices[r.Key] = slices.Clone(r.Data)
			}
		}
		return nil
	})
}
