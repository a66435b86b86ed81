package main

import (
	"bytes"
	"context"
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// command runs the program and returns what it printed.
func command(t *testing.T, env []string, args ...string) (out, errs string, code int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), wait)
	defer cancel()
	cmd := exec.CommandContext(ctx, exe, args...)
	cmd.Dir = t.TempDir()
	for _, pair := range os.Environ() {
		if !strings.HasPrefix(pair, "LEDGERSHEET_") {
			cmd.Env = append(cmd.Env, pair)
		}
	}
	cmd.Env = append(cmd.Env, env...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		code = exit.ExitCode()
	} else if err != nil {
		t.Fatal(err)
	}
	return stdout.String(), stderr.String(), code
}

// TestWhatCannotStartSaysWhy: each fault of usage, settings or machine is one clear message that names it and the
// remedy.
func TestWhatCannotStartSaysWhy(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = taken.Close() })
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, []byte("not a database, but long enough to be looked at"), 0o600); err != nil {
		t.Fatal(err)
	}
	foreign := t.TempDir()
	if err := os.WriteFile(filepath.Join(foreign, "ledgersheet.db"), bytes.Repeat([]byte("x"), 8192),
		0o600); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		env  []string
		args []string
		code int
		says []string
	}{
		"no command":      {nil, nil, 2, []string{"--help"}},
		"unknown command": {nil, []string{"srve"}, 2, []string{"srve"}},
		"unknown flag":    {nil, []string{"serve", "--adr", "x"}, 2, []string{"--adr", "--help"}},
		"wrong settings": {
			[]string{"LEDGERSHEET_WORKERS=many", "LEDGERSHEET_BASE_URL=example.com", "LEDGERSHEET_ADMIN_EMAIL=x"},
			[]string{"serve"}, 2,
			[]string{"LEDGERSHEET_WORKERS", "LEDGERSHEET_BASE_URL", "LEDGERSHEET_ADMIN_PASSWORD", "https://"},
		},
		"taken port": {
			[]string{"LEDGERSHEET_ADDR=" + taken.Addr().String()}, []string{"serve"}, 1,
			[]string{taken.Addr().String(), "LEDGERSHEET_ADDR"},
		},
		"data folder is a file": {
			[]string{"LEDGERSHEET_DATA_DIR=" + file, "LEDGERSHEET_ADDR=127.0.0.1:0"}, []string{"serve"}, 1,
			[]string{"LEDGERSHEET_DATA_DIR"},
		},
		"foreign store": {
			[]string{"LEDGERSHEET_DATA_DIR=" + foreign, "LEDGERSHEET_ADDR=127.0.0.1:0"}, []string{"serve"}, 1,
			[]string{"ledgersheet.db"},
		},
		"nothing to ask": {
			[]string{"LEDGERSHEET_ADDR=127.0.0.1:1"}, []string{"healthcheck"}, 1, []string{"does not answer"},
		},
		"run without a token": {
			[]string{"LEDGERSHEET_URL=http://127.0.0.1:1"}, []string{"run", "x"}, 1, []string{"LEDGERSHEET_API_TOKEN"},
		},
		"run without a store": {nil, []string{"run", "x"}, 1, []string{"no store", "LEDGERSHEET_DATA_DIR"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, errs, code := command(t, test.env, test.args...)
			if code != test.code {
				t.Errorf("exit code %d, want %d", code, test.code)
			}
			for _, word := range test.says {
				if !strings.Contains(errs, word) {
					t.Errorf("the message does not say %q:\n%s", word, errs)
				}
			}
			if strings.Contains(errs, "goroutine ") || strings.Count(strings.TrimSpace(errs), "\n") > 12 {
				t.Errorf("that is not one clear message:\n%s", errs)
			}
		})
	}
}

func TestVersionAndHelp(t *testing.T) {
	t.Parallel()
	if out, _, code := command(t, nil, "version"); code != 0 || !strings.HasPrefix(out, "ledgersheet ") {
		t.Errorf("version: %d, %q", code, out)
	}
	for _, args := range [][]string{
		{"--help"}, {"serve", "--help"}, {"demo", "--help"}, {"sandbox", "--help"}, {"run", "--help"},
		{"exporters", "--help"}, {"healthcheck", "--help"}, {"version", "--help"},
	} {
		out, errs, code := command(t, nil, args...)
		if code != 0 || !strings.Contains(out, "Usage: ledgersheet") || errs != "" {
			t.Errorf("%v: code %d, prints %q and %q", args, code, out, errs)
		}
	}
}

func TestDemoOnce(t *testing.T) {
	t.Parallel()
	out, errs, code := command(t, nil, "demo", "--once", "--addr", "127.0.0.1:0", "--invoices", "200")
	if code != 0 || strings.Count(out, "/spreadsheets/d/") != 31 || strings.Contains(out, "google.com") ||
		!strings.HasPrefix(out, "EXPORTER") {
		t.Errorf("code %d\n%s%s", code, out, errs)
	}
}

