package intuitsim

import "fmt"

// fixed is a record whose members change only through Company.Put.
type fixed object

func (f fixed) members(_ *Company, o *object) { *o = append(*o, f...) }

// addSingletons files CompanyInfo and Preferences, of which each company has one with the id 1.
func (c *Company) addSingletons() {
	made := c.today.addMonths(-12 * years)
	c.stampAs(made, 8)
	info := &companyInfo{}
	info.id = "1"
	info.created = c.clock
	c.add("CompanyInfo", &info.record, info)
	prefs := &preferences{}
	prefs.id = "1"
	prefs.created = c.clock
	c.add("Preferences", &prefs.record, prefs)
}

type companyInfo struct{ record }

func (i *companyInfo) members(c *Company, o *object) {
	addr := object{
		{"Id", "1"}, {"Line1", "2500 Harbor Ave"}, {"City", "Mountain View"}, {"Country", "USA"},
		{"CountrySubDivisionCode", "CA"}, {"PostalCode", "94043"},
	}
	if c.canadian {
		addr = object{
			{"Id", "1"}, {"Line1", "75 rue Sparks"}, {"City", "Ottawa"}, {"Country", "CAN"},
			{"CountrySubDivisionCode", "ON"}, {"PostalCode", "K1P 5A5"},
		}
	}
	o.set("CompanyName", c.info.Name)
	o.set("LegalName", c.legalName)
	o.set("CompanyAddr", addr)
	o.set("CustomerCommunicationAddr", addr)
	o.set("LegalAddr", addr)
	o.set("PrimaryPhone", object{{"FreeFormNumber", "(650) 555-0144"}})
	o.set("CompanyStartDate", c.today.addMonths(-12*years).String())
	o.set("FiscalYearStartMonth", c.info.FiscalYearStart.String())
	o.set("Country", c.info.Country)
	o.set("Email", object{{"Address", "office@example.com"}})
	o.set("WebAddr", object{})
	o.set("SupportedLanguages", "en")
	values := []object{}
	for _, nv := range [][2]string{
		{"NeoEnabled", "true"}, {"IndustryType", "Landscaping Services"}, {"SubscriptionStatus", "PAID"},
		{"OfferingSku", "QuickBooks Online Plus"}, {"PayrollFeature", "true"}, {"AccountantFeature", "false"},
	} {
		values = append(values, object{{"Name", nv[0]}, {"Value", nv[1]}})
	}
	o.set("NameValue", values)
}

type preferences struct {
	record
	closed string // last day of the closed books
}

func (p *preferences) members(c *Company, o *object) {
	month := c.info.FiscalYearStart.String()
	o.set("EmailMessagesPrefs", object{
		{"InvoiceMessage", object{{"Subject", "Invoice from " + c.info.Name},
			{"Message", "Your invoice is attached. Please remit payment at your earliest convenience."}}},
		{"EstimateMessage", object{{"Subject", "Estimate from " + c.info.Name},
			{"Message", "Please review the estimate below."}}},
		{"SalesReceiptMessage", object{{"Subject", "Sales Receipt from " + c.info.Name},
			{"Message", "Your sales receipt is attached."}}},
		{"StatementMessage", object{{"Subject", "Statement from " + c.info.Name},
			{"Message", "Your statement is attached."}}},
	})
	o.set("ProductAndServicesPrefs", object{
		{"ForSales", true}, {"ForPurchase", true}, {"QuantityWithPriceAndRate", true}, {"QuantityOnHand", true},
	})
	o.set("ReportPrefs", object{{"ReportBasis", c.basis()}, {"CalcAgingReportFromTxnDate", false}})
	accounting := object{
		{"FirstMonthOfFiscalYear", month}, {"UseAccountNumbers", c.numbered}, {"TaxYearMonth", "January"},
		{"ClassTrackingPerTxn", false},
		{"TrackDepartments", true}, {"TaxForm", "6"}, {"CustomerTerminology", "Customers"},
		{"DepartmentTerminology", "Location"}, {"ClassTrackingPerTxnLine", true},
	}
	accounting.opt("BookCloseDate", p.closed)
	o.set("AccountingInfoPrefs", accounting)
	o.set("SalesFormsPrefs", object{
		{"ETransactionPaymentEnabled", false}, {"CustomTxnNumbers", true}, {"AllowShipping", false},
		{"AllowServiceDate", false},
		{"ETransactionEnabledStatus", "NotApplicable"}, {"EmailCopyToCompany", false}, {"AllowEstimates", true},
		{"DefaultTerms", ref(c.terms[3].id, "")},
		{"AllowDiscount", true}, {"DefaultDiscountAccount", c.books.discounts.id}, {"AllowDeposit", false},
		{"AutoApplyPayments", true}, {"IPNSupportEnabled", false},
		{"AutoApplyCredit", false}, {"CustomField", []object{
			{{"CustomField", []object{{{"Name", "SalesFormsPrefs.UseSalesCustom1"}, {"Type", "BooleanType"},
				{"BooleanValue", true}}}}},
			{{"CustomField", []object{{{"Name", "SalesFormsPrefs.SalesCustomName1"}, {"Type", "StringType"},
				{"StringValue", "Crew #"}}}}},
		}}, {"UsingPriceLevels", false}, {"ETransactionAttachPDF", false},
	})
	o.set("VendorAndPurchasesPrefs", object{{"TrackingByCustomer", true}, {"BillableExpenseTracking", true}})
	o.set("TimeTrackingPrefs", object{
		{"WorkWeekStartDate", "Monday"}, {"MarkTimeEntriesBillable", true}, {"ShowBillRateToAll", false},
		{"UseServices", true}, {"BillCustomers", true},
	})
	o.set("TaxPrefs", object{{"UsingSalesTax", true}, {"TaxGroupCodeRef", ref(c.taxCodes[0].id, "")}})
	o.set("CurrencyPrefs", object{
		{"MultiCurrencyEnabled", false}, {"HomeCurrency", object{{"value", c.info.Currency}}},
	})
	o.set("OtherPrefs", object{{
		"NameValue",
		[]object{{
			{"Name", "SalesFormsPrefs.DefaultCustomerMessage"},
			{"Value", "Thank you for your business and have a great day!"},
		}},
	}})
}

// CloseBooks closes the books up to and including the day (YYYY-MM-DD), or opens them when it is empty. That shows only
// in the preferences: closed books can still be changed, as they can with a password.
func (c *Company) CloseBooks(until string) error {
	if _, ok := parseDay(until); !ok && until != "" {
		return fmt.Errorf("closing the books: %q is no date", until)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	r := c.find("Preferences", "1")
	p, ok := r.source.(*preferences)
	if !ok {
		return fmt.Errorf("closing the books: %w", ErrNoRecord)
	}
	p.closed = until
	c.touch(r)
	return nil
}

// basis is the company's preferred accounting method; reports without accounting_method use it.
func (c *Company) basis() string {
	if c.numbered {
		return cash
	}
	return accrual
}
