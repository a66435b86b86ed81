package google

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"google.golang.org/api/googleapi"

	"ledgersheet/internal/problem"
)

// sendProblem returns the problem of a request that got no answer. A problem from the authorised client itself, such as
// that the account must be reconnected, is passed through.
func sendProblem(ctx context.Context, err error) error {
	if p, ok := errors.AsType[*problem.Problem](err); ok {
		return p
	}
	if ctx.Err() != nil && errors.Is(context.Cause(ctx), context.Canceled) {
		return ctx.Err()
	}
	return fmt.Errorf("%w: %w", errUnknownOutcome, problem.Wrap(err, problem.GoogleUnavailable,
		"Google did not answer."))
}

// answer is one kind of refusal, matched by status and, if given, by a part of the message or reason.
type answer struct {
	status int
	part   string // in the message, the reasons or the body; lower case
	code   problem.Code
	format string // of the message; %s is Google's own text
	hint   string // replaces the code's hint
}

// answers is the one table of what Google's refusals mean. The first match wins.
// https://developers.google.com/workspace/sheets/api/troubleshoot-api-errors
var answers = []answer{
	{http.StatusUnauthorized, "", problem.GoogleReconnectRequired, "Google no longer accepts this account's access.",
		""},
	{http.StatusTooManyRequests, "", problem.GoogleRateLimited, "Google's quota for this minute is used up.", ""},
	{http.StatusForbidden, "storagequotaexceeded", problem.SpreadsheetForbidden,
		"Google refuses to make a spreadsheet: this account has no storage.",
		"A service account cannot own files. Make a spreadsheet yourself, share it with the account as an editor, " +
			"and enter its address as the destination."},
	{http.StatusForbidden, "storage quota", problem.SpreadsheetForbidden,
		"Google refuses to make a spreadsheet: this account has no storage.",
		"A service account cannot own files. Make a spreadsheet yourself, share it with the account as an editor, " +
			"and enter its address as the destination."},
	{http.StatusForbidden, "ratelimitexceeded", problem.GoogleRateLimited, "Google's quota for this minute is used up.",
		""},
	{http.StatusForbidden, "access_token_scope_insufficient", problem.GoogleReconnectRequired,
		"This Google account has not allowed ledgersheet to write spreadsheets.",
		"Open Connections, press Reconnect on this account and leave every box ticked on Google's page."},
	{http.StatusForbidden, "insufficient authentication scopes", problem.GoogleReconnectRequired,
		"This Google account has not allowed ledgersheet to write spreadsheets.",
		"Open Connections, press Reconnect on this account and leave every box ticked on Google's page."},
	{http.StatusForbidden, "insufficientpermissions", problem.GoogleReconnectRequired,
		"This Google account has not allowed ledgersheet to write spreadsheets.",
		"Open Connections, press Reconnect on this account and leave every box ticked on Google's page."},
	{http.StatusForbidden, "has not been used in project", problem.AppCredentials,
		"The Google Sheets or Drive API is not enabled: %s",
		"Enable both the Google Sheets API and the Google Drive API in the Google Cloud project, wait a minute and " +
			"run again."},
	{http.StatusForbidden, "service_disabled", problem.AppCredentials,
		"The Google Sheets or Drive API is not enabled: %s",
		"Enable both the Google Sheets API and the Google Drive API in the Google Cloud project, wait a minute and " +
			"run again."},
	{http.StatusForbidden, "", problem.SpreadsheetForbidden, "This Google account may not edit the spreadsheet.", ""},
	{http.StatusNotFound, "", problem.SpreadsheetNotFound, "Google knows no such spreadsheet for this account.", ""},
	{http.StatusBadRequest, "protected cell or object", problem.SheetProtected,
		"The exported area is protected against changes by this Google account.", ""},
	{http.StatusBadRequest, "limit of 10000000 cells", problem.SpreadsheetFull,
		"The spreadsheet would have more than 10 million cells.", ""},
	{http.StatusBadRequest, "number of columns in the sheet above the limit", problem.SpreadsheetFull,
		"The tab would have more than 18,278 columns.", "Choose fewer columns or a start cell further left."},
	{http.StatusBadRequest, "not supported for this document", problem.GoogleRejected,
		"The destination is an Office file and no Google spreadsheet.",
		"Open it in Google Sheets, save it as a Google spreadsheet (File menu), and use the new one's address."},
	{http.StatusBadRequest, "", problem.GoogleRejected, "Google refused the request: %s", ""},
	{http.StatusRequestTimeout, "", problem.GoogleUnavailable, "Google did not answer in time.", ""},
}

// answerProblem translates an unsuccessful answer.
func answerProblem(err error, now time.Time) *problem.Problem {
	e, ok := errors.AsType[*googleapi.Error](err)
	if !ok {
		return problem.Wrap(err, problem.GoogleUnavailable, "Google's answer could not be read.")
	}
	p := classify(e)
	p.RetryAfter = retryAfter(e.Header, now)
	return p.WithRequestID(e.Header.Get("X-Guploader-Uploadid"))
}

func classify(e *googleapi.Error) *problem.Problem {
	if e.Code >= 500 {
		return problem.Wrap(e, problem.GoogleUnavailable, "Google's service failed with status %d.", e.Code)
	}
	text := strings.ToLower(e.Message + " " + e.Body)
	for _, item := range e.Errors {
		text += " " + strings.ToLower(item.Reason+" "+item.Message)
	}
	for _, a := range answers {
		if a.status != e.Code || !strings.Contains(text, a.part) {
			continue
		}
		message := a.format
		if strings.Contains(message, "%s") {
			message = fmt.Sprintf(message, shorten(e.Message))
		}
		p := problem.Wrap(e, a.code, "%s", message)
		if a.hint != "" {
			p.Hint = a.hint
		}
		return p
	}
	return problem.Wrap(e, problem.GoogleRejected, "Google answered with status %d: %s", e.Code, shorten(e.Message))
}

func shorten(s string) string {
	if s == "" {
		return "(no text)"
	}
	if r := []rune(s); len(r) > 300 {
		return string(r[:300]) + "…"
	}
	return s
}
