package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"
)

type statusCommand struct {
	JSON bool `name:"json" help:"Print the status as JSON."`
	reachFlags
}

// shownStatus is what the command shows of a status, decoded from the API's JSON.
type shownStatus struct {
	OK        bool         `json:"ok"`
	Causes    []shownCause `json:"causes"`
	Companies int          `json:"companies"`
	Current   int          `json:"current"`
}

type shownCause struct {
	Code         string     `json:"code"`
	Title        string     `json:"title"`
	Since        *time.Time `json:"since"`
	Action       string     `json:"action"`
	Waiting      []string   `json:"waiting"`
	WaitingNames []string   `json:"waiting_names"`
}

// Run prints what needs a person. It fails if anything does.
func (c *statusCommand) Run(ctx context.Context, std Stdio) error {
	return c.reach(ctx, std, func(client *client) error {
		var text json.RawMessage
		if err := client.call(ctx, "GET", "/status", &text); err != nil {
			return err
		}
		return c.show(std.Out, text)
	})
}

func (c *statusCommand) show(w io.Writer, text []byte) error {
	var s shownStatus
	if err := json.Unmarshal(text, &s); err != nil {
		return fmt.Errorf("reading the status: %w", err)
	}
	if c.JSON {
		if err := printJSON(w, text); err != nil {
			return err
		}
	} else {
		for _, cause := range s.Causes {
			fmt.Fprintln(w, cause)
		}
		fmt.Fprintln(w, s.summary())
	}
	if !s.OK {
		return failure{1}
	}
	return nil
}

// String returns the line about a cause.
func (c shownCause) String() string {
	parts := []string{c.Code + ":", c.Title}
	if c.Since != nil {
		parts = append(parts, "Since "+c.Since.UTC().Format("2006-01-02 15:04")+" UTC.")
	}
	if n := len(c.Waiting); n > 0 {
		waits := "Waiting: " + strings.Join(c.WaitingNames, ", ")
		if more := n - len(c.WaitingNames); more > 0 {
			waits += fmt.Sprintf(" and %d more", more)
		}
		parts = append(parts, waits+".")
	}
	// Names and reasons may hold line breaks; a cause is one line.
	return strings.Join(strings.Fields(strings.Join(append(parts, c.Action), " ")), " ")
}

func (s shownStatus) summary() string {
	what := "All is well"
	switch n := len(s.Causes); n {
	case 0:
	case 1:
		what = "1 problem"
	default:
		what = fmt.Sprintf("%d problems", n)
	}
	return fmt.Sprintf("%s; companies up to date: %d of %d.", what, s.Current, s.Companies)
}
