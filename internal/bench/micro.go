package main

import (
	"path"
	"slices"
	"strconv"
	"strings"
)

// micro is one line of a Go benchmark's output.
type micro struct {
	name  string
	units []string // in the order of the line
	value map[string]float64
}

// parseMicro reads what go test -bench prints for several packages.
// https://go.dev/design/14313-benchmark-format
func parseMicro(out string) []micro {
	var list []micro
	pkg := ""
	for line := range strings.Lines(out) {
		if name, ok := strings.CutPrefix(line, "pkg: "); ok {
			pkg = path.Base(strings.TrimSpace(name))
			continue
		}
		fields := strings.Fields(line)
		if !strings.HasPrefix(line, "Benchmark") || len(fields) < 4 {
			continue
		}
		name := strings.TrimPrefix(fields[0], "Benchmark")
		if i := strings.LastIndexByte(name, '-'); i > 0 {
			name = name[:i] // the number of processors
		}
		m := micro{name: pkg + " " + name, value: map[string]float64{}}
		for pair := range slices.Chunk(fields[2:], 2) {
			v, err := strconv.ParseFloat(pair[0], 64)
			if err != nil || len(pair) < 2 {
				break
			}
			m.units = append(m.units, pair[1])
			m.value[pair[1]] = v
		}
		list = append(list, m)
	}
	return list
}

// cell returns a value divided by the size of its unit, or nothing if the benchmark does not report it.
func (m micro) cell(unit string, size float64) string {
	v, ok := m.value[unit]
	if !ok {
		return ""
	}
	return number(v / size)
}

// others returns the values that have no column.
func (m micro) others() string {
	var list []string
	for _, unit := range m.units {
		switch unit {
		case "ns/op", "B/op", "allocs/op":
		default:
			list = append(list, number(m.value[unit])+" "+unit)
		}
	}
	return strings.Join(list, ", ")
}

// number writes a number with three digits that matter.
func number(v float64) string {
	if v >= 100 {
		return strconv.FormatFloat(v, 'f', 0, 64)
	}
	return strconv.FormatFloat(v, 'g', 3, 64)
}
