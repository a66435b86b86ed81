package intuitsim

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Body says what a Fault answers with, or how it spoils the true answer.
type Body string

// Bodies of faults. Those from BodyCut on let the request take effect and spoil only its answer.
const (
	// BodyJSON is the service's own fault envelope, with upper-case keys. It is the default with a Status.
	BodyJSON Body = "json"
	// BodyGateway is the gateway's envelope: lower-case keys, time in milliseconds.
	BodyGateway Body = "gateway"
	// BodyXML is the fault as XML although JSON was asked for.
	BodyXML Body = "xml"
	// BodyHTML is an error page of a proxy.
	BodyHTML Body = "html"
	// BodyEmpty is a status without a body.
	BodyEmpty Body = "empty"
	// BodyRaw is the text of Raw.
	BodyRaw Body = "raw"
	// BodyOAuth is the JSON error of the token endpoint; Code is its error.
	BodyOAuth Body = "oauth"
	// BodyCut sends half of the true answer under its full Content-Length.
	BodyCut Body = "cut"
	// BodyBadJSON sends the true answer damaged, with a fitting length.
	BodyBadJSON Body = "bad_json"
	// BodyDropAfter cuts the connection after the request took effect, before a byte of the answer.
	BodyDropAfter Body = "drop_after"
	// BodyTrue sends the true answer; with Delay it is a slow one. It is the default without a Status.
	BodyTrue Body = "true"
	// BodyFaultInside makes change data capture answer 200 with a fault in place of the last entity asked for. Other
	// answers stay true.
	BodyFaultInside Body = "fault_inside"
	// BodyEntityMissing makes change data capture say nothing of the last entity asked for. Other answers stay true.
	BodyEntityMissing Body = "entity_missing"
)

// Fault is trouble for the requests that it matches. Faults apply in the order they were given, one per request.
type Fault struct {
	// Match is a path prefix if it starts with "/", else a kind ("query", "token", …, see Request.Kind) or a kind
	// with a name ("query:Invoice", "report:ProfitAndLoss", "token:refresh_token"); "v3" is the whole accounting
	// API and the empty text everything but /sandbox/.
	Match string `json:"match"`
	// Contains limits it to queries whose statement has this text, such as "ORDERBY Id" or "MAXRESULTS 1000".
	Contains string `json:"contains"`
	// N is the number of requests it hits: 0 means one, -1 all of them for good.
	N int `json:"n"`
	// Skip lets that many matching requests pass first.
	Skip int `json:"skip"`
	// Status is the HTTP status of the answer.
	Status int `json:"status"`
	// Body chooses the answer.
	Body Body `json:"body"`
	// Code, Type, Message and Detail fill the envelope; empty ones follow the status. Intuit has ValidationFault,
	// SystemFault, AuthenticationFault, AuthorizationFault, AUTHENTICATION, AUTHORIZATION and SERVICE as types. Without
	// Status and Body one of the codes 120, 3001, 3100, 3200, 5020, 6190, 7001 and 10000 is enough: the rest is then as
	// the service was seen to say it.
	Code    string `json:"code"`
	Type    string `json:"type"`
	Message string `json:"message"`
	Detail  string `json:"detail"`
	// Raw is the whole body of BodyRaw, such as a recorded one.
	Raw string `json:"raw"`
	// Delay holds the answer back, beyond the general latency.
	Delay time.Duration `json:"delay_ns"`
	// RetryAfter is sent as the Retry-After header.
	RetryAfter string `json:"retry_after"`
}

// Fail adds a fault.
func (s *Server) Fail(f Fault) {
	if f.N == 0 {
		f.N = 1
	}
	if known := faultOf(f.Code); f.Status == 0 && f.Body == "" && known != nil {
		f.Status, f.Body = known.status, BodyJSON
		if known.kind == "AUTHENTICATION" || known.kind == "AUTHORIZATION" {
			f.Body = BodyGateway
		}
		f.Type, f.Message = cmp.Or(f.Type, known.kind), cmp.Or(f.Message, known.message)
		f.Detail = cmp.Or(f.Detail, known.detail)
	}
	if f.Body == "" {
		f.Body = BodyTrue
		if f.Status != 0 {
			f.Body = BodyJSON
		}
	}
	if f.Status == 0 && !f.spoilsOnly() {
		f.Status = http.StatusInternalServerError
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = append(s.faults, &f)
}

// ClearFaults removes all pending faults.
func (s *Server) ClearFaults() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = nil
}

