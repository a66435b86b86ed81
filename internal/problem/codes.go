package problem

import "net/http"

// Code names a kind of problem. Codes are part of the product's contract and never change their meaning.
type Code string

// The codes of failed runs.
const (
	CompanyReconnectRequired Code = "company_reconnect_required"
	GoogleReconnectRequired  Code = "google_reconnect_required"
	AppCredentials           Code = "app_credentials"
	CompanyUnknown           Code = "company_unknown"
	QuickBooksRateLimited    Code = "quickbooks_rate_limited"
	QuickBooksUnavailable    Code = "quickbooks_unavailable"
	QuickBooksRejected       Code = "quickbooks_rejected"
	QuickBooksMalformed      Code = "quickbooks_malformed"
	IncompleteRead           Code = "incomplete_read"
	ReportTooLarge           Code = "report_too_large"
	GoogleRateLimited        Code = "google_rate_limited"
	GoogleUnavailable        Code = "google_unavailable"
	GoogleRejected           Code = "google_rejected"
	SpreadsheetNotFound      Code = "spreadsheet_not_found"
	SpreadsheetForbidden     Code = "spreadsheet_forbidden"
	SheetProtected           Code = "sheet_protected"
	SheetConflict            Code = "sheet_conflict"
	HeaderDrift              Code = "header_drift"
	SpreadsheetFull          Code = "spreadsheet_full"
	TotalsMismatch           Code = "totals_mismatch"
	Deadline                 Code = "deadline"
	Interrupted              Code = "interrupted"
	Cancelled                Code = "cancelled"
	Internal                 Code = "internal"
)

// The codes that are used only in answers to requests to us.
const (
	InvalidInput    Code = "invalid_input"
	BadRequest      Code = "bad_request"
	TooLarge        Code = "too_large"
	Unauthorized    Code = "unauthorized"
	Forbidden       Code = "forbidden"
	NotFound        Code = "not_found"
	Conflict        Code = "conflict"
	TooManyRequests Code = "too_many_requests"
	Unavailable     Code = "unavailable"
)

type info struct {
	class  Class
	status int
	title  string
	hint   string
}

