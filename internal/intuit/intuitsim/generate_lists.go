package intuitsim

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// words are the raw material of names.
var (
	givenNames = strings.Fields("Amy Bill Carla Dylan Elena Farid Grace Hiro Ines Jeff Karin Liam Maya Noah Olga " +
		"Pedro Quinn Rosa Sven Tara Umar Vera Wes Xenia Yusuf Zoe")
	familyNames = strings.Fields("Lauterbach Adler Brosnahan Chin Dukes Esposito Freeman Garcia Hughes Ibrahim " +
		"Jensen Kowalski Lopez Mbeki Nakamura O'Neill Paulsen Quist Rondonuwu Sato Travis Underwood Velasquez " +
		"Whitehead Young Zuniga")
	trades = strings.Fields("Bakery Clinic Florist Garage Hotel Library Nursery Orchard Pharmacy Printing " +
		"Realty School Store Studio Theatre Winery Workshop Diner Kitchens Supplies")
	suppliers = strings.Fields("Lumber Telephone Insurance Fuel Freight Hardware Chemicals Media Packaging " +
		"Plumbing Security Signs Tools Uniforms Water Waste Fasteners Paper Energy Machinery")
	streets = strings.Fields("Main Finch Court Birch Oak Cypress Mission Harbor Ocean Church Market Mill Park " +
		"Ridge River School Spring Station Union Walnut")
)

func (c *Company) addEntry(entityName, name string, parent *listEntry, extra object) *listEntry {
	e := &listEntry{name: name, parent: parent, extra: extra}
	c.add(entityName, &e.record, e)
	return e
}

func (c *Company) makeLists() {
	term := func(name string, days int) {
		e := c.addEntry("Term", name, nil, object{{"Type", "STANDARD"}, {"DueDays", days}, {"DiscountDays", 0}})
		e.days = days
		c.terms = append(c.terms, e)
	}
	term("Due on receipt", 0)
	term("Net 10", 10)
	term("Net 15", 15)
	term("Net 30", 30)
	term("Net 60", 60)
	for _, name := range []string{"Cash", "Check", "Visa", "MasterCard"} {
		kind := "NON_CREDIT_CARD"
		if name == "Visa" || name == "MasterCard" {
			kind = "CREDIT_CARD"
		}
		c.methods = append(c.methods, c.addEntry("PaymentMethod", name, nil, object{{"Type", kind}}))
	}
	for _, name := range []string{"Residential", "Commercial", "Public sector"} {
		class := c.addEntry("Class", name, nil, nil)
		c.classes = append(c.classes, class)
		if name == "Commercial" {
			c.classes = append(c.classes, c.addEntry("Class", "Retail", class, nil))
		}
	}
	for _, name := range []string{"Head office", "Branch North"} {
		c.departments = append(c.departments, c.addEntry("Department", name, nil, nil))
	}
	for _, name := range []string{"Regular", "Wholesale"} {
		c.types = append(c.types, c.addEntry("CustomerType", name, nil, nil))
	}
	agency, rate, code := "Board of Equalization", "California sales tax", "California"
	if c.canadian {
		agency, rate, code = "Receiver General", "HST ON", "HST ON"
	}
	a := c.addEntry("TaxAgency", agency, nil, object{
		{"DisplayName", agency}, {"TaxTrackedOnPurchases", c.canadian}, {"TaxTrackedOnSales", true},
	})
	r := c.addEntry("TaxRate", rate, nil, object{
		{"Description", rate}, {"RateValue", c.salesTaxRate().rate()}, {"AgencyRef", object{{"value", a.id}}},
		{"SpecialTaxType", "NONE"}, {"DisplayType", "ReadOnly"},
	})
	c.taxRates = append(c.taxRates, r)
	detail := object{{
		"TaxRateDetail",
		[]object{{
			{"TaxRateRef", object{{"value", r.id}, {"name", rate}}}, {"TaxTypeApplicable", "TaxOnAmount"},
			{"TaxOrder", 0},
		}},
	}}
	c.taxCodes = append(c.taxCodes, c.addEntry("TaxCode", code, nil, object{
		{"Description", rate}, {"Taxable", true}, {"TaxGroup", true}, {"Hidden", false}, {"SalesTaxRateList", detail},
		{"PurchaseTaxRateList", object{{"TaxRateDetail", []object{}}}},
	}))
	for _, given := range []string{"Emily Platt", "John Johnson", "Ngozi Adeyemi"} {
		first, last, _ := strings.Cut(given, " ")
		p := &party{
			kind: "Employee", display: given, given: first, family: last, hired: c.today.addMonths(-34),
			phone: phone(c.draws("Employee")),
		}
		c.add("Employee", &p.record, p)
		c.employees = append(c.employees, p)
	}
}

