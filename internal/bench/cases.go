package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"time"
)

// cost is what one case took.
type cost struct {
	wall, cpu  time.Duration
	sandbox    time.Duration // CPU time of the simulators
	peak       int64         // bytes
	mapped     int64         // bytes of files, such as local copies, that are in memory at the end and cost nothing to drop
	quickBooks int           // requests
	google     int           // requests
	sent       int64         // bytes to Google
	rows       int
}

// programCases measures the program as a process, and prints a line for each case as soon as it is known.
func programCases(ctx context.Context, exe, folder string, o options) error {
	var table sheet
	table.line("whole program", "wall s", "CPU s", "sims' CPU", "peak MB", "mapped MB", "QuickBooks", "Google", "sent KB", "bound s",
		"ratio")
	p := &printer{table: table}
	profiles := &profiler{folder: o.profile}
	var failed []error
	for _, group := range []struct {
		name string
		run  func(context.Context, *suite) error
	}{
		{"one large list", largeList}, {"small change", smallChanges}, {"latency", latencies}, {"size", sizes},
		{"report", report}, {"many", many},
	} {
		if !o.cases.MatchString(group.name) {
			continue
		}
		s := &suite{printer: p, exe: exe, folder: filepath.Join(folder, group.name), options: o,
			profiler: profiles}
		if err := group.run(ctx, s); err != nil {
			failed = append(failed, fmt.Errorf("%s: %w", group.name, err))
		}
		if s.world != nil {
			s.world.close()
		}
	}
	return errors.Join(failed...)
}

// printer prints costs.
type printer struct{ table sheet }

func (p *printer) print(name string, c cost, bound time.Duration) {
	limit, ratio := "", ""
	if bound > 0 {
		limit, ratio = seconds(bound), number(c.wall.Seconds()/bound.Seconds())
	}
	p.table.line(name, seconds(c.wall), seconds(c.cpu), seconds(c.sandbox), number(float64(c.peak)/(1<<20)),
		number(float64(c.mapped)/(1<<20)), fmt.Sprint(c.quickBooks),
		fmt.Sprint(c.google), number(float64(c.sent)/(1<<10)), limit, ratio)
}

func seconds(d time.Duration) string { return number(d.Seconds()) }

// largeList measures one list: first, unchanged for one exporter and for twenty, and with a few changes.
func largeList(ctx context.Context, s *suite) error {
	n := s.options.invoice
	if err := s.open(ctx, size{companies: 1, invoices: n, customers: 1000}, false); err != nil {
		return err
	}
	ids := make([]string, 20)
	for i := range ids {
		var err error
		if ids[i], err = s.exporter(ctx, wish{name: fmt.Sprint("Invoices ", i+1), columns: columns[:15]}); err != nil {
			return err
		}
	}
	one := func() (int, error) { return s.run(ctx, ids[0]) }
	if _, err := s.measure(ctx, fmt.Sprintf("%d x 15, first", n), 0, one); err != nil {
		return err
	}
	if _, err := s.measure(ctx, "  nothing changed", 0, one); err != nil {
		return err
	}
	if err := s.change(ctx, 100); err != nil {
		return err
	}
	if _, err := s.measure(ctx, "  100 rows changed", 0, one); err != nil {
		return err
	}
	if _, err := s.run(ctx, ids[1:]...); err != nil {
		return err
	}
	all := func() (int, error) { return s.run(ctx, ids...) }
	if _, err := s.measure(ctx, "  nothing changed, 20 exporters together", 0, all); err != nil {
		return err
	}
	return errors.Join(s.minutely(ctx, ids), s.printMirror())
}

// minutely measures a minute in which the exporters run by schedule and nothing changes. The minutes before are for
// Google Drive to notice what was written, and for a run to find each sheet right.
func (s *suite) minutely(ctx context.Context, ids []string) error {
	for _, id := range ids {
		change := map[string]any{"schedule": map[string]any{"cron": "* * * * *", "timezone": "UTC", "enabled": true}}
		if err := s.world.api(ctx, http.MethodPatch, "/exporters/"+id, change, nil); err != nil {
			return err
		}
	}
	if err := pause(ctx, 3*time.Minute); err != nil {
		return err
	}
	name := fmt.Sprintf("  a minute of %d runs by schedule", len(ids))
	_, err := s.measure(ctx, name, 0, func() (int, error) { return 0, pause(ctx, time.Minute) })
	return err
}

// printMirror says how large the local copies of the lists are.
func (s *suite) printMirror() error {
	files, err := filepath.Glob(filepath.Join(s.world.data, "mirror", "*"))
	if err != nil || len(files) == 0 {
		return err
	}
	var total int64
	for _, f := range files {
		info, err := os.Stat(f)
		if err != nil {
			return err
		}
		total += info.Size()
	}
	s.table.line(fmt.Sprintf("  mirror on disk: %.1f MB", float64(total)/(1<<20)), "")
	return nil
}

// change changes invoices of the first company.
func (s *suite) change(ctx context.Context, n int) error {
	realm := s.world.companies[0]
	var ids struct{ IDs []string }
	path := s.world.root(intuitRoot) + "/sandbox/companies/" + realm + "/ids?entity=Invoice"
	if err := s.world.call(ctx, http.MethodGet, path, nil, &ids); err != nil {
		return err
	}
	if len(ids.IDs) < n {
		return fmt.Errorf("there are %d invoices", len(ids.IDs))
	}
	for i := range n {
		s.changes++
		id := ids.IDs[i*len(ids.IDs)/n]
		change := map[string]any{"entity": "Invoice", "id": id, "note": fmt.Sprint("change ", s.changes)}
		if err := s.world.knob(ctx, intuitRoot, "companies/"+realm+"/change", change); err != nil {
			return err
		}
	}
	return nil
}

