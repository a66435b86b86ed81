package googlesim

import (
	"cmp"
	"math"
	"strconv"
	"strings"
)

// value is what a cell shows: a blank, number, text, bool or error.
type value struct {
	kind cellKind
	num  float64
	str  string
}

func numberValue(f float64) value {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return errorValue("#NUM!")
	}
	return value{kind: kindNumber, num: f}
}

func textValue(s string) value  { return value{kind: kindText, str: s} }
func errorValue(s string) value { return value{kind: kindError, str: s} }

func boolValue(b bool) value {
	if b {
		return value{kind: kindBool, num: 1}
	}
	return value{kind: kindBool}
}

// value computes what a cell shows. Results are kept until the next change of the spreadsheet.
func (st *state) value(s *sheet, r, c int) value {
	stored := s.at(r, c)
	if stored == nil {
		return value{}
	}
	f := stored.formula()
	if f == nil {
		return value{kind: stored.kind, num: stored.num, str: stored.str}
	}
	where := address{s.id, r, c}
	if v, ok := st.calc[where]; ok {
		return v
	}
	if st.calc == nil {
		st.calc = map[address]value{}
	}
	// A cell that is met again while it is computed depends on itself.
	st.calc[where] = errorValue("#REF!")
	e := evaluator{st: st, home: s.id}
	v := errorValue("#ERROR!")
	if f.tree != nil {
		v = e.scalar(f.tree)
	}
	if v.kind == kindBlank {
		v = numberValue(0)
	}
	st.calc[where] = v
	return v
}

type evaluator struct {
	st   *state
	home int64
}

// operand is a computed value or, if cells is true, an area to be read.
type operand struct {
	value
	cells bool
	area  area
}

func (e evaluator) operand(n *node) operand {
	switch n.op {
	case "number":
		return operand{value: numberValue(n.num)}
	case "string":
		return operand{value: textValue(n.text)}
	case "bool":
		return operand{value: boolValue(n.num != 0)}
	case "error":
		return operand{value: errorValue(n.text)}
	case "missing":
		return operand{}
	case "ref":
		a, ok := n.ref.area(e.st, e.home)
		if !ok {
			return operand{value: errorValue("#REF!")}
		}
		return e.area(a)
	case "name":
		named := e.st.namedRange(n.text)
		if named == nil {
			return operand{value: errorValue("#NAME?")}
		}
		if named.lost {
			return operand{value: errorValue("#REF!")}
		}
		return e.area(named.area)
	case "call":
		return operand{value: e.call(n)}
	case "unary-":
		f, fault := number(e.scalar(n.args[0]))
		if fault != nil {
			return operand{value: *fault}
		}
		return operand{value: numberValue(-f)}
	case "%":
		f, fault := number(e.scalar(n.args[0]))
		if fault != nil {
			return operand{value: *fault}
		}
		return operand{value: numberValue(f / 100)}
	}
	return operand{value: e.binary(n)}
}

func (e evaluator) area(a area) operand {
	s := e.st.sheet(a.sheet)
	if s == nil {
		return operand{value: errorValue("#REF!")}
	}
	return operand{cells: true, area: s.clamp(a)}
}

// scalar computes one value; an area of several cells gives its first, as an array formula would.
func (e evaluator) scalar(n *node) value {
	o := e.operand(n)
	if !o.cells {
		return o.value
	}
	if o.area.empty() {
		return value{}
	}
	return e.st.value(e.st.sheet(o.area.sheet), o.area.r1, o.area.c1)
}

func (e evaluator) binary(n *node) value {
	left, right := e.scalar(n.args[0]), e.scalar(n.args[1])
	if left.kind == kindError {
		return left
	}
	if right.kind == kindError {
		return right
	}
	switch n.op {
	case "&":
		return textValue(display(left) + display(right))
	case "=":
		return boolValue(compare(left, right) == 0)
	case "<>":
		return boolValue(compare(left, right) != 0)
	case "<":
		return boolValue(compare(left, right) < 0)
	case ">":
		return boolValue(compare(left, right) > 0)
	case "<=":
		return boolValue(compare(left, right) <= 0)
	case ">=":
		return boolValue(compare(left, right) >= 0)
	}
	a, fault := number(left)
	if fault != nil {
		return *fault
	}
	b, fault := number(right)
	if fault != nil {
		return *fault
	}
	switch n.op {
	case "+":
		return numberValue(a + b)
	case "-":
		return numberValue(a - b)
	case "*":
		return numberValue(a * b)
	case "/":
		if b == 0 {
			return errorValue("#DIV/0!")
		}
		return numberValue(a / b)
	case "^":
		return numberValue(math.Pow(a, b))
	}
	return errorValue("#ERROR!")
}

// number reads a value as arithmetic does: blank is 0, text must look like a number.
func number(v value) (float64, *value) {
	switch v.kind {
	case kindError:
		return 0, &v
	case kindText:
		if typed := typedValue(v.str); typed.kind == kindNumber {
			return typed.num, nil
		}
		fault := errorValue("#VALUE!")
		return 0, &fault
	}
	return v.num, nil
}

// compare orders values as Sheets does: numbers before text before bools; text ignores case.
func compare(a, b value) int {
	rank := func(v, other value) (int, value) {
		switch v.kind {
		case kindBlank:
			if other.kind == kindText {
				return 2, textValue("")
			}
			if other.kind == kindBool {
				return 3, boolValue(false)
			}
			return 1, numberValue(0)
		case kindText:
			return 2, v
		case kindBool:
			return 3, v
		}
		return 1, v
	}
	ra, av := rank(a, b)
	rb, bv := rank(b, a)
	if ra != rb {
		return cmp.Compare(ra, rb)
	}
	if ra == 2 {
		return cmp.Compare(strings.ToLower(av.str), strings.ToLower(bv.str))
	}
	return cmp.Compare(av.num, bv.num)
}

// display is a value as text without any number format.
func display(v value) string {
	switch v.kind {
	case kindNumber:
		return generalNumber(v.num)
	case kindText, kindError:
		return v.str
	case kindBool:
		return strings.ToUpper(strconv.FormatBool(v.num != 0))
	}
	return ""
}
