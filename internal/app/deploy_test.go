package app_test

import (
	"context"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/VictoriaMetrics/metricsql"
	"github.com/goccy/go-yaml"
	"github.com/prometheus/client_golang/prometheus/testutil/promlint"

	"ledgersheet/internal/control"
	"ledgersheet/internal/export"
	"ledgersheet/internal/intuit/intuitsim"
)

// known is what an app that has done something reports: the labels of each metric, with the values that were seen.
type known map[string]map[string][]string

// gather has an app do what fills every metric, and returns what it reports.
func gather(t *testing.T) (*world, known) {
	t.Helper()
	w := makeWorld(t, intuitsim.Options{Invoices: 5})
	w.set.Backups = 1
	w.open()
	companies := w.connect(2)
	e := w.create(w.newExporter("invoices", map[string]string{"date_range": "all"}, nil, companies[0]))
	w.mustRun(e.ID)
	return w, read(t, w)
}

func read(t *testing.T, w *world) known {
	t.Helper()
	// Runs are counted a moment after their end, this last. As metrics are gathered side by side, the next look has
	// all.
	deadline, counted := time.Now().Add(10*time.Second), false
	for {
		families, err := w.app.Metrics().Gather()
		must(t, err)
		all := known{}
		for _, f := range families {
			labels := map[string][]string{}
			for _, m := range f.GetMetric() {
				for _, l := range m.GetLabel() {
					labels[l.GetName()] = append(labels[l.GetName()], l.GetValue())
				}
				if m.GetHistogram() != nil {
					labels["le"] = nil
				}
			}
			all[f.GetName()] = labels
		}
		if counted || time.Now().After(deadline) {
			return all
		}
		counted = all["ledgersheet_last_success_timestamp_seconds"] != nil
		time.Sleep(5 * time.Millisecond)
	}
}

// find returns the labels of the series that an expression names. Parts of histograms go by the histogram's name.
func (k known) find(name string) (map[string][]string, bool) {
	if labels, ok := k[name]; ok {
		_, histogram := labels["le"]
		return labels, !histogram
	}
	for _, part := range []string{"_bucket", "_sum", "_count"} {
		base, cut := strings.CutSuffix(name, part)
		if labels, ok := k[base]; ok && cut {
			_, histogram := labels["le"]
			return labels, histogram
		}
	}
	return nil, false
}

// check returns what is wrong with an expression: a syntax error, or a metric, a label or a label's value that the
// program does not have. The syntax is checked by a parser of a superset of PromQL.
func (k known) check(expr string) (wrong []string) {
	parsed, err := metricsql.Parse(strings.ReplaceAll(expr, "$__rate_interval", "5m"))
	if err != nil {
		return []string{err.Error()}
	}
	labels, metrics := map[string]bool{"instance": true, "job": true, "le": true}, 0
	var grouped []string
	metricsql.VisitAll(parsed, func(e metricsql.Expr) {
		switch e := e.(type) {
		case *metricsql.MetricExpr:
			metrics++
			wrong = append(wrong, k.checkSeries(e, labels)...)
		case *metricsql.AggrFuncExpr:
			grouped = append(grouped, e.Modifier.Args...)
		case *metricsql.BinaryOpExpr:
			grouped = append(grouped, e.GroupModifier.Args...)
		}
	})
	for _, label := range grouped {
		if !labels[label] {
			wrong = append(wrong, "no series in it has the label "+label)
		}
	}
	if metrics == 0 {
		wrong = append(wrong, "it names no metric")
	}
	return wrong
}

// checkSeries adds the labels of the series that a selector chooses.
func (k known) checkSeries(e *metricsql.MetricExpr, labels map[string]bool) (wrong []string) {
	for _, filters := range e.LabelFilterss {
		name := filters[0].Value
		has, ok := k.find(name)
		if name == "up" { // Prometheus' own
			continue
		}
		if filters[0].Label != "__name__" || !ok {
			wrong = append(wrong, "there is no metric "+name)
			continue
		}
		for label := range has {
			labels[label] = true
		}
		for _, f := range filters[1:] {
			if f.Label == "instance" || f.Label == "job" {
				continue
			}
			values, ok := has[f.Label]
			if !ok {
				wrong = append(wrong, name+" has no label "+f.Label)
				continue
			}
			wrong = append(wrong, checkValue(name, f, values)...)
		}
	}
	return wrong
}

