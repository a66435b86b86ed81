package intuitsim

import (
	"strconv"
	"strings"
	"time"

	"github.com/shopspring/decimal"
)

// cents is an amount of money in hundredths of the company's currency.
type cents int64

// String spells the amount with two decimals, as reports do: -12.05.
func (c cents) String() string {
	sign := ""
	if c < 0 {
		sign, c = "-", -c
	}
	frac := strconv.Itoa(int(c % 100))
	if len(frac) < 2 {
		frac = "0" + frac
	}
	return sign + strconv.FormatInt(int64(c/100), 10) + "." + frac
}

// json spells the amount as records do: 0 without decimals, anything else with two.
func (c cents) json() number {
	if c == 0 {
		return "0"
	}
	return number(c.String())
}

// rate spells the amount as unit prices do, without trailing zeros: 22.5.
func (c cents) rate() number { return trimZeros(c.String()) }

// share returns c·part/whole rounded half away from zero.
func (c cents) share(part, whole cents) cents {
	if whole == 0 {
		return 0
	}
	return roundDiv(int64(c)*int64(part), int64(whole))
}

// milli is a quantity in thousandths.
type milli int64

func (m milli) json() number {
	sign := ""
	if m < 0 {
		sign, m = "-", -m
	}
	frac := strconv.Itoa(int(m % 1000))
	return trimZeros(sign + strconv.FormatInt(int64(m/1000), 10) + "." + strings.Repeat("0", 3-len(frac)) + frac)
}

// at returns the price of the quantity at a unit price.
func (m milli) at(price cents) cents { return roundDiv(int64(m)*int64(price), 1000) }

func trimZeros(s string) number {
	return number(strings.TrimRight(strings.TrimRight(s, "0"), "."))
}

func roundDiv(a, b int64) cents {
	if b < 0 {
		a, b = -a, -b
	}
	if a < 0 {
		return cents(-((-a*2 + b) / (2 * b)))
	}
	return cents((a*2 + b) / (2 * b))
}

// parseCents reads an amount written as decimal text; more than two decimals are an error.
func parseCents(text string) (cents, error) {
	d, err := decimal.NewFromString(text)
	if err != nil {
		return 0, err
	}
	d = d.Shift(2)
	if !d.Equal(d.Truncate(0)) {
		return 0, errTooPrecise
	}
	return cents(d.IntPart()), nil
}

// day is a calendar day: the number of days since 1970-01-01, without zone.
type day int32

func dayOf(t time.Time) day {
	y, m, d := t.Date()
	return date(y, m, d)
}

func date(y int, m time.Month, d int) day {
	return day(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / 86400)
}

func parseDay(text string) (day, bool) {
	t, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return 0, false
	}
	return dayOf(t), true
}

func (d day) time() time.Time { return time.Unix(int64(d)*86400, 0).UTC() }

func (d day) String() string { return d.time().Format(time.DateOnly) }

// addMonths moves the day by whole months, staying within the target month.
func (d day) addMonths(n int) day {
	y, m, dd := d.time().Date()
	first := time.Date(y, m+time.Month(n), 1, 0, 0, 0, 0, time.UTC)
	last := first.AddDate(0, 1, -1).Day()
	return date(first.Year(), first.Month(), min(dd, last))
}

func (d day) monthStart() day {
	y, m, _ := d.time().Date()
	return date(y, m, 1)
}

// fiscalYearStart returns the first day of the fiscal year that holds d.
func (d day) fiscalYearStart(first time.Month) day {
	y, m, _ := d.time().Date()
	if m < first {
		y--
	}
	return date(y, first, 1)
}