// TestTwoProcesses is the whole way from outside: sandbox and serve as two processes, sign-in, consents, an exporter, a
// run by API and by command, a locked store, the sheet.
func TestTwoProcesses(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "--invoices", "150")
	w.start()
	w.connect(2)
	e := w.newExporter(nil)
	if r := w.run(e.ID); r.Status != "succeeded" || r.Rows != 150 {
		t.Fatalf("%+v\n%s", r, w.log())
	}
	w.api("GET", "/exporters/"+e.ID, nil, 200, &e)
	if rows := w.reader()(e.Destination.SpreadsheetID, "Invoices!A1:F500"); len(rows) != 151 ||
		rows[0][0] != "Invoice ID" {
		t.Errorf("%d rows, the first is %v", len(rows), rows[0])
	}
	// Every address leads to the sandbox, and none to the real services.
	for _, path := range []string{"/exporters", "/runs", "/google-accounts", "/companies"} {
		if status, data := w.ask("GET", path, nil); status != 200 || bytes.Contains(data, []byte("google.com")) ||
			bytes.Contains(data, []byte("intuit.com")) {
			t.Errorf("GET %s: %d\n%s", path, status, data)
		}
	}
	// The server holds the data folder: the command has it do the work.
	out, errs, code := command(t, w.env, "run", "invoices")
	if code != 0 || !strings.Contains(out, "150 rows, unchanged") || !strings.Contains(out, "Total USD ") {
		t.Errorf("run: code %d\n%s%s", code, out, errs)
	}
	if out, errs, code := command(t, w.env, "exporters"); code != 0 || !strings.Contains(out, e.ID) ||
		!strings.Contains(out, "invoices") {
		t.Errorf("exporters: code %d\n%s%s", code, out, errs)
	}
	// Of the second company nothing is read.
	well := func(when string) {
		t.Helper()
		if out, errs, code := command(t, w.env, "status"); code != 0 ||
			out != "All is well; companies up to date: 1 of 2.\n" {
			t.Errorf("status %s a server: code %d\n%s%s", when, code, out, errs)
		}
	}
	well("with")
	if out, errs, code := command(t, w.env, "healthcheck"); code != 0 || out != "ok\n" {
		t.Errorf("healthcheck: code %d\n%s%s", code, out, errs)
	}
	_, errs, code = command(t, append(w.env, "LEDGERSHEET_ADDR=127.0.0.1:0"), "serve")
	if code != 1 || !strings.Contains(errs, "in use by another") {
		t.Errorf("a second server on the same folder: code %d\n%s", code, errs)
	}
	w.kill()
	// Without a server it works on the folder itself.
	if out, errs, code := command(t, w.env, "exporters"); code != 0 || !strings.Contains(out, e.ID) {
		t.Errorf("exporters without a server: code %d\n%s%s", code, out, errs)
	}
	well("without")
	book := filepath.Join(t.TempDir(), "exporters.yaml")
	if out, errs, code := command(t, w.env, "exporters", "export", book); code != 0 || out != "" {
		t.Errorf("exporters export: code %d\n%s%s", code, out, errs)
	}
	if out, errs, code := command(t, w.env, "exporters", "apply", book); code != 0 ||
		out != "0 made, 0 changed, 1 as they were.\n" {
		t.Errorf("exporters apply: code %d\n%s%s", code, out, errs)
	}
	out, errs, code = command(t, w.env, "run", e.ID, "--json")
	if code != 0 || !strings.Contains(out, `"unchanged": true`) {
		t.Errorf("run without a server: code %d\n%s%s", code, out, errs)
	}
	for _, secret := range []string{
		password, apiToken, w.given["LEDGERSHEET_INTUIT_CLIENT_SECRET"], w.given["LEDGERSHEET_GOOGLE_CLIENT_SECRET"],
	} {
		if strings.Contains(w.log(), secret) {
			t.Error("the log shows a secret")
		}
	}
}

// TestCommandsMakeNoStore: a command that works with what is there leaves an empty folder empty.
func TestCommandsMakeNoStore(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{
		{"exporters"}, {"exporters", "export", "-"}, {"status"}, {"status", "--json"},
		{"run", "nobody"}, {"run", "nobody", "--dry-run"}, {"capture", "nobody", "answers.json"},
	} {
		for name, folder := range map[string]string{
			"empty": t.TempDir(), "missing": filepath.Join(t.TempDir(), "none"),
		} {
			out, errs, code := command(t, []string{"LEDGERSHEET_DATA_DIR=" + folder}, args...)
			if code != 1 || out != "" || strings.Count(errs, "\n") != 1 || !strings.Contains(errs, folder) ||
				!strings.Contains(errs, "LEDGERSHEET_URL") {
				t.Errorf("%v in a folder that is %s: exit %d, %q, %q", args, name, code, out, errs)
			}
			if entries, _ := os.ReadDir(folder); len(entries) > 0 {
				t.Errorf("%v left %v", args, entries)
			}
		}
	}
}

// TestCompletionInBash has a shell complete a command with the script that the program prints.
func TestCompletionInBash(t *testing.T) {
	t.Parallel()
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("there is no bash")
	}
	c := exec.Command(bash, "--norc", "-c", `source <(ledgersheet completion bash)
		COMP_WORDS=(ledgersheet exporters ap) COMP_CWORD=2
		_ledgersheet
		echo "${COMPREPLY[@]}"`)
	c.Env = []string{"PATH=" + filepath.Dir(exe) + string(os.PathListSeparator) + os.Getenv("PATH")}
	out, err := c.CombinedOutput()
	if err != nil || string(out) != "apply\n" {
		t.Errorf("%q, %v", out, err)
	}
}
