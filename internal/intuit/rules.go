package intuit

import (
	"strings"

	"ledgersheet/internal/problem"
)

// reaction says what is done about an answer.
type reaction uint8

const (
	// stop: nothing is tried again until a person has changed something.
	stop reaction = iota
	// retry: the request is sent again within seconds. If it never works, the run's next attempt may, in minutes.
	retry
	// tell is stop for everything that is asked of the company: Options.Told hears of it.
	tell
	// reconnect is tell, and only a new consent can help.
	reconnect
)

// quoting says how much of QuickBooks' own text people see, made safe by problem.Safe.
type quoting uint8

const (
	_ quoting = iota // nothing
	// quoteDetail is the detail.
	quoteDetail
	// quoteWhole is the message and the detail.
	quoteWhole
	// quoteBrief is the detail up to its first colon: the detail of a 401 goes on with the access token.
	quoteBrief
)

// meaning is what an answer comes to.
type meaning struct {
	is    problem.Code
	do    reaction
	words string // in front of the quote; empty for "QuickBooks says" and the whole text
	quote quoting
	hint  string // replaces the code's standing hint
	pause bool   // all requests of the company have to wait
	slow  bool   // Intuit ran out of time
}

// rule says what an answer means. The first one that matches applies.
type rule struct {
	status int    // 0 matches any, 5 all from 500
	code   string // fault code without leading zeros; empty matches any
	kind   string // fault type in upper case without the ending "Fault"; empty matches any
	meaning
	// repeats is how often in a row the same request must be answered so for then to apply; 0 for never. The number is
	// our choice: QuickBooks' answers do not tell what passes from what lasts.
	repeats int
	then    *meaning
	source  string // addresses and files, with blanks between
}

// Where the rules come from: Intuit's pages, answers that people have recorded in public, and files in testdata.
const (
	codesPage    = "https://developer.intuit.com/app/developer/qbo/docs/develop/troubleshooting/error-codes"
	commonPage   = "https://developer.intuit.com/app/developer/qbo/docs/develop/troubleshooting/handling-common-errors"
	limitsPage   = "https://developer.intuit.com/app/developer/qbo/docs/learn/limits-and-throttles"
	seen120      = "https://github.com/minimul/qbo_api/issues/96"
	seen3100     = "https://github.com/intuit/oauth-jsclient/issues/2"
	seen5020     = "https://github.com/intuit/oauth-jsclient/issues/89"
	seen5xx      = "https://github.com/minimul/qbo_api/issues/81"
	seen6190     = "https://github.com/intuit/QuickBooks-V3-PHP-SDK/issues/257"
	seen7001     = "https://github.com/ruckus/quickbooks-ruby/issues/321"
	seenAt200    = "https://github.com/intuit/QuickBooks-V3-PHP-SDK/issues/211"
	faultsFile   = "testdata/faults.json"
	expiredFile  = "testdata/fault_token_expired.json"
	throttleFile = "testdata/fault_throttle.json"
)

// odd is what a refusal of the connection means before it has repeated itself: healthy connections get some, too.
var odd = meaning{
	is: problem.QuickBooksUnavailable, do: retry, words: "QuickBooks refused this connection for the moment.",
	quote: quoteDetail,
}

var (
	// oddToken is odd with a detail that may hold the token.
	oddToken = meaning{is: odd.is, do: odd.do, words: odd.words, quote: quoteBrief}

	throttled = meaning{
		is: problem.QuickBooksRateLimited, do: retry, pause: true,
		words: "QuickBooks received too many requests for this company.",
	}
	ended = meaning{
		is: problem.CompanyReconnectRequired, do: reconnect, quote: quoteBrief,
		words: "QuickBooks no longer accepts this connection.",
	}
	lostAccess = meaning{
		is: problem.CompanyReconnectRequired, do: reconnect, quote: quoteDetail,
		words: "The person who connected this company has lost access to it in QuickBooks.",
		hint: "An administrator of the company has to press Reconnect on Connections; exporters and schedules stay " +
			"as they are.",
	}
	otherCompany = meaning{
		is: problem.CompanyReconnectRequired, do: reconnect, quote: quoteDetail,
		words: "This connection is not valid for this company.",
		hint: "Press Reconnect on this company and choose the same company at Intuit. Keys for development reach " +
			"sandbox companies only, keys for production real ones only.",
	}
	barred = meaning{
		is: problem.CompanyReconnectRequired, do: reconnect, quote: quoteDetail,
		words: "QuickBooks does not let this connection see this company.",
	}
	ownError = meaning{is: problem.QuickBooksUnavailable, do: retry, quote: quoteDetail,
		words: "QuickBooks had an error of its own."}
	rejected = meaning{is: problem.QuickBooksRejected, do: stop}
)

// thrice is the number of refusals in a row that end a connection, and of failures that end a request.
const thrice = 3

