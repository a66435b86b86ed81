package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"ledgersheet/internal/app"
	"ledgersheet/internal/boltstore"
	"ledgersheet/internal/config"
)

type backupCommand struct {
	File string `arg:"" help:"The new file."`
	URL  string `env:"LEDGERSHEET_URL" placeholder:"URL" help:"Address of the running server; when it is not set, the data folder is used if no server holds it."`
	config.Flags
}

// Run saves a checked copy of the store: of the server's if one runs.
func (c *backupCommand) Run(ctx context.Context, std Stdio) error {
	if _, err := os.Lstat(c.File); err == nil {
		return alreadyThere(c.File)
	}
	base := c.URL
	if base == "" {
		settings, err := c.Settings(os.Getenv)
		if err != nil {
			return err
		}
		has, err := app.NewFolder(settings).Backup(ctx, c.File)
		if !errors.Is(err, boltstore.ErrLocked) {
			return c.report(std, has, err)
		}
		base = settings.BaseURL
	}
	client, err := newClient(base, os.Getenv)
	if err != nil {
		return err
	}
	client.http.Timeout = 0 // a large store takes its time; ctx ends it
	has, err := app.SaveBackup(ctx, c.File, func(w io.Writer) error { return client.save(ctx, "/backup", w) })
	return c.report(std, has, err)
}

func (c *backupCommand) report(std Stdio, has boltstore.Contents, err error) error {
	if err != nil {
		return err
	}
	fmt.Fprintf(std.Out, "Saved and checked %s: %s.\nThe key is not in it; keep a copy of that apart.\n", full(c.File),
		count(has))
	return nil
}

func count(has boltstore.Contents) string {
	return fmt.Sprintf("%d companies, %d exporters, %d runs, %d KB", has.Companies, has.Exporters, has.Runs,
		(has.Bytes+1023)/1024)
}

func full(name string) string {
	if all, err := filepath.Abs(name); err == nil {
		return all
	}
	return name
}

type restoreCommand struct {
	File string `arg:"" help:"The backup."`
	config.Flags
}

// Run puts a backup in the place of the store.
func (c *restoreCommand) Run(ctx context.Context, std Stdio) error {
	settings, err := c.Settings(os.Getenv)
	if err != nil {
		return err
	}
	done, err := app.NewFolder(settings).Restore(ctx, c.File, time.Now())
	if err != nil {
		return err
	}
	fmt.Fprintf(std.Out, "Brought back %s: %s.\n", full(c.File), count(done.Contents))
	if done.Aside != "" {
		fmt.Fprintf(std.Out, "The store that was there before is kept as %s.\n", done.Aside)
	}
	if done.Resealed {
		fmt.Fprintln(std.Out, "The backup was sealed under an older key; it is under the present one now.")
	}
	fmt.Fprintln(std.Out, "Companies whose tokens were renewed since the backup may want a reconnect; "+
		"ledgersheet doctor tells which.")
	return nil
}

type keyCommand struct {
	Rotate keyRotateCommand `cmd:"" help:"Seal all secrets under a new key."`
}

type keyRotateCommand struct{ config.Flags }

// Run seals all secrets under a new key.
func (c *keyRotateCommand) Run(ctx context.Context, std Stdio) error {
	settings, err := c.Settings(os.Getenv)
	if err != nil {
		return err
	}
	done, err := app.NewFolder(settings).RotateKey(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintf(std.Out, "All secrets are sealed under the new key in %s.\n"+
		"Keep a copy of it apart from the data folder.\n", full(done.Key))
	if done.Kept == "" {
		fmt.Fprintln(std.Out, "Set LEDGERSHEET_SECRET_KEY to it now; after the next start, delete the file.")
		return nil
	}
	fmt.Fprintf(std.Out, "The old key is kept in %s, because older backups need it. Delete it when they are gone.\n",
		full(done.Kept))
	return nil
}

// save writes the answer to a request as it comes. If the server refuses, it returns the server's problem.
func (c *client) save(ctx context.Context, path string, w io.Writer) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.base+path, nil)
	if err != nil {
		return fmt.Errorf("making a request: %w", err)
	}
	req.Header.Set("Authorization", "Bearer "+c.token)
	res, err := c.http.Do(req)
	if err != nil {
		return fmt.Errorf("asking the server at %s: %w", c.base, err)
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode != http.StatusOK {
		return c.refusal(res)
	}
	if _, err := io.Copy(w, res.Body); err != nil {
		return fmt.Errorf("reading the server's answer: %w", err)
	}
	return nil
}
