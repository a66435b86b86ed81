package cli

import (
	"errors"
	"fmt"
	"maps"
	"strings"
)

// reference is an exporter after which another one of a file runs: one that there is, or one that the file makes.
type reference struct {
	id    string
	entry int // of the file, if id is empty
	name  string
}

// chains finds what the entries of a file run after. There, exporters are known by their ids or by their names; ids may
// be those of another installation, if the file has the entry, too.
type chains struct {
	wanted, have []entry
	steps        []step // what there is of each entry already
}

// resolve returns an entry with the ids that its chain has here, as far as they are known. after is the whole chain if
// some are not: their exporters are still to be made.
func (c chains) resolve(e entry) (resolved entry, after []reference, err error) {
	list, _ := e["after"].([]any)
	if len(list) == 0 {
		return e, nil, nil
	}
	known, pending := []any{}, false
	for _, v := range list {
		text, _ := v.(string)
		ref, err := c.find(text)
		if err != nil {
			return nil, nil, err
		}
		after = append(after, ref)
		if ref.id == "" {
			pending = true
		} else {
			known = append(known, ref.id)
		}
	}
	resolved = maps.Clone(e)
	if resolved["after"] = known; !pending {
		after = nil
	}
	return resolved, after, nil
}

// find returns the exporter with an id or else a name. What stands in the file precedes what is there.
func (c chains) find(text string) (ref reference, err error) {
	for _, key := range []string{"id", "name"} {
		var found []reference
		for i, e := range c.wanted {
			if e.text(key) == text {
				found = append(found, c.entryOf(i))
			}
		}
		inFile := len(found) > 0
		for _, h := range c.have {
			if !inFile && h.text(key) == text {
				found = append(found, reference{id: h.text("id"), name: h.text("name")})
			}
		}
		switch len(found) {
		case 0:
		case 1:
			return found[0], nil
		default:
			return ref, fmt.Errorf("after has %q, which several exporters are called; give an id", text)
		}
	}
	return ref, fmt.Errorf("after has %q, which is no exporter, neither here nor in the file", text)
}

func (c chains) entryOf(i int) reference {
	ref := reference{entry: i, name: c.wanted[i].text("name")}
	if old := c.steps[i].old; old != nil {
		ref.id = old.text("id")
	}
	return ref
}

// idsOf returns the ids of a chain, given those of the exporters that were made.
func idsOf(after []reference, made []string) []any {
	ids := make([]any, len(after))
	for i, ref := range after {
		if ids[i] = ref.id; ref.id == "" {
			ids[i] = made[ref.entry]
		}
	}
	return ids
}

// orderSteps returns the order of steps in which each exporter is made before those that run after it; otherwise it is
// the file's. It returns an error if there is none.
func orderSteps(steps []step) (order []int, err error) {
	const (
		begun = 1 + iota
		done
	)
	state := make([]int, len(steps))
	var visit func(i int) error
	visit = func(i int) error {
		switch state[i] {
		case begun:
			return errors.New("the file would let " + steps[i].fresh.text("name") +
				" run after itself; nothing was changed")
		case done:
			return nil
		}
		state[i] = begun
		for _, ref := range steps[i].after {
			if ref.id == "" {
				if err := visit(ref.entry); err != nil {
					return err
				}
			}
		}
		state[i] = done
		order = append(order, i)
		return nil
	}
	for i := range steps {
		if err := visit(i); err != nil {
			return nil, err
		}
	}
	return order, nil
}

// tellChain says how a chain that is not wholly there yet changes.
func tellChain(old entry, after []reference) string {
	names := make([]string, len(after))
	for i, ref := range after {
		names[i] = ref.name
	}
	return fmt.Sprintf("after: %s → %s", shortJSON(old["after"]), strings.Join(names, ", "))
}
