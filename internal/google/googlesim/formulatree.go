package googlesim

import (
	"strconv"
	"strings"
)

// node is a part of a parsed formula.
type node struct {
	op   string // an operator, "call", "number", "string", "bool", "name", "ref", "error", "missing" or "unary-"
	text string // function or name, text of a string, the error
	num  float64
	ref  reference
	args []*node
}

// parseTree builds the tree of a formula, or returns nil if the tokens do not make one.
func parseTree(tokens []token) *node {
	p := treeParser{}
	for _, t := range tokens {
		if t.kind != tokenSpace {
			p.tokens = append(p.tokens, t)
		}
	}
	n := p.binary(0)
	if p.failed || p.pos != len(p.tokens) {
		return nil
	}
	return n
}

type treeParser struct {
	tokens []token
	pos    int
	depth  int
	failed bool
}

// maxFormulaDepth bounds nesting, so that hostile text cannot exhaust the stack.
const maxFormulaDepth = 500

// levels lists the binary operators from the weakest to the strongest.
var levels = [...][]string{{"=", "<>", "<", ">", "<=", ">="}, {"&"}, {"+", "-"}, {"*", "/"}, {"^"}}

func (p *treeParser) fail() *node {
	p.failed = true
	return &node{op: "error", text: "#ERROR!"}
}

func (p *treeParser) operator(among ...string) string {
	if p.pos >= len(p.tokens) || p.tokens[p.pos].kind != tokenOperator {
		return ""
	}
	for _, op := range among {
		if p.tokens[p.pos].text == op {
			p.pos++
			return op
		}
	}
	return ""
}

func (p *treeParser) binary(level int) *node {
	if level == len(levels) {
		return p.unary()
	}
	left := p.binary(level + 1)
	for !p.failed {
		op := p.operator(levels[level]...)
		if op == "" {
			return left
		}
		left = &node{op: op, args: []*node{left, p.binary(level + 1)}}
	}
	return left
}

func (p *treeParser) unary() *node {
	p.depth++
	defer func() { p.depth-- }()
	if p.depth > maxFormulaDepth {
		return p.fail()
	}
	switch p.operator("-", "+") {
	case "-":
		return &node{op: "unary-", args: []*node{p.unary()}}
	case "+":
		return p.unary()
	}
	n := p.primary()
	for p.operator("%") != "" {
		n = &node{op: "%", args: []*node{n}}
	}
	return n
}

func (p *treeParser) primary() *node {
	if p.pos >= len(p.tokens) {
		return p.fail()
	}
	t := p.tokens[p.pos]
	p.pos++
	switch t.kind {
	case tokenNumber:
		f, err := strconv.ParseFloat(t.text, 64)
		if err != nil {
			return p.fail()
		}
		return &node{op: "number", num: f}
	case tokenString:
		return &node{op: "string", text: strings.ReplaceAll(t.text[1:len(t.text)-1], `""`, `"`)}
	case tokenError:
		return &node{op: "error", text: t.text}
	case tokenReference:
		return &node{op: "ref", ref: t.ref}
	case tokenName:
		return p.name(t.text)
	case tokenOperator:
		if t.text == "(" {
			n := p.binary(0)
			if p.operator(")") == "" {
				return p.fail()
			}
			return n
		}
	}
	return p.fail()
}

func (p *treeParser) name(text string) *node {
	if p.operator("(") == "" {
		switch strings.ToUpper(text) {
		case "TRUE":
			return &node{op: "bool", num: 1}
		case "FALSE":
			return &node{op: "bool"}
		}
		return &node{op: "name", text: text}
	}
	call := &node{op: "call", text: strings.ToUpper(text)}
	if p.operator(")") != "" {
		return call
	}
	for !p.failed {
		if p.pos < len(p.tokens) && p.tokens[p.pos].kind == tokenOperator &&
			strings.Contains(",;)", p.tokens[p.pos].text) {
			call.args = append(call.args, &node{op: "missing"})
		} else {
			call.args = append(call.args, p.binary(0))
		}
		if p.operator(",", ";") != "" {
			continue
		}
		if p.operator(")") != "" {
			return call
		}
		return p.fail()
	}
	return call
}
