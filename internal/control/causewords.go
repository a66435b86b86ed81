package control

import (
	"slices"
	"strings"

	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

// scope is what a failure of a kind is about, and with it which failures have the same cause.
type scope int

const (
	scopeCompany     scope = iota // the exporter's companies
	scopeReason                   // its companies, and what was said
	scopeAccount                  // its Google account
	scopeSpreadsheet              // its spreadsheet
	scopeSaid                     // what was said, for whatever exporter
	scopeAll                      // nothing of the exporter's own
)

// causeText tells people about a code. {who} stands for the companies, the account or the exporters in question.
type causeText struct {
	scope         scope
	title, action string
}

// causeTexts has all codes with which runs fail.
var causeTexts = map[problem.Code]causeText{
	problem.CompanyReconnectRequired: {scopeCompany,
		"Exporters of {who} have not run since QuickBooks let us in again.",
		"Run them now, or wait for their schedules."},
	problem.GoogleReconnectRequired: {scopeAccount,
		"Exporters that write with {who} have not run since Google let us in.",
		"Run them now, or wait for their schedules; if the account is gone, give them another one."},
	problem.AppCredentials: {scopeSaid,
		"QuickBooks or Google does not accept this installation itself.",
		"Ask whoever has set it up to check the app's id and secret in the settings; reconnecting cannot help."},
	problem.CompanyUnknown: {scopeCompany,
		"{who} is not connected.", "Connect it on Connections, or take it out of the exporters."},
	problem.QuickBooksRateLimited: {scopeCompany,
		"QuickBooks has been asked too much about {who}.",
		"The next runs try again by themselves. If it happens often, spread the schedules."},
	problem.QuickBooksUnavailable: {scopeAll,
		"QuickBooks did not answer.",
		"The next runs try again by themselves. Intuit's status page tells of larger outages."},
	problem.QuickBooksRejected: {scopeReason,
		"QuickBooks does not give what is asked about {who}.",
		"Open the run, read what QuickBooks says, and change the exporter."},
	problem.QuickBooksMalformed: {scopeCompany,
		"QuickBooks' answers about {who} make no sense.",
		"The next runs try again by themselves. If it stays, report it."},
	problem.IncompleteRead: {scopeCompany,
		"Not everything about {who} could be read.",
		"Records were changed meanwhile. The next runs try again by themselves."},
	problem.ReportTooLarge: {scopeCompany,
		"A report of {who} is too large for QuickBooks.",
		"Choose a shorter date range, fewer columns or a filter."},
	problem.GoogleRateLimited: {scopeAccount,
		"Google has been asked too much with {who}.",
		"The next runs try again by themselves. If it happens often, spread the schedules."},
	problem.GoogleUnavailable: {scopeAll,
		"Google did not answer.", "The next runs try again by themselves."},
	problem.GoogleRejected: {scopeSpreadsheet,
		"Google did not accept the rows of {who}.",
		"Open the run, read what Google says, and change where the rows go."},
	problem.SpreadsheetNotFound: {scopeSpreadsheet,
		"The spreadsheet of {who} is gone, or its Google account may not open it.",
		"Take it out of the bin, share it with the account, or choose another one."},
	problem.SpreadsheetForbidden: {scopeSpreadsheet,
		"The spreadsheet of {who} is not shared with its Google account.",
		"Share it with the account as an editor, then run again."},
	problem.SheetProtected: {scopeSpreadsheet,
		"Cells that {who} writes are protected.",
		"Ask the spreadsheet's owner to let the Google account edit them, or choose another place."},
	problem.SheetConflict: {scopeSpreadsheet,
		"Other cells are in the way of {who}.",
		"Open the run and choose how to go on, or move those cells."},
	problem.HeaderDrift: {scopeSpreadsheet,
		"Somebody changed the columns of {who} in the spreadsheet.",
		"Open the run and choose how to go on. Nothing was written."},
	problem.SpreadsheetFull: {scopeSpreadsheet,
		"The spreadsheet of {who} is full.",
		"Use a new spreadsheet, fewer columns or a filter."},
	problem.TotalsMismatch: {scopeCompany,
		"Figures of {who} do not add up, so nothing was written.",
		"Open the run to see which. Correct them in QuickBooks, or say that they are known."},
	problem.Deadline: {scopeCompany,
		"Exporters of {who} take too long.",
		"Choose a shorter date range or a filter, or allow runs more time in the settings."},
	problem.Interrupted: {scopeAll,
		"Runs were interrupted and have not been finished.",
		"The next runs try again by themselves."},
	problem.Cancelled: {scopeAll,
		"Runs were stopped.", "Run the exporters again when you like."},
	problem.Internal: {scopeSaid,
		"Something went wrong inside ledgersheet.",
		"The log has the details. If it happens again, please report it."},
}

// explain returns the cause of an exporter's failure, or of its differences if there is no problem, and the key that
// failures of the same cause share.
func (c *causes) explain(h export.ExporterHead, p *problem.Problem) (key string, create func() Cause) {
	if p == nil {
		return "differences\x00" + joinRealms(h.Companies), func() Cause {
			return Cause{
				Code: CauseDifferences, rank: rankWarning, Warning: true, Company: onlyCompany(h),
				Title: "In the books of " + c.nameCompanies(h) + ", QuickBooks' own figures disagree with each other.",
				Action: "The sheets show exactly what QuickBooks shows. Open the run and look at them, or say that " +
					"they are known.",
			}
		}
	}
	text, known := causeTexts[p.Code]
	if !known {
		text = causeTexts[problem.Internal]
	}
	about, who, company := c.scopeOf(text.scope, h, p)
	return string(p.Code) + "\x00" + about, func() Cause {
		return Cause{
			Code: CauseCode(p.Code), rank: rankFailing, Company: company,
			Title: strings.ReplaceAll(text.title, "{who}", who), Action: text.action,
		}
	}
}

// scopeOf returns a key for what a failure is about, its name, and the company if it is about one.
func (c *causes) scopeOf(s scope, h export.ExporterHead, p *problem.Problem) (
	about, who string, company export.RealmID,
) {
	switch s {
	case scopeAccount:
		return string(h.Account), c.nameAccount(h.Account), ""
	case scopeSpreadsheet:
		if h.Spreadsheet == "" {
			return string(h.ID), waitingMark, ""
		}
		return h.Spreadsheet, waitingMark, ""
	case scopeSaid:
		return p.Message, "", ""
	case scopeAll:
		return "", "", ""
	case scopeReason:
		return joinRealms(h.Companies) + "\x00" + p.Message, c.nameCompanies(h), onlyCompany(h)
	}
	return joinRealms(h.Companies), c.nameCompanies(h), onlyCompany(h)
}

func onlyCompany(h export.ExporterHead) export.RealmID {
	if len(h.Companies) == 1 {
		return h.Companies[0]
	}
	return ""
}

// joinRealms returns a key for a set of companies.
func joinRealms(realms []export.RealmID) string {
	texts := make([]string, len(realms))
	for i, realm := range realms {
		texts[i] = string(realm)
	}
	slices.Sort(texts)
	return strings.Join(texts, " ")
}

func (c *causes) nameCompanies(h export.ExporterHead) string {
	list := make([]Named, len(h.Companies))
	for i, realm := range h.Companies {
		list[i].Name = string(realm)
		if company, known := c.companies[realm]; known {
			list[i].Name = company.Name
		}
	}
	return nameWaiting(list)
}

func (c *causes) nameAccount(id export.ID) string {
	if account, known := c.accounts[id]; known {
		return account.Email
	}
	return "a Google account that is gone"
}
