package control

import (
	"context"
	"errors"
	"fmt"
	"io"

	"ledgersheet/internal/access"
	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

// Finding is what an examination of the installation has found about one thing.
type Finding struct {
	About  string // what was looked at, such as a company's name
	Wrong  bool
	Says   string // what was found
	Remedy string // what mends it; empty if nothing is wrong
}

// MayBackUp returns nil if the actor may take backups here.
func (d *Desk) MayBackUp() error {
	if err := d.allow(access.Keep, access.Installation(), "installation"); err != nil {
		return err
	}
	if d.o.Backup == nil {
		return problem.New(problem.Conflict, "This store has backups of its own.")
	}
	return nil
}

// Backup writes a copy of the store. Only owners may. Secrets in it stay sealed.
func (d *Desk) Backup(ctx context.Context, w io.Writer) error {
	if err := d.MayBackUp(); err != nil {
		return err
	}
	d.audit(ctx, d.who, "store.backup", "", "")
	return d.o.Backup(ctx, w)
}

// Examine finds out whether the installation can work, and how to mend what is wrong. Only owners may.
func (d *Desk) Examine(ctx context.Context) ([]Finding, error) {
	if err := d.allow(access.Keep, access.Installation(), "installation"); err != nil {
		return nil, err
	}
	if d.o.Examine == nil {
		return nil, problem.New(problem.Conflict, "This installation cannot be examined.")
	}
	return d.o.Examine(ctx, d), nil
}

// ExamineConnections tests every connection, and whether its exporters' spreadsheets can be opened.
func (d *Desk) ExamineConnections(ctx context.Context) ([]Finding, error) {
	companies, err := d.Companies(ctx)
	if err != nil {
		return nil, err
	}
	var all []Finding
	for _, c := range companies {
		name, err := d.TestCompany(ctx, c.Realm)
		all = append(all, FindingOf(fmt.Sprintf("company %s (%s)", c.Name, c.Realm), "connected as "+name, err))
	}
	accounts, err := d.Accounts(ctx)
	if err != nil {
		return nil, err
	}
	for _, a := range accounts {
		email, err := d.TestAccount(ctx, a.ID)
		all = append(all, FindingOf("Google account "+a.Email, "connected as "+email, err))
		if err == nil || problem.HasCode(err, problem.SpreadsheetNotFound) {
			sheets, err := d.examineSheets(ctx, a)
			if err != nil {
				return nil, err
			}
			all = append(all, sheets...)
		}
	}
	return all, nil
}

// examineSheets looks at every spreadsheet that exporters write with an account, each once.
func (d *Desk) examineSheets(ctx context.Context, a export.GoogleAccount) ([]Finding, error) {
	exporters, err := d.Exporters(ctx, d.accounts.users(a.ID))
	if err != nil {
		return nil, err
	}
	seen := map[string]bool{}
	var all []Finding
	for _, e := range exporters {
		id := e.Target.Spreadsheet
		if id == "" || seen[id] {
			continue
		}
		seen[id] = true
		title, err := d.o.Google.Title(ctx, a.ID, id)
		all = append(all, FindingOf(fmt.Sprintf("spreadsheet of %q", e.Name), "opened: "+title, err))
	}
	return all, nil
}

// FindingOf returns the finding of a test: says if it went well, the error's words otherwise.
func FindingOf(about, says string, err error) Finding {
	if err == nil {
		return Finding{About: about, Says: says}
	}
	f := Finding{About: about, Wrong: true, Says: err.Error(), Remedy: "Read what it says, and try again."}
	if p, ok := errors.AsType[*problem.Problem](err); ok {
		f.Says, f.Remedy = p.Message, p.Hint
	}
	return f
}
