package intuitsim

import (
	"slices"
	"strconv"
	"strings"
)

// entity describes one kind of record of the accounting API. To add one, add its row to entityTable and give
// the company records of it with Company.add and a source that writes its members.
type entity struct {
	name       string // as in queries and answers: CreditMemo
	path       string // in the path of a single read: creditmemo
	list       bool   // a name list: has Active, sorts by name, hides inactive entries
	naming     string // the property by which a list sorts
	noCDC      bool   // change data capture refuses it
	needsWhere bool   // a query without WHERE is refused
	props      []property
	refused    []string // properties that exist but cannot be queried

	step, place int         // of its ids, see sequences
	spec        *ObjectSpec // of one that only the options describe
}

// sequences are the groups of entities that QuickBooks numbers together: no two transactions of a company have the same
// id, whatever their kinds, and no customer has that of a vendor. All other entities count alone, and their ids are
// unique only among themselves. The last digits of an id tell the entity's place in its group, so new ones go to the
// end.
var sequences = []struct {
	step     int
	entities string
}{
	{100, "Invoice Estimate SalesReceipt CreditMemo RefundReceipt Payment Bill BillPayment VendorCredit " +
		"PurchaseOrder Purchase " +
		"JournalEntry Deposit Transfer CreditCardPaymentTxn InventoryAdjustment ReimburseCharge RecurringTransaction"},
	{10, "Customer Vendor Employee"},
}

// id returns the n-th id of an entity, counted from 1.
func (e *entity) id(n int) string {
	if e.step == 0 {
		return strconv.Itoa(n)
	}
	return strconv.Itoa(n*e.step + e.place)
}

type propertyKind uint8

const (
	textProperty propertyKind = iota
	idProperty
	dateProperty
	timeProperty
	amountProperty
	flagProperty
)

// property is something a WHERE or an ORDERBY may name.
type property struct {
	name string
	kind propertyKind
}

// showsBalances reports whether records show amounts that other records make up.
func (e *entity) showsBalances() bool {
	switch e.name {
	case "Account", "Item", "Customer", "Vendor":
		return true
	}
	return false
}

// property finds a property by its exact name.
func (e *entity) property(name string) (property, *apiFault) {
	if i := e.position(name); i >= 0 {
		return e.props[i], nil
	}
	root, _, _ := strings.Cut(name, ".")
	if slices.Contains(e.refused, name) || slices.Contains(e.refused, root) {
		return property{}, queryFault("property '%s' is not queryable", name)
	}
	return property{}, queryFault("Property %s not found for Entity %s", name, e.name)
}

// position returns the place of a property among e.props, or -1.
func (e *entity) position(name string) int {
	return slices.IndexFunc(e.props, func(p property) bool { return p.name == name })
}

// The tables are written while the program initialises and only read afterwards.
var (
	entityTable    = describeEntities()
	entitiesByPath = indexEntities(entityTable)
)

func indexEntities(table []*entity) map[string]*entity {
	m := map[string]*entity{}
	for _, e := range table {
		m[e.path] = e
	}
	for _, s := range sequences {
		for i, name := range strings.Fields(s.entities) {
			e := m[strings.ToLower(name)]
			e.step, e.place = s.step, i+1
		}
	}
	return m
}

// kindByName gives the type of the properties that are not plain text.
func kindByName(name string) propertyKind {
	switch name {
	case "Id":
		return idProperty
	case "TxnDate", "DueDate", "ExpirationDate", "ShipDate", "HiredDate", "ReleasedDate", "BirthDate",
		"OpenBalanceDate", "InvStartDate", "AsOfDate", "StartDate", "EndDate":
		return dateProperty
	case "MetaData.CreateTime", "MetaData.LastUpdatedTime":
		return timeProperty
	case "TotalAmt", "Balance", "Amount", "UnitPrice", "PurchaseCost", "CurrentBalance", "QtyOnHand", "Level",
		"DueDays", "Rate", "RateValue":
		return amountProperty
	case "Active", "Job", "Taxable", "SubItem", "SubAccount", "SubClass", "SubDepartment", "Vendor1099",
		"BillWithParent", "TrackQtyOnHand", "IsProject", "Adjustment", "Credit", "Hidden", "TaxGroup":
		return flagProperty
	}
	return textProperty
}

