package cli

import (
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"ledgersheet/internal/api"
	"ledgersheet/internal/control"
	"ledgersheet/internal/desktest"
	"ledgersheet/internal/export"
)

// newServer serves the API over a real control and store, for commands to reach as a server.
func newServer(t *testing.T) (bench *desktest.Bench, url string) {
	t.Helper()
	t.Setenv("LEDGERSHEET_API_TOKEN", "a-token-of-more-than-24-characters")
	bench = desktest.New(t, desktest.Options{NameA: "Alder Ltd", NameB: "Birch Inc"})
	bench.Connect()
	server := httptest.NewServer(api.Handler(bench.Control, control.Program(), bench.Logger))
	t.Cleanup(server.Close)
	return bench, server.URL
}

func addExporter(t *testing.T, b *desktest.Bench, name string, change func(*export.Exporter)) export.Exporter {
	t.Helper()
	e := export.Exporter{
		Name: name, Definition: "invoices", Companies: []export.RealmID{desktest.RealmA},
		Target:   export.Target{Account: b.Account, Sheet: name},
		Schedule: export.Schedule{Cron: "0 6 * * 1-5", Timezone: "America/New_York", Enabled: true},
	}
	if change != nil {
		change(&e)
	}
	e, err := b.Control.As(control.Program()).CreateExporter(t.Context(), e)
	must(t, err)
	return e
}

// TestExportAndApply takes exporters out of one installation, and puts them back and into another one: each time
// applying the file once more changes nothing.
func TestExportAndApply(t *testing.T) {
	b, url := newServer(t)
	desk := b.Control.As(control.Program())
	first := addExporter(t, b, "yes", nil)
	addExporter(t, b, "Net: \"total\"", func(e *export.Exporter) {
		e.Definition, e.Schedule = "profit_and_loss", export.Schedule{Timezone: "UTC"}
		e.Options = map[string]string{"accounting_method": "Cash", "date_range": "last_month"}
	})
	file := filepath.Join(t.TempDir(), "exporters.yaml")
	must2 := func(want string, wantCode int, args ...string) {
		t.Helper()
		out, errs, code := call(t, append(args, "--url", url)...)
		if out+errs != want || code != wantCode {
			t.Errorf("%v: code %d\n%s--\n%s\nwant\n%s", args, code, out, errs, want)
		}
	}
	must2("2 exporters are in "+file+".\n", 0, "exporters", "export", file)
	text, err := os.ReadFile(file)
	must(t, err)
	for _, secret := range []string{"secret", "token", "refresh"} {
		if strings.Contains(strings.ToLower(strings.TrimPrefix(string(text), bookHead)), secret) {
			t.Errorf("the file has a %s:\n%s", secret, text)
		}
	}
	must2("0 to make, 0 to change, 2 as they should be. Nothing was changed.\n", 0,
		"exporters", "apply", file, "--dry-run")
	must2("0 made, 0 changed, 2 as they were.\n", 0, "exporters", "apply", file)
	if now, err := desk.Exporter(t.Context(), first.ID); err != nil || now.Revision != first.Revision {
		t.Errorf("applying what stands has changed it: %+v, %v", now, err)
	}

	// Without ids, they are found by name; a changed one is told with what changes.
	edit := func(old, fresh string) {
		text = []byte(strings.ReplaceAll(string(text), old, fresh))
		must(t, os.WriteFile(file, text, 0o600))
	}
	edit("  - id: "+string(first.ID)+"\n    name: \"yes\"", "  - name: \"yes\"")
	edit("0 6 * * 1-5", "30 7 * * *")
	change := "~ yes\n    schedule.cron: \"0 6 * * 1-5\" → \"30 7 * * *\"\n"
	must2(change+"0 to make, 1 to change, 1 as they should be. Nothing was changed.\n", 0,
		"exporters", "apply", file, "--dry-run")
	must2(change+"0 made, 1 changed, 1 as they were.\n", 0, "exporters", "apply", file)
	must2("0 made, 0 changed, 2 as they were.\n", 0, "exporters", "apply", file)

	// In an installation without them, they are made, under other ids.
	for _, e := range []string{"yes", "Net: \"total\""} {
		all, err := desk.Exporters(t.Context(), export.ExporterFilter{})
		must(t, err)
		for _, have := range all {
			if have.Name == e {
				must(t, desk.DeleteExporter(t.Context(), have.ID))
			}
		}
	}
	must2("+ Net: \"total\"\n+ yes\n2 to make, 0 to change, 0 as they should be. Nothing was changed.\n", 0,
		"exporters", "apply", file, "--dry-run")
	must2("+ Net: \"total\"\n+ yes\n2 made, 0 changed, 0 as they were.\n", 0, "exporters", "apply", file)
	must2("0 made, 0 changed, 2 as they were.\n", 0, "exporters", "apply", file)

	// One that is wrong stops all.
	edit("30 7 * * *", "30 7 * *")
	edit("last_month", "this_month")
	out, errs, code := call(t, "exporters", "apply", file, "--url", url)
	if code != 1 || out != "" || !strings.Contains(errs, "exporters[1] (yes): ") ||
		!strings.Contains(errs, "\n  schedule.cron ") || !strings.Contains(errs, "nothing was changed") {
		t.Errorf("code %d\n%s--\n%s", code, out, errs)
	}
	all, err := desk.Exporters(t.Context(), export.ExporterFilter{})
	must(t, err)
	for _, e := range all {
		if e.Options["date_range"] == "this_month" {
			t.Error("though one was wrong, another was changed")
		}
	}
}

