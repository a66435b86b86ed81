package pipeline

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"ledgersheet/internal/change"
	"ledgersheet/internal/export"
	"ledgersheet/internal/table"
)

// tab is what is known about the tab of one part of a split exporter.
type tab struct {
	export.Part
	Sheet   string         `json:"sheet"` // its title when last seen
	Tab     *int64         `json:"tab,omitempty"`
	First   export.ID      `json:"first"`   // the run that began it
	Rows    int            `json:"rows"`    // that the last write left
	Columns []table.Column `json:"columns"` // likewise
	Last    *lastWrite     `json:"last,omitempty"`
}

// lastWrite is what the last run that changed a tab did to it, over all its attempts.
type lastWrite struct {
	Run  export.ID  `json:"run"`
	Set  change.Set `json:"set"`            // without items
	Lost bool       `json:"lost,omitempty"` // what stood before is not kept
}

// tabs are those of a split exporter. They stay known when their rows are gone, and when the exporter is split
// otherwise.
type tabs struct {
	// Place is the exporter's target for which they are known.
	Place export.Target `json:"place"`
	List  []tab         `json:"tabs"`
	// Stopped owns the tab whose write failed last: what a person allows a run to do is about that one. Empty if none
	// failed.
	Stopped export.ID `json:"stopped,omitempty"`

	expected int // how many are written now
}

// tabsKey returns the key under which they are stored. No company's id looks like it.
func tabsKey(id export.ID) string { return export.MarkPrefix(id) + "tabs" }

// readTabs finds out which tabs the exporter has. Those in another spreadsheet do not count; those that are to stand
// elsewhere in this one are known by their rows alone.
func (j *job) readTabs(ctx context.Context) error {
	j.tabs = &tabs{}
	data, err := j.o.Store.Mark(ctx, tabsKey(j.exporter.ID))
	if err != nil && !errors.Is(err, export.ErrNotFound) {
		return fmt.Errorf("reading which tabs the exporter has: %w", err)
	}
	if len(data) > 0 {
		if err := json.Unmarshal(data, j.tabs); err != nil {
			return fmt.Errorf("reading which tabs the exporter has: %w", err)
		}
	}
	was, now := j.tabs.Place, j.exporter.Target
	if was.Spreadsheet != now.Spreadsheet {
		j.tabs = &tabs{}
	}
	renamed := !strings.EqualFold(was.Sheet, now.Sheet)
	for i := range j.tabs.List {
		t := &j.tabs.List[i]
		if renamed {
			t.Sheet = ""
		}
		if renamed || was.Start != now.Start {
			t.Tab = nil
		}
	}
	return nil
}

// putTabs stores them.
func (j *job) putTabs(ctx context.Context) error {
	j.tabs.Place = j.exporter.Target
	data, err := json.Marshal(j.tabs)
	if err != nil {
		return fmt.Errorf("encoding which tabs the exporter has: %w", err)
	}
	return j.putMark(ctx, tabsKey(j.exporter.ID), data)
}

// find returns what is known about a part's tab; with a title, if it has none yet.
func (ts *tabs) find(p export.Part, sheet string) tab {
	found := tab{Part: p}
	var taken []string
	for _, t := range ts.List {
		if t.Split == p.Split && t.Of == p.Of {
			found = t
			found.Name = p.Name
			continue
		}
		taken = append(taken, t.Sheet)
	}
	if found.Sheet == "" || found.First == "" {
		found.Sheet = p.Title(sheet, taken)
	}
	ts.keep(found)
	return found
}

// keep takes in what is now known about a tab.
func (ts *tabs) keep(t tab) {
	i := slices.IndexFunc(ts.List, func(o tab) bool { return o.Split == t.Split && o.Of == t.Of })
	if i < 0 {
		ts.List = append(ts.List, t)
	} else {
		ts.List[i] = t
	}
}

// begun returns the tabs of a split that some run has written.
func (ts *tabs) begun(s export.Split) []tab {
	var list []tab
	for _, t := range ts.List {
		if t.Split == s && t.First != "" {
			list = append(list, t)
		}
	}
	return list
}

// owner returns the id by which the destination knows the rows that are written now.
func (j *job) owner() export.ID {
	if j.tab == nil {
		return j.exporter.ID
	}
	return j.tab.Owner(j.exporter.ID)
}

// target returns where the rows go that are written now.
func (j *job) target() export.Target {
	t := j.exporter.Target
	if j.tab != nil {
		t.Sheet, t.Tab = j.tab.Sheet, j.tab.Tab
	}
	return t
}

// targetOf returns the exporter's target, given what is now known about that of the rows that are written.
func (j *job) targetOf(t export.Target) export.Target {
	if j.tab != nil {
		t.Sheet, t.Tab = j.exporter.Target.Sheet, j.exporter.Target.Tab
	}
	return t
}

// realms returns the companies whose rows are written now.
func (j *job) realms() []export.RealmID {
	if j.tab != nil && j.tab.Split == export.SplitCompany {
		return []export.RealmID{export.RealmID(j.tab.Of)}
	}
	return j.exporter.Companies
}

// allowed returns what people allow the write that is made now to do.
func (j *job) allowed() []export.Repair {
	if j.tab == nil || j.tabs.Stopped == j.owner() {
		return j.repairs
	}
	if slices.Contains(j.repairs, export.RepairRemoveDouble) { // it is about the spreadsheet
		return []export.Repair{export.RepairRemoveDouble}
	}
	return nil
}
