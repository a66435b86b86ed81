package export

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// Days count what a plain walk over all runs counts, in whatever order runs come, end, change and go.
func TestDaysCountRuns(t *testing.T) {
	t.Parallel()
	start := time.Date(2025, 12, 20, 0, 0, 0, 0, time.UTC)
	rapid.Check(t, func(t *rapid.T) {
		newest := Run{QueuedAt: start.AddDate(0, 0, 80), Status: RunSucceeded} // the newest run never goes
		var runs []Run
		var days Days
		days = days.Count(newest.Ending(), 1)
		draw := func() Run {
			r := Run{
				QueuedAt: start.Add(time.Duration(rapid.IntRange(0, 80*24-1).Draw(t, "hour")) * time.Hour),
				Status: rapid.SampledFrom([]RunStatus{
					RunQueued, RunRunning, RunSucceeded, RunFailed, RunCancelled,
				}).Draw(t, "status"),
				Trigger: rapid.SampledFrom([]Trigger{TriggerSchedule, TriggerUndo}).Draw(t, "trigger"),
			}
			if rapid.Bool().Draw(t, "differs") {
				r.Checks = []Check{{What: "x"}}
			}
			return r
		}
		for range rapid.IntRange(0, 40).Draw(t, "steps") {
			at := rapid.IntRange(0, len(runs)).Draw(t, "at")
			switch was := slices.Clone(days); {
			case at == len(runs):
				runs = append(runs, draw())
				days = days.Count(runs[at].Ending(), 1)
			case rapid.Bool().Draw(t, "goes"):
				days = days.Count(runs[at].Ending(), -1)
				runs = slices.Delete(runs, at, at+1)
			default:
				now := draw()
				now.QueuedAt = runs[at].QueuedAt
				next := days.Count(runs[at].Ending(), -1).Count(now.Ending(), 1)
				if !slices.Equal(was, days) {
					t.Fatal("counting changed the list that it was called on")
				}
				days, runs[at] = next, now
			}
		}
		want := map[int]Day{}
		for _, r := range append(slices.Clone(runs), newest) {
			number := DayNumber(r.QueuedAt)
			d := want[number]
			d.Number = number
			switch {
			case !r.Status.Over():
				continue
			case r.Status == RunCancelled || r.Trigger == TriggerUndo:
				d.Other++
			case r.Status == RunFailed:
				d.Failed++
			case len(r.Checks) > 0:
				d.Differs++
			default:
				d.OK++
			}
			want[number] = d
		}
		last := DayNumber(newest.QueuedAt)
		for number := last - 90; number <= last; number++ {
			expect := want[number]
			expect.Number = number
			if number <= last-MostDays {
				expect = Day{Number: number}
			}
			if got := days.On(number); got != expect {
				t.Fatalf("day %d: %+v, want %+v", number, got, expect)
			}
		}
	})
}

func TestSpansStayTheSame(t *testing.T) {
	t.Parallel()
	for period, want := range map[string]string{
		"2026-03-01 to 2026-03-31": "2026-03", "2026-03-01 to 2026-03-02": "2026-03",
		"2026-03-02 to 2026-03-31": "2026-03-02", "2026-01-01 to 2026-03-31": "2026-01-01",
		"2026-03-29": "", "": "", "as of 29 March": "", "x to y": "",
	} {
		if got := (FigureValue{Period: period}).Span(); got != want {
			t.Errorf("%q: %q, want %q", period, got, want)
		}
	}
}

// Moves of a day are those from before its first run to after its last one, however they are joined.
func TestMovesOfADayJoin(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		at := time.Date(2026, 3, 29, 1, 0, 0, 0, time.UTC)
		values := []string{"1", "2", "3"}
		draw := func() Run {
			r := Run{FinishedAt: at, Status: RunSucceeded}
			for _, id := range []string{"a", "b"} {
				v := rapid.SampledFrom(values).Draw(t, id)
				r.Figures = append(r.Figures, FigureValue{ID: id, Value: v})
			}
			return r
		}
		first := draw()
		last, joined, any := first, Moves{}, false
		for range rapid.IntRange(1, 5).Draw(t, "runs") {
			next := draw()
			if m, moved := FindMoves(last.Success(), next); moved && any {
				joined = joined.Join(m)
			} else if moved {
				joined, any = m, true
			}
			last = next
		}
		whole, _ := FindMoves(first.Success(), last)
		sortMoves := func(list []FigureMove) []FigureMove {
			list = slices.Clone(list)
			slices.SortFunc(list, func(a, b FigureMove) int { return int(a.ID[0]) - int(b.ID[0]) })
			return list
		}
		if !slices.Equal(sortMoves(joined.Figures), sortMoves(whole.Figures)) {
			t.Fatalf("joined %v, whole %v", joined.Figures, whole.Figures)
		}
	})
}
