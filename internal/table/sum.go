package table

import (
	"math"

	"github.com/shopspring/decimal"
)

// Sum adds up decimals exactly. It counts in whole units of the smallest decimal place that it has met, which is far
// cheaper than adding decimals, and adds decimals only where that would not be exact. The zero value is an empty sum.
type Sum struct {
	units  int64
	places int             // how many decimal places a unit has
	rest   decimal.Decimal // what does not fit into units
	met    [mostMet]int32  // by decimal places: how many numbers were added
	odd    bool            // a number with more places was added, or another sum
}

// mostMet is up to how many decimal places a sum counts numbers by.
const mostMet = 8

// meet counts a number.
func (s *Sum) meet(places int) {
	if places >= mostMet {
		s.odd = true
		return
	}
	s.met[places]++
}

// Add adds a Number or Money cell, and ignores any other.
func (s *Sum) Add(c Cell) {
	if !c.set || (c.kind != Number && c.kind != Money) {
		return
	}
	if c.text != "" {
		s.AddText(c.text)
		return
	}
	s.rest = s.rest.Add(c.dec)
	s.meet(placesOf(c.dec))
}

// AddText adds the number that ParseDecimal finds in a text, and ignores what is none.
func (s *Sum) AddText(text string) {
	if units, places, ok := parseUnits(text); ok && s.addUnits(units, places) {
		s.meet(places)
		return
	}
	if d, err := ParseDecimal(text); err == nil {
		s.rest = s.rest.Add(d)
		s.meet(placesOf(d))
	}
}

// AddSum adds another sum.
func (s *Sum) AddSum(o Sum) {
	s.odd = true
	if !s.addUnits(o.units, o.places) {
		s.rest = s.rest.Add(decimal.New(o.units, int32(-o.places)))
	}
	s.rest = s.rest.Add(o.rest)
}

// Decimal returns the sum. It has as many decimal places as the decimal that had the most.
func (s *Sum) Decimal() decimal.Decimal { return s.rest.Add(decimal.New(s.units, int32(-s.places))) }

func (s *Sum) addUnits(units int64, places int) bool {
	if s.places < places {
		own, ok := scaleUp(s.units, places-s.places)
		if !ok {
			return false
		}
		s.units, s.places = own, places
	}
	units, ok := scaleUp(units, s.places-places)
	if !ok || (units > 0 && s.units > math.MaxInt64-units) || (units < 0 && s.units < math.MinInt64-units) {
		return false
	}
	s.units += units
	return true
}

// scaleUp multiplies by a power of ten.
func scaleUp(units int64, power int) (int64, bool) {
	for range power {
		if units > math.MaxInt64/10 || units < math.MinInt64/10 {
			return 0, false
		}
		units *= 10
	}
	return units, true
}

// mostUnits is how many digits parseUnits reads; so many fit into an int64.
const mostUnits = 18

// parseUnits reads a decimal such as -12.50 as -1250 with two places. It returns false for what is longer, spelt
// otherwise, or no number.
func parseUnits(text string) (units int64, places int, ok bool) {
	digits := text
	if digits != "" && digits[0] == '-' {
		digits = digits[1:]
	}
	if len(digits) == 0 || len(digits) > mostUnits+1 {
		return 0, 0, false
	}
	point, n := -1, 0
	for i := range len(digits) {
		switch c := digits[i]; {
		case c >= '0' && c <= '9':
			units, n = units*10+int64(c-'0'), n+1
		case c == '.' && point < 0 && i > 0 && i < len(digits)-1:
			point = i
		default:
			return 0, 0, false
		}
	}
	if n > mostUnits {
		return 0, 0, false
	}
	if point >= 0 {
		places = len(digits) - 1 - point
	}
	if len(digits) < len(text) {
		units = -units
	}
	return units, places, true
}
