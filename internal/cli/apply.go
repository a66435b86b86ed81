package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"reflect"
	"slices"

	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

type exportCommand struct {
	File string `arg:"" help:"File to write; - for the standard output."`
	reachFlags
}

// Run writes all exporters into a file.
func (c *exportCommand) Run(ctx context.Context, std Stdio) error {
	return c.reach(ctx, std, func(client *client) error {
		list, err := readEntries(ctx, client)
		if err != nil {
			return err
		}
		var text bytes.Buffer
		if err := writeBook(&text, list); err != nil {
			return err
		}
		if c.File == "-" {
			_, err := std.Out.Write(text.Bytes())
			return err
		}
		if err := os.WriteFile(c.File, text.Bytes(), 0o600); err != nil {
			return fmt.Errorf("writing the file: %w", err)
		}
		fmt.Fprintf(std.Err, "%d exporters are in %s.\n", len(list), c.File)
		return nil
	})
}

// readEntries reads all exporters, with numbers as they are spelt.
func readEntries(ctx context.Context, c *client) ([]entry, error) {
	texts, err := readAll[json.RawMessage](ctx, c, "/exporters")
	if err != nil {
		return nil, err
	}
	list := make([]entry, len(texts))
	for i, text := range texts {
		if list[i], err = decodeEntry(text); err != nil {
			return nil, err
		}
	}
	return list, nil
}

func decodeEntry(text []byte) (e entry, err error) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	if err := d.Decode(&e); err != nil {
		return nil, fmt.Errorf("reading an exporter: %w", err)
	}
	return e, nil
}

type applyCommand struct {
	File   string `arg:"" help:"File to read; - for the standard input."`
	DryRun bool   `name:"dry-run" help:"Say what would change; change nothing."`
	reachFlags
}

// Run makes and changes exporters as a file says. Nothing is changed unless all of it can be.
func (c *applyCommand) Run(ctx context.Context, std Stdio) error {
	text, err := c.read()
	if err != nil {
		return err
	}
	wanted, err := readBook(text)
	if err != nil {
		return err
	}
	return c.reach(ctx, std, func(client *client) error {
		have, err := readEntries(ctx, client)
		if err != nil {
			return err
		}
		steps, err := planSteps(ctx, client, wanted, have)
		if err != nil {
			return err
		}
		return c.carryOut(ctx, std.Out, client, steps)
	})
}

func (c *applyCommand) read() ([]byte, error) {
	file := os.Stdin
	if c.File != "-" {
		var err error
		if file, err = os.Open(c.File); err != nil {
			return nil, fmt.Errorf("reading the file: %w", err)
		}
		defer func() { _ = file.Close() }()
	}
	text, err := io.ReadAll(io.LimitReader(file, maxAnswer))
	if err != nil {
		return nil, fmt.Errorf("reading the file: %w", err)
	}
	return text, nil
}

// step is what is to be done about one exporter of a file.
type step struct {
	old     entry // nil to make it
	fresh   entry // as the server would store it
	changes []string
	after   []reference // after which exporters it runs; nil if none of those is still to be made
}

// planSteps has the server check all entries. It returns what is to be done, or all that is wrong.
func planSteps(ctx context.Context, c *client, wanted, have []entry) ([]step, error) {
	steps := make([]step, len(wanted))
	var faults []error
	fault := func(i int, err error) {
		faults = append(faults, fmt.Errorf("exporters[%d] (%s): %w", i, wanted[i].text("name"), tellFields(err)))
	}
	taken := map[string]int{}
	for i, e := range wanted {
		old, err := findOld(e, have)
		if err == nil && old != nil {
			if first, twice := taken[old.text("id")]; twice {
				err = fmt.Errorf("it is the same exporter as exporters[%d]", first)
			}
			taken[old.text("id")] = i
		}
		if steps[i].old = old; err != nil {
			fault(i, err)
		}
	}
	if len(faults) == 0 {
		chains := chains{wanted, have, steps}
		for i, e := range wanted {
			e, after, err := chains.resolve(e)
			if err == nil {
				steps[i], err = planStep(ctx, c, e, steps[i].old, after)
			}
			if err != nil {
				fault(i, err)
			}
		}
	}
	if len(faults) > 0 {
		return nil, errors.Join(append(faults, errors.New("nothing was changed"))...)
	}
	return steps, nil
}

