package google_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"

	"ledgersheet/internal/google"
	"ledgersheet/internal/google/googlesim"
	"ledgersheet/internal/problem"
)

// answerOf returns, for each row of the table of answers, an answer of Google's, as it words it, that the row is about.
func answerOf() map[string]googlesim.Fault {
	says := func(status int, message string) googlesim.Fault {
		return googlesim.Fault{Status: status, Message: message}
	}
	reason := func(message, reason string) googlesim.Fault {
		return googlesim.Fault{Status: 403, Message: message, Reason: reason}
	}
	scope := googlesim.Forbidden("insufficientPermissions")
	scope.Details, scope.Reason = nil, "forbidden"
	scoped := googlesim.Forbidden("insufficientPermissions")
	scoped.Message, scoped.Reason = "Insufficient Permission", "forbidden"
	disabled := googlesim.Forbidden("accessNotConfigured")
	disabled.Message = "Access not configured."
	return map[string]googlesim.Fault{
		"401 ": {Status: 401}, "429 ": {Status: 429}, "408 ": {Status: 408}, "409 ": {Status: 409},
		"413 ": {Status: 413}, "499 ": {Status: 499}, "-5 ": {Status: 503}, "-1 ": {Status: 405},
		"-4 ": {Status: 403, HTML: true},
		"403 service accounts do not have storage quota": says(403, "Service Accounts do not have storage quota."),
		"403 storagequotaexceeded": {
			Status: 403, Message: "Full.", Reason: "storageQuotaExceeded", Domain: "usageLimits",
		},
		"403 storage quota": says(403,
			"The user's Drive storage quota has been exceeded."),
		"403 ratelimitexceeded":                   googlesim.Forbidden("userRateLimitExceeded"),
		"403 access_token_scope_insufficient":     scoped,
		"403 insufficient authentication scopes":  scope,
		"403 insufficientpermissions":             reason("Insufficient Permission", "insufficientPermissions"),
		"403 has not been used in project":        googlesim.Forbidden("accessNotConfigured"),
		"403 service_disabled":                    disabled,
		"403 domain administrators have disabled": googlesim.Forbidden("domainPolicy"),
		"403 ": googlesim.Forbidden("forbidden"),
		"404 ": {Status: 404},
		"400 protected cell or object": says(400,
			"Invalid requests[0].updateCells: You are trying to edit a protected cell or object."),
		"400 limit of 10000000 cells": says(400, "Invalid requests[0].addSheet: This action would increase the number "+
			"of cells in the workbook above the limit of 10000000 cells."),
		"400 number of columns in the sheet above the limit": says(400, "This action would increase the number of "+
			"columns in the sheet above the limit of 18278 columns."),
		"400 can't add more than":             says(400, "You can't add more than 200 sheets to a document."),
		"400 not supported for this document": says(400, "This operation is not supported for this document"),
		"400 developer metadata with that id already exists": says(400, "Invalid requests[0].createDeveloperMetadata: "+
			"Cannot add developer metadata with ID [7] because developer metadata with that ID already exists."),
		"400 ": says(400, "Invalid requests[3].updateCells: No grid with id: 7"),
	}
}

// requestsOfAWrite are the kinds of requests of a write, each with the size of bodies that makes it send them.
var requestsOfAWrite = map[string]int{
	"get": 0, "values.batchGet": 0, "batchUpdate": 0, "values.update": 4_000, "drive.create": 0,
}

// TestAnswers answers each kind of request in each way that the table knows, once or always, having done what was asked
// or not. The sheet has the old rows or the new ones, nothing is doubled, nobody is asked without end, and people get
// the words of the table.
func TestAnswers(t *testing.T) {
	t.Parallel()
	cases := answerOf()
	for _, row := range google.Rows() {
		name := fmt.Sprintf("%d %s", row.Status, row.Part)
		f, ok := cases[name]
		if !ok {
			t.Errorf("the row %q has no case", name)
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for kind, maxBody := range requestsOfAWrite {
				for _, apply := range []bool{false, true} {
					if apply && !row.Happened {
						continue
					}
					for _, times := range []int{1, -1} {
						f := f
						f.Kind, f.Times, f.Apply = kind, times, apply
						synctest.Test(t, func(t *testing.T) { testAnswer(t, row, f, maxBody) })
					}
				}
			}
		})
	}
}

// mostRequests is how many requests a write makes at most, however often it is refused.
const mostRequests = 60

func testAnswer(t *testing.T, row google.Row, f googlesim.Fault, maxBody int) {
	t.Helper()
	b := newBench(t, googlesim.Options{}, maxBody)
	old, fresh := invoices(0), invoices(90)
	create := f.Kind == "drive.create"
	if !create {
		old = invoices(60)
		b.mustWrite(schema, old)
		fresh[1] = invoice(2, "Changed", "77.70")
	}
	b.sim.ResetRequests()
	b.sim.Fail(f)
	_, err := b.write(schema, fresh)
	at := fmt.Sprintf("%s, apply %v, times %d: ", f.Kind, f.Apply, f.Times)
	if n := len(b.sim.Requests()); n > mostRequests {
		t.Errorf("%s%d requests", at, n)
	}
	found := f.Kind == "batchUpdate" && f.Apply // the state shows that it was done
	recovers := f.Times == 1 && (row.Again && !(create && row.Happened) ||
		strings.Contains(row.Part, "developer metadata"))
	switch {
	case err == nil && !found && !recovers:
		t.Errorf("%sno error", at)
	case err != nil && (found || recovers):
		t.Errorf("%s%v", at, err)
	case err != nil:
		checkWords(t, at, row, problem.From(err))
	}
	if !create && err != nil {
		b.check("Invoices!A1:F200", schema, old)
	}
	b.sim.ClearFaults()
	b.mustWrite(schema, fresh)
	b.check("Invoices!A1:F200", schema, fresh)
	if files, tabs := b.sim.Files(), b.tabs(); len(files) != 1 || len(tabs) != 1 {
		t.Errorf("%s%d spreadsheets, tabs %+v", at, len(files), tabs)
	}
}

// checkWords compares a problem with its row of the table.
func checkWords(t *testing.T, at string, row google.Row, p *problem.Problem) {
	t.Helper()
	begins, _, _ := strings.Cut(row.Format, "%")
	if p.Code != row.Code || !strings.HasPrefix(p.Message, begins) || strings.Contains(p.Message, "%") {
		t.Errorf("%sgot %s %q, want %s %q", at, p.Code, p.Message, row.Code, row.Format)
	}
	if p.Hint == "" || row.Hint != "" && p.Hint != row.Hint {
		t.Errorf("%sthe hint is %q, want %q", at, p.Hint, row.Hint)
	}
}
