package control

import (
	"context"
	"strconv"
	"strings"
	"time"

	"ledgersheet/internal/access"
	"ledgersheet/internal/problem"
)

const legalSetting = "legal"

// Legal is what the terms and the privacy page say, which Intuit and Google want to have addresses of.
type Legal struct {
	Operator string `json:"operator"` // who runs this installation
	Contact  string `json:"contact"`  // their e-mail
	// Terms and Privacy are the texts; empty takes those of the program. Blank lines divide paragraphs, "# " begins a
	// heading, and "- " a point of a list. {operator}, {contact} and {address} stand for these facts.
	Terms     string    `json:"terms,omitempty"`
	Privacy   string    `json:"privacy,omitempty"`
	ChangedAt time.Time `json:"changed_at,omitzero"`
}

const (
	longestName = 200
	longestText = 50_000 // characters
)

// Legal returns the facts and texts, with the program's own where nobody has written others. Anybody may read them.
func (d *Desk) Legal(ctx context.Context) (Legal, error) {
	l, err := readSetting[Legal](ctx, d.core, legalSetting)
	if l.Terms == "" {
		l.Terms = usualTerms
	}
	if l.Privacy == "" {
		l.Privacy = d.usualPrivacy()
	}
	return l, err
}

// Fill puts the facts into a text.
func (d *Desk) Fill(l Legal, text string) string {
	operator, contact := l.Operator, l.Contact
	if operator == "" {
		operator = "the people who run this installation"
	}
	if contact == "" {
		contact = "whoever gave you its address"
	}
	return strings.NewReplacer("{operator}", operator, "{contact}", contact, "{address}", d.o.BaseURL).Replace(text)
}

// SetLegal stores facts and texts. A text that equals the program's own is not stored, so that it stays up to date.
func (d *Desk) SetLegal(ctx context.Context, l Legal) error {
	if err := d.allow(access.Connect, access.Installation(), "installation"); err != nil {
		return err
	}
	l.Operator, l.Contact = strings.TrimSpace(l.Operator), strings.TrimSpace(l.Contact)
	l.Terms, l.Privacy = normalize(l.Terms), normalize(l.Privacy)
	var wrong problem.Collect
	for field, text := range map[string]string{"operator": l.Operator, "contact": l.Contact} {
		if len(text) > longestName {
			wrong.Add(field, "must have at most %d characters", longestName)
		}
	}
	if l.Contact != "" && (!strings.Contains(l.Contact, "@") || strings.ContainsAny(l.Contact, " \t\r\n<>")) {
		wrong.Add("contact", "must be an e-mail address")
	}
	for field, text := range map[string]string{"terms": l.Terms, "privacy": l.Privacy} {
		if len(text) > longestText {
			wrong.Add(field, "must have at most %d characters", longestText)
		}
	}
	if err := wrong.Err(); err != nil {
		return err
	}
	if l.Terms == usualTerms {
		l.Terms = ""
	}
	if l.Privacy == d.usualPrivacy() {
		l.Privacy = ""
	}
	l.ChangedAt = d.o.Now()
	_, err := changeSetting(ctx, d.core, legalSetting, func(stored *Legal) error { *stored = l; return nil })
	if err == nil {
		d.audit(ctx, d.who, "installation.texts", "", l.Operator)
	}
	return err
}

// normalize brings a text from a form into the form in which it is stored.
func normalize(text string) string {
	return strings.TrimSpace(strings.ReplaceAll(text, "\r\n", "\n"))
}

// usualTerms are terms for an installation that its operator runs for itself and its clients.
const usualTerms = "# Who runs this\n" +
	"This installation of ledgersheet at {address} is run by {operator}. You can reach them at {contact}.\n" +
	"\n" +
	"# What it does\n" +
	"It reads data of QuickBooks Online companies whose administrators have permitted it, and copies them to " +
	"spreadsheets and files that its users choose. It never changes anything in QuickBooks.\n" +
	"\n" +
	"# Who may use it\n" +
	"Only people whom {operator} has given an account, and administrators of companies whom they have asked to " +
	"connect one. Keep your password to yourself, and tell {contact} if somebody else may know it.\n" +
	"\n" +
	"# Your permission\n" +
	"You may take the permission for a company back at any time: in QuickBooks under Apps, or by asking " +
	"{contact}. Spreadsheets that were written before stay with their owners.\n" +
	"\n" +
	"# No warranty\n" +
	"Figures come from QuickBooks as they stand there at the time of reading, and are checked against " +
	"QuickBooks' own totals. ledgersheet is free software that comes without warranty of any kind, as far as " +
	"the law allows. It is no accounting, tax or legal advice.\n" +
	"\n" +
	"# Changes\n" +
	"These terms may change. The page at {address}/terms always shows those in force.\n" +
	"\n" +
	"QuickBooks and Intuit are trademarks of Intuit Inc. Google and Google Sheets are trademarks of Google " +
	"LLC. Neither company offers or endorses this installation."

// usualPrivacy describes what this installation keeps, from its configuration.
func (d *Desk) usualPrivacy() string {
	o := d.o.Installation
	kept := []string{
		"- The permissions (tokens) that Intuit and Google give, encrypted with AES-256-GCM. They are deleted when a " +
			"company or an account is disconnected, and taken back at Intuit or Google.",
		"- Names and settings of connected companies and Google accounts, and of exporters.",
		"- For each run: when it ran, how many rows it read and wrote, a few headline figures, and what changed " +
			"since the run before, the latter encrypted." + describeRetention(o.Retention),
		"- The e-mail addresses of the people who have an account, their passwords as hashes, and what they did here.",
	}
	if o.Mirror {
		kept = append(kept, "- A copy of each company's lists and transactions, encrypted under a key of its own, "+
			"so that "+
			"only changes have to be read. It is destroyed with the company, or when somebody here switches it off.")
	}
	return strings.Join([]string{
		"# Who is responsible",
		"This installation of ledgersheet at {address} is run by {operator}. Questions about your data, and requests " +
			"to see, correct or delete them, go to {contact}.",
		"", "# What is read",
		"Lists (such as customers, vendors and accounts), transactions (such as invoices and bills) and reports of " +
			"the QuickBooks Online companies whose administrators have permitted it. Nothing is ever written to " +
			"QuickBooks.",
		"", "# What for",
		"To copy these data to spreadsheets and files that the users of this installation have chosen, and for " +
			"nothing else. They are not sold, not used for advertising, and not used to train models.",
		"", "# What is kept here", strings.Join(kept, "\n"),
		"", "# Who receives data",
		"The spreadsheets and folders that users have chosen, at Google if they are Google Sheets. ledgersheet sends " +
			"nothing to its makers, and has no trackers.",
		"", "# Google user data",
		"The permission for Google accounts is used to create, read and write the spreadsheets of exporters, and for " +
			"nothing else. The use of information received from Google APIs adheres to the Google API Services User " +
			"Data Policy, including the Limited Use requirements.",
		"", "# Cookies",
		"One for the session of people who sign in, one for how pages look, one that knows the browser again when " +
			"somebody signs in, and one for twenty minutes while a company is connected by a link. None follows you " +
			"elsewhere.",
		"", "# How to end it",
		"Disconnect ledgersheet in QuickBooks under Apps, or remove it at myaccount.google.com/permissions, or write " +
			"to {contact}. Deleting a company here deletes what is kept of it.",
	}, "\n")
}

func describeRetention(d time.Duration) string {
	days := int(d.Hours() / 24)
	if days <= 0 {
		return ""
	}
	return " That is deleted after " + strconv.Itoa(days) + " days, but for each exporter's newest 200 runs."
}