// tellFields puts the fields of a problem into its message.
func tellFields(err error) error {
	p, ok := errors.AsType[*problem.Problem](err)
	if !ok {
		return err
	}
	text := p.Message
	for _, field := range slices.Sorted(maps.Keys(p.Fields)) {
		text += "\n  " + field + " " + p.Fields[field]
	}
	return errors.New(text)
}

// findOld returns the exporter that an entry is about: that with its id, or else the only one with its name. It is nil
// if there is none.
func findOld(e entry, have []entry) (old entry, err error) {
	for _, h := range have {
		if e.text("id") != "" && h.text("id") == e.text("id") {
			return h, nil
		}
	}
	for _, h := range have {
		if h.text("name") == e.text("name") {
			if old != nil {
				return nil, errors.New("several exporters have this name; give its id")
			}
			old = h
		}
	}
	return old, nil
}

// planStep has the server check an entry. after is its chain, if some of that is still to be made.
func planStep(ctx context.Context, c *client, e, old entry, after []reference) (s step, err error) {
	body := maps.Clone(e)
	delete(body, "id") // it may be another installation's
	method, path := "POST", "/exporters?dry_run=true"
	if old != nil {
		method, path = "PUT", "/exporters/"+old.text("id")+"?dry_run=true"
	}
	var text json.RawMessage
	if err := c.send(ctx, method, path, body, &text); err != nil {
		return s, err
	}
	s.old, s.after = old, after
	if s.fresh, err = decodeEntry(text); err != nil || old == nil {
		return s, err
	}
	for _, f := range export.Fields() {
		before, fresh := pick(old, f.Path), pick(s.fresh, f.Path)
		switch {
		case f.Path == "after" && after != nil:
			s.changes = append(s.changes, tellChain(old, after))
		case !f.ReadOnly() && !reflect.DeepEqual(before, fresh):
			s.changes = append(s.changes, fmt.Sprintf("%s: %s → %s", f.Path, shortJSON(before), shortJSON(fresh)))
		}
	}
	return s, nil
}

// shortJSON formats a value on one line.
func shortJSON(v any) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return fmt.Sprint(v)
	}
	return string(bytes.TrimSpace(b.Bytes()))
}

// carryOut does the steps, unless it is a dry run, and prints each that changes something.
func (c *applyCommand) carryOut(ctx context.Context, w io.Writer, client *client, steps []step) error {
	made, changed := 0, 0
	order, err := orderSteps(steps)
	if err != nil {
		return err
	}
	ids := make([]string, len(steps)) // of those that were made
	for _, i := range order {
		s := steps[i]
		if s.old != nil && s.changes == nil {
			continue
		}
		if !c.DryRun {
			if ids[i], err = s.do(ctx, client, ids); err != nil {
				fmt.Fprintf(w, "Stopped after %d made and %d changed; apply the file again to go on.\n", made, changed)
				return fmt.Errorf("%s: %w", s.fresh.text("name"), tellFields(err))
			}
		}
		if s.old == nil {
			made++
			fmt.Fprintln(w, "+ "+s.fresh.text("name"))
			continue
		}
		changed++
		fmt.Fprintln(w, "~ "+s.old.text("name"))
		for _, change := range s.changes {
			fmt.Fprintln(w, "    "+change)
		}
	}
	format := "%d made, %d changed, %d as they were.\n"
	if c.DryRun {
		format = "%d to make, %d to change, %d as they should be. Nothing was changed.\n"
	}
	fmt.Fprintf(w, format, made, changed, len(steps)-made-changed)
	return nil
}

// do makes or changes the exporter exactly as the server has said it would, and returns its id. ids are those of the
// steps that were done before.
func (s step) do(ctx context.Context, c *client, ids []string) (id string, err error) {
	if s.after != nil {
		s.fresh = maps.Clone(s.fresh)
		s.fresh["after"] = idsOf(s.after, ids)
	}
	var stored struct{ ID string }
	if s.old == nil {
		err = c.send(ctx, "POST", "/exporters", s.fresh, &stored)
		return stored.ID, err
	}
	err = c.send(ctx, "PUT", "/exporters/"+s.old.text("id"), s.fresh, &stored,
		[2]string{"If-Match", fmt.Sprintf("%q", fmt.Sprint(s.old["revision"]))})
	return stored.ID, err
}