// takeFault returns the first fault that hits the call. The caller holds s.mu.
func (s *Server) takeFault(c *call, path string) *Fault {
	for i, f := range s.faults {
		if !f.matches(c, path) {
			continue
		}
		if f.Skip > 0 {
			f.Skip--
			continue
		}
		hit := *f
		if f.N > 0 {
			if f.N--; f.N == 0 {
				s.faults = slices.Delete(s.faults, i, i+1)
			}
		}
		return &hit
	}
	return nil
}

func (f *Fault) matches(c *call, path string) bool {
	switch {
	case !strings.Contains(c.statement, f.Contains):
		return false
	case f.Match == "":
		return true
	case strings.HasPrefix(f.Match, "/"):
		return strings.HasPrefix(path, f.Match)
	case f.Match == "v3":
		return strings.HasPrefix(path, "/v3/")
	}
	kind, name, named := strings.Cut(f.Match, ":")
	return kind == c.kind && (!named || strings.EqualFold(name, c.name))
}

func (f *Fault) spoilsOnly() bool {
	switch f.Body {
	case BodyCut, BodyBadJSON, BodyDropAfter, BodyTrue, BodyFaultInside, BodyEntityMissing:
		return true
	}
	return false
}

// filled returns the usual fault of the status with what the knobs say instead.
func (f *Fault) filled() *apiFault {
	d := faultFor(f.Status)
	for _, m := range []struct {
		to  *string
		say string
	}{{&d.code, f.Code}, {&d.kind, f.Type}, {&d.message, f.Message}, {&d.detail, f.Detail}} {
		if m.say != "" {
			*m.to = m.say
		}
	}
	return d
}

// spoilCapture returns the members of a CDCResponse: one with the groups, and perhaps one with a fault. f may be nil.
func (f *Fault) spoilCapture(groups []object) []object {
	whole := object{{"QueryResponse", groups}}
	if f == nil || f.Body != BodyFaultInside && f.Body != BodyEntityMissing {
		return []object{whole}
	}
	less := object{{"QueryResponse", groups[:len(groups)-1]}}
	if f.Body == BodyEntityMissing {
		return []object{less}
	}
	return []object{less, {{"Fault", f.filled().envelope()}}}
}

func (f *Fault) answer(now time.Time) *answer {
	d := f.filled()
	switch f.Body {
	case BodyGateway:
		return d.gateway(now)
	case BodyXML:
		return d.xml(now)
	case BodyHTML:
		text := http.StatusText(f.Status)
		return textAnswer(f.Status, "text/html",
			fmt.Sprintf("<html>\r\n<head><title>%d %s</title></head>\r\n<body>\r\n<center><h1>%[1]d "+
				"%[2]s</h1></center>\r\n</body>\r\n</html>\r\n", f.Status, text))
	case BodyEmpty:
		return newAnswer(f.Status, "text/plain", nil)
	case BodyRaw:
		return f.raw()
	case BodyOAuth:
		code := f.Code
		if code == "" {
			code = "server_error"
		}
		return oauthError(f.Status, code, f.Detail)
	}
	return d.service(now, time.UTC)
}

// raw answers with the text as it is, under the content type that such texts came with.
func (f *Fault) raw() *answer {
	kind := "application/json;charset=UTF-8"
	switch {
	case f.Raw == "":
		kind = "text/plain"
	case strings.HasPrefix(f.Raw, "<?xml"):
		kind = "application/xml;charset=UTF-8"
	case strings.HasPrefix(f.Raw, "<"):
		kind = "text/html"
	}
	return textAnswer(f.Status, kind, f.Raw)
}

// apiFault is an error of the accounting API, before it takes one of its spellings.
type apiFault struct {
	status                int
	code, kind            string
	message, detail, elem string
}

func (f *apiFault) Error() string { return f.code + " " + f.message + ": " + f.detail }

// faultFor returns the usual fault of a status.
func faultFor(status int) *apiFault {
	switch status {
	case http.StatusUnauthorized:
		return &apiFault{
			status: status, code: "3200", kind: "AUTHENTICATION",
			message: "message=AuthenticationFailed; errorCode=003200; statusCode=401", detail: "Token expired",
		}
	case http.StatusForbidden:
		return &apiFault{
			status: status, code: "3100", kind: "AUTHORIZATION",
			message: "message=ApplicationAuthorizationFailed; errorCode=003100; statusCode=403",
		}
	case http.StatusTooManyRequests:
		return &apiFault{
			status: status, code: "3001", kind: "SERVICE",
			message: "message=ThrottleExceeded; errorCode=003001; statusCode=429",
			detail:  "The request limit was reached. Try again later",
		}
	case http.StatusBadRequest:
		return &apiFault{
			status: status, code: "6000", kind: "ValidationFault",
			message: "A business validation error has occurred while processing your request",
			detail:  "Business Validation Error: Unexpected Internal Error. ()",
		}
	}
	return &apiFault{
		status: status, code: "10000", kind: "SystemFault",
		message: "An application error has occurred while processing your request",
		detail:  "System Failure Error: Unexpected Internal Error.",
	}
}

