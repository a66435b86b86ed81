package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"
)

// suite is what the cases of one group share.
type suite struct {
	*printer
	options options
	exe     string
	folder  string
	world   *world
	changes int // of invoices so far

	goals     *goals
	meanwhile func() // does something else in a long pause
	profiler  *profiler
	debugAddr string // of the server
}

// unlimited are settings without the program's own limits; the simulators' limits are switched off beside it.
var unlimited = []string{
	"LEDGERSHEET_QUICKBOOKS_PER_MINUTE=0", "LEDGERSHEET_QUICKBOOKS_PER_SECOND=0", "LEDGERSHEET_QUICKBOOKS_CONCURRENT=0",
	"LEDGERSHEET_GOOGLE_READS_PER_MINUTE_USER=0", "LEDGERSHEET_GOOGLE_WRITES_PER_MINUTE_USER=0",
	"LEDGERSHEET_GOOGLE_READS_PER_MINUTE_PROJECT=0", "LEDGERSHEET_GOOGLE_WRITES_PER_MINUTE_PROJECT=0",
	"LEDGERSHEET_MIN_INTERVAL=1m",
}

// open starts a world of this size. Without limits neither the program nor the simulators keep any.
func (s *suite) open(ctx context.Context, of size, limits bool) (err error) {
	var extra []string
	if !limits {
		extra = unlimited
	}
	if s.debugAddr, err = freeAddress(); err != nil {
		return err
	}
	extra = append(slices.Clone(extra), "LEDGERSHEET_DEBUG_ADDR="+s.debugAddr)
	if s.world, err = open(ctx, s.exe, s.folder, of, extra...); err != nil || limits {
		return err
	}
	return errors.Join(
		s.world.knob(ctx, intuitRoot, "limits", map[string]int{"per_minute": -1, "per_second": -1, "concurrent": -1}),
		s.world.knob(ctx, googleRoot, "quota", map[string]int{"reads_per_user": 0, "writes_per_user": 0,
			"reads_per_project": 0, "writes_per_project": 0}),
	)
}

// measure does something and prints what it cost the server. It counts the requests that the simulators saw.
func (s *suite) measure(ctx context.Context, name string, bound time.Duration, do func() (rows int, err error)) (
	cost, error) {
	seen, err := s.world.totals(ctx)
	if err == nil {
		err = s.world.server.resetPeak()
	}
	if err != nil {
		return cost{}, err
	}
	end, err := s.profiler.begin(ctx, s.debugAddr, name)
	if err != nil {
		return cost{}, err
	}
	before, err := s.world.server.cpu()
	if err != nil {
		return cost{}, err
	}
	others, err := s.world.sandbox.cpu()
	if err != nil {
		return cost{}, err
	}
	began := time.Now()
	rows, err := do()
	if err != nil {
		return cost{}, fmt.Errorf("%s: %w", name, err)
	}
	c := cost{wall: time.Since(began), rows: rows}
	after, err := s.world.server.cpu()
	if err != nil {
		return c, err
	}
	c.cpu = after - before
	if after, err = s.world.sandbox.cpu(); err != nil {
		return c, err
	}
	c.sandbox = after - others
	if c.peak, err = s.world.server.peak(); err != nil {
		return c, err
	}
	if c.mapped, err = s.world.server.mapped(); err != nil {
		return c, err
	}
	now, err := s.world.totals(ctx)
	if err != nil {
		return c, err
	}
	c.quickBooks, c.google = now.quickBooks-seen.quickBooks, now.google-seen.google
	c.sent, c.writes = now.sent-seen.sent, now.writes-seen.writes
	s.print(name, c, bound)
	return c, end()
}

// totals are the requests that the simulators have seen.
type totals struct {
	quickBooks, google, writes int

	sent int64 // bytes to Google
}

func (w *world) totals(ctx context.Context) (totals, error) {
	var books struct {
		Requests int `json:"company_requests"`
	}
	var sheets struct {
		Requests, Writes int

		Bytes int64
	}
	err := errors.Join(
		w.call(ctx, http.MethodGet, w.root(intuitRoot)+"/sandbox/totals", nil, &books),
		w.call(ctx, http.MethodGet, w.root(googleRoot)+"/sandbox/totals", nil, &sheets),
	)
	return totals{books.Requests, sheets.Requests, sheets.Writes, sheets.Bytes}, err
}

// columns are 15 columns of invoices, and with ten more 25.
var columns = []string{
	"Id", "DocNumber", "TxnDate", "DueDate", "CustomerRef.name", "CustomerRef.value", "Status", "TotalAmt", "Balance",
	"CurrencyRef.value", "TxnTaxDetail.TotalTax", "PrivateNote", "SyncToken", "MetaData.CreateTime",
	"MetaData.LastUpdatedTime",
	"BillEmail.Address", "EmailStatus", "PrintStatus", "SalesTermRef.value", "ShipAddr.City", "BillAddr.City",
	"BillAddr.Line1", "CustomerMemo.value", "ApplyTaxAfterDiscount", "domain",
}

// wish is an exporter to be made. All invoices are replaced if it does not say otherwise.
type wish struct {
	kind, name, mode string
	company          int // which of the connected ones
	columns          []string
	options          map[string]any
	cron             string // empty means no schedule
}

// exporter creates an exporter and returns its id.
func (s *suite) exporter(ctx context.Context, w wish) (string, error) {
	if w.options == nil {
		w.options = map[string]any{"date_range": "all"}
	}
	body := map[string]any{
		"name": w.name, "type": cmp.Or(w.kind, "invoices"), "company_ids": []string{s.world.companies[w.company]},
		"columns": w.columns, "options": w.options, "mode": cmp.Or(w.mode, "replace"),
		"destination": map[string]any{"google_account_id": s.world.account, "sheet": "Data", "start_cell": "A1"},
	}
	if w.cron != "" {
		body["schedule"] = map[string]any{"cron": w.cron, "timezone": "UTC", "enabled": true}
	}
	var made struct{ ID string }
	err := s.world.api(ctx, http.MethodPost, "/exporters", body, &made)
	return made.ID, err
}

// run runs exporters at the same time, and returns the rows of all results.
func (s *suite) run(ctx context.Context, ids ...string) (int, error) {
	runs := make([]string, len(ids))
	for i, id := range ids {
		var queued struct{ ID string }
		if err := s.world.api(ctx, http.MethodPost, "/exporters/"+id+"/runs", map[string]any{}, &queued); err != nil {
			return 0, err
		}
		runs[i] = queued.ID
	}
	rows := 0
	for _, id := range runs {
		n, err := s.await(ctx, id)
		if err != nil {
			return rows, err
		}
		rows += n
	}
	return rows, nil
}

// await follows a run's events to its end, and returns its rows.
func (s *suite) await(ctx context.Context, id string) (int, error) {
	var ended struct {
		Status string
		Rows   int
		Error  struct{ Code, Message string }
	}
	// The answer ends with the run.
	if _, _, err := s.world.ask(ctx, http.MethodGet, s.world.base+"/api/v1/runs/"+id+"/events", nil, ""); err != nil {
		return 0, err
	}
	if err := s.world.api(ctx, http.MethodGet, "/runs/"+id, nil, &ended); err != nil {
		return 0, err
	}
	if ended.Status != "succeeded" {
		return 0, fmt.Errorf("run %s %s: %s: %s", id, ended.Status, ended.Error.Code, ended.Error.Message)
	}
	return ended.Rows, nil
}
