package googlesim

import (
	"math"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"
)

// call computes a function. Names the simulator does not know give #NAME?, as an unknown function
// does in Sheets.
func (e evaluator) call(n *node) value {
	switch n.text {
	case "SUM", "COUNT", "COUNTA", "AVERAGE", "MIN", "MAX", "COUNTBLANK":
		return e.aggregate(n)
	case "AND", "OR":
		return e.logic(n)
	case "IF":
		return e.choose(n)
	case "IFERROR":
		if len(n.args) == 0 {
			return errorValue("#N/A")
		}
		if v := e.scalar(n.args[0]); v.kind != kindError {
			return v
		}
		return e.argument(n, 1)
	case "COUNTIF", "SUMIF":
		return e.conditional(n)
	case "VLOOKUP":
		return e.lookup(n)
	case "CONCATENATE":
		var b strings.Builder
		for i := range n.args {
			v := e.argument(n, i)
			if v.kind == kindError {
				return v
			}
			b.WriteString(display(v))
		}
		return textValue(b.String())
	case "ROWS", "COLUMNS":
		if len(n.args) != 1 {
			return errorValue("#N/A")
		}
		o := e.operand(n.args[0])
		switch {
		case !o.cells && o.kind == kindError:
			return o.value
		case !o.cells:
			return numberValue(1)
		case n.text == "ROWS":
			return numberValue(float64(o.area.r2 - o.area.r1))
		}
		return numberValue(float64(o.area.c2 - o.area.c1))
	case "NA":
		return errorValue("#N/A")
	case "PI":
		return numberValue(math.Pi)
	}
	return e.simple(n)
}

// simple computes the functions of one value.
func (e evaluator) simple(n *node) value {
	v := e.argument(n, 0)
	switch n.text {
	case "ISBLANK":
		return boolValue(v.kind == kindBlank)
	case "ISERROR":
		return boolValue(v.kind == kindError)
	case "ISNUMBER":
		return boolValue(v.kind == kindNumber)
	case "ISTEXT":
		return boolValue(v.kind == kindText)
	}
	if v.kind == kindError && len(n.args) > 0 {
		return v
	}
	switch n.text {
	case "LEN":
		return numberValue(float64(utf8.RuneCountInString(display(v))))
	case "UPPER":
		return textValue(strings.ToUpper(display(v)))
	case "LOWER":
		return textValue(strings.ToLower(display(v)))
	case "TRIM":
		return textValue(strings.Join(strings.Fields(display(v)), " "))
	case "ABS", "INT", "ROUND", "NOT", "YEAR", "MONTH", "DAY", "SQRT":
	default:
		return errorValue("#NAME?")
	}
	f, fault := number(v)
	if fault != nil {
		return *fault
	}
	switch n.text {
	case "ABS":
		return numberValue(math.Abs(f))
	case "INT":
		return numberValue(math.Floor(f))
	case "NOT":
		return boolValue(f == 0)
	case "YEAR":
		return numberValue(float64(serialTime(f).Year()))
	case "MONTH":
		return numberValue(float64(serialTime(f).Month()))
	case "DAY":
		return numberValue(float64(serialTime(f).Day()))
	case "SQRT":
		return numberValue(math.Sqrt(f))
	}
	places, fault := number(e.argument(n, 1))
	if fault != nil {
		return *fault
	}
	scale := math.Pow(10, math.Trunc(places))
	return numberValue(math.Copysign(math.Floor(math.Abs(f)*scale+0.5)/scale, f))
}

func (e evaluator) argument(n *node, i int) value {
	if i >= len(n.args) {
		return value{}
	}
	return e.scalar(n.args[i])
}

// aggregate folds all arguments. Inside areas only numbers count, direct arguments are converted.
func (e evaluator) aggregate(n *node) value {
	var sum float64
	var count, filled, blanks int
	low, high := math.Inf(1), math.Inf(-1)
	var fault *value
	take := func(f float64) {
		sum += f
		count++
		low, high = min(low, f), max(high, f)
	}
	for _, arg := range n.args {
		o := e.operand(arg)
		if !o.cells {
			if o.kind == kindError && n.text != "COUNT" && n.text != "COUNTA" {
				return o.value
			}
			filled++
			f, bad := number(o.value)
			if bad != nil && n.text == "SUM" {
				return *bad
			}
			if bad == nil {
				take(f)
			}
			continue
		}
		s := e.st.sheet(o.area.sheet)
		blanks += (o.area.r2 - o.area.r1) * (o.area.c2 - o.area.c1)
		s.each(o.area, func(r, c int, stored *cell) bool {
			if stored.kind == kindBlank {
				return true
			}
			v := e.st.value(s, r, c)
			filled++
			blanks--
			switch {
			case v.kind == kindError && !strings.HasPrefix(n.text, "COUNT"):
				fault = &v
				return false
			case v.kind == kindNumber:
				take(v.num)
			}
			return true
		})
		if fault != nil {
			return *fault
		}
	}
	switch n.text {
	case "COUNT":
		return numberValue(float64(count))
	case "COUNTA":
		return numberValue(float64(filled))
	case "COUNTBLANK":
		return numberValue(float64(blanks))
	case "AVERAGE":
		if count == 0 {
			return errorValue("#DIV/0!")
		}
		return numberValue(sum / float64(count))
	case "MIN", "MAX":
		if count == 0 {
			return numberValue(0)
		}
		if n.text == "MIN" {
			return numberValue(low)
		}
		return numberValue(high)
	}
	return numberValue(sum)
}

