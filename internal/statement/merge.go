package statement

import (
	"fmt"
	"slices"
	"strings"
)

// pair is what two lists have under one key; one side may be missing, as nil.
type pair[T any] struct{ a, b *T }

// merge pairs the items of two lists that have the same key and keeps the order of both: what only b has comes after
// what it follows there. Between two common items, what only a and only b have is put in order if both are in order.
func merge[T any](a, b []T, key func(T) string, less func(x, y T) bool) []pair[T] {
	keysA, keysB := distinct(a, key), distinct(b, key)
	at := map[string]int{}
	for i, k := range keysB {
		at[k] = i
	}
	common := map[string]bool{}
	for _, k := range keysA {
		if _, ok := at[k]; ok {
			common[k] = true
		}
	}
	alone := map[string][]pair[T]{} // what only b has, by the common key before it
	before := ""
	for i, k := range keysB {
		if common[k] {
			before = k
			continue
		}
		alone[before] = append(alone[before], pair[T]{b: &b[i]})
	}
	var out, gap []pair[T]
	before = ""
	for i, k := range keysA {
		if !common[k] {
			gap = append(gap, pair[T]{a: &a[i]})
			continue
		}
		out = append(out, between(gap, alone[before], less)...)
		out = append(out, pair[T]{a: &a[i], b: &b[at[k]]})
		gap, before = nil, k
	}
	return append(out, between(gap, alone[before], less)...)
}

func between[T any](a, b []pair[T], less func(x, y T) bool) []pair[T] {
	out := slices.Concat(a, b)
	if len(a) == 0 || len(b) == 0 {
		return out
	}
	compare := func(x, y pair[T]) int {
		switch {
		case less(*x.item(), *y.item()):
			return -1
		case less(*y.item(), *x.item()):
			return 1
		}
		return 0
	}
	if slices.IsSortedFunc(a, compare) && slices.IsSortedFunc(b, compare) {
		slices.SortStableFunc(out, compare)
	}
	return out
}

func (p pair[T]) item() *T {
	if p.a != nil {
		return p.a
	}
	return p.b
}

// distinct are the keys of a list; further items of one key get keys of their own, the same in every list.
func distinct[T any](list []T, key func(T) string) []string {
	keys := make([]string, len(list))
	seen := map[string]int{}
	for i, item := range list {
		k := "=" + key(item)
		seen[k]++
		if n := seen[k]; n > 1 {
			k = fmt.Sprintf("%d%s", n, k)
		}
		keys[i] = k
	}
	return keys
}

// key tells a node from those beside it, in every answer of the same report: the id of the account or customer, for
// results the group, else group and label.
func (n *node) key() string {
	switch {
	case n.id != "":
		return "id " + n.id
	case n.computed() && n.group != "":
		return "result " + n.group
	}
	return "group " + n.group + " label " + fold(n.name())
}

// name is what the node is called, with or without a heading.
func (n *node) name() string {
	if n.label == "" && n.summary != nil {
		return n.summary[0].text()
	}
	return n.label
}

func fold(s string) string { return strings.ToLower(strings.TrimSpace(s)) }

func nodeLess(x, y *node) bool { return fold(x.name()) < fold(y.name()) }

func mergeNodes(a, b []*node) []pair[*node] { return merge(a, b, (*node).key, nodeLess) }