// rules is the one table of QuickBooks' answers. What is none of them comes to rejected. Words stand in front of
// QuickBooks' own where those are meant for programmers.
var rules = []rule{
	// Whatever else they say, these come from a service in trouble: 500 has come with the codes 120 and 3100.
	{status: 504, source: codesPage, meaning: meaning{
		is: problem.QuickBooksUnavailable, do: retry, slow: true, words: "QuickBooks did not answer in time.",
	}},
	{status: 5, source: seen120 + " " + seen5xx + " " + faultsFile, meaning: meaning{
		is: problem.QuickBooksUnavailable, do: retry,
	}},

	// A fault's code says more than a status below 500: throttling has come as 403.
	{code: "3001", source: limitsPage + " " + throttleFile, meaning: throttled},
	{status: 429, source: limitsPage, meaning: throttled},

	// A 401 that gets here has come twice, the second time to a new token: see Options.HTTP. That Intuit has just
	// renewed the token says that the connection is alive, so a pair of them alone does not end it.
	{status: 401, code: "120", source: commonPage, meaning: odd, repeats: thrice, then: &lostAccess},
	{status: 401, code: "3100", source: seen3100, meaning: odd, repeats: thrice, then: &otherCompany},
	{status: 401, source: expiredFile + " " + faultsFile, meaning: oddToken, repeats: thrice, then: &ended},
	{code: "120", source: commonPage, meaning: odd, repeats: thrice, then: &lostAccess},
	{code: "3100", source: seen3100 + " " + faultsFile, meaning: odd, repeats: thrice, then: &otherCompany},
	{code: "3200", source: expiredFile, meaning: oddToken, repeats: thrice, then: &ended},

	{code: "7001", source: seen7001 + " " + faultsFile, meaning: meaning{
		is: problem.QuickBooksRejected, do: tell, quote: quoteWhole,
		words: "The company's QuickBooks subscription has ended, or Intuit's sandbox and production are mixed up.",
		hint: "Renew the subscription in QuickBooks, or take the company out of the exporter. If it is paid for, see " +
			"whether LEDGERSHEET_INTUIT_ENVIRONMENT is the one that the company belongs to.",
	}},
	{code: "6190", source: seen6190 + " " + seenAt200, meaning: meaning{
		is: problem.QuickBooksRejected, do: tell, quote: quoteWhole,
		words: "The company's QuickBooks subscription has ended, or the company is closed.",
		hint:  "Renew the subscription in QuickBooks, or take the company out of the exporter.",
	}},
	{code: "5020", source: seen5020, meaning: meaning{
		is: problem.QuickBooksRejected, do: stop, quote: quoteWhole,
		words: "The person who connected this company may not see this data in QuickBooks, or the company's plan is " +
			"without it.",
		hint: "Have an administrator of the company press Reconnect, or give that person access in QuickBooks. If " +
			"the plan lacks it, take the company out of the exporter.",
	}},

	// With status 400 the request is at fault, even though QuickBooks calls that an error of its own.
	{status: 400, code: "10000", source: faultsFile, meaning: ownError, repeats: thrice, then: &rejected},
	{code: "10000", source: codesPage, meaning: ownError},

	{kind: "VALIDATION", source: codesPage, meaning: rejected},
	{kind: "AUTHENTICATION", source: codesPage, meaning: oddToken, repeats: thrice, then: &ended},
	{kind: "AUTHORIZATION", source: codesPage, meaning: odd, repeats: thrice, then: &barred},
	{status: 408, source: codesPage, meaning: meaning{
		is: problem.QuickBooksUnavailable, do: retry, words: "QuickBooks did not receive the request in time.",
	}},
	{kind: "SYSTEM", source: codesPage, meaning: ownError},
	{kind: "SERVICE", source: codesPage, meaning: meaning{
		is: problem.QuickBooksUnavailable, do: retry, quote: quoteWhole,
		words: "A service of QuickBooks was not available.",
	}},
}

// match returns the rule for an answer and its number, from 1. What no rule is for comes to rejected and has the number
// after the last.
func match(status int, f *fault) (rule, int) {
	code, kind := f.codeAndKind()
	for i, r := range rules {
		if (r.status == 0 || r.status == status || r.status == 5 && status >= 500) &&
			(r.code == "" || r.code == code) && (r.kind == "" || r.kind == kind) {
			return r, i + 1
		}
	}
	return rule{meaning: rejected}, len(rules) + 1
}

// codeAndKind returns the first error's code and the type as rules spell them. f may be nil.
func (f *fault) codeAndKind() (code, kind string) {
	if f == nil {
		return "", ""
	}
	if len(f.Errors) > 0 {
		code = strings.TrimLeft(f.Errors[0].Code, "0")
	}
	kind = strings.TrimSuffix(strings.ToUpper(f.Type), "FAULT")
	if strings.HasPrefix(kind, "AUTHORIZAT") { // Intuit also misspells it, see faultsFile
		kind = "AUTHORIZATION"
	}
	return code, kind
}