func describeEntities() []*entity {
	const (
		txnProps   = "DocNumber TxnDate TotalAmt "
		salesProps = txnProps + "CustomerRef Balance "
		txnRefused = "PrivateNote DepartmentRef ClassRef Line LinkedTxn TxnTaxDetail CustomField CurrencyRef " +
			"ExchangeRate GlobalTaxCalculation "
		salRefused = txnRefused + "CustomerMemo BillAddr ShipAddr BillEmail SalesTermRef EmailStatus PrintStatus " +
			"ApplyTaxAfterDiscount PaymentMethodRef DepositToAccountRef Deposit DeliveryInfo "
		personal = "BillAddr ShipAddr PrimaryEmailAddr PrimaryPhone Mobile Fax AlternatePhone WebAddr Notes " +
			"CurrencyRef CustomerTypeRef SalesTermRef TermRef PaymentMethodRef DefaultTaxCodeRef " +
			"PreferredDeliveryMethod Suffix AcctNum BalanceWithJobs ParentRef TaxIdentifier PrimaryAddr SSN " +
			"ResaleNum CustomField "
	)
	return []*entity{
		txnEntity("Invoice", salesProps+"DueDate", salRefused),
		txnEntity("Estimate", txnProps+"CustomerRef ExpirationDate TxnStatus", salRefused),
		txnEntity("SalesReceipt", salesProps, salRefused),
		txnEntity("CreditMemo", salesProps, salRefused+"RemainingCredit"),
		txnEntity("RefundReceipt", salesProps, salRefused),
		txnEntity("Payment", "TxnDate TotalAmt CustomerRef PaymentRefNum", salRefused+"UnappliedAmt ARAccountRef"),
		txnEntity("Bill", txnProps+"VendorRef DueDate Balance", txnRefused+"APAccountRef SalesTermRef"),
		txnEntity("BillPayment", txnProps+"VendorRef PayType",
			txnRefused+"CheckPayment CreditCardPayment APAccountRef"),
		txnEntity("VendorCredit", txnProps+"VendorRef Balance", txnRefused+"APAccountRef"),
		txnEntity("PurchaseOrder", txnProps+"VendorRef DueDate",
			txnRefused+"POStatus APAccountRef ShipAddr VendorAddr Memo"),
		txnEntity("Purchase", txnProps+"PaymentType", txnRefused+"AccountRef EntityRef PaymentMethodRef Credit"),
		txnEntity("JournalEntry", "DocNumber TxnDate TotalAmt", txnRefused+"Adjustment"),
		txnEntity("Deposit", txnProps+"DepositToAccountRef", txnRefused+"CashBack"),
		txnEntity("Transfer", "TxnDate Amount", txnRefused+"FromAccountRef ToAccountRef"),
		txnEntity("CreditCardPaymentTxn", "TxnDate Amount", txnRefused+"BankAccountRef CreditCardAccountRef"),
		withoutCDC(txnEntity("TimeActivity", "TxnDate", "NameOf EmployeeRef VendorRef CustomerRef ItemRef Hours "+
			"Minutes BillableStatus Description HourlyRate")),
		txnEntity("InventoryAdjustment", "DocNumber TxnDate", txnRefused+"AdjustAccountRef"),
		txnEntity("ReimburseCharge", "TxnDate CustomerRef", txnRefused+"Amount HasBeenInvoiced"),
		txnEntity("RecurringTransaction", "", "RecurringInfo"),
		txnEntity("Attachable", "FileName ContentType",
			"Note Size Category AttachableRef FileAccessUri TempDownloadUri"),
		listEntity("Customer", "DisplayName", "DisplayName GivenName FamilyName MiddleName Title CompanyName "+
			"FullyQualifiedName PrintOnCheckName Balance Taxable Job", personal),
		listEntity("Vendor", "DisplayName", "DisplayName GivenName FamilyName MiddleName Title CompanyName "+
			"PrintOnCheckName Balance Vendor1099", personal),
		listEntity("Employee", "DisplayName", "DisplayName GivenName FamilyName PrintOnCheckName",
			personal+"HiredDate ReleasedDate BirthDate BillableTime EmployeeNumber"),
		listEntity("Item", "Name", "Name Sku FullyQualifiedName Type UnitPrice PurchaseCost QtyOnHand",
			"Description PurchaseDesc IncomeAccountRef ExpenseAccountRef AssetAccountRef PrefVendorRef ParentRef "+
				"ClassRef Taxable SalesTaxCodeRef Level SubItem TrackQtyOnHand InvStartDate ReorderPoint"),
		listEntity("Account", "Name", "Name AcctNum FullyQualifiedName Classification AccountType AccountSubType "+
			"CurrentBalance SubAccount", "Description CurrentBalanceWithSubAccounts CurrencyRef ParentRef TaxCodeRef"),
		listEntity("Class", "Name", "Name FullyQualifiedName", "SubClass ParentRef"),
		listEntity("Department", "Name", "Name FullyQualifiedName", "SubDepartment ParentRef Address"),
		listEntity("Term", "Name", "Name Type DueDays", "DiscountDays DiscountPercent DayOfMonthDue DueNextMonthDays"),
		listEntity("PaymentMethod", "Name", "Name Type", ""),
		listEntity("CustomerType", "Name", "Name", ""),
		withoutCDC(listEntity("TaxCode", "Name", "Name Description", "Taxable TaxGroup SalesTaxRateList "+
			"PurchaseTaxRateList Hidden")),
		withoutCDC(listEntity("TaxRate", "Name", "Name Description RateValue", "AgencyRef EffectiveTaxRate "+
			"DisplayType SpecialTaxType")),
		withoutCDC(txnEntity("TaxAgency", "DisplayName", "TaxRegistrationNumber TaxTrackedOnSales "+
			"TaxTrackedOnPurchases LastFileDate")),
		listEntity("CompanyCurrency", "Name", "Name Code", ""),
		{name: "ExchangeRate", path: "exchangerate", noCDC: true, needsWhere: true,
			props: properties("SourceCurrencyCode TargetCurrencyCode AsOfDate Rate")},
		listEntity("Budget", "Name", "Name BudgetType StartDate EndDate", "BudgetDetail BudgetEntryType"),
		withoutCDC(txnEntity("CompanyInfo", "CompanyName", "LegalName CompanyAddr Country FiscalYearStartMonth")),
		withoutCDC(txnEntity("Preferences", "", "AccountingInfoPrefs ReportPrefs CurrencyPrefs")),
	}
}

func txnEntity(name, props, refused string) *entity {
	return &entity{
		name: name, path: strings.ToLower(name), props: properties(props),
		refused: strings.Fields(refused + " SyncToken domain sparse"),
	}
}

func listEntity(name, naming, props, refused string) *entity {
	e := txnEntity(name, props+" Active", refused)
	e.list, e.naming = true, naming
	return e
}

func withoutCDC(e *entity) *entity {
	e.noCDC = true
	return e
}

func properties(names string) []property {
	var out []property
	for _, name := range strings.Fields("Id MetaData.CreateTime MetaData.LastUpdatedTime " + names) {
		out = append(out, property{name, kindByName(name)})
	}
	return out
}
