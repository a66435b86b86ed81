package intuitsim

// ref is a reference as records carry it.
func ref(id, name string) object {
	o := object{{"value", id}}
	o.opt("name", name)
	return o
}

func (a *account) ref() object {
	if a == nil {
		return nil
	}
	return ref(a.id, a.fullName())
}

func (e *listEntry) ref() object {
	if e == nil {
		return nil
	}
	return ref(e.id, e.fullName())
}

func (p *party) ref() object {
	if p == nil {
		return nil
	}
	return ref(p.id, p.fullName())
}

func (it *item) ref() object { return ref(it.id, shown(it.name, it.inactive)) }

func (e *listEntry) fullName() string {
	if e.parent != nil {
		return e.parent.fullName() + ":" + shown(e.name, e.inactive)
	}
	return shown(e.name, e.inactive)
}

func (c *Company) currency() object {
	if c.info.Currency == "CAD" {
		return ref("CAD", "Canadian Dollar")
	}
	return ref("USD", "United States Dollar")
}

func (a *address) object() object {
	if a == nil {
		return nil
	}
	o := object{{"Id", a.id}}
	o.opt("Line1", a.line1)
	o.opt("City", a.city)
	o.opt("Country", a.country)
	o.opt("CountrySubDivisionCode", a.region)
	o.opt("PostalCode", a.code)
	return o
}

// members writes an entry of one of the small lists.
func (e *listEntry) members(c *Company, o *object) {
	switch e.entity.name {
	case "TaxAgency":
	case "Class", "Department":
		o.set("Name", shown(e.name, e.inactive))
		o.set("Sub"+e.entity.name, e.parent != nil)
		o.opt("ParentRef", e.parent.ref())
		o.set("FullyQualifiedName", e.fullName())
	default:
		o.set("Name", shown(e.name, e.inactive))
	}
	*o = append(*o, e.extra...)
}

// members writes an account. The balance of an inactive account reads 0.
func (a *account) members(c *Company, o *object) {
	o.set("Name", a.shownName())
	o.set("SubAccount", a.parent != nil)
	o.opt("ParentRef", a.parentRef())
	o.set("FullyQualifiedName", a.fullName())
	o.opt("AcctNum", a.number)
	o.set("Classification", classification(a.typ))
	o.set("AccountType", a.typ)
	o.set("AccountSubType", a.subtype)
	own, whole := c.accountBalance(a)
	if a.inactive {
		own, whole = 0, 0
	}
	o.set("CurrentBalance", own.json())
	o.set("CurrentBalanceWithSubAccounts", whole.json())
	o.set("CurrencyRef", c.currency())
}

func (a *account) parentRef() object {
	if a.parent == nil {
		return nil
	}
	return ref(a.parent.id, "")
}

// accountBalance returns an account's own balance and the one with its sub-accounts. Accounts of the profit and loss
// statement show none.
func (c *Company) accountBalance(a *account) (own, whole cents) {
	if a.nominal() {
		return 0, 0
	}
	for acct, amount := range c.balances() {
		if acct.creditNormal() {
			amount = -amount
		}
		for p := acct; p != nil; p = p.parent {
			if p == a {
				whole += amount
			}
		}
		if acct == a {
			own = amount
		}
	}
	return own, whole
}

// members writes a customer, a vendor or an employee.
func (p *party) members(c *Company, o *object) {
	o.opt("GivenName", p.given)
	o.opt("FamilyName", p.family)
	switch p.kind {
	case "Customer":
		p.customerMembers(c, o)
	case "Vendor":
		p.vendorMembers(c, o)
	case "Employee":
		o.set("BillableTime", false)
		o.opt("HiredDate", p.hired.String())
	}
	o.set("DisplayName", p.shownName())
	o.set("PrintOnCheckName", p.display)
	if p.phone != "" {
		o.set("PrimaryPhone", object{{"FreeFormNumber", p.phone}})
	}
	if p.email != "" {
		o.set("PrimaryEmailAddr", object{{"Address", p.email}})
	}
	if p.web != "" {
		o.set("WebAddr", object{{"URI", p.web}})
	}
}

