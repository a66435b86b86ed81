package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"time"
)

// cost is what one case took.
type cost struct {
	wall, cpu  time.Duration
	sandbox    time.Duration // CPU time of the simulators
	peak       int64         // bytes
	mapped     int64         // bytes of files that are in memory at the end; the system takes them back when it likes
	quickBooks int           // requests
	google     int           // requests
	writes     int           // of them
	sent       int64         // bytes to Google
	rows       int
}

// programCases measures the program as a process, and prints a line for each case as soon as it is known.
func programCases(ctx context.Context, exe, folder string, o options, g *goals, meanwhile func()) error {
	var table sheet
	table.line("whole program", "wall s", "CPU s", "sims' CPU", "peak MB", "mapped MB", "QuickBooks", "Google",
		"sent KB", "bound s", "ratio")
	p := &printer{table: table}
	profiles := &profiler{folder: o.profile}
	var failed []error
	for _, group := range []struct {
		name string
		run  func(context.Context, *suite) error
	}{
		{"one large list", largeList}, {"latency", latencies}, {"size", sizes},
		{"report", report}, {"many", many},
	} {
		if !o.cases.MatchString(group.name) {
			continue
		}
		s := &suite{printer: p, exe: exe, folder: filepath.Join(folder, group.name), options: o,
			profiler: profiles, goals: g, meanwhile: meanwhile}
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
	name, best := fmt.Sprintf("%d × 15, first, with latencies", n), bound(n, 15)
	c, err := s.measure(ctx, name, best, func() (int, error) { return s.run(ctx, id) })
	if err != nil {
		return err
	}
	s.goals.add(name, figure{
		what: "time", got: c.wall.Seconds(), unit: "s", want: 1.15 * best.Seconds(), bound: best.Seconds(),
	})
	return nil
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
	var peak float64
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
			if n > s.options.invoice {
				peak = max(peak, megabytes(c.peak))
			}
			if mode == "replace" {
				perRow = append(perRow, c.cpu.Seconds()/float64(c.rows))
			}
		}
		s.world.close()
		s.world = nil
	}
	s.goals.add(fmt.Sprintf("%d × 25, first", s.options.invoice*2),
		figure{what: "peak memory", got: peak, unit: "MB", want: 150},
		figure{what: "CPU of a row, by that of a tenth of the rows", got: perRow[1] / perRow[0], want: 1.1})
	return nil
}

// wide measures a list of 25 columns in a mode: first, and after some invoices have changed. It returns the first.
func (s *suite) wide(ctx context.Context, n int, mode string) (cost, error) {
	id, err := s.exporter(ctx, wish{name: "Invoices " + mode, columns: columns, mode: mode})
	if err != nil {
		return cost{}, err
	}
	one := func() (int, error) { return s.run(ctx, id) }
	first, err := s.measure(ctx, fmt.Sprintf("%d × 25, %s, first", n, mode), 0, one)
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
	c, err := s.measure(ctx, "  nothing changed", 0, one)
	if err != nil {
		return err
	}
	s.goals.add("profit and loss by month, nothing changed", c.calls(1, 2, 0)...)
	realm := s.world.companies[0]
	var invoices struct{ IDs []string }
	path := s.world.root(intuitRoot) + "/sandbox/companies/" + realm + "/ids?entity=Invoice"
	if err := s.world.call(ctx, http.MethodGet, path, nil, &invoices); err != nil {
		return err
	}
	last := invoices.IDs[len(invoices.IDs)-1]
	change := map[string]any{"entity": "Invoice", "id": last, "amount": "1234.56"}
	if err := s.world.knob(ctx, intuitRoot, "companies/"+realm+"/change", change); err != nil {
		return err
	}
	if c, err = s.measure(ctx, "  an amount changed", 0, one); err != nil {
		return err
	}
	s.goals.add("profit and loss by month, an amount changed", c.calls(1, 4, 1)...)
	return nil
}
