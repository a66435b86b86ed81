package api

import (
	"encoding/base64"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"ledgersheet/internal/problem"
)

// parameter is a member of a query. read takes its value and returns what is wrong with it, or nothing.
type parameter struct {
	name string
	read func(value string) (wrong string)
}

const notACursor = "is not the next_cursor of a page"

// readQuery parses the query of a list. Empty parameters select everything; invalid and unknown ones are reported by
// name.
func readQuery(u *url.URL, known []parameter) error {
	query, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return problem.Wrap(err, problem.BadRequest, "The query string cannot be read.")
	}
	var bad problem.Collect
	for key, values := range query {
		i := slices.IndexFunc(known, func(p parameter) bool { return p.name == key })
		switch {
		case len(values) > 1:
			bad.Add(key, "is there more than once")
		case values[0] == "":
		case i < 0:
			bad.Add(key, "is not known here; there are %s", nameAll(known))
		default:
			if wrong := known[i].read(values[0]); wrong != "" {
				bad.Add(key, "%s", wrong)
			}
		}
	}
	return bad.Err()
}

func nameAll(known []parameter) string {
	names := make([]string, len(known))
	for i, p := range known {
		names[i] = p.name
	}
	last := len(names) - 1
	if last == 0 {
		return "only " + names[0]
	}
	return strings.Join(names[:last], ", ") + " and " + names[last]
}

// limitParameter reads the size of a page.
func limitParameter(limit *int) parameter {
	return parameter{"limit", func(v string) string {
		n, err := strconv.Atoi(v)
		if err != nil || n < 1 || n > largestPage {
			return "must be a whole number from 1 to " + strconv.Itoa(largestPage)
		}
		*limit = n
		return ""
	}}
}

// readPosition reads a cursor that writePosition wrote.
func readPosition(position *string) func(string) string {
	return func(v string) string {
		raw, err := base64.RawURLEncoding.DecodeString(v)
		if err != nil || !strings.Contains(string(raw), "\x00") {
			return notACursor
		}
		*position = string(raw)
		return ""
	}
}

// writePosition makes a cursor of a place in a list.
func writePosition(position string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(position))
}
