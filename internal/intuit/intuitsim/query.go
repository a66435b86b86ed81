package intuitsim

import (
	"fmt"
	"strconv"
	"strings"
)

// statement is a parsed query of the accounting API.
type statement struct {
	count      bool
	columns    []string // nil for *
	entity     string   // as written
	where      []condition
	order      []ordering
	start, max int
}

type condition struct {
	property string
	op       string // = < > <= >= like in
	values   []literal
}

type literal struct {
	text string
	flag bool // an unquoted true or false
}

type ordering struct {
	property string
	desc     bool
}

// Paging of the query endpoint.
const (
	defaultPage = 100
	maxPage     = 1000
)

// parseQuery reads a statement in the grammar of the query endpoint; the error is the fault that answers it.
// https://developer.intuit.com/app/developer/qbo/docs/learn/explore-the-quickbooks-online-api/data-queries
func parseQuery(text string) (*statement, *apiFault) {
	if strings.TrimSpace(text) == "" {
		return nil, parseFault("QueryParserError: The query provided was empty")
	}
	tokens, fault := lex(text)
	if fault != nil {
		return nil, fault
	}
	p := &queryParser{tokens: tokens}
	q := p.statement()
	if p.fault != nil {
		return nil, p.fault
	}
	return q, nil
}

func parseFault(detail string) *apiFault { return validation("4000", "Error parsing query", detail) }

func queryFault(format string, args ...any) *apiFault {
	return validation("4001", "Invalid query", "QueryValidationError: "+fmt.Sprintf(format, args...))
}

// queryParser is a recursive-descent parser that keeps its first fault.
type queryParser struct {
	tokens []queryToken
	pos    int
	fault  *apiFault
}

func (p *queryParser) statement() *statement {
	q := &statement{start: 1, max: defaultPage}
	p.keyword("select")
	p.selection(q)
	p.keyword("from")
	q.entity = p.identifier()
	if p.accept("where") {
		q.where = append(q.where, p.condition())
		for p.fault == nil && p.accept("and") {
			q.where = append(q.where, p.condition())
		}
	}
	if p.orderBy() {
		q.order = append(q.order, p.ordering())
		for p.fault == nil && p.acceptSymbol(",") {
			q.order = append(q.order, p.ordering())
		}
	}
	p.paging(q)
	if p.fault == nil && p.peek().kind != tokenEnd {
		p.unexpected("<EOF>", "<AND> ...", `"iterator" ...`, `"maxresults" ...`, `<OR> ...`, `"order" ...`,
			`"orderby" ...`, `"startposition" ...`)
	}
	return q
}

func (p *queryParser) selection(q *statement) {
	if p.acceptSymbol("*") {
		return
	}
	first := p.peek()
	if first.is("count") && p.tokens[p.pos+1].text == "(" {
		p.pos += 2
		p.symbol("*")
		p.symbol(")")
		q.count = true
		return
	}
	q.columns = []string{p.identifier()}
	for p.fault == nil && p.acceptSymbol(",") {
		q.columns = append(q.columns, p.identifier())
	}
}

func (p *queryParser) condition() condition {
	c := condition{property: p.identifier()}
	op := p.peek()
	switch {
	case op.kind == tokenSymbol && strings.Contains(" = < > <= >= ", " "+op.text+" "):
		p.pos++
		c.op = op.text
		if next := p.peek(); next.kind == tokenNumber {
			p.pos-- // the service reports the operator before a bare number
			p.unexpected()
			return c
		}
		c.values = []literal{p.value()}
	case op.is("like"):
		p.pos++
		c.op = "like"
		c.values = []literal{p.value()}
	case op.is("in"):
		p.pos++
		c.op = "in"
		p.symbol("(")
		c.values = append(c.values, p.value())
		for p.fault == nil && p.acceptSymbol(",") {
			c.values = append(c.values, p.value())
		}
		p.symbol(")")
	default:
		p.unexpected(`"=" ...`, `"<" ...`, `">" ...`, `"in" ...`, `"like" ...`)
	}
	return c
}

func (p *queryParser) value() literal {
	t := p.peek()
	switch {
	case t.kind == tokenString:
		p.pos++
		return literal{text: t.text}
	case t.is("true"), t.is("false"):
		p.pos++
		return literal{text: strings.ToLower(t.text), flag: true}
	}
	p.unexpected("<STRING> ...", "<TRUE> ...", "<FALSE> ...")
	return literal{}
}

func (p *queryParser) orderBy() bool {
	if p.fault != nil {
		return false
	}
	if p.accept("orderby") {
		return true
	}
	if p.accept("order") {
		p.keyword("by")
		return true
	}
	return false
}

func (p *queryParser) ordering() ordering {
	o := ordering{property: p.identifier()}
	if p.accept("desc") {
		o.desc = true
	} else {
		p.accept("asc")
	}
	return o
}

// paging reads STARTPOSITION and MAXRESULTS, each at most once, in either order.
func (p *queryParser) paging(q *statement) {
	var start, size bool
	for p.fault == nil {
		switch {
		case !start && p.accept("startposition"):
			start = true
			q.start = p.integer()
			if p.fault == nil && q.start < 1 {
				p.fault = queryFault("value %d for startposition is invalid, it must be 1 or greater", q.start)
			}
		case !size && p.accept("maxresults"):
			size = true
			q.max = p.integer()
			if p.fault == nil && (q.max < 1 || q.max > maxPage) {
				p.fault = queryFault("value %d for maxresults is invalid, it must be between 1 and %d", q.max, maxPage)
			}
		default:
			return
		}
	}
}

func (p *queryParser) integer() int {
	t := p.peek()
	n, err := strconv.Atoi(t.text)
	if t.kind != tokenNumber || err != nil {
		p.unexpected("<INTEGER> ...")
		return 0
	}
	p.pos++
	return n
}

func (p *queryParser) identifier() string {
	t := p.peek()
	if t.kind != tokenWord || t.isReserved() {
		p.unexpected("<IDENTIFIER> ...")
		return ""
	}
	p.pos++
	return t.text
}

func (p *queryParser) peek() queryToken { return p.tokens[p.pos] }

func (p *queryParser) accept(keyword string) bool {
	if p.fault == nil && p.peek().is(keyword) {
		p.pos++
		return true
	}
	return false
}

func (p *queryParser) acceptSymbol(symbol string) bool {
	if t := p.peek(); p.fault == nil && t.kind == tokenSymbol && t.text == symbol {
		p.pos++
		return true
	}
	return false
}

func (p *queryParser) keyword(word string) {
	if p.fault == nil && !p.accept(word) {
		p.unexpected(`"` + word + `" ...`)
	}
}

func (p *queryParser) symbol(symbol string) {
	if p.fault == nil && !p.acceptSymbol(symbol) {
		p.unexpected(`"` + symbol + `" ...`)
	}
}

// unexpected records the fault for the current token, in the words of the service's generated parser.
func (p *queryParser) unexpected(expected ...string) {
	if p.fault != nil {
		return
	}
	t := p.peek()
	detail := fmt.Sprintf("QueryParserError: Encountered %s at line %d, column %d.", t.describe(), t.line, t.column)
	if len(expected) > 0 {
		detail += "\nWas expecting one of:\n    " + strings.Join(expected, "\n    ") + "\n    "
	}
	p.fault = parseFault(detail)
}
