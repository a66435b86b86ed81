package web

import (
	"slices"
	"strings"

	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

// fieldError is a line of the error summary. It links to the input.
type fieldError struct{ ID, Label, Text string }

// fieldText returns what is wrong with a field of the API, or with one of its elements, such as columns[3].
func fieldText(fields map[string]string, name string) string {
	if text, ok := fields[name]; ok {
		return text
	}
	for _, key := range sortedKeys(fields) {
		if strings.HasPrefix(key, name+"[") {
			return fields[key]
		}
	}
	return ""
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// formErrors returns the error summary above an exporter's form. options are those of the exporter's type.
func formErrors(p *problem.Problem, options []export.Option) []fieldError {
	var list []fieldError
	seen := map[string]bool{}
	for _, f := range export.Fields() {
		for _, key := range sortedKeys(p.Fields) {
			option, isOption := strings.CutPrefix(key, f.Path+".")
			switch {
			case f.Kind == export.FieldSettings && isOption:
				list = append(list, fieldError{"option-" + option, optionLabel(options, option), p.Fields[key]})
			case f.Label != "" && (key == f.Path || strings.HasPrefix(key, f.Path+"[")):
				list = append(list, fieldError{f.AnchorID(), f.Label, p.Fields[key]})
			default:
				continue
			}
			seen[key] = true
		}
	}
	for _, key := range sortedKeys(p.Fields) {
		if !seen[key] {
			list = append(list, fieldError{"form", key, p.Fields[key]})
		}
	}
	return list
}

// optionLabel returns what the form calls an option. An unknown option goes by its key.
func optionLabel(options []export.Option, key string) string {
	for _, o := range options {
		if o.Key == key {
			return o.Title
		}
	}
	return key
}

// fieldErrors returns the error summary above a small form, whose inputs have the fields' names as ids.
func fieldErrors(p *problem.Problem, labels map[string]string) []fieldError {
	var list []fieldError
	for _, key := range sortedKeys(p.Fields) {
		label := labels[key]
		if label == "" {
			label = key
		}
		list = append(list, fieldError{key, label, p.Fields[key]})
	}
	return list
}
