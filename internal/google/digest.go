package google

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"hash"

	"ledgersheet/internal/change"
	"ledgersheet/internal/table"
)

// tally summarises rows of a sheet: a digest, and what verify compares a written range with.
type tally struct {
	sum         hash.Hash
	rows        int // without the header
	first, last []value
	sums        []table.Sum // by column; numbers only, added as Sheets would
	buf         []byte
}

func newTally(columns int) *tally {
	return &tally{sum: sha256.New(), sums: make([]table.Sum, columns)}
}

// head takes the header.
func (t *tally) head(row []value) { t.sum.Write(change.AppendRow(nil, row)) }

// add takes the next row below the header. It keeps the values of the first and the last row only.
func (t *tally) add(row []value, money []bool) {
	t.addDigest(change.Digest(row))
	if t.rows == 1 {
		t.first = append([]value(nil), row...)
	}
	t.last = append(t.last[:0], row...)
	if money != nil {
		addMoney(t.sums, money, row)
	}
}

// addDigest takes the next row, of which only the digest is known.
func (t *tally) addDigest(d uint64) {
	t.buf = binary.BigEndian.AppendUint64(t.buf[:0], d)
	t.sum.Write(t.buf)
	t.rows++
}

// digest returns a digest of the rows so far.
func (t *tally) digest() string { return hex.EncodeToString(t.sum.Sum(nil)[:16]) }