// codes is the one table of codes: who may retry, the HTTP status if a request to us fails with it, and what to do.
var codes = map[Code]info{
	CompanyReconnectRequired: {
		Stop, http.StatusConflict, "QuickBooks access ended",
		"Open Connections and press Reconnect on this company; its exporters and schedules stay as they are.",
	},
	GoogleReconnectRequired: {
		Stop, http.StatusConflict, "Google access ended",
		"Open Connections and press Reconnect on this Google account. If it ends again after 7 days, the Google app " +
			"is still in \"Testing\": publish it.",
	},
	AppCredentials: {
		Stop, http.StatusConflict, "App credentials refused",
		"The client id or secret of the app is wrong or belongs to another environment. Check it in the settings; " +
			"reconnecting cannot help.",
	},
	CompanyUnknown: {
		Stop, http.StatusUnprocessableEntity, "Company not connected",
		"Connect this company, or take it out of the exporter.",
	},
	QuickBooksRateLimited: {
		RetryRequest, http.StatusServiceUnavailable, "QuickBooks asks to slow down",
		"The run is tried again by itself. If it has given up, run it again later; if that happens often, spread the " +
			"schedules.",
	},
	QuickBooksUnavailable: {
		RetryRequest, http.StatusBadGateway, "QuickBooks did not answer",
		"The run is tried again by itself. If it has given up, run it again later; Intuit's status page tells about " +
			"larger outages.",
	},
	QuickBooksRejected: {
		Stop, http.StatusUnprocessableEntity, "QuickBooks refused the request",
		"Read what QuickBooks says and change the exporter; Intuit's support can look up the request id.",
	},
	QuickBooksMalformed: {
		RetryAttempt, http.StatusBadGateway, "QuickBooks' answer made no sense",
		"The run is tried again by itself. If it stays, report it with the request id.",
	},
	IncompleteRead: {
		RetryAttempt, http.StatusBadGateway, "Not everything could be read",
		"Records were changed while they were read; the run is tried again by itself. The sheet keeps its " +
			"previous rows.",
	},
	ReportTooLarge: {
		Stop, http.StatusUnprocessableEntity, "The report is too large for QuickBooks",
		"Choose a shorter date range, fewer columns or a filter.",
	},
	GoogleRateLimited: {
		RetryRequest, http.StatusServiceUnavailable, "Google asks to slow down",
		"The run is tried again by itself. If it has given up, run it again later; if that happens often, spread the " +
			"schedules.",
	},
	GoogleUnavailable: {
		RetryRequest, http.StatusBadGateway, "Google did not answer",
		"The run is tried again by itself. If it has given up, run it again later.",
	},
	GoogleRejected: {
		Stop, http.StatusUnprocessableEntity, "Google refused the request",
		"Read what Google says and change the exporter's destination.",
	},
	SpreadsheetNotFound: {
		Stop, http.StatusUnprocessableEntity, "Spreadsheet not found",
		"It was deleted, or this Google account may only open spreadsheets made here. Choose another one, or leave " +
			"it empty to have one made.",
	},
	SpreadsheetForbidden: {
		Stop, http.StatusUnprocessableEntity, "Spreadsheet not shared",
		"Share the spreadsheet with this Google account as an editor, then run again.",
	},
	SheetProtected: {
		Stop, http.StatusUnprocessableEntity, "The cells are protected",
		"Ask the spreadsheet's owner to let this Google account edit the protected range, or choose another place.",
	},
	SheetConflict: {
		Stop, http.StatusUnprocessableEntity, "Other cells are in the way",
		"Move or clear those cells, or choose another tab or start cell. Nothing was written.",
	},
	HeaderDrift: {
		Stop, http.StatusUnprocessableEntity, "The exported area was changed",
		"Nothing was written. Choose how to go on: put it back, drop the column from the exporter, take the new " +
			"title, or start over on a new tab.",
	},
	SpreadsheetFull: {
		Stop, http.StatusUnprocessableEntity, "The spreadsheet is full",
		"Google allows 10 million cells in a spreadsheet. Use a new spreadsheet, fewer columns or a filter.",
	},
	TotalsMismatch: {
		RetryAttempt, http.StatusBadGateway, "Totals do not agree",
		"What stands in the sheet differs from what QuickBooks said; the run is tried again by itself.",
	},
	Deadline: {
		RetryAttempt, http.StatusGatewayTimeout, "Out of time",
		"Use a shorter date range or a filter, or raise LEDGERSHEET_RUN_TIMEOUT.",
	},
	Interrupted: {
		RetryAttempt, http.StatusServiceUnavailable, "Interrupted",
		"The service was stopped during the run; it is taken up again by itself.",
	},
	Cancelled: {
		Stop, http.StatusConflict, "Cancelled", "The sheet keeps its previous rows. Run it again when you like.",
	},
	Internal: {
		Stop, http.StatusInternalServerError, "Internal error",
		"The log has the details under the request id. If it happens again, please report it.",
	},

	InvalidInput: {
		Stop, http.StatusUnprocessableEntity, "Please check the input", "Correct the named fields and send it again.",
	},
	BadRequest: {
		Stop, http.StatusBadRequest, "The request could not be read", "Send a JSON body as the API description shows.",
	},
	TooLarge: {
		Stop, http.StatusRequestEntityTooLarge, "Too much was sent", "Nothing was changed. Send less at a time.",
	},
	Unauthorized: {
		Stop, http.StatusUnauthorized, "Please sign in",
		"Send a valid API token as \"Authorization: Bearer …\", or sign in.",
	},
	Forbidden: {Stop, http.StatusForbidden, "Not allowed", "Ask an owner of this installation."},
	NotFound:  {Stop, http.StatusNotFound, "Not found", "It may have been deleted. Look at the list again."},
	Conflict: {
		Stop, http.StatusConflict, "That does not fit the present state", "Load the page again and repeat.",
	},
	TooManyRequests: {RetryRequest, http.StatusTooManyRequests, "Too many tries", "Wait a little and try again."},
	Unavailable:     {RetryRequest, http.StatusServiceUnavailable, "Not ready", "Wait a little and try again."},
}

func (c Code) info() info {
	if i, ok := codes[c]; ok {
		return i
	}
	return codes[Internal]
}

// Status returns the HTTP status of a request to us that failed with this code.
func (c Code) Status() int { return c.info().status }

// Title returns a short heading for people, such as "QuickBooks access ended".
func (c Code) Title() string { return c.info().title }

// Class returns the code's retry class.
func (c Code) Class() Class { return c.info().class }

// All returns every known code, in no particular order.
func All() []Code {
	all := make([]Code, 0, len(codes))
	for c := range codes {
		all = append(all, c)
	}
	return all
}
