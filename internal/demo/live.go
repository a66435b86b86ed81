package demo

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"ledgersheet/internal/control"
	"ledgersheet/internal/export"
	"ledgersheet/internal/intuit/intuitsim"
)

// CloseBooks closes the books of the simulated companies through the last month but one, as bookkeepers do who are not
// finished with the last one.
func (s *Sandbox) CloseBooks(now time.Time) error {
	y, m, _ := now.UTC().Date()
	until := time.Date(y, m-1, 0, 0, 0, 0, 0, time.UTC).Format(time.DateOnly)
	for _, info := range s.Intuit.Companies() {
		if err := s.Intuit.Company(info.Realm).CloseBooks(until); err != nil {
			return fmt.Errorf("closing the books of %s: %w", info.Name, err)
		}
	}
	return nil
}

// Live does what happens in an office on a day, once the first runs of the demo's exporters have succeeded: months are
// handed on, invoices and bills come in, one is voided, one falls into a month whose books are closed, and a company
// takes its consent back. The exporters run again and find all of it. It returns when they have, or when ctx ends.
func (s *Sandbox) Live(ctx context.Context, d *control.Desk, made []export.Exporter, now time.Time) error {
	if err := awaitRuns(ctx, d, made, false); err != nil {
		return err
	}
	companies, err := d.Companies(ctx)
	if err != nil {
		return err
	}
	y, m, _ := now.UTC().Date()
	closed := time.Date(y, m-2, 1, 0, 0, 0, 0, time.UTC)
	for i, c := range companies[:min(livelyCompanies, len(companies))] {
		if i == 0 {
			if err := d.MarkSent(ctx, c.Realm, closed.Format("2006-01"), true); err != nil {
				return fmt.Errorf("marking a month as sent: %w", err)
			}
		}
		if err := work(s.Intuit.Company(string(c.Realm)), now, closed, i == 0); err != nil {
			return fmt.Errorf("working on the books of %s: %w", c.Name, err)
		}
	}
	if len(companies) > 3 { // smaller demos have only companies that work
		s.Intuit.RevokeGrant(string(companies[2].Realm))
	}
	return awaitRuns(ctx, d, onlyOf(made, companies[:min(livelyCompanies, len(companies))]), true)
}

// livelyCompanies is for how many companies exporters run twice: Google's limits leave no room for all so soon.
const livelyCompanies = 3

// onlyOf returns the exporters that are about one of these companies and no other.
func onlyOf(all []export.Exporter, companies []export.Company) []export.Exporter {
	var list []export.Exporter
	for _, e := range all {
		of := func(c export.Company) bool { return len(e.Companies) == 1 && e.Companies[0] == c.Realm }
		if slices.ContainsFunc(companies, of) {
			list = append(list, e)
		}
	}
	return list
}

// work is a day's work on one company's books.
func work(c *intuitsim.Company, now, closed time.Time, late bool) error {
	today := now.UTC().Format(time.DateOnly)
	for _, amount := range []string{"1840.00", "2390.50", "612.25"} {
		if _, err := c.AddInvoice(intuitsim.Sale{Date: today, Amount: amount}); err != nil {
			return fmt.Errorf("adding an invoice: %w", err)
		}
	}
	if _, err := c.AddBill(intuitsim.Cost{Date: today, Amount: "925.00"}); err != nil {
		return fmt.Errorf("adding a bill: %w", err)
	}
	if invoices := c.IDs("Invoice"); len(invoices) > 0 {
		if err := c.Void("Invoice", invoices[len(invoices)-4:][0]); err != nil {
			return fmt.Errorf("voiding an invoice: %w", err)
		}
	}
	if !late {
		return nil
	}
	// Somebody with the password of the closed books.
	then := closed.AddDate(0, 0, 20).Format(time.DateOnly)
	if _, err := c.AddBill(intuitsim.Cost{Date: then, Amount: "1200.00"}); err != nil {
		return fmt.Errorf("adding a late bill: %w", err)
	}
	return nil
}

// awaitRuns waits until every exporter's run that is queued or under way has ended. If start is set, it has all of them
// run first.
func awaitRuns(ctx context.Context, d *control.Desk, made []export.Exporter, start bool) error {
	waiting := map[export.ID]bool{}
	ended := d.Follow(ctx, func(r export.Run) bool { return r.Status.Over() })
	for _, e := range made {
		if start {
			if _, _, err := d.RunNow(ctx, e.ID); err != nil {
				return fmt.Errorf("running %q again: %w", e.Name, err)
			}
		}
		waiting[e.ID] = true
	}
	standings, err := d.Standings(ctx, made...)
	if err != nil {
		return err
	}
	for i, s := range standings {
		if s.State != control.StateRunning && len(s.History.Recent) > 0 {
			delete(waiting, made[i].ID)
		}
	}
	for len(waiting) > 0 {
		event, open := <-ended
		if !open {
			return errors.New("the service has stopped")
		}
		delete(waiting, event.Run.Exporter.ID)
	}
	return nil
}
