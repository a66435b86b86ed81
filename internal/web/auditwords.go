package web

import (
	"strings"

	"ledgersheet/internal/export"
)

// auditWords returns what was done, as people say it. An action that is not known stays readable.
func auditWords(action string) string {
	if words, ok := map[string]string{
		"calendar.end":               "Ended the calendar's address",
		"calendar.renew":             "Made a new address of the calendar",
		"company.connect":            "Connected a company",
		"company.delete":             "Forgot a company",
		"company.disconnect":         "Disconnected a company",
		"company.drop_copy":          "Turned a local copy off",
		"company.group":              "Put a company under a client",
		"company.keep_copy":          "Turned a local copy on",
		"company.month_not_sent":     "Took back that a month was sent",
		"company.month_sent":         "Marked a month as sent",
		"exporter.accept_difference": "Accepted a difference",
		"exporter.capture":           "Saved QuickBooks' answers",
		"exporter.create":            "Made an exporter",
		"exporter.delete":            "Deleted an exporter",
		"exporter.download":          "Downloaded a result",
		"exporter.pause":             "Paused an exporter",
		"exporter.repair":            "Chose a way to go on",
		"exporter.resume":            "Took up an exporter again",
		"exporter.update":            "Changed an exporter",
		"google.connect":             "Connected a Google account",
		"google.delete":              "Forgot a Google account",
		"google.disconnect":          "Disconnected a Google account",
		"installation.assessed":      "Noted the yearly assessment",
		"installation.texts":         "Changed the terms or privacy page",
		"link.create":                "Made a link for an administrator",
		"link.refuse":                "Was refused through a link",
		"link.revoke":                "Revoked a link",
		"link.use":                   "Gave access through a link",
		"notice.create":              "Made a notice",
		"notice.delete":              "Deleted a notice",
		"notice.test":                "Sent a test notice",
		"notice.update":              "Changed a notice",
		"pack.run":                   "Ran a pack",
		"run.cancel":                 "Cancelled a run",
		"run.start":                  "Started a run",
		"run.undo":                   "Undid a run",
		"store.backup":               "Took a backup",
		"token.make":                 "Made an API token",
		"token.revoke":               "Revoked an API token",
		"user.change":                "Changed what somebody may do",
		"user.delete":                "Removed somebody",
		"user.invite":                "Invited somebody",
	}[action]; ok {
		return words
	}
	return upperFirst(strings.NewReplacer(".", ": ", "_", " ").Replace(action))
}

// auditAbout returns what an entry is about: the company first where its text does not name it.
func auditAbout(e export.AuditEntry, k known) string {
	about := e.Detail
	if e.Action == "company.month_sent" || e.Action == "company.month_not_sent" {
		about = monthName(about, "January 2006")
	}
	name := ""
	for _, c := range k.companies {
		if c.Realm == export.RealmID(e.Object) {
			name = c.Name
		}
	}
	switch {
	case about == "" && name == "":
		return e.Object
	case about == "":
		return name
	case name == "" || strings.Contains(about, name):
		return about
	}
	return name + ", " + about
}
