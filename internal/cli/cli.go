// Package cli is the command line. It parses arguments, checks the settings, and calls the app or a running server's
// API. Wrong usage prints one clear line and exits with 2; a failure exits with 1.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"

	"ledgersheet/internal/config"
	"ledgersheet/internal/problem"
)

// Stdio is where a command writes.
type Stdio struct{ Out, Err io.Writer }

// commands is the command tree; kong fills it from flags and the environment.
type commands struct {
	Serve       serveCommand       `cmd:"" help:"Run the service: dashboard, API and schedules."`
	Demo        demoCommand        `cmd:"" help:"Run the service with simulated QuickBooks companies and Google Sheets; no account is needed."`
	Sandbox     sandboxCommand     `cmd:"" help:"Run only the simulated Intuit and Google, for another process to use."`
	Run         runCommand         `cmd:"" help:"Run one exporter now and wait for it."`
	Capture     captureCommand     `cmd:"" help:"Save QuickBooks' answers to an exporter for a bug report, without names, ids and true amounts."`
	Doctor      doctorCommand      `cmd:"" help:"Find out what is wrong with the installation, and how to mend it."`
	Backup      backupCommand      `cmd:"" help:"Save a checked copy of the store, also while the service runs."`
	Restore     restoreCommand     `cmd:"" help:"Put a backup in the place of the store, which is kept."`
	Key         keyCommand         `cmd:"" help:"Change the key that seals all secrets."`
	Exporters   exportersCommand   `cmd:"" help:"List the exporters, or what can be exported."`
	Status      statusCommand      `cmd:"" help:"Say what needs a person: one line for each cause."`
	User        userCommand        `cmd:"" help:"Say who may sign in: list, invite, disable, enable and delete people."`
	Token       tokenCommand       `cmd:"" help:"Say which programs may use the API: list, make and revoke tokens."`
	Completion  completionCommand  `cmd:"" help:"Print a script with which a shell completes commands and flags."`
	Healthcheck healthcheckCommand `cmd:"" help:"Ask a running server whether it is well; for containers."`
	Version     versionCommand     `cmd:"" help:"Print the version."`
}

// failure is an error that was printed already or needs no message; only the exit code matters.
type failure struct{ code int }

// Error implements error.
func (f failure) Error() string { return fmt.Sprintf("exit code %d", f.code) }

// errInterrupted ends a command whose run goes on without it or goes back to the queue.
var errInterrupted = errors.New("interrupted; a run that was not done is taken up again by the server or by the " +
	"next command on its data folder")

// Main runs the command in args and returns the process's exit code.
func Main(ctx context.Context, args []string, std Stdio) int {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second signal ends the process at once
	var c commands
	exited := -1
	parser, err := kong.New(&c, kong.Name("ledgersheet"),
		kong.Description("QuickBooks Online, read-only, into Google Sheets."),
		kong.Writers(std.Out, std.Err), kong.Exit(func(code int) { exited = code }),
		kong.BindTo(ctx, (*context.Context)(nil)), kong.Bind(std),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, NoExpandSubcommands: true}), kong.UsageOnError())
	if err != nil {
		fmt.Fprintln(std.Err, "ledgersheet:", err)
		return 1
	}
	if len(args) > 0 && args[0] == completeWord {
		complete(std.Out, parser.Model.Node, args[1:])
		return 0
	}
	parsed, err := parser.Parse(args)
	if exited >= 0 {
		return exited // --help was given and has printed the help
	}
	if err != nil {
		fmt.Fprintf(std.Err, "ledgersheet: %v; see ledgersheet --help\n", err)
		return 2
	}
	return exitCode(parsed.Run(), std)
}

func exitCode(err error, std Stdio) int {
	if err == nil {
		return 0
	}
	if f, ok := errors.AsType[failure](err); ok {
		return f.code
	}
	if errors.Is(err, context.Canceled) {
		err = errInterrupted
	}
	if faults, ok := errors.AsType[config.Faults](err); ok {
		fmt.Fprintln(std.Err, "ledgersheet:", faults)
		return 2
	}
	if p, ok := errors.AsType[*problem.Problem](err); ok {
		fmt.Fprintf(std.Err, "ledgersheet: %s\n", p.Message)
		for _, field := range slices.Sorted(maps.Keys(p.Fields)) {
			fmt.Fprintf(std.Err, "  %s %s\n", field, p.Fields[field])
		}
		if p.Hint != "" {
			fmt.Fprintf(std.Err, "  %s\n", p.Hint)
		}
		return 1
	}
	fmt.Fprintln(std.Err, "ledgersheet:", err)
	return 1
}

// knownVariables returns the names of all flags' environment variables.
func knownVariables() []string {
	parser, err := kong.New(&commands{})
	if err != nil {
		return nil
	}
	var names []string
	_ = kong.Visit(parser.Model, func(node kong.Visitable, next kong.Next) error {
		if f, ok := node.(*kong.Flag); ok {
			names = append(names, f.Envs...)
		}
		return next(nil)
	})
	return names
}

// warnUnknown warns about variables that look like settings but are not. Most are misspelt.
func warnUnknown(std Stdio) {
	if unknown := config.Unknown(os.Environ(), knownVariables()); len(unknown) > 0 {
		fmt.Fprintf(std.Err, "ledgersheet: unknown settings are ignored: %s\n", strings.Join(unknown, ", "))
	}
}
