package web

import "strings"

// isolate keeps a name that people or QuickBooks have chosen from changing the order of the text around it, where
// there can be no <bdi>: in sentences made here, in attributes and in options. What could end the isolation is dropped.
func isolate(name string) string {
	if name == "" {
		return ""
	}
	const begin, end = "\u2068", "\u2069"
	return begin + dropDirections(name) + end
}

// dropDirections drops the signs that set directions.
func dropDirections(name string) string {
	return strings.Map(func(r rune) rune {
		if r >= '\u202A' && r <= '\u202E' || r >= '\u2066' && r <= '\u2069' {
			return -1
		}
		return r
	}, name)
}