// TestChainsInFiles takes exporters that run after others out of one installation and puts them into another one, where
// all have other ids: those that others run after are made first, and are found by name in a file that a person wrote.
func TestChainsInFiles(t *testing.T) {
	b, url := newServer(t)
	desk := b.Control.As(control.Program())
	byHand := export.Schedule{Timezone: "UTC"}
	first := addExporter(t, b, "Zero", nil)
	second := addExporter(t, b, "Middle", func(e *export.Exporter) {
		e.After, e.Schedule = []export.ID{first.ID}, byHand
	})
	addExporter(t, b, "All", func(e *export.Exporter) {
		e.After, e.Schedule = []export.ID{first.ID, second.ID}, byHand
	})
	file := filepath.Join(t.TempDir(), "exporters.yaml")
	run := func(want string, args ...string) {
		t.Helper()
		out, errs, code := call(t, append(args, "--url", url)...)
		if code != 0 || !strings.HasSuffix(out+errs, want) {
			t.Errorf("%v: code %d\n%s--\n%s\nwant\n%s", args, code, out, errs, want)
		}
	}
	run("3 exporters are in "+file+".\n", "exporters", "export", file)
	run("0 made, 0 changed, 3 as they were.\n", "exporters", "apply", file)
	wantChains := func() {
		t.Helper()
		all, err := desk.Exporters(t.Context(), export.ExporterFilter{})
		must(t, err)
		names := map[export.ID]string{}
		for _, e := range all {
			names[e.ID] = e.Name
		}
		for _, e := range all {
			var after []string
			for _, id := range e.After {
				after = append(after, names[id])
			}
			want := map[string]string{"Zero": "", "Middle": "Zero", "All": "Zero, Middle"}[e.Name]
			if got := strings.Join(after, ", "); got != want {
				t.Errorf("%s runs after %q, want %q", e.Name, got, want)
			}
		}
	}
	deleteAll := func() {
		t.Helper()
		all, err := desk.Exporters(t.Context(), export.ExporterFilter{})
		must(t, err)
		for _, e := range all {
			must(t, desk.DeleteExporter(t.Context(), e.ID))
		}
	}
	deleteAll()
	run("+ Zero\n+ Middle\n+ All\n3 to make, 0 to change, 0 as they should be. Nothing was changed.\n",
		"exporters", "apply", file, "--dry-run")
	run("3 made, 0 changed, 0 as they were.\n", "exporters", "apply", file)
	wantChains()
	run("0 made, 0 changed, 3 as they were.\n", "exporters", "apply", file)

	// One that is there already gets another one before it, and all are found by name.
	text, err := os.ReadFile(file)
	must(t, err)
	names := strings.NewReplacer("- "+string(first.ID), "- Zero", "- "+string(second.ID), "- Middle")
	byName := names.Replace(string(text))
	byName = regexp.MustCompile(`(?m)^  - id: .*\n    name:`).ReplaceAllString(byName, "  - name:")
	if strings.Contains(byName, "exp_") {
		t.Fatalf("the file still has ids:\n%s", byName)
	}
	must(t, os.WriteFile(file, []byte(byName), 0o600))
	all, err := desk.Exporters(t.Context(), export.ExporterFilter{})
	must(t, err)
	for _, e := range all {
		if e.Name == "Middle" {
			must(t, desk.DeleteExporter(t.Context(), e.ID))
		}
	}
	run("1 made, 1 changed, 1 as they were.\n", "exporters", "apply", file)
	wantChains()
	run("0 made, 0 changed, 3 as they were.\n", "exporters", "apply", file)

	deleteAll()
	for old, bad := range map[string][2]string{
		"- Middle": {"- Nobody", `after has "Nobody", which is no exporter`}, "- Zero": {"- All", "run after itself"},
	} {
		must(t, os.WriteFile(file, []byte(strings.ReplaceAll(byName, old, bad[0])), 0o600))
		out, errs, code := call(t, "exporters", "apply", file, "--url", url)
		if code != 1 || !strings.Contains(errs, bad[1]) || !strings.Contains(errs, "nothing was changed") {
			t.Errorf("%s: code %d\n%s--\n%s", bad[0], code, out, errs)
		}
		if left, err := desk.Exporters(t.Context(), export.ExporterFilter{}); err != nil || len(left) > 0 {
			t.Errorf("%s: %d exporters were made, %v", bad[0], len(left), err)
		}
	}
}

