package cli

import (
	"encoding/json"
	"fmt"
)

// shownDryRun is what the command shows of a dry run, decoded from the API's JSON.
type shownDryRun struct {
	Rows      int `json:"rows"`
	Added     int `json:"added"`
	Changed   int `json:"changed"`
	Removed   int `json:"removed"`
	HandEdits int `json:"hand_edits"`
	Requests  struct {
		QuickBooks int `json:"quickbooks"`
		Sheets     int `json:"sheets"`
	} `json:"requests"`
	Warnings []string `json:"warnings"`
}

// showDryRun prints a dry run from its JSON.
func (c *runCommand) showDryRun(std Stdio, text []byte) error {
	if c.JSON {
		return printJSON(std.Out, text)
	}
	var d shownDryRun
	if err := json.Unmarshal(text, &d); err != nil {
		return fmt.Errorf("reading the dry run: %w", err)
	}
	fmt.Fprintf(std.Out, "A run would leave %d rows: %d added, %d changed, %d removed; %d requests to QuickBooks, "+
		"%d to Google. Nothing was written.\n",
		d.Rows, d.Added, d.Changed, d.Removed, d.Requests.QuickBooks, d.Requests.Sheets)
	if d.HandEdits > 0 {
		fmt.Fprintf(std.Out, "  People have edited %d of the rows since the last run.\n", d.HandEdits)
	}
	for _, w := range d.Warnings {
		fmt.Fprintln(std.Out, "  "+w)
	}
	return nil
}
