package google

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"google.golang.org/api/googleapi"

	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

// fault is why a request failed.
type fault struct {
	*problem.Problem
	happened bool // the request may have been carried out all the same
	again    bool // the same request may work in seconds
}

// Unwrap returns the problem.
func (f *fault) Unwrap() error { return f.Problem }

// Is reports whether the fault leaves the outcome open.
func (f *fault) Is(target error) bool { return f.happened && target == errUnknownOutcome }

// errUnknownOutcome marks errors after which a request may or may not have taken effect.
var errUnknownOutcome = errors.New("the outcome is unknown")

// mayRetry reports whether the same request may work in seconds.
func mayRetry(err error) bool {
	if f, ok := errors.AsType[*fault](err); ok {
		return f.again
	}
	return problem.From(err).Class() == problem.RetryRequest
}

// lostAnswer returns the fault of a request whose answer did not arrive, or not whole.
func lostAnswer(err error, message string) error {
	return &fault{Problem: problem.Wrap(err, problem.GoogleUnavailable, "%s", message), happened: true, again: true}
}

// sendProblem returns the problem of a request that got no answer. A problem from the authorised client itself, such as
// that the account must be reconnected, is passed through.
func sendProblem(ctx context.Context, err error) error {
	if p, ok := errors.AsType[*problem.Problem](err); ok {
		return p
	}
	if ctx.Err() != nil && errors.Is(context.Cause(ctx), context.Canceled) {
		return ctx.Err()
	}
	return lostAnswer(err, "Google did not answer.")
}

// answer is one kind of unsuccessful answer, matched by status and, if given, by a part of the message or reason.
type answer struct {
	status int
	part   string // in the message, the reasons or the body; lower case
	// happened says that what was asked may have been done all the same. Only Google's own refusals, which name a
	// reason, prove that it was not.
	happened bool
	again    bool // asking once more may work
	code     problem.Code
	format   string // of the message; %s is Google's own text, %d the status
	hint     string // replaces the code's hint
	is       error  // what errors.Is finds in it
}

// Statuses of answers that stand for several.
const (
	// foreign is any refusal without Google's error body: something in between has answered, a proxy or a front end.
	foreign = -4
	server  = -5 // 500 and above
	other   = -1 // whatever is not in the table
	// statusCancelled is what Google's front end answers when it thinks that the caller has gone.
	statusCancelled = 499
)

const (
	slowDown  = "Google's quota for this minute is used up."
	noScope   = "This Google account has not allowed ledgersheet to write spreadsheets."
	scopeHint = "Open Connections, press Reconnect on this account and leave every box ticked on Google's page."
	noAPI     = "The Google Sheets or Drive API is not enabled: %s"
	apiHint   = "Enable both the Google Sheets API and the Google Drive API in the Google Cloud project, wait a " +
		"minute and run again."
	noStorage   = "Google refuses to make a spreadsheet: the storage of this account is full."
	storageHint = "Free space in the account's Google Drive, or make a spreadsheet with another account, share it " +
		"with this one as an editor, and enter its address as the destination."
)

