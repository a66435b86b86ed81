package boltstore

import (
	"encoding/binary"
	"errors"
	"time"

	"ledgersheet/internal/export"
)

// The entries of the indexes that are walked whole are coded compactly, because decoding JSON would take most of the
// walk. Each begins with the version of its code.
const (
	headVersion   = 1
	activeVersion = 1
)

var errCompact = errors.New("an index entry cannot be read")

// pack appends values to an entry.
type pack []byte

func (p *pack) text(s string) {
	*p = binary.AppendUvarint(*p, uint64(len(s)))
	*p = append(*p, s...)
}

func (p *pack) number(n int) { *p = binary.AppendVarint(*p, int64(n)) }

func (p *pack) time(t time.Time) { *p = binary.BigEndian.AppendUint64(*p, timeKey(t)) }

func (p *pack) realms(list []export.RealmID) {
	p.number(len(list))
	for _, realm := range list {
		p.text(string(realm))
	}
}

// unpack takes values from an entry. After a fault it yields zero values.
type unpack struct {
	rest []byte
	err  error
}

func (u *unpack) take(n int) []byte {
	if u.err != nil || n < 0 || n > len(u.rest) {
		u.rest, u.err = nil, errCompact
		return nil
	}
	got := u.rest[:n]
	u.rest = u.rest[n:]
	return got
}

func (u *unpack) byte() byte {
	if b := u.take(1); b != nil {
		return b[0]
	}
	return 0
}

func (u *unpack) text() string {
	n, size := binary.Uvarint(u.rest)
	if size <= 0 || n > uint64(len(u.rest)) {
		u.err = errCompact
		return ""
	}
	u.take(size)
	return string(u.take(int(n)))
}

func (u *unpack) number() int {
	n, size := binary.Varint(u.rest)
	if size <= 0 {
		u.err = errCompact
		return 0
	}
	u.take(size)
	return int(n)
}

func (u *unpack) time() time.Time {
	if b := u.take(8); b != nil {
		return keyTime(binary.BigEndian.Uint64(b))
	}
	return time.Time{}
}

func (u *unpack) realms() []export.RealmID {
	n := u.number()
	if u.err != nil || n < 0 || n > len(u.rest) {
		u.err = errCompact
		return nil
	}
	if n == 0 {
		return nil
	}
	list := make([]export.RealmID, n)
	for i := range list {
		list[i] = export.RealmID(u.text())
	}
	return list
}

func (u *unpack) texts() []string {
	n := u.number()
	if u.err != nil || n < 0 || n > len(u.rest) {
		u.err = errCompact
		return nil
	}
	var list []string
	for range n {
		list = append(list, u.text())
	}
	return list
}

// timeKey returns a number that sorts as times do; 0 is the zero time. Times before 1970 count as its first instant.
func timeKey(t time.Time) uint64 {
	if t.IsZero() {
		return 0
	}
	return uint64(max(t.UnixNano(), 1))
}

func keyTime(n uint64) time.Time {
	if n == 0 {
		return time.Time{}
	}
	return time.Unix(0, int64(n)).UTC()
}

// Flags of a packed head.
const (
	flagEnabled = 1 << iota
	flagPaused
	flagActive
	flagDiffers
	flagMixed
	flagChained
)

func packHead(h export.ExporterHead) []byte {
	p := pack{headVersion}
	flags := byte(0)
	for _, f := range []struct {
		on   bool
		flag byte
	}{
		{h.Schedule.Enabled, flagEnabled}, {h.Paused, flagPaused}, {h.Active, flagActive}, {h.Differs, flagDiffers},
		{h.Mixed, flagMixed}, {h.Chained, flagChained},
	} {
		if f.on {
			flags |= f.flag
		}
	}
	p = append(p, flags)
	p.time(h.NextAt)
	p.text(string(h.ID))
	p.text(h.Name)
	p.text(h.Definition)
	p.text(string(h.Account))
	p.text(h.Spreadsheet)
	p.text(string(h.Verdict))
	p.text(h.Schedule.Cron)
	p.text(h.Schedule.Timezone)
	p.realms(h.Companies)
	p.time(h.LastAt)
	p.text(h.Place)
	p.number(len(h.Tags))
	for _, tag := range h.Tags {
		p.text(tag)
	}
	return p
}

func unpackHead(raw []byte) (h export.ExporterHead, err error) {
	u := unpack{rest: raw}
	if u.byte() != headVersion {
		return h, errCompact
	}
	flags := u.byte()
	h.Schedule.Enabled, h.Paused = flags&flagEnabled != 0, flags&flagPaused != 0
	h.Active, h.Differs, h.Mixed = flags&flagActive != 0, flags&flagDiffers != 0, flags&flagMixed != 0
	h.Chained = flags&flagChained != 0
	h.NextAt = u.time()
	h.ID, h.Name, h.Definition = export.ID(u.text()), u.text(), u.text()
	h.Account, h.Spreadsheet, h.Verdict = export.ID(u.text()), u.text(), export.RunStatus(u.text())
	h.Schedule.Cron, h.Schedule.Timezone = u.text(), u.text()
	h.Companies = u.realms()
	if len(u.rest) > 0 { // entries of before schema 11 end here
		h.LastAt, h.Place, h.Tags = u.time(), u.text(), u.texts()
	}
	return h, u.err
}

func packActive(a export.ActiveRun) []byte {
	p := pack{activeVersion}
	p.time(a.QueuedAt)
	p.time(a.NotBefore)
	p.number(a.Attempts)
	p.text(string(a.ID))
	p.text(string(a.Exporter))
	p.text(a.Spreadsheet)
	p.text(string(a.Status))
	p.text(string(a.Owner))
	p.realms(a.Companies)
	flags := byte(0)
	if a.File {
		flags |= flagFile
	}
	if a.Undo {
		flags |= flagUndo
	}
	return append(p, flags)
}

// Flags of a packed active run. Entries of before there were any end without them.
const (
	flagFile = 1 << iota
	flagUndo
)

func unpackActive(raw []byte) (a export.ActiveRun, err error) {
	u := unpack{rest: raw}
	if u.byte() != activeVersion {
		return a, errCompact
	}
	a.QueuedAt, a.NotBefore, a.Attempts = u.time(), u.time(), u.number()
	a.ID, a.Exporter, a.Spreadsheet = export.ID(u.text()), export.ID(u.text()), u.text()
	a.Status, a.Owner = export.RunStatus(u.text()), export.ID(u.text())
	a.Companies = u.realms()
	if len(u.rest) > 0 {
		flags := u.byte()
		a.File, a.Undo = flags&flagFile != 0, flags&flagUndo != 0
	}
	return a, u.err
}
