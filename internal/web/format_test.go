package web

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"ledgersheet/internal/export"
	"ledgersheet/templates"
)

func TestAgo(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]string{
		0: "just now", 9 * time.Second: "just now", 30 * time.Second: "30 s ago", 90 * time.Second: "1 min ago",
		3 * time.Hour: "3 h ago", 30 * time.Hour: "1 day ago", 5 * 24 * time.Hour: "5 days ago",
		-30 * time.Second: "in 30 s", -5 * time.Minute: "in 5 min", -26 * time.Hour: "in 1 day",
		100 * 24 * time.Hour: "19 Dec 2025", -400 * 24 * time.Hour: "3 May 2027",
	} {
		if got := plain(ago(noon.Add(-d), noon)); got != want {
			t.Errorf("%v: %q, want %q", d, got, want)
		}
	}
}

func TestDuration(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]string{
		850 * time.Millisecond: "850 ms", 2500 * time.Millisecond: "2.5 s", 12 * time.Second: "12 s",
		72 * time.Second: "1 m 12 s", 5 * time.Minute: "5 m", 125 * time.Minute: "2 h 5 m", 72 * time.Hour: "3 days",
		-1: "",
	} {
		if got := duration(d); got != want {
			t.Errorf("%v: %q, want %q", d, got, want)
		}
	}
}

func TestAmounts(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]string{
		"0": "0.00", "1234567.8": "1,234,567.80", "-42.5": "−42.50",
		"999": "999.00", "1000.001": "1,000.001", "": "", "1e5": "1e5.00", "-0.05": "−0.05",
	} {
		if s == "1e5" {
			continue // decimals are written without exponents
		}
		if got := plain(amountOf(s).Text); got != want {
			t.Errorf("%q: %q, want %q", s, got, want)
		}
	}
	if !amountOf("-1").Negative || amountOf("1").Negative {
		t.Error("the sign is lost")
	}
}

// TestGroupingKeepsTheNumber proves that grouping only adds commas and changes the sign's shape.
func TestGroupingKeepsTheNumber(t *testing.T) {
	t.Parallel()
	shape := regexp.MustCompile(`^−?\d{1,3}(,\d{3})*(\.\d+)?$`)
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.StringMatching(`-?(0|[1-9][0-9]{0,20})(\.[0-9]{1,8})?`).Draw(t, "decimal")
		got := plain(groupDigits(s))
		if !shape.MatchString(got) {
			t.Fatalf("groupDigits(%q) = %q", s, got)
		}
		if back := strings.NewReplacer(",", "", "−", "-").Replace(got); back != s {
			t.Fatalf("groupDigits(%q) = %q is %q", s, got, back)
		}
	})
}

func TestExporterStates(t *testing.T) {
	t.Parallel()
	due := export.Exporter{Schedule: export.Schedule{Cron: "0 * * * *", Enabled: true}, NextAt: noon.Add(-time.Hour)}
	paused := due
	paused.Pause = &export.Pause{Reason: export.PausedByPerson}
	ok := &export.Run{Status: export.RunSucceeded}
	for _, test := range []struct {
		name string
		e    export.Exporter
		last *export.Run
		want state

		blocked bool
	}{
		{name: "never", want: stateNever},
		{name: "last run", last: ok, want: stateSucceeded},
		{
			name: "unchanged", last: &export.Run{Status: export.RunSucceeded, Result: export.Result{Unchanged: true}},
			want: stateUnchanged,
		},
		{name: "late", e: due, last: ok, want: stateLate},
		{name: "late but running", e: due, last: &export.Run{Status: export.RunRunning}, want: stateRunning},
		{name: "paused is never late", e: paused, last: ok, want: statePaused},
		{
			name: "paused but running", e: paused, last: &export.Run{Status: export.RunRunning, Cancelling: true},
			want: stateStopping,
		},
		{name: "waits for its next try", last: &export.Run{Status: export.RunQueued, Attempts: 1}, want: stateRetrying},
		{name: "blocked is never late", e: due, last: ok, blocked: true, want: stateBlocked},
		{name: "blocked before its first run", blocked: true, want: stateBlocked},
		{
			name: "blocked but running", last: &export.Run{Status: export.RunRunning}, blocked: true,
			want: stateRunning,
		},
	} {
		var h export.History
		if test.last != nil {
			h.Recent = append(h.Recent, test.last.Brief())
		}
		if got := exporterState(test.e, h, test.blocked, noon); got != test.want {
			t.Errorf("%s: %s, want %s", test.name, got, test.want)
		}
	}
}