// Latencies of real services, as measured by others, and what follows from them.
const (
	pageLatency  = 250 * time.Millisecond
	writeLatency = 600 * time.Millisecond
	cellsLatency = 8 * time.Millisecond // for a thousand cells
)

// latencies measures the first reading and writing of a list with the services' latencies.
func latencies(ctx context.Context, s *suite) error {
	n := s.options.invoice
	if err := s.open(ctx, size{companies: 1, invoices: n, customers: 1000}, false); err != nil {
		return err
	}
	id, err := s.exporter(ctx, wish{name: "Invoices", columns: columns[:15]})
	if err != nil {
		return err
	}
	if err := errors.Join(
		s.world.knob(ctx, intuitRoot, "latency", map[string]int64{"ms": pageLatency.Milliseconds()}),
		s.world.knob(ctx, googleRoot, "latency", map[string]int64{"milliseconds": writeLatency.Milliseconds(),
			"microseconds_a_cell": (cellsLatency / 1000).Microseconds()}),
	); err != nil {
		return err
	}
	_, err = s.measure(ctx, fmt.Sprintf("%d x 15, first, with latencies", n), bound(n, 15), func() (int, error) {
		return s.run(ctx, id)
	})
	return err
}

const (
	pageRows     = 1000 // rows of QuickBooks' largest page
	pagesAhead   = 3    // pages that may be held at once
	bodyCells    = 100_000
	requestsElse = 4 // to Google: creating the spreadsheet, looking, committing and reading back
)

// bound returns the time that latencies and page sizes allow at best: the count and the pages, as many at once as may
// be held, then the cells, which Google takes one body after the other.
func bound(rows, columns int) time.Duration {
	pages := (rows + pageRows - 1) / pageRows
	read := time.Duration(2+(pages-1+pagesAhead-1)/pagesAhead) * pageLatency // the count and the first page come alone
	cells := rows * columns
	bodies := (cells + bodyCells - 1) / bodyCells
	return read + time.Duration(bodies+requestsElse)*writeLatency + time.Duration(cells/1000)*cellsLatency
}

// sizes compares the time of a row in a large list and in a list of a tenth of it.
func sizes(ctx context.Context, s *suite) error {
	root := s.folder
	var perRow []float64
	for _, n := range []int{s.options.invoice / 5, s.options.invoice * 2} {
		s.folder = filepath.Join(root, fmt.Sprint(n))
		if err := s.open(ctx, size{companies: 1, invoices: n, customers: 1000}, false); err != nil {
			return err
		}
		for _, mode := range []string{"replace", "upsert"} {
			c, err := s.wide(ctx, n, mode)
			if err != nil {
				return err
			}
			if mode == "replace" {
				perRow = append(perRow, c.cpu.Seconds()/float64(c.rows))
			}
		}
		s.world.close()
		s.world = nil
	}
	s.table.line("  CPU of a row, large by small: "+number(perRow[1]/perRow[0]), "")
	return nil
}

// wide measures a list of 25 columns in a mode: first, and after some invoices have changed. It returns the first.
func (s *suite) wide(ctx context.Context, n int, mode string) (cost, error) {
	id, err := s.exporter(ctx, wish{name: "Invoices " + mode, columns: columns, mode: mode})
	if err != nil {
		return cost{}, err
	}
	one := func() (int, error) { return s.run(ctx, id) }
	first, err := s.measure(ctx, fmt.Sprintf("%d x 25, %s, first", n, mode), 0, one)
	if err != nil {
		return first, err
	}
	if err := s.change(ctx, 100); err != nil {
		return first, err
	}
	_, err = s.measure(ctx, "  100 rows changed", 0, one)
	return first, err
}

// report measures a statement by month.
func report(ctx context.Context, s *suite) error {
	if err := s.open(ctx, size{companies: 1, invoices: 1200, customers: 100}, false); err != nil {
		return err
	}
	id, err := s.exporter(ctx, wish{kind: "profit_and_loss", name: "Profit and loss", options: map[string]any{
		"date_range": "this_year", "accounting_method": "Accrual", "summarize_by": "Month", "layout": "statement",
	}})
	if err != nil {
		return err
	}
	one := func() (int, error) { return s.run(ctx, id) }
	if _, err := s.measure(ctx, "profit and loss by month, first", 0, one); err != nil {
		return err
	}
	_, err = s.measure(ctx, "  nothing changed", 0, one)
	return err
}

// many measures many small exporters of many companies, and what they cost while nothing is due.
func many(ctx context.Context, s *suite) error {
	companies := min(200, s.options.small/10)
	if err := s.open(ctx, size{companies: companies, invoices: 100, customers: 100}, false); err != nil {
		return err
	}
	ids := make([]string, s.options.small)
	for i := range ids {
		var err error
		if ids[i], err = s.exporter(ctx, wish{
			name: fmt.Sprint("Invoices ", i+1), company: i % companies, columns: columns[:5], cron: "0 6 1 1 *",
		}); err != nil {
			return err
		}
	}
	name := fmt.Sprintf("%d exporters of %d companies", len(ids), companies)
	c, err := s.measure(ctx, name, 0, func() (int, error) { return s.run(ctx, ids...) })
	if err != nil {
		return err
	}
	s.table.line(fmt.Sprintf("  runs/s: %.0f", float64(len(ids))/c.wall.Seconds()), "")
	if _, err := s.measure(ctx, "  idle for 30 s", 0, func() (int, error) {
		return 0, pause(ctx, 30*time.Second)
	}); err != nil {
		return err
	}
	s.world.server.stop()
	ready, err := s.world.serve(ctx)
	if err != nil {
		return err
	}
	s.table.line("  ready after a restart, s: "+seconds(ready), "")
	return nil
}