// checkValue returns what is wrong with a label's wanted value. Of what runs and requests come to, not everything has
// been seen; the lists of what there is know the rest.
func checkValue(name string, f metricsql.LabelFilter, seen []string) []string {
	values := slices.Clone(seen)
	switch f.Label {
	case "status":
		values = append(values, "429", "500", "503", "failed", "succeeded", "cancelled")
	}
	pattern := regexp.QuoteMeta(f.Value)
	if f.IsRegexp {
		pattern = f.Value
	}
	matches, err := regexp.Compile("^(?:" + pattern + ")$")
	if err != nil {
		return []string{err.Error()}
	}
	// Each alternative must mean something.
	for _, one := range strings.Split(pattern, "|") {
		alone := regexp.MustCompile("^(?:" + one + ")$")
		if !slices.ContainsFunc(values, alone.MatchString) {
			return []string{name + " never has " + f.Label + "=" + one}
		}
	}
	if !slices.ContainsFunc(values, matches.MatchString) {
		return []string{name + " never has " + f.Label + "=" + f.Value}
	}
	return nil
}

// TestDeployedExpressions checks the alert rules and the dashboard against what the program reports.
func TestDeployedExpressions(t *testing.T) {
	t.Parallel()
	_, k := gather(t)
	for _, file := range []string{"prometheus/ledgersheet-alerts.yml", "prometheus/prometheus.yml"} {
		if !strings.Contains(readDeployed(t, file), "ledgersheet") {
			t.Errorf("%s is about something else", file)
		}
	}
	used := map[string]bool{}
	for name, expr := range alertExpressions(t) {
		for _, wrong := range k.check(expr) {
			t.Errorf("alert %s: %s", name, wrong)
		}
		note(used, expr)
	}
	for title, exprs := range dashboardExpressions(t) {
		for _, expr := range exprs {
			for _, wrong := range k.check(expr) {
				t.Errorf("panel %q: %s", title, wrong)
			}
			note(used, expr)
		}
	}
	if len(used) < 15 {
		t.Errorf("only %d metrics are used", len(used))
	}
}

func note(used map[string]bool, expr string) {
	for _, name := range regexp.MustCompile(`ledgersheet_[a-z_]+`).FindAllString(expr, -1) {
		used[name] = true
	}
}

func readDeployed(t *testing.T, file string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "..", "deploy", file))
	must(t, err)
	return string(data)
}

func alertExpressions(t *testing.T) map[string]string {
	t.Helper()
	var file struct {
		Groups []struct {
			Name  string
			Rules []struct {
				Alert, Expr, For    string
				Labels, Annotations map[string]string
			}
		}
	}
	rules := []byte(readDeployed(t, "prometheus/ledgersheet-alerts.yml"))
	must(t, yaml.UnmarshalWithOptions(rules, &file, yaml.Strict()))
	all := map[string]string{}
	for _, g := range file.Groups {
		for _, r := range g.Rules {
			if all[r.Alert] != "" || r.Annotations["summary"] == "" || r.Annotations["description"] == "" ||
				!slices.Contains([]string{"page", "ticket"}, r.Labels["severity"]) {
				t.Errorf("alert %q comes twice, or lacks a summary, a description or a severity", r.Alert)
			}
			if _, err := time.ParseDuration(r.For); r.For != "" && err != nil {
				t.Errorf("alert %q: %v", r.Alert, err)
			}
			all[r.Alert] = r.Expr
		}
	}
	if len(all) < 10 {
		t.Errorf("there are only %d alerts", len(all))
	}
	return all
}

