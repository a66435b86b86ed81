package googlesim

import "net/http"

// Forbidden returns the fault that answers 403 for a reason as Google words it: forbidden,
// insufficientPermissions, insufficientFilePermissions, rateLimitExceeded, userRateLimitExceeded,
// storageQuotaExceeded, accessNotConfigured or domainPolicy. Some of them pass by themselves, some need
// a person. See https://developers.google.com/workspace/drive/api/guides/handle-errors.
func Forbidden(reason string) Fault {
	f := Fault{Status: http.StatusForbidden, State: "PERMISSION_DENIED", Reason: reason, Domain: "global"}
	switch reason {
	case "insufficientPermissions":
		f.Message = "Request had insufficient authentication scopes."
		f.Details = []any{errorInfo("ACCESS_TOKEN_SCOPE_INSUFFICIENT")}
	case "insufficientFilePermissions":
		f.Message = "The user does not have sufficient permissions for this file."
	case "rateLimitExceeded":
		f.Message, f.Domain = "Rate Limit Exceeded", "usageLimits"
	case "userRateLimitExceeded":
		f.Message, f.Domain = "User Rate Limit Exceeded", "usageLimits"
	case "storageQuotaExceeded":
		f.Message, f.Domain = errStorageQuota().message, "usageLimits"
	case "accessNotConfigured":
		f.Message = "Google Sheets API has not been used in project " + projectNumber + " before or it is disabled."
		f.Domain, f.Details = "usageLimits", []any{errorInfo("SERVICE_DISABLED")}
	case "domainPolicy":
		f.Message = "The domain administrators have disabled Drive apps."
	default:
		f.Message = errNoPermission().message
	}
	return f
}

func errorInfo(reason string) any {
	return map[string]any{
		"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": reason, "domain": "googleapis.com",
	}
}
