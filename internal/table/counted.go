package table

import "github.com/shopspring/decimal"

// Counted is a sum from which numbers can be taken out again: it is then exactly the sum of the others, with as many
// decimal places as the one that has the most. The zero value is an empty sum.
type Counted struct {
	Total decimal.Decimal `json:"total"`
	// Met says of how many numbers the total is, by their decimal places.
	Met [mostMet]int32 `json:"met"`
	// Odd says that not all numbers were counted. Then none can be taken out.
	Odd bool `json:"odd,omitempty"`
}

// Counted returns what was added so far.
func (s *Sum) Counted() Counted { return Counted{Total: s.Decimal(), Met: s.met, Odd: s.odd} }

// Numbers returns how many numbers were added.
func (c Counted) Numbers() int {
	n := 0
	for _, m := range c.Met {
		n += int(m)
	}
	return n
}

// Replace returns the sum after some numbers were taken out and others put in. It reports whether that is exact.
func (c Counted) Replace(out, in Counted) (Counted, bool) {
	if c.Odd || out.Odd || in.Odd {
		return c, false
	}
	places := 0
	for i := range c.Met {
		if c.Met[i] += in.Met[i] - out.Met[i]; c.Met[i] < 0 {
			return c, false
		}
		if c.Met[i] > 0 {
			places = i
		}
	}
	c.Total = c.Total.Sub(out.Total).Add(in.Total)
	if exp := int(-c.Total.Exponent()); exp > places { // no number is left that has so many places
		c.Total = c.Total.Truncate(int32(places))
	}
	c.Total = c.Total.Add(decimal.New(0, int32(-places))) // a text may have lost zeros at the end
	return c, true
}

// placesOf returns how many decimal places a number has.
func placesOf(d decimal.Decimal) int { return max(0, int(-d.Exponent())) }

// Counted returns the control sums of the rows added so far, by column, as Totals has them.
func (s *Spool) Counted() map[string]Counted {
	sums := map[string]Counted{}
	for i, col := range s.schema.Columns {
		if !col.addsUp() {
			continue
		}
		c := s.sums[i].Counted()
		if _, twice := sums[col.ID]; twice {
			c.Odd = true
		}
		sums[col.ID] = c
	}
	return sums
}