func dashboardExpressions(t *testing.T) map[string][]string {
	t.Helper()
	var board struct {
		UID    string
		Panels []struct {
			ID          int
			Type, Title string
			GridPos     struct{ X, Y, W, H int }
			Targets     []struct{ Expr string }
		}
	}
	must(t, json.Unmarshal([]byte(readDeployed(t, "grafana/ledgersheet.json")), &board))
	all, ids, taken := map[string][]string{}, map[int]bool{}, map[[2]int]string{}
	for _, p := range board.Panels {
		if p.Title == "" || all[p.Title] != nil || ids[p.ID] || len(p.Targets) == 0 || p.GridPos.X+p.GridPos.W > 24 {
			t.Errorf("panel %d %q has no title, comes twice, shows nothing or is too wide", p.ID, p.Title)
		}
		ids[p.ID] = true
		for x := p.GridPos.X; x < p.GridPos.X+p.GridPos.W; x++ {
			for y := p.GridPos.Y; y < p.GridPos.Y+p.GridPos.H; y++ {
				if other := taken[[2]int{x, y}]; other != "" && other != p.Title {
					t.Fatalf("panels %q and %q overlap", p.Title, other)
				}
				taken[[2]int{x, y}] = p.Title
			}
		}
		for _, target := range p.Targets {
			all[p.Title] = append(all[p.Title], strings.ReplaceAll(target.Expr, "$instance", ".*"))
		}
	}
	if board.UID == "" || len(all) < 12 {
		t.Errorf("the board %q has %d panels", board.UID, len(all))
	}
	return all
}

// The check itself finds what it is for.
func TestWrongExpressionsAreFound(t *testing.T) {
	t.Parallel()
	k := known{
		"a_total":   {"status": {"succeeded"}, "state": {"late"}},
		"b_seconds": {"le": nil, "provider": {"google"}},
	}
	for expr, want := range map[string]string{
		`sum by (status) (rate(a_total{status="failed"}[5m]))`:                            "",
		`histogram_quantile(0.9, sum by (le) (rate(b_seconds_bucket[$__rate_interval])))`: "",
		`rate(b_seconds_count[5m])`:                                                       "",
		`up{job="x"} == 0`:                                                                "",
		`rate(c_total[5m])`:                                                               "no metric c_total",
		`b_seconds > 1`:                                                                   "no metric b_seconds",
		`a_total_bucket`:                                                                  "no metric a_total_bucket",
		`a_total{provider="google"}`:                                                      "has no label provider",
		`a_total{state="lost"}`:                                                           `never has state=lost`,
		`a_total{state=~"late|lost"}`:                                                     "never has state=lost",
		`sum by (provider) (a_total)`:                                                     "has the label provider",
		`a_total / on (provider) a_total`:                                                 "has the label provider",
		`sum(rate(a_total[5m])`:                                                           "unexpected token",
		`1 + 1`:                                                                           "names no metric",
	} {
		got := strings.Join(k.check(expr), "; ")
		if want == "" && got != "" || !strings.Contains(got, want) {
			t.Errorf("%s: %q, want %q", expr, got, want)
		}
	}
}

// TestMetricsOfEveryKind compares what the program reports with what the README lists, and its names with Prometheus'
// conventions.
func TestMetricsOfEveryKind(t *testing.T) {
	t.Parallel()
	w, k := gather(t)
	families, err := w.app.Metrics().Gather()
	must(t, err)
	faults, err := promlint.NewWithMetricFamilies(families).Lint()
	must(t, err)
	for _, f := range faults {
		if strings.HasPrefix(f.Metric, "ledgersheet_") {
			t.Errorf("%s: %s", f.Metric, f.Text)
		}
	}
	readme, err := os.ReadFile(filepath.Join("..", "..", "README.md"))
	must(t, err)
	listed := map[string]bool{}
	for _, row := range regexp.MustCompile("(?m)^\\| `(ledgersheet_[a-z_]+)(?:\\{([a-z_,]*)\\})?` \\|").
		FindAllStringSubmatch(string(readme), -1) {
		listed[row[1]] = true
		labels := slices.DeleteFunc(slices.Sorted(maps.Keys(k[row[1]])), func(l string) bool { return l == "le" })
		said := slices.DeleteFunc(slices.Sorted(strings.SplitSeq(row[2], ",")), func(l string) bool { return l == "" })
		if !slices.Equal(labels, said) {
			t.Errorf("%s has the labels %v, and the README says %v", row[1], labels, said)
		}
	}
	for name := range k {
		if strings.HasPrefix(name, "ledgersheet_") && !listed[name] {
			t.Errorf("%s is not in the README's table", name)
		}
	}
	for name := range listed {
		if k[name] == nil {
			t.Errorf("the README lists %s, which is not reported", name)
		}
	}
}

