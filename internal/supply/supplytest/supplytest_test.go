package supplytest

import (
	"slices"
	"testing"
)

func TestMemoryKeepsAllPromises(t *testing.T) {
	t.Parallel()
	Run(t, func(t *testing.T) Place { return newMemory(t, "").place() })
}

// Each flaw is reported by the checks that are about it, and each check reports a flaw.
func TestFlawsAreReported(t *testing.T) {
	t.Parallel()
	reported := map[string]bool{}
	for f, by := range map[flaw][]string{
		"drops the last record": {
			"counts what it gives", "complete over all pages", "changed while it is read",
		},
		"drops the last record of many":                   {"complete over all pages", "stopped early"},
		"reads one page":                                  {"complete over all pages"},
		"repeats a record":                                {"the order stays", "complete over all pages"},
		"repeats a page's last record":                    {"complete over all pages"},
		"counts wrongly":                                  {"counts what it gives"},
		"counts as far as the limit":                      {"counts what it gives"},
		"gives a wrong total":                             {"counts what it gives", "limited"},
		"keeps old records":                               {"records as they are", "feed tells what changed"},
		"orders by the last change":                       {"the order stays"},
		"reads once":                                      {"the order stays", "stopped early"},
		"hides inactive records":                          {"inactive records", "lookup"},
		"gives inactive records always":                   {"inactive records"},
		"narrows too much":                                {"narrowed"},
		"says it is exact":                                {"narrowed"},
		"scans too little":                                {"narrowed"},
		"ignores the limit":                               {"limited"},
		"gives less than the limit":                       {"limited"},
		"gives rates of all days":                         {"as of a day"},
		"counts what cannot be counted":                   {"objects without a count"},
		"refuses inactive ones of objects that have none": {"objects without inactive records"},
		"loses the wrapped type":                          {"recurring transactions"},
		"finds what is not there":                         {"lookup"},
		"looks up as many as it likes":                    {"too many looked up"},
		"mixes companies":                                 {"one company alone", "feed tells what changed"},
		"pages by position": {
			"changed while it is read", "changed twice while it is read", "switched while it is read",
		},
		"takes refused answers for the end": {"broken on the way", "feed broken"},
		"takes cut answers for the end":     {"broken on the way", "feed broken"},
		"takes garbled answers for the end": {"broken on the way", "feed broken"},
		"takes short answers for the end":   {"short answers"},
		"errors are no problems":            {"broken on the way", "feed broken"},
		"goes on behind an error":           {"broken on the way"},
		"ignores the context":               {"cancelled"},
		"does not tell deletions": {
			"feed tells what changed", "feed loses nothing between two questions",
		},
		"tells deletions as changes":  {"feed tells what changed"},
		"asks behind the cursor":      {"feed loses nothing between two questions"},
		"its clock is fast":           {"feed tells what changed"},
		"does not say that it is cut": {"feed says when it is cut"},
		"always cut":                  {"feed says when it is cut"},
		"remembers as if for ever":    {"feed refuses what is too old"},
	} {
		for _, c := range checks() {
			if !slices.Contains(by, c.name) {
				continue
			}
			reported[c.name] = true
			if err := c.run(t.Context(), newMemory(t, f).place()); err == nil {
				t.Errorf("a supply that %s passes %q", f, c.name)
			} else {
				t.Logf("%s: %q: %v", f, c.name, err)
			}
		}
	}
	for _, c := range checks() {
		if !reported[c.name] {
			t.Errorf("nothing makes %q fail", c.name)
		}
	}
}
