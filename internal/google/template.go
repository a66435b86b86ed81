package google

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"google.golang.org/api/googleapi"
	"google.golang.org/api/sheets/v4"

	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

// A first run may copy a spreadsheet of the user's instead of making an empty one. The copy brings along the rows and
// marks of exporters that write to the original, and the hidden tabs that keep what stood there. They are removed
// before anything else is done: they belong to other exporters, perhaps of other companies. Their headers and the
// extent of their rows stay. An exporter with such a header takes the place over, so that all that refers to it goes on
// to.
// https://developers.google.com/workspace/drive/api/reference/rest/v3/files/copy

// templateKey is the key of the spreadsheet's metadata that says that this has been done. Its value is the
// spreadsheet's id, since metadata is copied too.
const templateKey = "ledgersheet_template"

// templateRange is how the names of named ranges begin that say where the template's exporters had their rows.
const templateRange = "ledgersheet_template_"

// clean removes from a copy of a template what the original's exporters have left in it, once.
func (r *write) clean(ctx context.Context, id string) error {
	st, err := r.session.state(ctx, id)
	if err != nil || st.copyOf == id {
		return err
	}
	r.state = st
	reqs := []*sheets.Request{createMetadata(&sheets.DeveloperMetadata{
		MetadataId: numberFor(templateKey, id), MetadataKey: templateKey, MetadataValue: id, Visibility: "DOCUMENT",
		Location: &sheets.DeveloperMetadataLocation{Spreadsheet: true},
	})}
	if st.copyOf != "" {
		reqs = append([]*sheets.Request{drop(templateKey, st.copyOf)}, reqs...)
	}
	for i, n := range st.named {
		if isOurs(n) {
			reqs = append(reqs, emptyRange(n, i)...)
		}
	}
	for _, key := range []string{
		stampKey, stagingKey, guardKey, columnKey, rowKey, stateKey, copyKey, monthEndKey,
	} {
		reqs = append(reqs, &sheets.Request{DeleteDeveloperMetadata: &sheets.DeleteDeveloperMetadataRequest{
			DataFilter: &sheets.DataFilter{DeveloperMetadataLookup: &sheets.DeveloperMetadataLookup{MetadataKey: key}},
		}})
	}
	for _, t := range st.tabs {
		if t.staging != "" || t.isKept() {
			reqs = append(reqs, deleteSheet(t.id))
		}
	}
	return r.batch(ctx, reqs, func(st *state) bool { return st.copyOf == id })
}

// emptyRange returns the requests that take the rows out of a range of a template's exporter and keep its place, or
// take away a heading.
func emptyRange(n namedRange, i int) []*sheets.Request {
	drop := &sheets.Request{DeleteNamedRange: &sheets.DeleteNamedRangeRequest{NamedRangeId: n.id}}
	if n.at.empty() {
		return []*sheets.Request{drop}
	}
	rows := rect{n.at.row + 1, n.at.col, n.at.endRow, n.at.endCol}
	if isHeading(n) {
		return []*sheets.Request{reset(n.at.grid(n.tab), "userEnteredValue,userEnteredFormat"), drop}
	}
	reqs := []*sheets.Request{{UpdateNamedRange: &sheets.UpdateNamedRangeRequest{
		NamedRange: &sheets.NamedRange{NamedRangeId: n.id, Name: fmt.Sprint(templateRange, i+1)}, Fields: "name",
	}}}
	if !rows.empty() {
		reqs = append(reqs, reset(rows.grid(n.tab), "userEnteredValue"))
	}
	return reqs
}

// takeTemplate makes the place of a template's exporter with the same header the exporter's own.
func (r *write) takeTemplate(ctx context.Context) error {
	p := &r.place
	isCopy := r.w.Target.Created && r.w.Target.Template != ""
	if !isCopy || p.tab == nil || p.stamp.Exporter != "" || !p.managed.empty() {
		return nil
	}
	for _, n := range r.state.named {
		if n.tab != p.tab.id || !strings.HasPrefix(n.name, templateRange) || n.at.empty() {
			continue
		}
		got, err := r.ranges(ctx, r.state.id, p.tab.title, []rect{{n.at.row, 0, n.at.row + 1, n.at.endCol}})
		if err != nil {
			return err
		}
		header := got[0][0]
		clear(header[:n.at.col])
		if at := r.matchHeader(header); at != nil {
			p.managed, p.row, p.col = n.at, n.at.row, n.at.col
			p.heirOf = stranded{at: n.at, fields: r.fieldsAt(at), named: []namedRange{n}}
			p.stamp.Fields = p.heirOf.fields
			return nil
		}
	}
	return nil
}

// explainUnseen says which file Google does not show the account when a spreadsheet is made.
func explainUnseen(t export.Target, err error) error {
	refusal, ok := errors.AsType[*googleapi.Error](err)
	if !ok || t.Template == "" && t.DriveFolder == "" || !problem.HasCode(err, problem.SpreadsheetNotFound,
		problem.SpreadsheetForbidden) || errors.Is(err, export.ErrNoStorage) {
		return err
	}
	const seen = "Google shows an account that was connected here only what ledgersheet has made. "
	switch text := strings.ToLower(refusal.Message + refusal.Body); {
	case t.DriveFolder != "" && (strings.Contains(refusal.Message, t.DriveFolder) || t.Template == ""):
		return problem.Wrap(err, problem.SpreadsheetNotFound,
			"This Google account cannot put files into the Drive folder %s.", t.DriveFolder).
			WithHint(seen + "Use a service account, and share a folder of a shared drive with it as an editor; or " +
				"leave the folder empty and move the spreadsheet afterwards. Nothing was written.")
	case refusal.Code == http.StatusNotFound:
		return problem.Wrap(err, problem.SpreadsheetNotFound, "This Google account cannot see the template %s.",
			t.Template).
			WithHint(seen + "Use a service account and share the template with it, or take a spreadsheet that " +
				"ledgersheet has made as the template. Nothing was written.")
	case strings.Contains(text, "cannotcopyfile"):
		return problem.Wrap(err, problem.SpreadsheetForbidden,
			"The owner of the template %s does not allow copies of it.", t.Template).
			WithHint("Ask its owner to let viewers copy it (Share, Settings), or choose another template. Nothing " +
				"was written.")
	}
	return err
}

// resolve returns the target with the cell and the tab that a named range of the user's stands for.
func (st *state) resolve(t export.Target) (export.Target, error) {
	if !export.StartName(t.Start) {
		return t, nil
	}
	name := t.Start
	t.Start = "A1"
	for _, n := range st.named {
		if strings.EqualFold(n.name, name) && !n.at.empty() {
			t.Start = cellName(n.at.row, n.at.col)
			if t.Tab == nil {
				t.Sheet = st.tab(n.tab).title
			}
			return t, nil
		}
	}
	if t.Tab != nil { // the rows are known by their own marks
		return t, nil
	}
	return t, problem.New(problem.SheetConflict, "The spreadsheet has no named range %q, where the rows should go.",
		name).
		WithHint("Name the cell where they should begin so (Data, Named ranges), or choose a start cell such as A1. " +
			"Nothing was written.").WithRemedies(string(export.RepairStartOver))
}