// What is reported follows what happens, and a deleted exporter's series go.
func TestMetricsFollow(t *testing.T) {
	t.Parallel()
	w, _ := gather(t)
	value := func(name string, labels map[string]string) (float64, bool) {
		families, err := w.app.Metrics().Gather()
		must(t, err)
		for _, f := range families {
			for _, m := range f.GetMetric() {
				has := map[string]string{}
				for _, l := range m.GetLabel() {
					has[l.GetName()] = l.GetValue()
				}
				if f.GetName() == name && maps.Equal(has, labels) {
					return m.GetGauge().GetValue() + m.GetCounter().GetValue(), true
				}
			}
		}
		return 0, false
	}
	want := func(n float64, name string, labels map[string]string) {
		t.Helper()
		if got, ok := value(name, labels); !ok || got != n {
			t.Errorf("%s%v is %v (%v), want %v", name, labels, got, ok, n)
		}
	}
	list, _, err := w.desk().ListExporters(w.ctx, control.ExporterQuery{})
	must(t, err)
	id := list[0].Exporter.ID
	want(1, "ledgersheet_runs_total", map[string]string{"status": "succeeded", "trigger": "manual", "code": ""})
	want(1, "ledgersheet_exporters", map[string]string{"state": "ok"})
	want(2, "ledgersheet_connections", map[string]string{"provider": "quickbooks", "status": "connected"})
	want(1, "ledgersheet_connections", map[string]string{"provider": "google", "status": "connected"})
	want(1, "ledgersheet_ready", map[string]string{"part": "store"})
	want(0, "ledgersheet_queue_runs", map[string]string{"state": "queued"})
	want(5, "ledgersheet_rows_total", map[string]string{})
	if got, _ := value("ledgersheet_mirror_bytes", map[string]string{}); got == 0 {
		t.Error("the local copy takes no room")
	}
	if got, _ := value("ledgersheet_mirror_oldest_refresh_timestamp_seconds", map[string]string{}); got == 0 {
		t.Error("the local copy was never refreshed")
	}
	if _, ok := value("ledgersheet_last_success_timestamp_seconds", map[string]string{"exporter_id": string(id)}); !ok {
		t.Error("the exporter has no last success")
	}
	_, err = w.desk().DisconnectCompany(w.ctx, list[0].Companies[0])
	must(t, err)
	want(1, "ledgersheet_connections", map[string]string{"provider": "quickbooks", "status": "disconnected"})
	must(t, w.desk().DeleteExporter(w.ctx, id))
	want(0, "ledgersheet_exporters", map[string]string{"state": "ok"})
	if _, ok := value("ledgersheet_last_success_timestamp_seconds", map[string]string{"exporter_id": string(id)}); ok {
		t.Error("the deleted exporter still has a series")
	}
	// A run that ends afterwards does not bring it back.
	w.app.ObserveRun(context.Background(), export.Run{
		Status: export.RunSucceeded, Exporter: export.Exporter{ID: id}, FinishedAt: time.Now(),
	})
	if _, ok := value("ledgersheet_last_success_timestamp_seconds", map[string]string{"exporter_id": string(id)}); ok {
		t.Error("a late run brought the series of the deleted exporter back")
	}
}
