package mirror

import (
	"encoding/binary"
	"errors"
	"slices"
	"time"

	"ledgersheet/internal/record"
)

// Blocks are rewritten when they grow beyond the most, into ones of about the usual size.
const (
	usualBytes   = 192 << 10
	mostBytes    = 320 << 10
	usualRecords = 200
	mostRecords  = 400
)

// entry is one record in a block.
type entry struct {
	place
	inactive bool
	json     []byte
}

func entryOf(rec record.Record) entry {
	return entry{place: placeOf(rec), inactive: rec.Text("Active") == "false", json: rec.JSON()}
}

func placeOf(rec record.Record) place {
	p := place{id: rec.Text("Id")}
	if at := instant(rec, "CreateTime"); !at.IsZero() {
		p.created = at.Unix()
	}
	return p
}

// instant returns a time in a record's MetaData, or zero.
func instant(rec record.Record, name string) time.Time {
	at, err := time.Parse(time.RFC3339, rec.Object("MetaData").Text(name))
	if err != nil {
		return time.Time{}
	}
	return at
}

// appendBlock appends a block: what is needed to find a record comes before all records.
func appendBlock(b []byte, list []entry) []byte {
	size := 8
	for _, e := range list {
		size += len(e.json) + len(e.id) + 24
	}
	b = binary.AppendUvarint(slices.Grow(b, size), uint64(len(list)))
	for _, e := range list {
		b = binary.AppendUvarint(b, uint64(len(e.id)))
		b = append(b, e.id...)
		b = binary.AppendVarint(b, e.created)
		flag := byte(0)
		if e.inactive {
			flag = 1
		}
		b = append(b, flag)
		b = binary.AppendUvarint(b, uint64(len(e.json)))
	}
	for _, e := range list {
		b = append(b, e.json...)
	}
	return b
}

var errShortBlock = errors.New("a block is shorter than it says")

// decodeBlock returns the records. Their JSON is part of b.
func decodeBlock(b []byte) ([]entry, error) {
	r := &byteReader{b: b}
	n := r.uvarint()
	if n > uint64(len(b)) {
		return nil, errShortBlock
	}
	list := make([]entry, n)
	sizes := make([]int, n)
	for i := range list {
		list[i].id = string(r.take(r.uvarint()))
		list[i].created = r.varint()
		flag := r.take(1)
		list[i].inactive = len(flag) == 1 && flag[0] == 1
		sizes[i] = int(min(r.uvarint(), uint64(len(b))))
	}
	for i := range list {
		list[i].json = r.take(uint64(sizes[i]))
	}
	if r.short || len(r.b) != 0 {
		return nil, errShortBlock
	}
	return list, nil
}

// byteReader reads what was appended. It notes if there was too little.
type byteReader struct {
	b     []byte
	short bool
}

func (r *byteReader) take(n uint64) []byte {
	if n > uint64(len(r.b)) {
		r.short, r.b = true, nil
		return nil
	}
	part := r.b[:n:n]
	r.b = r.b[n:]
	return part
}

func (r *byteReader) uvarint() uint64 {
	v, n := binary.Uvarint(r.b)
	if n <= 0 {
		r.short, r.b = true, nil
		return 0
	}
	r.b = r.b[n:]
	return v
}

func (r *byteReader) varint() int64 {
	v, n := binary.Varint(r.b)
	if n <= 0 {
		r.short, r.b = true, nil
		return 0
	}
	r.b = r.b[n:]
	return v
}

// blockRef is what a directory says about a block.
type blockRef struct {
	number      uint64
	records     int
	inactive    int
	first, last place
}

// directory lists the blocks of an object in order. It is never changed, only replaced.
type directory []blockRef

// count returns how many records there are, and how many of them are inactive.
func (d directory) count() (all, inactive int) {
	for _, ref := range d {
		all += ref.records
		inactive += ref.inactive
	}
	return all, inactive
}

func refOf(number uint64, list []entry) blockRef {
	ref := blockRef{number: number, records: len(list), first: list[0].place, last: list[len(list)-1].place}
	for _, e := range list {
		if e.inactive {
			ref.inactive++
		}
	}
	return ref
}

func (d directory) encode() []byte {
	b := binary.AppendUvarint(nil, uint64(len(d)))
	for _, ref := range d {
		b = binary.AppendUvarint(b, ref.number)
		b = binary.AppendUvarint(b, uint64(ref.records))
		b = binary.AppendUvarint(b, uint64(ref.inactive))
		for _, p := range []place{ref.first, ref.last} {
			b = binary.AppendUvarint(b, uint64(len(p.id)))
			b = append(b, p.id...)
			b = binary.AppendVarint(b, p.created)
		}
	}
	return b
}

func decodeDirectory(b []byte) (directory, error) {
	r := &byteReader{b: b}
	n := r.uvarint()
	if n > uint64(len(b)) {
		return nil, errShortBlock
	}
	d := make(directory, n)
	for i := range d {
		d[i].number = r.uvarint()
		d[i].records, d[i].inactive = int(r.uvarint()), int(r.uvarint())
		for _, p := range []*place{&d[i].first, &d[i].last} {
			p.id = string(r.take(r.uvarint()))
			p.created = r.varint()
		}
	}
	if r.short || len(r.b) != 0 {
		return nil, errShortBlock
	}
	return d, nil
}

// splitBlocks cuts a list into blocks of about the usual size.
func splitBlocks(list []entry) [][]entry {
	var blocks [][]entry
	from, size := 0, 0
	for i, e := range list {
		if i > from && (size+len(e.json) > usualBytes || i-from >= usualRecords) {
			blocks = append(blocks, list[from:i])
			from, size = i, 0
		}
		size += len(e.json)
	}
	if from < len(list) {
		blocks = append(blocks, list[from:])
	}
	return blocks
}

// isLarge reports whether a block should be cut.
func isLarge(list []entry) bool {
	size := 0
	for _, e := range list {
		size += len(e.json)
	}
	return len(list) > 1 && (size > mostBytes || len(list) > mostRecords)
}
