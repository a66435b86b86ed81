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

// settled is how long after a write Google Drive is trusted to tell that nobody has touched the spreadsheet since.
const settled = 3*time.Minute + 10*time.Second

// largeList measures one list: first, and then with nothing or little changed, by hand and by schedule, for one
// exporter and for twenty of the same company.
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
	title := fmt.Sprintf("%d × 15, first", n)
	c, err := s.measure(ctx, title, 0, one)
	if err != nil {
		return err
	}
	s.goals.add(title, figure{what: "CPU", got: c.cpu.Seconds(), unit: "s", want: 3}, c.memory(100))
	if err := s.byHand(ctx, one); err != nil {
		return err
	}
	if _, err := s.run(ctx, ids[1:]...); err != nil {
		return err
	}
	all := func() (int, error) { return s.run(ctx, ids...) }
	if c, err = s.measure(ctx, "20 exporters by hand, nothing changed", 0, all); err != nil {
		return err
	}
	figures := append(c.calls(1, 20, 0), c.cpuOf(20, 50), c.memory(100))
	s.goals.add("20 exporters of the company run by hand, nothing changed", figures...)
	if err := s.bySchedule(ctx, ids); err != nil {
		return err
	}
	return s.mirrorSize()
}

// byHand measures runs that somebody asks for.
func (s *suite) byHand(ctx context.Context, one func() (int, error)) error {
	c, err := s.measure(ctx, "run by hand, nothing changed", 0, one)
	if err != nil {
		return err
	}
	s.goals.add("run by hand, nothing changed", append(c.calls(1, 1, 0), c.cpuOf(1, 50))...)
	if err := s.change(ctx, 100); err != nil {
		return err
	}
	if c, err = s.measure(ctx, "run by hand, 100 rows changed", 0, one); err != nil {
		return err
	}
	s.goals.add("run by hand, 100 rows changed", append(c.calls(2, 3, 1), c.cpuOf(1, 500))...)
	return nil
}

// bySchedule measures minutes in which all exporters run by schedule and nothing changes, and one of them when little
// has changed. The minutes before are for Google Drive to notice what was written.
func (s *suite) bySchedule(ctx context.Context, ids []string) error {
	over := time.Now().Add(settled)
	s.meanwhile()
	if err := pause(ctx, time.Until(over)); err != nil {
		return err
	}
	if err := s.schedule(ctx, true, ids...); err != nil {
		return err
	}
	if err := pause(ctx, 75*time.Second); err != nil { // in which each looks at its sheet once
		return err
	}
	minute := func() (int, error) { return 0, pause(ctx, time.Minute) }
	name := fmt.Sprintf("a minute of %d runs by schedule, nothing changed", len(ids))
	c, err := s.measure(ctx, name, 0, minute)
	if err != nil {
		return err
	}
	s.goals.add(name, append(c.calls(1, len(ids), 0), c.cpuOf(len(ids), 50))...)
	if err := s.schedule(ctx, false, ids...); err != nil {
		return err
	}
	if err := pause(ctx, 75*time.Second); err != nil { // for those that were due, and spread over a minute
		return err
	}
	if err := s.change(ctx, 100); err != nil {
		return err
	}
	if err := s.schedule(ctx, true, ids[0]); err != nil {
		return err
	}
	name = "run by schedule, 100 rows changed"
	if c, err = s.measure(ctx, name, 0, func() (int, error) { return s.next(ctx, ids[0]) }); err != nil {
		return err
	}
	figures := append(c.calls(2, 3, 1), c.cpuOf(1, 500), figure{
		what: "sent", got: float64(c.sent) / 1024, unit: "KB", want: 150,
	})
	s.goals.add(name, figures...)
	return nil
}

// next waits for an exporter's next run by schedule, and returns its rows.
func (s *suite) next(ctx context.Context, exporter string) (int, error) {
	var before, now struct{ Items []struct{ ID string } }
	newest := "/runs?limit=1&exporter_id=" + exporter
	if err := s.world.api(ctx, http.MethodGet, newest, nil, &before); err != nil {
		return 0, err
	}
	for range 200 {
		if err := s.world.api(ctx, http.MethodGet, newest, nil, &now); err != nil {
			return 0, err
		}
		if len(now.Items) == 1 && (len(before.Items) == 0 || now.Items[0].ID != before.Items[0].ID) {
			return s.await(ctx, now.Items[0].ID)
		}
		if err := pause(ctx, time.Second); err != nil {
			return 0, err
		}
	}
	return 0, errors.New("no run came by schedule")
}

// schedule has exporters run each minute, or no more.
func (s *suite) schedule(ctx context.Context, on bool, ids ...string) error {
	for _, id := range ids {
		change := map[string]any{"schedule": map[string]any{"cron": "* * * * *", "timezone": "UTC", "enabled": on}}
		if err := s.world.api(ctx, http.MethodPatch, "/exporters/"+id, change, nil); err != nil {
			return err
		}
	}
	return nil
}

// mirrorSize says how large the local copies of the lists are.
func (s *suite) mirrorSize() error {
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
	s.goals.add(fmt.Sprintf("local copy of %d invoices", s.options.invoice),
		figure{what: "on disk", got: megabytes(total), unit: "MB", want: 25})
	return nil
}
