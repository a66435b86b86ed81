package statement

import (
	"fmt"
	"slices"
	"strings"
)

// pair holds what two lists have under one key. A side that is missing is nil.
type pair[T any] struct{ a, b *T }

// merge pairs the items of two lists by key and keeps the order of both. An item that only b has comes after the common
// item that it follows in b. Between two common items, items of only a and of only b are sorted together if each
// list's are sorted.
func merge[T any](a, b []T, key func(T) string, less func(x, y T) bool) []pair[T] {
	keysA, keysB := makeKeys(a, key), makeKeys(b, key)
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
	alone := map[string][]pair[T]{} // items of only b, by the common key before them
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
		out = append(out, mergeGap(gap, alone[before], less)...)
		out = append(out, pair[T]{a: &a[i], b: &b[at[k]]})
		gap, before = nil, k
	}
	return append(out, mergeGap(gap, alone[before], less)...)
}

// mergeGap merges the items between two common ones: those of only a and those of only b.
func mergeGap[T any](a, b []pair[T], less func(x, y T) bool) []pair[T] {
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

// makeKeys returns a distinct key for each item. Repeated keys are numbered, in the same way for every list.
func makeKeys[T any](list []T, key func(T) string) []string {
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

// key identifies a node among its siblings in every answer of the same report. It is the id of the account or customer,
// for results the group, and otherwise group and label.
func (n *node) key() string {
	switch {
	case n.id != "":
		return "id " + n.id
	case n.computed() && n.group != "":
		return "result " + n.group
	}
	return "group " + n.group + " label " + fold(n.name())
}

// name returns the node's label, or its total's label if it has no heading.
func (n *node) name() string {
	if n.label == "" && n.summary != nil {
		return n.summary[0].text()
	}
	return n.label
}

func fold(s string) string { return strings.ToLower(strings.TrimSpace(s)) }

func nodeLess(x, y *node) bool { return fold(x.name()) < fold(y.name()) }

func mergeNodes(a, b []*node) []pair[*node] { return merge(a, b, (*node).key, nodeLess) }