func (p *party) customerMembers(c *Company, o *object) {
	o.set("Taxable", p.taxable)
	o.opt("BillAddr", p.address.object())
	o.opt("ShipAddr", p.address.object())
	o.opt("Notes", p.notes)
	o.set("Job", p.parent != nil)
	if p.parent != nil {
		o.set("ParentRef", ref(p.parent.id, ""))
		level := 0
		for q := p.parent; q != nil; q = q.parent {
			level++
		}
		o.set("Level", level)
	}
	o.set("BillWithParent", false)
	o.opt("SalesTermRef", p.term.bareRef())
	o.opt("CustomerTypeRef", p.customerType.bareRef())
	own := p.balance()
	whole := own
	for _, q := range c.customers {
		if q.parent == p {
			whole += q.balance()
		}
	}
	o.set("Balance", own.json())
	o.set("BalanceWithJobs", whole.json())
	o.set("CurrencyRef", c.currency())
	o.set("PreferredDeliveryMethod", "Print")
	o.set("FullyQualifiedName", p.fullName())
	o.opt("CompanyName", p.company)
	if p.taxable && len(c.taxCodes) > 0 {
		o.set("DefaultTaxCodeRef", ref(c.taxCodes[0].id, ""))
	}
}

func (p *party) vendorMembers(c *Company, o *object) {
	o.opt("BillAddr", p.address.object())
	o.opt("TermRef", p.term.bareRef())
	o.set("Balance", p.balance().json())
	o.opt("AcctNum", p.acctNum)
	o.set("Vendor1099", p.form1099)
	if p.form1099 {
		o.set("TaxIdentifier", "XXXXXX9875")
	}
	o.set("CurrencyRef", c.currency())
	o.opt("CompanyName", p.company)
}

func (e *listEntry) bareRef() object {
	if e == nil {
		return nil
	}
	return ref(e.id, "")
}

// balance returns what a customer owes or a vendor is owed: open documents less the unapplied part of credits and
// payments.
func (p *party) balance() cents {
	var sum cents
	for _, t := range p.sales {
		sum += t.open()
	}
	for _, t := range p.credits {
		switch {
		case t.deleted || t.voided:
		case t.kind == kindPayment || t.kind == kindBillPayment:
			sum -= t.unapplied()
		default:
			sum -= t.open()
		}
	}
	return sum
}

// members writes an item.
func (it *item) members(c *Company, o *object) {
	o.set("Name", shown(it.name, it.inactive))
	o.opt("Sku", it.sku)
	o.opt("Description", it.description)
	o.set("FullyQualifiedName", shown(it.name, it.inactive))
	o.set("Taxable", it.taxable)
	o.set("UnitPrice", it.price.rate())
	o.set("Type", it.kind)
	o.set("IncomeAccountRef", it.income.ref())
	o.set("PurchaseCost", it.cost.rate())
	if it.expense != nil && it.cost != 0 {
		o.set("ExpenseAccountRef", it.expense.ref())
	}
	o.set("TrackQtyOnHand", it.kind == "Inventory")
	if it.kind == "Inventory" {
		o.set("AssetAccountRef", it.asset.ref())
		o.set("QtyOnHand", c.onHand(it).json())
		o.set("InvStartDate", it.startDate.String())
	}
}

// onHand returns the stock of an item after all purchases and sales.
func (c *Company) onHand(it *item) milli {
	if c.stock == nil {
		c.stock = map[*item]milli{}
		for _, p := range c.journal(accrual) {
			if p.item != nil && p.account == p.item.asset {
				c.stock[p.item] += p.qty
			}
		}
	}
	return it.stock + c.stock[it]
}