// TestApplyWantsToKnowWhich proves that an entry never changes an exporter that it may not mean.
func TestApplyWantsToKnowWhich(t *testing.T) {
	b, url := newServer(t)
	one := addExporter(t, b, "Twin", nil)
	addExporter(t, b, "Twin", func(e *export.Exporter) { e.Target.Sheet = "Other" })
	file := filepath.Join(t.TempDir(), "exporters.yaml")
	rest := "type: invoices, company_ids: [\"" + string(desktest.RealmA) + "\"], destination: {google_account_id: " +
		string(b.Account) + ", sheet: Twin}}"
	for text, want := range map[string]string{
		"[{name: Twin, " + rest + "]": "give its id",
		"[{id: " + string(one.ID) + ", name: New, " + rest + ", " +
			"{id: " + string(one.ID) + ", name: New, " + rest + "]": "the same exporter as exporters[0]",
		"[{name: New, colour: red, " + rest + "]":   "colour is not known here",
		"[{name: New, after: [Twin], " + rest + "]": "which several exporters are called",
	} {
		must(t, os.WriteFile(file, []byte("version: 1\nexporters: "+text+"\n"), 0o600))
		_, errs, code := call(t, "exporters", "apply", file, "--url", url)
		if code != 1 || !strings.Contains(errs, want) {
			t.Errorf("%s: code %d, %s", text, code, errs)
		}
	}
}

// TestListFitsTheScreen proves that no line is longer than the screen is wide, and what is left out first.
func TestListFitsTheScreen(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 29, 6, 0, 0, 0, time.UTC)
	list := []listed{{ID: "exp_01kmx0c5m3k1j9f0t3v8h2q7zd", Name: "Profit\nand loss of all companies", State: "ok",
		Type: "profit_and_loss"}, {ID: "exp_2", Name: "Löhne", State: "failing", Paused: true}}
	list[0].Schedule.Cron, list[0].Schedule.Timezone, list[0].Schedule.Enabled = "0 6 * * 1-5", "America/New_York", true
	list[0].Schedule.NextAt = &at
	list[0].LastSuccess = &struct {
		At *time.Time `json:"at"`
	}{&at}
	for width, want := range map[int]string{
		0: "ID                              NAME                              STATE    LAST SUCCESS      " +
			"NEXT RUN          TYPE             SCHEDULE\n" +
			"exp_01kmx0c5m3k1j9f0t3v8h2q7zd  Profit and loss of all companies  ok       2026-03-29 06:00  " +
			"2026-03-29 06:00  profit_and_loss  0 6 * * 1-5 (America/New_York)\n" +
			"exp_2                           Löhne                             failing  never             " +
			"paused                             none\n",
		80: "NAME                              STATE    LAST SUCCESS      NEXT RUN\n" +
			"Profit and loss of all companies  ok       2026-03-29 06:00  2026-03-29 06:00\n" +
			"Löhne                             failing  never             paused\n",
		60: "NAME             STATE    LAST SUCCESS      NEXT RUN\n" +
			"Profit and los…  ok       2026-03-29 06:00  2026-03-29 06:00\n" +
			"Löhne            failing  never             paused\n",
	} {
		var b strings.Builder
		must(t, printExporters(&b, list, time.UTC, width))
		if b.String() != want {
			t.Errorf("%d wide:\n%s\nwant\n%s", width, b.String(), want)
		}
	}
}

// TestListOnAServer proves that the list says how exporters stand, also as JSON.
func TestListOnAServer(t *testing.T) {
	b, url := newServer(t)
	addExporter(t, b, "Bills", nil)
	out, errs, code := call(t, "exporters", "--url", url)
	if code != 0 || errs != "" || !strings.Contains(out, "never_run") || !strings.Contains(out, "NEXT RUN") {
		t.Errorf("code %d\n%s--\n%s", code, out, errs)
	}
	out, errs, code = call(t, "exporters", "--json", "--url", url)
	if code != 0 || errs != "" || !strings.HasPrefix(out, "[\n") || !strings.Contains(out, `"state": "never_run"`) {
		t.Errorf("as JSON: code %d\n%s--\n%s", code, out, errs)
	}
	if out, _, code := call(t, "exporters", "--types"); code != 0 || !strings.Contains(out, "profit_and_loss") {
		t.Errorf("the types: code %d\n%s", code, out)
	}
}
