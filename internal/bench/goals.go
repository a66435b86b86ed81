package main

import (
	"fmt"
	"strings"
)

// figure is what was measured of a case, and what is wanted of it.
type figure struct {
	what  string
	got   float64
	unit  string
	want  float64
	least bool    // want is the least that is wanted, and otherwise the most
	bound float64 // what latencies, page sizes and the simulators allow at best; 0 for none
}

func (f figure) reached() bool {
	if f.least {
		return f.got >= f.want
	}
	return f.got <= f.want
}

// goals are the figures of all cases, for the table at the end.
type goals struct{ lines [][]string }

// add adds figures of a case.
func (g *goals) add(name string, figures ...figure) {
	for _, f := range figures {
		bound, ratio := "", ""
		if f.bound > 0 {
			bound, ratio = quantity(f.bound, f.unit), number(f.got/f.bound)
		}
		sign, verdict := "≤", "no"
		if f.least {
			sign = "≥"
		}
		if f.reached() {
			verdict = "yes"
		}
		g.lines = append(g.lines, []string{
			name, f.what, quantity(f.got, f.unit), bound, ratio, sign + " " + quantity(f.want, f.unit), verdict,
		})
		name = ""
	}
}

func quantity(v float64, unit string) string { return strings.TrimSpace(number(v) + " " + unit) }

// print prints the table as Markdown.
func (g *goals) print() {
	if len(g.lines) == 0 {
		return
	}
	head := []string{"case", "what", "measured", "bound", "ratio", "wanted", "reached"}
	rule := make([]string, len(head))
	for i := range rule {
		rule[i] = "---"
	}
	fmt.Println()
	for _, line := range append([][]string{head, rule}, g.lines...) {
		fmt.Println("| " + strings.Join(line, " | ") + " |")
	}
}

// calls are the figures of a cost that count requests.
func (c cost) calls(quickBooks, google, writes int) []figure {
	return []figure{
		{what: "calls to QuickBooks", got: float64(c.quickBooks), want: float64(quickBooks)},
		{what: "calls to Google", got: float64(c.google), want: float64(google)},
		{what: "of them writes", got: float64(c.writes), want: float64(writes)},
	}
}

// cpuOf is the CPU time of one of several runs.
func (c cost) cpuOf(runs int, most float64) figure {
	what := "CPU"
	if runs > 1 {
		what = "CPU of each"
	}
	return figure{what: what, got: 1000 * c.cpu.Seconds() / float64(runs), unit: "ms", want: most}
}

func (c cost) memory(most float64) figure {
	return figure{what: "peak memory", got: megabytes(c.peak), unit: "MB", want: most}
}

func megabytes(n int64) float64 { return float64(n) / (1 << 20) }
