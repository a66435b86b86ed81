package web

import (
	"context"
	"slices"

	"ledgersheet/internal/control"
	"ledgersheet/internal/export"
)

// known is what a page needs besides its own subject, such as the names of companies. Only what was asked for is filled
// in.
type known struct {
	desk      *control.Desk
	companies []export.Company
	accounts  []export.GoogleAccount
	exporters []export.Exporter
}

// need selects the parts of known that a page needs.
type need uint8

const (
	needCompanies need = 1 << iota
	needAccounts
	needExporters
)

// know loads what a page needs, as far as the actor may see it.
func know(ctx context.Context, d *control.Desk, n need) (known, error) {
	k := known{desk: d}
	var err error
	if n&needCompanies != 0 {
		if k.companies, err = d.Companies(ctx); err != nil {
			return k, err
		}
	}
	if n&needAccounts != 0 {
		if k.accounts, err = d.Accounts(ctx); err != nil {
			return k, err
		}
	}
	if n&needExporters != 0 {
		k.exporters, err = d.Exporters(ctx, export.ExporterFilter{})
	}
	return k, err
}

func (k known) company(realm export.RealmID) string {
	for _, c := range k.companies {
		if c.Realm == realm {
			return c.Name
		}
	}
	return string(realm)
}

func (k known) account(id export.ID) (export.GoogleAccount, bool) {
	for _, a := range k.accounts {
		if a.ID == id {
			return a, true
		}
	}
	return export.GoogleAccount{}, false
}

// describeWaiting says what is on hold while a company is not connected.
func (k known) describeWaiting(realm export.RealmID) string {
	n := len(k.exportersOf(realm))
	if n == 0 {
		return "No exporter uses it."
	}
	return plural(n, "exporter waits", "exporters wait") + " for it, with configuration and schedule intact."
}

func (k known) exportersOf(realm export.RealmID) []export.Exporter {
	return k.filterExporters(export.ExporterFilter{Company: realm})
}

func (k known) exportersWith(id export.ID) []export.Exporter {
	return k.filterExporters(export.ExporterFilter{Account: id})
}

func (k known) filterExporters(f export.ExporterFilter) []export.Exporter {
	return slices.DeleteFunc(slices.Clone(k.exporters), func(e export.Exporter) bool { return !f.Matches(e) })
}
