package google

import (
	"encoding/json"
	"slices"
	"time"
)

// knowledge is WriteResult.Known.
type knowledge struct {
	Since time.Time `json:"since"` // Google's own time, in whole seconds
	Tab   int64     `json:"tab"`
	Rect  [4]int    `json:"rect"`
	Tabs  []int64   `json:"tabs"` // all of the spreadsheet's
	// Columns, Head and Last are the marks; Columns is nil if they are not known.
	Columns    map[string]knownMark `json:"columns,omitempty"`
	Head, Last *knownMark           `json:",omitempty"`
	Links      int                  `json:"links"` // see write.linkBytes
}

// knownMark is the id of a mark, and its row or column.
type knownMark [2]int64

func (m *mark) known() *knownMark {
	if m == nil {
		return nil
	}
	return &knownMark{m.id, int64(m.at)}
}

func (k *knownMark) mark() *mark {
	if k == nil {
		return nil
	}
	return &mark{k[0], int(k[1])}
}

// rect returns the managed range.
func (k knowledge) rect() rect { return rect{k.Rect[0], k.Rect[1], k.Rect[2], k.Rect[3]} }

// knowledge returns what the next write need not read, if that is known.
func (r *write) knowledge() []byte {
	pl := r.plan
	if r.since.IsZero() || pl == nil || pl.undo != nil || r.copies() || pl.heading.wanted != nil || pl.writing ||
		len(r.own) > 0 {
		return nil
	}
	k := knowledge{Since: r.since, Tab: pl.tabID, Links: r.linkBytes, Tabs: r.allTabs()}
	at := r.place.managed
	if r.isSame() {
		k.Head, k.Last = r.place.marks.head.known(), r.place.marks.last.known()
		for id, m := range r.place.marks.columns {
			k.set(id, m)
		}
	} else {
		at = pl.landing()
		k.Head = &knownMark{pl.rowMarkID(headEnd, pl.place.marks.head), int64(at.row)}
		k.Last = &knownMark{pl.rowMarkID(lastEnd, pl.place.marks.last), int64(at.endRow - 1)}
		for i, c := range pl.schema.Columns {
			k.set(c.ID, pl.columnMarkAfter(i))
		}
	}
	k.Rect = [4]int{at.row, at.col, at.endRow, at.endCol}
	text, _ := json.Marshal(k) // numbers and strings cannot fail to marshal
	return text
}

func (k *knowledge) set(field string, m mark) {
	if k.Columns == nil {
		k.Columns = map[string]knownMark{}
	}
	k.Columns[field] = *m.known()
}

// columnMarkAfter returns the mark that a column of the result has afterwards.
func (pl *plan) columnMarkAfter(i int) mark {
	c := pl.schema.Columns[i]
	known, ok := pl.place.marks.columns[c.ID]
	_, lifted := pl.edges()[c.ID]
	if lifted || ok && pl.hadColumn(c.ID) && known.at == pl.place.layout.at[c.ID] {
		return mark{known.id, pl.cols[i]}
	}
	return mark{pl.columnMarkID(c.ID), pl.cols[i]}
}

// allTabs returns the ids of the spreadsheet's tabs after the write, but for hidden ones of this run's.
func (r *write) allTabs() []int64 {
	var ids []int64
	for _, st := range []*state{r.state, r.after} {
		if st == nil || st == r.state && r.after != nil && r.known == nil {
			continue
		}
		for _, t := range st.tabs {
			if t.staging == "" && !slices.Contains(ids, t.id) {
				ids = append(ids, t.id)
			}
		}
	}
	if made := r.plan.kept.made; made != 0 && !slices.Contains(ids, made) {
		ids = append(ids, made)
	}
	return ids
}
