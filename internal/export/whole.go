package export

import "slices"

// Whole reports whether an exporter's headline figures are about all of the companies' books in their period. Filters,
// a list's date range and most parameters of a report leave something out.
func (e Exporter) Whole(d Definition) bool {
	if len(e.Filters) > 0 {
		return false
	}
	switch d := d.(type) {
	case Entity:
		return len(d.Dates) == 0 || e.Option(d, OptDateRange) == RangeAll
	case Report:
		return !slices.ContainsFunc(d.Params, func(o Option) bool {
			set := e.Options[o.Key]
			return set != "" && set != o.Default && !slices.Contains(shapingParams(), o.Key)
		})
	}
	return false
}

// shapingParams returns the parameters of reports that change how rows are shown and not which amounts there are.
func shapingParams() []string {
	return []string{
		"sort_order", "sort_by", "columns", "group_by", "aging_method", "aging_period", "num_periods",
		"adjusted_gain_loss",
	}
}
