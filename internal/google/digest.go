package google

import (
	"crypto/sha256"
	"encoding/hex"
	"hash"

	"github.com/shopspring/decimal"

	"ledgersheet/internal/change"
)

// tally summarises rows of a sheet: a digest, and what verify compares a written range with.
type tally struct {
	sum         hash.Hash
	buf         []byte
	rows        int
	first, last []value
	sums        []decimal.Decimal // by column; numbers only, added as Sheets would
}

func newTally(columns int) *tally {
	return &tally{sum: sha256.New(), sums: make([]decimal.Decimal, columns)}
}

// add takes the next row, starting with the header. It keeps the values of the first and the last row only.
func (t *tally) add(row []value, money []bool) {
	t.buf = change.AppendRow(t.buf[:0], row)
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

// digest returns a digest of the rows so far.
func (t *tally) digest() string { return hex.EncodeToString(t.sum.Sum(nil)[:16]) }
