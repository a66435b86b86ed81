package google

import (
	"fmt"
	"slices"
	"strings"

	"ledgersheet/internal/change"
	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

// keptWarnings tells people what was kept of their edits, and which rows of theirs went.
func (r *write) keptWarnings() []string {
	var list []string
	if kept := r.plan.kept; kept.copied != "" {
		base := r.state.url
		if base == "" {
			base = spreadsheetBase + r.state.id + "/edit"
		}
		list = append(list, fmt.Sprintf("People had edited %s. What stood before is kept on the hidden tab %q: "+
			"%s#gid=%d (View, Hidden sheets).", r.editedPlaces(), kept.copied, base, kept.copyID))
	}
	var own []string
	for _, ed := range r.set.Edits {
		if ed.Kind == change.Added && !slices.Contains(r.own, ed.At) {
			own = append(own, ed.Place)
		}
	}
	if len(own) > 0 && !r.isUndo() {
		list = append(list, fmt.Sprintf("%s of the exported area on the tab %q was not written by this exporter and "+
			"is no longer there. What this run changed shows what it held. Keep your own lines below or beside the "+
			"area.", strings.Join(own[:min(len(own), namedEdits)], ", "), r.plan.title))
	}
	if text := r.ownWarning(); text != "" {
		list = append(list, text)
	}
	return list
}

// namedEdits is how many edits a sentence names.
const namedEdits = 5

// placeEdits says where edits are.
func (r *write) placeEdits() {
	schema := r.w.Rows.Schema()
	for n := range r.set.Edits {
		ed := &r.set.Edits[n]
		if ed.At < 0 {
			continue
		}
		row := r.place.managed.row + 1 + ed.At
		ed.Place = fmt.Sprintf("row %d", row+1)
		if ed.Kind != change.Changed || len(ed.Columns) != 1 || !ed.Known {
			continue
		}
		var id string
		if i := ed.Columns[0]; r.sameColumns() {
			id = schema.Columns[i].ID
		} else {
			id = r.place.stamp.Fields[i].ID
		}
		if col, ok := r.place.layout.at[id]; ok {
			ed.Place = cellName(row, col)
		}
	}
}

// editedPlaces names the first edits.
func (r *write) editedPlaces() string {
	var places []string
	gone := 0
	for _, ed := range r.set.Edits {
		if ed.Place == "" {
			gone++
		} else if len(places) < namedEdits {
			places = append(places, ed.Place)
		}
	}
	if more := r.set.Edited - len(places) - gone; more > 0 {
		places = append(places, fmt.Sprintf("%d more", more))
	}
	if gone > 0 {
		places = append(places, fmt.Sprintf("rows that were taken out (%d)", gone))
	}
	return strings.Join(places, ", ")
}

// refuseEdits fails a write that would undo what people did, if the exporter is to stop then.
func (r *write) refuseEdits() error {
	if r.w.OnHandEdit != export.StopOnHandEdit || r.set.Edited == 0 || r.place.tab == nil {
		return nil
	}
	return problem.New(problem.SheetConflict, "People have edited the exported area on the tab %q since the last "+
		"run: %s.", r.place.tab.title, r.editedPlaces()).
		WithHint("Put back what was there or correct it in QuickBooks, or let the exporter overwrite edits or keep a " +
			"copy of them. Nothing was written.").Lasting()
}

// lastTrace returns what the run whose stamp was seen has left; nil if that is unknown.
func (r *write) lastTrace() []byte {
	wrote := r.place.stamp.Run
	switch {
	case len(r.place.layout.missing) > 0: // the rows are not as wide as they were
	case r.w.NextRun != "" && r.w.NextRun == wrote:
		return r.w.Next
	case r.w.TraceRun == "" || r.w.TraceRun == wrote:
		return r.w.Trace
	}
	return nil
}
