package web

import (
	"fmt"
	"html/template"
	"text/template/parse"
)

// prune returns a copy of a set of templates that holds those with the names, and what they include. Each page has a
// set of its own, and most of what pages share is of no use to any one of them.
func prune(from *template.Template, funcs template.FuncMap, names ...string) (*template.Template, error) {
	to := template.New("").Funcs(funcs).Option(missing)
	var add func(name string) error
	add = func(name string) error {
		t := from.Lookup(name)
		if t == nil || t.Tree == nil || to.Lookup(name) != nil {
			return nil // executing or escaping it says so
		}
		if _, err := to.AddParseTree(name, t.Tree); err != nil {
			return fmt.Errorf("adding template %s: %w", name, err)
		}
		for included := range includes(t.Tree.Root) {
			if err := add(included); err != nil {
				return err
			}
		}
		return nil
	}
	for _, name := range names {
		if err := add(name); err != nil {
			return nil, err
		}
	}
	return to, nil
}

// includes returns the names of the templates that a node includes.
func includes(n parse.Node) map[string]bool {
	names := map[string]bool{}
	var walk func(n parse.Node)
	list := func(l *parse.ListNode) {
		if l != nil {
			walk(l)
		}
	}
	walk = func(n parse.Node) {
		switch n := n.(type) {
		case *parse.TemplateNode:
			names[n.Name] = true
		case *parse.ListNode:
			for _, child := range n.Nodes {
				walk(child)
			}
		case *parse.IfNode:
			list(n.List)
			list(n.ElseList)
		case *parse.RangeNode:
			list(n.List)
			list(n.ElseList)
		case *parse.WithNode:
			list(n.List)
			list(n.ElseList)
		}
	}
	walk(n)
	return names
}