func (c *Company) makeItems() {
	b, r := &c.books, c.draws("Item")
	nouns := strings.Fields("Design Installation Pruning Trimming Consulting Maintenance Fountain Pump Rocks Soil " +
		"Sprinkler Heads Sod Lighting Fence Gravel Seeds Planter Sensor Bench")
	for i := range c.opts.Items {
		noun := nouns[i%len(nouns)]
		it := &item{name: noun, description: noun, taxable: true}
		if n := i / len(nouns); n > 0 {
			it.name = fmt.Sprintf("%s %d", noun, n+1)
		}
		it.price = cents(500 * (4 + r.IntN(96)))
		switch {
		case i%len(nouns) < 6:
			it.kind, it.taxable = "Service", false
			it.income = []*account{b.services, b.installation, b.maintenance}[i%3]
			it.price = 2250 + 500*cents(r.IntN(30))
			it.expense = b.cogs
		case i%3 == 0:
			it.kind, it.income, it.expense = "NonInventory", b.products, b.office
			it.cost = it.price.share(6, 10)
		default:
			it.kind, it.income, it.expense, it.asset = "Inventory", b.products, b.cogs, b.inventory
			it.cost = it.price.share(55, 100)
			it.stock = milli(1000 * (20 + r.IntN(80) + 16*c.opts.Invoices/max(1, c.opts.Items)))
			it.startDate = c.stampDay()
		}
		it.sku = fmt.Sprintf("%05d", 100+7*i)
		c.add("Item", &it.record, it)
		c.items = append(c.items, it)
	}
}

func (c *Company) makeParties() {
	r := c.draws("Customer")
	for i := range c.opts.Customers {
		p := &party{kind: "Customer", taxable: r.IntN(3) > 0, term: pickOne(r, c.terms)}
		p.given, p.family = givenNames[r.IntN(len(givenNames))], familyNames[(i*7+r.IntN(3))%len(familyNames)]
		switch {
		case i%9 == 8 && len(c.customers) > 0:
			// A job of an earlier customer.
			p.parent = c.customers[i-1-r.IntN(min(i, 4))]
			for p.parent.parent != nil {
				p.parent = p.parent.parent
			}
			p.display = fmt.Sprintf("%d %s Road", 100+i, streets[i%len(streets)])
			p.company = p.parent.company
		case i%3 == 0:
			p.company = fmt.Sprintf("%s's %s", p.family, trades[(i/3)%len(trades)])
			p.display = p.company
		default:
			p.display = p.given + " " + p.family
		}
		c.nameUniquely(p, i)
		c.fill(p)
		if len(c.types) > 0 && i%4 == 0 {
			p.customerType = c.types[i/4%len(c.types)]
		}
		c.add("Customer", &p.record, p)
		c.customers = append(c.customers, p)
	}
	r = c.draws("Vendor")
	for i := range c.opts.Vendors {
		p := &party{
			kind: "Vendor", term: pickOne(r, c.terms), form1099: r.IntN(8) == 0,
			acctNum: fmt.Sprintf("%07d", r.IntN(9_000_000)),
		}
		p.given, p.family = givenNames[r.IntN(len(givenNames))], familyNames[r.IntN(len(familyNames))]
		p.company = fmt.Sprintf("%s %s", p.family, suppliers[i%len(suppliers)])
		p.display = p.company
		c.nameUniquely(p, i)
		c.fill(p)
		c.add("Vendor", &p.record, p)
		c.vendors = append(c.vendors, p)
	}
}

// nameUniquely makes sure that no two names of the company are the same, as QuickBooks does.
func (c *Company) nameUniquely(p *party, i int) {
	if c.names[p.display] {
		p.display = fmt.Sprintf("%s %d", p.display, i+1)
	}
	c.names[p.display] = true
}

// fill gives a customer or vendor contact data; some leave parts of it empty.
func (c *Company) fill(p *party) {
	r := c.draws(p.kind)
	handle := strings.ToLower(strings.NewReplacer(" ", "", "'", "", "&", "and").Replace(p.display))
	if r.IntN(10) > 1 {
		p.email = handle + "@example.com"
	}
	if r.IntN(10) > 2 {
		p.phone = phone(r)
	}
	if r.IntN(10) > 6 {
		p.web = "http://www." + handle + ".example"
	}
	if r.IntN(10) == 0 {
		p.notes = "Prefers to be called in the morning."
	}
	a := &address{
		id:    c.nextID(c.entityNamed(p.kind)),
		line1: fmt.Sprintf("%d %s St.", 10+r.IntN(9000), streets[r.IntN(len(streets))]), city: "Bayshore", region: "CA",
		code: fmt.Sprintf("%05d", 1000+r.IntN(97000)), country: "USA",
	}
	if c.canadian {
		a.city, a.region, a.code, a.country = "Ottawa", "ON", fmt.Sprintf("K1A %dB%d", r.IntN(10), r.IntN(10)), "CAN"
	}
	p.address = a
}

func phone(r *rand.Rand) string {
	return fmt.Sprintf("(%d) 555-%04d", 200+r.IntN(700), r.IntN(10000))
}

// retireSome deactivates a few entries of each list after the years have passed.
func (c *Company) retireSome() {
	off := func(r *record) {
		r.inactive = true
		r.sync++
		r.updated = c.nextStamp(r.entity)
	}
	for i, p := range c.customers {
		if i%23 == 22 {
			off(&p.record)
		}
	}
	for i, p := range c.vendors {
		if i%13 == 12 {
			off(&p.record)
		}
	}
	for i, it := range c.items {
		if i%17 == 16 {
			off(&it.record)
		}
	}
	off(&c.employees[0].record)
}
