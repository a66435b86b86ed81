// The benchmark program prints one table: what the program costs as a process against simulators in other processes,
// with the bound that latencies, page sizes and limits allow, and then the micro benchmarks with their allocations. Run
// it through make bench. It needs Linux, because it reads /proc.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"time"
)

func main() {
	if err := bench(); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// options choose what is measured.
type options struct {
	cases   *regexp.Regexp
	invoice int // invoices of the large company
	small   int // exporters of the case with many small ones
	history int // runs that are put into their history
	micro   bool
	keep    string
	profile string // folder for profiles of each case; empty takes none
}

func bench() error {
	var o options
	cases := flag.String("run", ".", "measure the cases whose names match this regular expression")
	flag.IntVar(&o.invoice, "invoices", 100_000, "invoices of the large company")
	flag.IntVar(&o.small, "exporters", 10_000, "exporters of the cases with many small ones")
	flag.IntVar(&o.history, "history", 1_000_000, "runs in the history of the case with a long one; 0 leaves it out")
	flag.BoolVar(&o.micro, "micro", true, "run the micro benchmarks too")
	flag.StringVar(&o.keep, "keep", "", "keep logs and data in this folder")
	flag.StringVar(&o.profile, "profile", "", "store profiles of each case of the whole program in this folder")
	flag.Parse()
	if flag.NArg() > 0 {
		return fmt.Errorf("%q is no flag", flag.Arg(0))
	}
	if o.invoice < 1000 || o.small < 10 {
		return errors.New("-invoices must be at least 1000 and -exporters at least 10")
	}
	var err error
	if o.cases, err = regexp.Compile(*cases); err != nil {
		return fmt.Errorf("-run: %w", err)
	}
	ctx, end := signal.NotifyContext(context.Background(), os.Interrupt)
	defer end()
	folder := o.keep
	if folder == "" {
		if folder, err = os.MkdirTemp("", "ledgersheet-bench-"); err != nil {
			return err
		}
		defer func() { _ = os.RemoveAll(folder) }()
	}
	exe, err := build(ctx, folder)
	if err != nil {
		return err
	}
	fmt.Printf("%s, %d cores, %s, %s\n\n", processor(), runtime.NumCPU(), runtime.Version(),
		time.Now().Format(time.DateOnly))
	var g goals
	micro := sync.OnceValues(func() (string, error) {
		return run(ctx, "go", "test", "-tags", "nomsgpack", "-run", "^$", "-bench", o.cases.String(), "-benchmem",
			"./...")
	})
	meanwhile := func() {
		if o.micro {
			_, _ = micro() // which is reported later
		}
	}
	err = programCases(ctx, exe, folder, o, &g, meanwhile)
	if o.micro {
		out, failed := micro()
		err = errors.Join(err, printMicro(out, failed, &g))
	}
	g.print()
	return err
}

// processor returns what the machine calls its processor.
func processor() string {
	text, _ := os.ReadFile("/proc/cpuinfo")
	for line := range strings.Lines(string(text)) {
		if name, value, _ := strings.Cut(line, ":"); strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return runtime.GOARCH
}

func run(ctx context.Context, name string, args ...string) (string, error) {
	out, err := exec.CommandContext(ctx, name, args...).CombinedOutput()
	if err != nil {
		err = fmt.Errorf("%s %s: %w", name, strings.Join(args, " "), err)
	}
	return string(out), err
}

// sheet prints columns, each line as soon as it is known: the first to the left, all others to the right.
type sheet struct{}

func (sheet) line(cells ...string) {
	fmt.Printf("%-50s", cells[0])
	for _, c := range cells[1:] {
		fmt.Printf(" %10s", c)
	}
	fmt.Println()
}

// printMicro prints the benchmarks of all packages in one table.
func printMicro(out string, err error, g *goals) error {
	fmt.Println()
	var table sheet
	table.line("micro benchmark", "ms/op", "MB/op", "allocs/op", "also")
	for _, m := range parseMicro(out) {
		table.line(m.name, m.cell("ns/op", 1e6), m.cell("B/op", 1<<20), m.cell("allocs/op", 1), m.others())
		if m.name == "mirror HundredThousand/open" {
			opened := figure{what: "opened", got: m.value["ns/op"] / 1e6, unit: "ms", want: 50}
			g.add("local copy of 100000 invoices", opened)
		}
	}
	if err != nil {
		return fmt.Errorf("%w\n%s", err, out)
	}
	return nil
}