// answers is the one table of what Google's unsuccessful answers mean: whether what was asked may have been done,
// whether asking again can help, and what people are told. The first match wins.
// https://developers.google.com/workspace/sheets/api/troubleshoot-api-errors
// https://developers.google.com/workspace/drive/api/guides/handle-errors
var answers = []answer{
	{status: 401, code: problem.GoogleReconnectRequired, format: "Google no longer accepts this account's access."},
	{status: 429, again: true, code: problem.GoogleRateLimited, format: slowDown},
	{status: 408, happened: true, again: true, code: problem.GoogleUnavailable,
		format: "Google did not answer in time."},
	{status: 409, happened: true, again: true, code: problem.GoogleUnavailable,
		format: "Google was busy with another change to the spreadsheet."},
	{status: 413, happened: true, code: problem.GoogleRejected,
		format: "The request was too large for Google, or for a proxy in between.",
		hint:   "If there is a proxy in between, let it pass requests of 2 MB. Otherwise report this."},
	{status: statusCancelled, happened: true, again: true, code: problem.GoogleUnavailable,
		format: "Google took the request for given up."},
	{status: server, happened: true, again: true, code: problem.GoogleUnavailable,
		format: "Google's service failed with status %d."},
	{status: foreign, happened: true, again: true, code: problem.GoogleUnavailable,
		format: "Something between ledgersheet and Google answered with status %d.",
		hint: "If there is a proxy in between, let it pass requests to googleapis.com. The run is tried again by " +
			"itself."},

	{status: 403, part: "service accounts do not have storage quota", code: problem.SpreadsheetForbidden,
		format: export.ServiceStorage, hint: export.ServiceStorageHint},
	{status: 403, part: "storagequotaexceeded", code: problem.SpreadsheetForbidden, format: noStorage,
		hint: storageHint, is: export.ErrNoStorage},
	{status: 403, part: "storage quota", code: problem.SpreadsheetForbidden, format: noStorage, hint: storageHint,
		is: export.ErrNoStorage},
	{status: 403, part: "ratelimitexceeded", again: true, code: problem.GoogleRateLimited, format: slowDown},
	{status: 403, part: "access_token_scope_insufficient", code: problem.GoogleReconnectRequired, format: noScope,
		hint: scopeHint},
	{status: 403, part: "insufficient authentication scopes", code: problem.GoogleReconnectRequired, format: noScope,
		hint: scopeHint},
	{status: 403, part: "insufficientpermissions", code: problem.GoogleReconnectRequired, format: noScope,
		hint: scopeHint},
	{status: 403, part: "has not been used in project", code: problem.AppCredentials, format: noAPI, hint: apiHint},
	{status: 403, part: "service_disabled", code: problem.AppCredentials, format: noAPI, hint: apiHint},
	{status: 403, part: "domain administrators have disabled", code: problem.SpreadsheetForbidden,
		format: "The administrators of this account's Google Workspace do not allow apps to use Drive.",
		hint:   "Ask an administrator of the Google Workspace to allow this app, or use another Google account."},
	{status: 403, code: problem.SpreadsheetForbidden, format: "This Google account may not edit the spreadsheet."},

	{status: 404, code: problem.SpreadsheetNotFound, format: "Google knows no such spreadsheet for this account."},

	{status: 400, part: "protected cell or object", code: problem.SheetProtected,
		format: "The exported area is protected against changes by this Google account."},
	{status: 400, part: "limit of 10000000 cells", code: problem.SpreadsheetFull,
		format: "The spreadsheet would have more than 10 million cells."},
	{status: 400, part: "number of columns in the sheet above the limit", code: problem.SpreadsheetFull,
		format: "The tab would have more than 18,278 columns.",
		hint:   "Choose fewer columns or a start cell further left."},
	{status: 400, part: "can't add more than", code: problem.SpreadsheetFull,
		format: "The spreadsheet has as many tabs as Google allows, and this run needs one more: %s",
		hint:   "Delete tabs that nobody needs, hidden ones too, or choose another spreadsheet. Nothing was written."},
	{status: 400, part: "not supported for this document", code: problem.GoogleRejected,
		format: "The destination is an Office file and no Google spreadsheet.",
		hint: "Open it in Google Sheets, save it as a Google spreadsheet (File menu), and use the new one's " +
			"address."},
	// The guard of a commit is there: another commit has changed what this one relied on.
	{status: 400, part: "developer metadata with that id already exists", code: problem.GoogleRejected,
		format: "The spreadsheet was changed while it was written.", is: export.ErrMoved},
	{status: 400, code: problem.GoogleRejected, format: "Google refused the request: %s"},

	{status: other, happened: true, code: problem.GoogleRejected, format: "Google answered with status %d: %s"},
}

// matches reports whether an answer is of this kind. text is all that it says, in lower case.
func (a answer) matches(e *googleapi.Error, text string) bool {
	switch a.status {
	case foreign:
		return e.Code >= 400 && e.Message == ""
	case server:
		return e.Code >= 500
	case other:
		return true
	}
	return a.status == e.Code && strings.Contains(text, a.part)
}

// message returns what people are told.
func (a answer) message(e *googleapi.Error) string {
	return strings.NewReplacer("%d", strconv.Itoa(e.Code), "%s", shorten(e.Message)).Replace(a.format)
}

// answerFault translates an unsuccessful answer.
func answerFault(err error, now time.Time) *fault {
	e, ok := errors.AsType[*googleapi.Error](err)
	if !ok {
		return &fault{Problem: problem.Wrap(err, problem.GoogleUnavailable, "Google's answer could not be read."),
			happened: true, again: true}
	}
	a := classify(e)
	p := problem.Wrap(errors.Join(a.is, e), a.code, "%s", a.message(e))
	if a.hint != "" {
		p.Hint = a.hint
	}
	p.RetryAfter = retryAfter(e.Header, now)
	return &fault{p.WithRequestID(e.Header.Get("X-Guploader-Uploadid")), a.happened, a.again}
}

// classify returns the first kind of answer that matches.
func classify(e *googleapi.Error) answer {
	text := strings.ToLower(e.Message + " " + e.Body)
	for _, item := range e.Errors {
		text += " " + strings.ToLower(item.Reason+" "+item.Message)
	}
	i := slices.IndexFunc(answers, func(a answer) bool { return a.matches(e, text) })
	return answers[i] // the last one matches everything
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
