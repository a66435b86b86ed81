package control

import (
	"context"
	"fmt"

	"ledgersheet/internal/export"
)

// Copy is what is known about the local copy of a company's lists.
type Copy struct {
	Offered bool  // this installation keeps copies
	Kept    bool  // and one of this company
	Bytes   int64 // on disk
	Drifted int   // records that were found to differ from QuickBooks' although nothing had said that they changed
}

// CompanyCopy returns what is known about the local copy of a company that the actor may see.
func (d *Desk) CompanyCopy(c export.Company) Copy {
	if !d.sees(c.Realm) {
		return Copy{}
	}
	copied := d.o.QuickBooks.Copy(c.Realm)
	copied.Kept = copied.Offered && !c.ReadLive
	return copied
}

// KeepCompanyCopy says whether a local copy of the company's lists is kept. Without one, everything is read from
// QuickBooks each time, and the copy is destroyed.
func (d *Desk) KeepCompanyCopy(ctx context.Context, realm export.RealmID, keep bool) (export.Company, error) {
	c, err := d.companies.getForChange(ctx, d, realm)
	if err != nil {
		return c, err
	}
	if c.ReadLive == !keep {
		return c, nil
	}
	if c, err = d.o.Store.UpdateCompany(ctx, realm, func(c *export.Company) error {
		c.ReadLive = !keep
		return nil
	}); err != nil {
		return c, fmt.Errorf("storing whether a copy of the company is kept: %w", err)
	}
	action := "company.keep_copy"
	if !keep {
		action = "company.drop_copy"
		if err := d.o.QuickBooks.DropCopy(ctx, realm); err != nil {
			return c, err
		}
	}
	d.audit(ctx, d.who, action, string(realm), c.Name)
	return c, nil
}