func (e evaluator) logic(n *node) value {
	result := n.text == "AND"
	for i := range n.args {
		f, fault := number(e.argument(n, i))
		if fault != nil {
			return *fault
		}
		if n.text == "AND" {
			result = result && f != 0
		} else {
			result = result || f != 0
		}
	}
	return boolValue(result)
}

func (e evaluator) choose(n *node) value {
	if len(n.args) < 2 {
		return errorValue("#N/A")
	}
	f, fault := number(e.scalar(n.args[0]))
	if fault != nil {
		return *fault
	}
	if f != 0 {
		return e.scalar(n.args[1])
	}
	if len(n.args) < 3 {
		return boolValue(false)
	}
	return e.scalar(n.args[2])
}

// conditional computes COUNTIF and SUMIF.
func (e evaluator) conditional(n *node) value {
	if len(n.args) < 2 {
		return errorValue("#N/A")
	}
	o := e.operand(n.args[0])
	if !o.cells {
		return errorValue("#N/A")
	}
	matches := criterion(e.scalar(n.args[1]))
	from := o.area
	if n.text == "SUMIF" && len(n.args) > 2 {
		target := e.operand(n.args[2])
		if !target.cells {
			return errorValue("#N/A")
		}
		from = target.area
	}
	s, source := e.st.sheet(o.area.sheet), e.st.sheet(from.sheet)
	var count int
	var sum float64
	for r := o.area.r1; r < o.area.r2; r++ {
		for c := o.area.c1; c < o.area.c2; c++ {
			if !matches(e.st.value(s, r, c)) {
				continue
			}
			count++
			if v := e.st.value(source, from.r1+r-o.area.r1, from.c1+c-o.area.c1); v.kind == kindNumber {
				sum += v.num
			}
		}
	}
	if n.text == "COUNTIF" {
		return numberValue(float64(count))
	}
	return numberValue(sum)
}

var criterionPattern = regexp.MustCompile(`^(<=|>=|<>|<|>|=)(.*)$`)

// criterion reads ">5", "<>x", "ab*" and plain values.
func criterion(v value) func(value) bool {
	op, want := "=", v
	if v.kind == kindText {
		if m := criterionPattern.FindStringSubmatch(v.str); m != nil {
			op, want = m[1], textValue(m[2])
		}
		if typed := typedValue(want.str); typed.kind == kindNumber || typed.kind == kindBool {
			want = value{kind: typed.kind, num: typed.num}
		}
	}
	if want.kind == kindText && strings.ContainsAny(want.str, "*?") && (op == "=" || op == "<>") {
		pattern := strings.NewReplacer(`\*`, ".*", `\?`, ".").Replace(regexp.QuoteMeta(want.str))
		if re, err := regexp.Compile("(?is)^" + pattern + "$"); err == nil {
			return func(v value) bool { return (v.kind == kindText && re.MatchString(v.str)) == (op == "=") }
		}
	}
	return func(v value) bool {
		if v.kind != want.kind {
			return op == "<>"
		}
		d := compare(v, want)
		switch op {
		case "<":
			return d < 0
		case ">":
			return d > 0
		case "<=":
			return d <= 0
		case ">=":
			return d >= 0
		case "<>":
			return d != 0
		}
		return d == 0
	}
}

// lookup computes VLOOKUP. A sorted lookup takes the last row not above the key; otherwise the match is exact.
func (e evaluator) lookup(n *node) value {
	if len(n.args) < 3 {
		return errorValue("#N/A")
	}
	key, table := e.scalar(n.args[0]), e.operand(n.args[1])
	column, fault := number(e.scalar(n.args[2]))
	switch {
	case fault != nil:
		return *fault
	case key.kind == kindError:
		return key
	case !table.cells:
		return errorValue("#REF!")
	case column < 1 || int(column) > table.area.c2-table.area.c1:
		return errorValue("#VALUE!")
	}
	approximate := true
	if len(n.args) > 3 {
		f, fault := number(e.scalar(n.args[3]))
		if fault != nil {
			return *fault
		}
		approximate = f != 0
	}
	s, found := e.st.sheet(table.area.sheet), -1
	for r := table.area.r1; r < min(table.area.r2, len(s.rows)); r++ {
		v := e.st.value(s, r, table.area.c1)
		if v.kind != key.kind {
			continue
		}
		d := compare(v, key)
		if d == 0 && !approximate {
			found = r
			break
		}
		if approximate && d <= 0 {
			found = r
		}
	}
	if found < 0 {
		return errorValue("#N/A")
	}
	return e.st.value(s, found, table.area.c1+int(column)-1)
}

// generalNumber writes a number as the automatic format does: up to 15 significant digits.
func generalNumber(f float64) string {
	if f == 0 {
		return "0"
	}
	if a := math.Abs(f); a >= 1e15 || a < 1e-9 {
		text := strconv.FormatFloat(f, 'E', -1, 64)
		mantissa, exponent, _ := strings.Cut(text, "E")
		if i, err := strconv.Atoi(exponent); err == nil {
			sign := "+"
			if i < 0 {
				sign, i = "-", -i
			}
			exponent = sign + twoDigits(i)
		}
		return mantissa + "E" + exponent
	}
	rounded, err := strconv.ParseFloat(strconv.FormatFloat(f, 'g', 15, 64), 64)
	if err != nil {
		rounded = f
	}
	return strconv.FormatFloat(rounded, 'f', -1, 64)
}

func twoDigits(n int) string {
	if n < 10 {
		return "0" + strconv.Itoa(n)
	}
	return strconv.Itoa(n)
}