// TestPills checks every state against the style sheet and the icons: it has a word, an existing icon and an existing
// tone.
func TestPills(t *testing.T) {
	t.Parallel()
	icons, err := templates.Files.ReadFile("static/icons.svg")
	must(t, err)
	css, err := templates.Files.ReadFile("static/app.css")
	must(t, err)
	words := map[string]state{}
	for _, s := range []state{
		stateSucceeded, stateUnchanged, stateRunning, stateQueued, stateRetrying, stateStopping,
		stateLate, stateFailed, stateCancelled, statePaused, stateNever, stateConnected, stateExpired,
		stateDisconnected, stateRefused, stateBlocked, stateDiffers,
	} {
		p := pillOf(s)
		if other, have := words[p.Word]; have {
			t.Errorf("%s and %s are both %q", s, other, p.Word)
		}
		words[p.Word] = s
		if !strings.Contains(string(icons), `id="`+p.Icon+`"`) {
			t.Errorf("%s: there is no icon %q", s, p.Icon)
		}
		if !strings.Contains(string(css), "."+p.Tone+" { --tone") {
			t.Errorf("%s: there is no tone %q", s, p.Tone)
		}
		if p.Word == string(s) {
			t.Errorf("%s has no word for people", s)
		}
	}
}

// TestIconsOfTemplatesExist looks up every icon that a template names.
func TestIconsOfTemplatesExist(t *testing.T) {
	t.Parallel()
	sprite, err := templates.Files.ReadFile("static/icons.svg")
	must(t, err)
	named := regexp.MustCompile(`\(icon "([a-z]+)"\)`)
	n := 0
	for _, dir := range []string{"layouts", "pages", "partials"} {
		entries, err := templates.Files.ReadDir(dir)
		must(t, err)
		for _, entry := range entries {
			text, err := templates.Files.ReadFile(dir + "/" + entry.Name())
			must(t, err)
			for _, m := range named.FindAllStringSubmatch(string(text), -1) {
				n++
				if !strings.Contains(string(sprite), `id="`+m[1]+`"`) {
					t.Errorf("%s: there is no icon %q", entry.Name(), m[1])
				}
			}
		}
	}
	if n < 20 {
		t.Errorf("only %d icons were found", n)
	}
}

func TestSpark(t *testing.T) {
	t.Parallel()
	run := func(status export.RunStatus, rows int) export.Brief {
		return export.Run{Status: status, Result: export.Result{Rows: rows}}.Brief()
	}
	s := newSpark([]export.Brief{run(export.RunSucceeded, 100), run(export.RunFailed, 0), run(export.RunSucceeded, 50)})
	if plain(s.Label) != "Last 3 runs: 2 succeeded, 1 failed, 50 to 100 rows." {
		t.Errorf("label %q", s.Label)
	}
	if b := s.Bars; b[0].X >= b[1].X || b[1].X >= b[2].X || b[2].Height <= b[0].Height || b[1].Class != "failed" {
		t.Errorf("the bars are not oldest first, or not as high as their rows: %+v", b)
	}
	wide := newSpark([]export.Brief{run(export.RunSucceeded, 1_000_000), run(export.RunSucceeded, 10)})
	if low := wide.Bars[0].Height; low < 4 {
		t.Errorf("with a wide spread the low bar is only %d high", low)
	}
	for _, s := range []spark{s, wide, newSpark(nil), newSpark([]export.Brief{run(export.RunSucceeded, 0)})} {
		for _, b := range s.Bars {
			if b.Y < 0 || b.Y+b.Height > s.Height || b.X < 0 || b.X+b.Width > s.Width || b.Height < 1 {
				t.Errorf("a bar stands out of the chart: %+v", b)
			}
		}
		if !strings.HasSuffix(s.Label, ".") {
			t.Errorf("label %q", s.Label)
		}
	}
}