// faultOf returns the usual fault of a code, nil if the code says too little.
func faultOf(code string) *apiFault {
	switch code {
	case "120":
		// https://developer.intuit.com/app/developer/qbo/docs/develop/troubleshooting/handling-common-errors
		return &apiFault{
			status: http.StatusUnauthorized, code: code, kind: "AuthorizationFault", message: "Authorization Failure",
			detail: "AuthorizationFailure: -11014-You do not have access to use QuickBooks Online Plus.",
		}
	case "3001":
		return faultFor(http.StatusTooManyRequests)
	case "3100":
		return faultFor(http.StatusForbidden)
	case "3200":
		return faultFor(http.StatusUnauthorized)
	case "5020": // https://github.com/intuit/oauth-jsclient/issues/89
		return validation(code, "Permission Denied Error",
			"Permission Denied Error : You do not have the access rights to use this feature.")
	case "6190": // https://github.com/intuit/QuickBooks-V3-PHP-SDK/issues/257
		return validation(code, "Invalid Company Status",
			"Subscription period has ended or canceled or there was a billing problem")
	case "7001": // https://github.com/ruckus/quickbooks-ruby/issues/321
		return &apiFault{
			status: http.StatusBadRequest, code: code, kind: "SERVICE",
			message: "Subscription for company has lapsed or Invalid destination URL is used",
			detail:  "Sandbox company works with Sandbox URL and Production company works with Production URL.",
		}
	case "10000":
		return faultFor(http.StatusInternalServerError)
	}
	return nil
}

func validation(code, message, detail string) *apiFault {
	return &apiFault{
		status: http.StatusBadRequest, code: code, kind: "ValidationFault", message: message, detail: detail,
	}
}

// envelope is the value of the member Fault.
func (f *apiFault) envelope() object {
	e := object{{"Message", f.message}, {"Detail", f.detail}, {"code", f.code}}
	if f.elem != "" || f.code == "610" {
		e.set("element", f.elem)
	}
	return object{{"Error", []object{e}}, {"type", f.kind}}
}

// service spells the fault as the accounting service does.
func (f *apiFault) service(now time.Time, zone *time.Location) *answer {
	body := object{{"Fault", f.envelope()}, {"time", stampMillis(now, zone)}}
	return newAnswer(f.status, "application/json;charset=UTF-8", body.appendJSON(nil))
}

// gateway spells the fault as the gateway before the service does: lower-case keys and a numeric time.
func (f *apiFault) gateway(now time.Time) *answer {
	detail, _ := json.Marshal(f.detail)
	message, _ := json.Marshal(f.message)
	body := fmt.Appendf(nil,
		`{"warnings":null,"intuitObject":null,"fault":{"error":[{"message":%s,"detail":%s,"code":%q,"element":null}],"type":%q},"report":null,"queryResponse":null,"batchItemResponse":[],"attachableResponse":[],"syncErrorResponse":null,"requestId":null,"time":%d,"status":null,"cdcresponse":[]}`,
		message, detail, f.code, f.kind, now.UnixMilli())
	return newAnswer(f.status, "application/json;charset=UTF-8", body)
}

// xml spells the fault as the service does for clients that did not ask for JSON, and sometimes for others.
func (f *apiFault) xml(now time.Time) *answer {
	var b strings.Builder
	fmt.Fprintf(&b,
		`<?xml version="1.0" encoding="UTF-8" standalone="yes"?><IntuitResponse xmlns="http://schema.intuit.com/finance/v3" time="%s"><Fault type="%s"><Error code="%s"><Message>`, stampMillis(now, time.UTC), f.kind, f.code)
	escapeXML(&b, f.message)
	b.WriteString("</Message><Detail>")
	escapeXML(&b, f.detail)
	b.WriteString("</Detail></Error></Fault></IntuitResponse>")
	return textAnswer(f.status, "application/xml;charset=UTF-8", b.String())
}
