package mirror

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"ledgersheet/internal/supply"
)

var _ supply.Versions = (*Mirror)(nil)

// Version implements supply.Versions. It costs what bringing the copy up to date costs.
func (m *Mirror) Version(ctx context.Context, w supply.Want, few bool) (string, error) {
	w.Limit = 0
	is := anyhow
	switch {
	case few:
		is = keptOnly
	case len(w.Narrow) > 0:
		is = fewOnly
	}
	s, err := m.currentIf(ctx, w, is)
	switch {
	case err != nil:
		return "", err
	case s != nil:
		return s.version(), nil
	case few && m.isUnread(ctx, w):
		return supply.Unread, nil
	}
	return "", nil
}

// isUnread reports whether nobody has needed an object's records so far: had somebody, they would be kept, or it would
// be known why they are read live.
func (m *Mirror) isUnread(ctx context.Context, w supply.Want) bool {
	kind := objectOf(w.Object)
	if kind.keep == keepLive || w.Company.ReadLive || looksAt(w, kind.unknowable) {
		return false
	}
	b := m.book(w.Company.Realm)
	if b.enter(ctx) != nil {
		return false
	}
	defer b.leave()
	if m.o.Now().Before(b.resting) || b.open(ctx) != nil {
		return false
	}
	_, unfit := b.unfit[w.Object]
	_, long := b.long[w.Object]
	_, kept := b.state.Objects[w.Object]
	return !unfit && !long && !kept
}

// version digests which blocks hold the records. A block is never changed but replaced by one with another number, so
// equal blocks of one reading hold equal records.
func (s *snapshot) version() string {
	return versionOf(s.object, objectState{Order: s.order, Read: s.read, ReadAt: s.readAt}, s.dir)
}

func versionOf(object string, o objectState, dir directory) string {
	h := sha256.New()
	_, _ = fmt.Fprintf(h, "%s\x00%s\x00%d\x00%d\x00", object, o.Order, o.Read.UnixNano(), o.ReadAt.UnixNano())
	h.Write(dir.encode())
	return hex.EncodeToString(h.Sum(nil))
}
