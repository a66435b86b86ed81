package googlesim

import (
	"encoding/json"
	"fmt"
	"net/http"
)

// apiError is an answer of the Sheets or Drive API that refuses a request. It is an error so that
// the engine can return it through ordinary Go code.
type apiError struct {
	code    int
	status  string
	message string
	reason  string // errors[0].reason of Drive's older error shape, and of insufficient scopes
	domain  string // errors[0].domain; empty means "global"
	details []any
}

func (e *apiError) Error() string { return e.message }

// badRequest is a 400 INVALID_ARGUMENT with Google's words.
func badRequest(format string, args ...any) *apiError {
	return &apiError{
		code: http.StatusBadRequest, status: "INVALID_ARGUMENT", message: fmt.Sprintf(format, args...),
		reason: "badRequest",
	}
}

func errNotFound() *apiError {
	return &apiError{
		code: http.StatusNotFound, status: "NOT_FOUND", message: "Requested entity was not found.", reason: "notFound",
	}
}

func errNoPermission() *apiError {
	return &apiError{
		code: http.StatusForbidden, status: "PERMISSION_DENIED", message: "The caller does not have permission",
		reason: "forbidden",
	}
}

func errUnregistered() *apiError {
	return &apiError{code: http.StatusForbidden, status: "PERMISSION_DENIED", reason: "forbidden",
		message: "Method doesn't allow unregistered callers (callers without established identity). Please use API " +
			"Key or other form of API consumer identity to call this API."}
}

func errBadToken() *apiError {
	return &apiError{code: http.StatusUnauthorized, status: "UNAUTHENTICATED", reason: "authError",
		message: "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or " +
			"other valid authentication credential. See " +
			"https://developers.google.com/identity/sign-in/web/devconsole-project.",
		details: []any{map[string]any{
			"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "ACCESS_TOKEN_EXPIRED",
			"domain": "googleapis.com",
		}}}
}

func errScope(service, method string) *apiError {
	return &apiError{code: http.StatusForbidden, status: "PERMISSION_DENIED", reason: "insufficientPermissions",
		message: "Request had insufficient authentication scopes.",
		details: []any{map[string]any{
			"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "ACCESS_TOKEN_SCOPE_INSUFFICIENT",
			"domain":   "googleapis.com",
			"metadata": map[string]any{"service": service, "method": method},
		}}}
}

func errStorageQuota() *apiError {
	return &apiError{code: http.StatusForbidden, status: "PERMISSION_DENIED", reason: "storageQuotaExceeded",
		domain:  "usageLimits",
		message: "The user's Drive storage quota has been exceeded."}
}

// errServiceStorage is what a service account, which has no storage, gets for a new file; both texts
// are seen.
func errServiceStorage(named bool) *apiError {
	e := errStorageQuota()
	if named {
		e.message = "Service Accounts do not have storage quota. Leverage shared drives " +
			"(https://developers.google.com/workspace/drive/api/guides/about-shareddrives), or use OAuth " +
			"delegation (http://support.google.com/a/answer/7281227) instead."
	}
	return e
}

func errProtected() *apiError {
	return badRequest("You are trying to edit a protected cell or object. Please contact the spreadsheet owner to " +
		"remove protection if you need to edit.")
}

// errUnknownMethod is what Google's front end answers for a path no API serves: a page, not JSON.
func errUnknownMethod() *apiError {
	return &apiError{code: http.StatusNotFound, status: "HTML"}
}

// write sends the error in the shape of the API asked: Drive keeps the older list of errors with
// reasons, Sheets answers status and details only.
func (e *apiError) write(w http.ResponseWriter, drive bool) {
	if e.status == "HTML" {
		w.Header().Set("Content-Type", "text/html; charset=UTF-8")
		w.WriteHeader(e.code)
		fmt.Fprintf(w, "<!DOCTYPE html>\n<html lang=en><title>Error %d (Not Found)</title><p><b>%d.</b> The "+
			"requested URL was not found on this server.</html>\n", e.code, e.code)
		return
	}
	body := map[string]any{"code": e.code, "message": e.message}
	if e.status != "" && !drive {
		body["status"] = e.status
	}
	if drive || e.reason == "insufficientPermissions" {
		domain := e.domain
		if domain == "" {
			domain = "global"
		}
		body["errors"] = []any{map[string]any{"message": e.message, "domain": domain, "reason": e.reason}}
	}
	if e.domain == "usageLimits" && !drive {
		body["errors"] = []any{map[string]any{"message": e.message, "domain": e.domain, "reason": e.reason}}
	}
	if len(e.details) > 0 {
		body["details"] = e.details
	}
	writeJSON(w, e.code, map[string]any{"error": body})
}

func writeJSON(w http.ResponseWriter, code int, body any) {
	text, err := json.Marshal(body)
	if err != nil {
		http.Error(w, "encoding answer: "+err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=UTF-8")
	w.WriteHeader(code)
	_, _ = w.Write(append(text, '\n'))
}
