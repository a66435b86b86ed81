package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"time"

	"ledgersheet/internal/app"
	"ledgersheet/internal/boltstore"
	"ledgersheet/internal/config"
	"ledgersheet/internal/control"
)

type doctorCommand struct {
	JSON bool   `name:"json" help:"Print what was found as JSON."`
	URL  string `env:"LEDGERSHEET_URL" placeholder:"URL" help:"Address of the running server; when it is not set, the data folder is examined if no server holds it."`
	config.Flags
}

// found is what an examination has found, in the API's shape.
type found struct {
	OK    bool         `json:"ok"`
	Items []foundThing `json:"items"`
}

type foundThing struct {
	About   string `json:"about"`
	OK      bool   `json:"ok"`
	Message string `json:"message"`
	Hint    string `json:"hint"`
}

// doctorTimeout limits an examination by a server, which asks for each connection and spreadsheet.
const doctorTimeout = 15 * time.Minute

// Run examines the installation. It fails if anything is wrong.
func (c *doctorCommand) Run(ctx context.Context, std Stdio) error {
	f, err := c.examine(ctx, std)
	if err != nil {
		return err
	}
	if c.JSON {
		text, err := json.Marshal(f)
		if err != nil {
			return err
		}
		if err := printJSON(std.Out, text); err != nil {
			return err
		}
	} else {
		f.print(std.Out)
	}
	if !f.OK {
		return failure{1}
	}
	return nil
}

func (c *doctorCommand) examine(ctx context.Context, std Stdio) (found, error) {
	if c.URL != "" {
		return c.askServer(ctx, c.URL)
	}
	warnUnknown(std)
	settings, err := c.Settings(os.Getenv)
	if faults, ok := errors.AsType[config.Faults](err); ok {
		return foundFaults(faults), nil
	}
	if err != nil {
		return found{}, err
	}
	a, err := app.New(ctx, app.Options{Settings: settings, Logger: slog.New(slog.DiscardHandler), Existing: true})
	if errors.Is(err, boltstore.ErrLocked) {
		return c.askServer(ctx, settings.BaseURL)
	}
	if err != nil { // everything else can still be looked at
		store := control.Finding{
			About: "store in " + settings.DataDir, Wrong: true, Says: err.Error(), Remedy: "Do what it says.",
		}
		return foundOf(append(app.ExamineSettings(ctx, settings, nil), store)), nil
	}
	all, err := a.Control().As(localActor()).Examine(ctx)
	return foundOf(all), errors.Join(err, stop(ctx, a))
}

func (c *doctorCommand) askServer(ctx context.Context, base string) (f found, err error) {
	client, err := newClient(base, os.Getenv)
	if err != nil {
		return f, err
	}
	client.http.Timeout = doctorTimeout
	return f, client.call(ctx, "POST", "/doctor", &f)
}

func foundFaults(faults config.Faults) found {
	f := found{}
	for _, fault := range faults {
		f.Items = append(f.Items, foundThing{About: "settings", Message: fault, Hint: "Correct it and try again."})
	}
	return f
}

func foundOf(all []control.Finding) found {
	f := found{OK: true, Items: []foundThing{{About: "settings", OK: true, Message: "nothing is wrong with them"}}}
	for _, one := range all {
		f.OK = f.OK && !one.Wrong
		f.Items = append(f.Items, foundThing{About: one.About, OK: !one.Wrong, Message: one.Says, Hint: one.Remedy})
	}
	return f
}

func (f found) print(w io.Writer) {
	wrong := 0
	for _, one := range f.Items {
		mark := "ok    "
		if !one.OK {
			mark = "WRONG "
			wrong++
		}
		fmt.Fprintf(w, "%s%s: %s\n", mark, one.About, strings.ReplaceAll(one.Message, "\n", "\n      "))
		if !one.OK && one.Hint != "" {
			fmt.Fprintf(w, "      %s\n", one.Hint)
		}
	}
	if wrong == 0 {
		fmt.Fprintln(w, "Nothing is wrong.")
		return
	}
	fmt.Fprintf(w, "Wrong: %d of %d.\n", wrong, len(f.Items))
}
