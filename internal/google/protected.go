package google

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"google.golang.org/api/drive/v3"

	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

// explainProtected says what people can do about a problem of protected cells: whom to ask, or where else the rows can
// go. Google tells who may edit a protected range only to those who may. The spreadsheet's owner always may.
// https://developers.google.com/workspace/sheets/api/reference/rest/v4/spreadsheets/sheets#ProtectedRange
func (r *write) explainProtected(ctx context.Context, err error) error {
	found, ok := errors.AsType[*problem.Problem](err)
	if !ok || found.Code != problem.SheetProtected {
		return err
	}
	p := *found
	whom := "the spreadsheet's owner, or whoever protected these cells,"
	if owner := r.findOwner(ctx); owner != "" {
		whom = fmt.Sprintf("%s, who owns the spreadsheet, or whoever protected these cells,", owner)
	}
	return p.WithHint("Ask %s to let this Google account edit them (in Google Sheets: Data, Protect sheets and "+
		"ranges), or choose another tab or start cell, or start over beside. Nothing was written.", whom).
		WithRemedies(string(export.RepairStartOver))
}

// findOwner returns the e-mail of the spreadsheet's owner; empty if Drive does not tell. With narrow scopes, Drive does
// not know every spreadsheet that Sheets may write, and a file of a shared drive belongs to no person.
func (r *write) findOwner(ctx context.Context) string {
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	var file drive.File
	k := call{
		method: http.MethodGet, url: r.c.drive + "files/" + url.PathEscape(r.w.Target.Spreadsheet), drive: true,
		query: url.Values{"fields": {"owners(emailAddress)"}, "supportsAllDrives": {"true"}},
	}
	if err := r.once(ctx, k, decodeInto(&file)); err != nil || len(file.Owners) == 0 {
		return ""
	}
	return file.Owners[0].EmailAddress
}
