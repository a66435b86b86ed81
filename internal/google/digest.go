package google

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"hash"
	"hash/maphash"

	"github.com/shopspring/decimal"
)

// tally is what is known of rows as they stand, or will stand, in a sheet: a digest, and what the verification of a
// written range compares with.
type tally struct {
	sum         hash.Hash
	buf         []byte
	rows        int
	first, last []value
	sums        []decimal.Decimal // by column; of numbers only, as Sheets would add them
}

func newTally(columns int) *tally {
	return &tally{sum: sha256.New(), sums: make([]decimal.Decimal, columns)}
}

// add takes the next row, the header first. Values are kept only for the first and the last row.
func (t *tally) add(row []value, money []bool) {
	t.buf = appendRow(t.buf[:0], row)
	t.sum.Write(t.buf)
	if t.rows == 1 {
		t.first = append([]value(nil), row...)
	}
	t.last = append(t.last[:0], row...)
	if t.rows > 0 && money != nil {
		addMoney(t.sums, money, [][]value{row})
	}
	t.rows++
}

// digest identifies the rows so far.
func (t *tally) digest() string { return hex.EncodeToString(t.sum.Sum(nil)[:16]) }

func appendRow(b []byte, row []value) []byte {
	for _, v := range row {
		b = append(b, v.kind)
		b = binary.AppendUvarint(b, uint64(len(v.text)))
		b = append(b, v.text...)
	}
	return b
}

// diff counts how rows changed between two states of a range, by their contents and keys.
type diff struct {
	seed  maphash.Seed
	keys  []int
	old   map[uint64]int    // content → how many
	byKey map[uint64]uint64 // content → key, of old rows
	fresh map[uint64]int    // key → new rows whose content is not among the old
	buf   []byte
}

func newDiff(keys []int) *diff {
	return &diff{seed: maphash.MakeSeed(), keys: keys, old: map[uint64]int{}, byKey: map[uint64]uint64{}, fresh: map[uint64]int{}}
}

func (d *diff) hashes(row []value) (content, key uint64) {
	d.buf = appendRow(d.buf[:0], row)
	content = maphash.Bytes(d.seed, d.buf)
	if len(d.keys) == 0 {
		return content, content
	}
	d.buf = d.buf[:0]
	for _, k := range d.keys {
		d.buf = appendRow(d.buf, row[k:k+1])
	}
	return content, maphash.Bytes(d.seed, d.buf)
}

// addOld takes a row that stands in the sheet; all old rows come before the new ones.
func (d *diff) addOld(row []value) {
	content, key := d.hashes(row)
	d.old[content]++
	d.byKey[content] = key
}

// addNew takes a row that will stand there.
func (d *diff) addNew(row []value) {
	content, key := d.hashes(row)
	if d.old[content] > 0 {
		d.old[content]--
		return
	}
	d.fresh[key]++
}

// counts tells the outcome: a row of a key that was there with other contents is changed.
func (d *diff) counts() (added, changed, removed int) {
	gone := map[uint64]int{}
	for content, n := range d.old {
		if n > 0 {
			gone[d.byKey[content]] += n
		}
	}
	for key, n := range d.fresh {
		both := min(n, gone[key])
		if len(d.keys) == 0 {
			both = 0
		}
		changed += both
		added += n - both
		gone[key] -= both
	}
	for _, n := range gone {
		removed += n
	}
	return added, changed, removed
}
