package web

import (
	"cmp"
	"slices"
	"strings"

	"ledgersheet/internal/export"
)

// The filters of the list of companies by how their connections are.
const (
	companiesBroken   = "broken"
	companiesExpiring = "expiring"
	companiesFine     = "connected"
)

// companyRank sorts companies: what is broken first, then what ends soon.
func companyRank(s state) int {
	return slices.Index([]state{
		stateRefused, stateExpired, stateDisconnected, stateExpiring, stateConnected,
	}, s)
}

// companyFilter returns the filter that selects companies in a state.
func companyFilter(s state) string {
	switch s {
	case stateConnected:
		return companiesFine
	case stateExpiring:
		return companiesExpiring
	}
	return companiesBroken
}

// findCompanies returns the companies with all words of a text in their names, client or id, and of these the ones that
// a filter by state selects, broken ones first. by counts what each filter would select.
func (k known) findCompanies(text, filter string) (list []export.Company, by map[string]int) {
	asked := strings.Fields(text)
	by = map[string]int{}
	stateOf := func(c export.Company) state { return companyState(c, k.desk.CompanyLife(c)) }
	for _, c := range k.companies {
		if !hasAll(c.Name+" "+c.LegalName+" "+c.Client+" "+string(c.Realm), asked) {
			continue
		}
		is := companyFilter(stateOf(c))
		by[is]++
		if filter == "" || filter == is {
			list = append(list, c)
		}
	}
	slices.SortStableFunc(list, func(a, b export.Company) int {
		return cmp.Or(cmp.Compare(companyRank(stateOf(a)), companyRank(stateOf(b))),
			strings.Compare(export.FoldName(a.Name), export.FoldName(b.Name)))
	})
	return list, by
}

// companyStates offers the filters that select something, and the chosen one.
func companyStates(by map[string]int, chosen string) []choice {
	list := []choice{{Title: "Any state"}}
	for _, c := range []choice{
		{Value: companiesBroken, Title: "Broken or disconnected"}, {Value: companiesExpiring, Title: "Ends soon"},
		{Value: companiesFine, Title: "Connected"},
	} {
		if by[c.Value] > 0 || c.Value == chosen {
			c.Title = counted(c.Title, by[c.Value])
			list = append(list, c)
		}
	}
	return choose(chosen, list...)
}
