package main

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// many measures many small exporters of many companies: each once, each again, what they cost while nothing is due,
// and how long the program takes to start, with a long history too.
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
	title := fmt.Sprintf("%d exporters of %d companies", len(ids), companies)
	if err := s.eachOnce(ctx, title+", first", ids); err != nil {
		return err
	}
	before, err := s.residue(ctx)
	if err != nil {
		return err
	}
	if err := s.eachOnce(ctx, title+", nothing changed", ids); err != nil {
		return err
	}
	after, err := s.residue(ctx)
	if err != nil {
		return err
	}
	// Connections that are kept open for a while have two goroutines each; there is one for each worker at most.
	s.goals.add(fmt.Sprintf("after %d runs more", len(ids)),
		figure{what: "in use", got: after.heap, unit: "MB", want: 1.1 * before.heap, bound: before.heap},
		figure{what: "goroutines", got: after.goroutines, want: before.goroutines + 16, bound: before.goroutines})
	if err := s.idle(ctx, fmt.Sprintf("%d scheduled exporters, idle, after these runs", len(ids)), 0); err != nil {
		return err
	}
	s.world.server.stop()
	ready, err := s.world.serve(ctx)
	if err != nil {
		return err
	}
	s.goals.add(title+", start", figure{what: "ready", got: ready.Seconds(), unit: "s", want: 2})
	return s.longHistory(ctx)
}

// eachOnce runs all exporters.
func (s *suite) eachOnce(ctx context.Context, name string, ids []string) error {
	c, err := s.measure(ctx, name, 0, func() (int, error) { return 0, s.runAll(ctx, ids) })
	if err != nil {
		return err
	}
	n := float64(len(ids))
	s.goals.add(name, figure{
		what: "runs in a second", got: n / c.wall.Seconds(), want: 100, least: true,
		bound: n / max(c.sandbox.Seconds(), 1e-9) * cores, // what the simulators alone allow
	})
	return nil
}

// cores are those of the machine for which the goals are meant.
const cores = 2

// runAll runs exporters, and looks now and then whether all are done.
func (s *suite) runAll(ctx context.Context, ids []string) error {
	for _, id := range ids {
		if err := s.world.api(ctx, http.MethodPost, "/exporters/"+id+"/runs", map[string]any{}, nil); err != nil {
			return err
		}
	}
	for _, status := range []string{"queued", "running", "failed", "cancelled"} {
		for {
			var page struct{ Items []struct{ ID string } }
			if err := s.world.api(ctx, http.MethodGet, "/runs?limit=1&status="+status, nil, &page); err != nil {
				return err
			}
			if len(page.Items) == 0 {
				break
			}
			if status == "failed" || status == "cancelled" {
				return fmt.Errorf("run %s %s", page.Items[0].ID, status)
			}
			if err := pause(ctx, 100*time.Millisecond); err != nil {
				return err
			}
		}
	}
	return nil
}

// idle measures half a minute in which nothing is due. With a limit, memory is one of the goals.
func (s *suite) idle(ctx context.Context, name string, most float64) error {
	const span = 30 * time.Second
	c, err := s.measure(ctx, name, 0, func() (int, error) { return 0, pause(ctx, span) })
	if err != nil {
		return err
	}
	figures := []figure{{what: "CPU", got: 100 * c.cpu.Seconds() / span.Seconds(), unit: "% of a core", want: 1}}
	if most > 0 {
		figures = append(figures, c.memory(most))
	}
	s.goals.add(name, figures...)
	return nil
}

// longHistory measures the start with a history of a million runs.
func (s *suite) longHistory(ctx context.Context) error {
	if s.options.history == 0 {
		return s.idle(ctx, fmt.Sprintf("%d scheduled exporters, idle", s.options.small), 100)
	}
	s.world.server.stop()
	cmd := []string{"test", "-tags", "nomsgpack", "-run", "^TestFillStore$", "-count", "1", "-timeout", "30m",
		"./internal/boltstore"}
	for name, value := range map[string]string{
		"LEDGERSHEET_BENCH_STORE":   filepath.Join(s.world.data, "ledgersheet.db"),
		"LEDGERSHEET_BENCH_HISTORY": strconv.Itoa(s.options.history),
	} {
		if err := os.Setenv(name, value); err != nil {
			return err
		}
	}
	if out, err := run(ctx, "go", cmd...); err != nil {
		return fmt.Errorf("%w\n%s", err, out)
	}
	ready, err := s.world.serve(ctx)
	if err != nil {
		return err
	}
	if err := pause(ctx, time.Minute); err != nil { // in which all rows are checked
		return err
	}
	title := fmt.Sprintf("%d exporters, %d runs", s.options.small, s.options.history)
	s.goals.add(title+", start", figure{what: "ready", got: ready.Seconds(), unit: "s", want: 2})
	return s.idle(ctx, title+", idle", 100)
}

// residue is what is left of work that is done.
type residue struct{ heap, goroutines float64 }

// residue measures what is left after a garbage collection.
func (s *suite) residue(ctx context.Context) (r residue, err error) {
	address := "http://" + s.debugAddr + "/debug/pprof/"
	for _, name := range []string{"heap?gc=1&debug=1", "heap?gc=1&debug=1", "goroutine?debug=1"} {
		status, text, err := s.world.ask(ctx, http.MethodGet, address+name, nil, "")
		if err != nil || status != http.StatusOK {
			return r, fmt.Errorf("reading %s: status %d: %w", name, status, err)
		}
		lines := bufio.NewScanner(strings.NewReader(string(text)))
		lines.Buffer(nil, 1<<20)
		for lines.Scan() {
			if value, ok := strings.CutPrefix(lines.Text(), "# HeapAlloc = "); ok {
				n, err := strconv.ParseInt(value, 10, 64)
				if err != nil {
					return r, err
				}
				r.heap = megabytes(n)
			}
			if value, ok := strings.CutPrefix(lines.Text(), "goroutine profile: total "); ok {
				if r.goroutines, err = strconv.ParseFloat(value, 64); err != nil {
					return r, err
				}
			}
		}
		if err := lines.Err(); err != nil {
			return r, err
		}
	}
	return r, nil
}
