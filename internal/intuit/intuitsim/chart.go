package intuitsim

// Account types as the API spells them.
const (
	typeBank         = "Bank"
	typeAR           = "Accounts Receivable"
	typeOtherCurrent = "Other Current Asset"
	typeFixed        = "Fixed Asset"
	typeAP           = "Accounts Payable"
	typeCreditCard   = "Credit Card"
	typeOtherOwed    = "Other Current Liability"
	typeLongTerm     = "Long Term Liability"
	typeEquity       = "Equity"
	typeIncome       = "Income"
	typeCOGS         = "Cost of Goods Sold"
	typeExpense      = "Expense"
	typeOtherIncome  = "Other Income"
	typeOtherExpense = "Other Expense"
)

// classification is the API's coarse class of an account type.
func classification(typ string) string {
	switch typ {
	case typeBank, typeAR, typeOtherCurrent, typeFixed:
		return "Asset"
	case typeAP, typeCreditCard, typeOtherOwed, typeLongTerm:
		return "Liability"
	case typeEquity:
		return "Equity"
	case typeIncome, typeOtherIncome:
		return "Revenue"
	}
	return "Expense"
}

// nominal says whether the account belongs to the profit and loss statement.
func (a *account) nominal() bool {
	switch classification(a.typ) {
	case "Revenue", "Expense":
		return true
	}
	return false
}

// creditNormal says whether a positive balance of the account is a credit.
func (a *account) creditNormal() bool {
	switch classification(a.typ) {
	case "Asset", "Expense":
		return false
	}
	return true
}

func (a *account) fullName() string {
	if a.parent != nil {
		return a.parent.fullName() + ":" + a.shownName()
	}
	return a.shownName()
}

func (a *account) shownName() string { return shown(a.name, a.inactive) }

// books are the accounts that the postings of transactions name.
type books struct {
	checking, savings, receivable, undeposited, inventory, prepaid *account
	truck, depreciation, payable, card, salesTax, payroll, loan    *account
	opening, retained, drawings                                    *account
	services, installation, maintenance, products, discounts       *account
	unappliedCash, unappliedBills, interestEarned                  *account
	cogs, wages, payrollTax, rent, gas, electricity, phone         *account
	office, advertising, insurance, travel, meals, software        *account
	legal, repairs, depreciationExpense, bankFees, penalties       *account
	utilities                                                      *account
}

// chart makes the chart of accounts.
func (c *Company) chart() {
	add := func(name, number, typ, subtype string, parent *account) *account {
		a := &account{name: name, typ: typ, subtype: subtype, parent: parent}
		if c.numbered {
			a.number = number
		}
		c.add("Account", &a.record, a)
		c.accounts = append(c.accounts, a)
		return a
	}
	b := &c.books
	b.checking = add("Checking", "1010", typeBank, "Checking", nil)
	b.savings = add("Savings", "1020", typeBank, "Savings", nil)
	b.receivable = add("Accounts Receivable (A/R)", "1100", typeAR, "AccountsReceivable", nil)
	b.inventory = add("Inventory Asset", "1200", typeOtherCurrent, "Inventory", nil)
	b.prepaid = add("Prepaid Expenses", "1300", typeOtherCurrent, "PrepaidExpenses", nil)
	b.undeposited = add("Undeposited Funds", "1400", typeOtherCurrent, "UndepositedFunds", nil)
	b.truck = add("Truck", "1500", typeFixed, "Vehicles", nil)
	b.depreciation = add("Depreciation", "1510", typeFixed, "AccumulatedDepreciation", b.truck)
	b.payable = add("Accounts Payable (A/P)", "2000", typeAP, "AccountsPayable", nil)
	b.card = add("Mastercard", "2100", typeCreditCard, "CreditCard", nil)
	b.salesTax = add(c.taxAccount, "2200", typeOtherOwed, "SalesTaxPayable", nil)
	b.payroll = add("Payroll Liabilities", "2300", typeOtherOwed, "PayrollTaxPayable", nil)
	b.loan = add("Notes Payable", "2500", typeLongTerm, "NotesPayable", nil)
	b.opening = add("Opening Balance Equity", "3000", typeEquity, "OpeningBalanceEquity", nil)
	b.retained = add("Retained Earnings", "3100", typeEquity, "RetainedEarnings", nil)
	b.drawings = add("Owner Draws", "3200", typeEquity, "OwnersEquity", nil)
	b.services = add("Services", "4000", typeIncome, "ServiceFeeIncome", nil)
	b.installation = add("Installation", "4010", typeIncome, "ServiceFeeIncome", b.services)
	b.maintenance = add("Maintenance and Repair", "4020", typeIncome, "ServiceFeeIncome", b.services)
	b.products = add("Sales of Product Income", "4100", typeIncome, "SalesOfProductIncome", nil)
	b.discounts = add("Discounts given", "4900", typeIncome, "DiscountsRefundsGiven", nil)
	b.unappliedCash = add("Unapplied Cash Payment Income", "4910", typeIncome, "UnappliedCashPaymentIncome", nil)
	b.cogs = add("Cost of Goods Sold", "5000", typeCOGS, "SuppliesMaterialsCogs", nil)
	b.advertising = add("Advertising", "6000", typeExpense, "AdvertisingPromotional", nil)
	b.bankFees = add("Bank Charges & Fees", "6050", typeExpense, "BankCharges", nil)
	b.insurance = add("Insurance", "6100", typeExpense, "Insurance", nil)
	b.legal = add("Legal & Professional Fees", "6150", typeExpense, "LegalProfessionalFees", nil)
	b.meals = add("Meals & Entertainment", "6200", typeExpense, "EntertainmentMeals", nil)
	b.office = add("Office Expenses", "6250", typeExpense, "OfficeGeneralAdministrativeExpenses", nil)
	b.software = add("Software", "6260", typeExpense, "OfficeGeneralAdministrativeExpenses", b.office)
	payrollRoot := add("Payroll Expenses", "6300", typeExpense, "PayrollExpenses", nil)
	b.wages = add("Wages", "6310", typeExpense, "PayrollExpenses", payrollRoot)
	b.payrollTax = add("Payroll Taxes", "6320", typeExpense, "PayrollExpenses", payrollRoot)
	b.rent = add("Rent & Lease", "6400", typeExpense, "RentOrLeaseOfBuildings", nil)
	b.repairs = add("Repairs & Maintenance", "6450", typeExpense, "RepairMaintenance", nil)
	b.travel = add("Travel", "6500", typeExpense, "Travel", nil)
	b.utilities = add("Utilities", "6600", typeExpense, "Utilities", nil)
	b.electricity = add("Gas and Electric", "6610", typeExpense, "Utilities", b.utilities)
	b.phone = add("Telephone", "6620", typeExpense, "Utilities", b.utilities)
	b.gas = add("Vehicle Fuel", "6700", typeExpense, "Auto", nil)
	b.unappliedBills = add("Unapplied Cash Bill Payment Expense", "6900", typeExpense,
		"UnappliedCashBillPaymentExpense", nil)
	b.interestEarned = add("Interest Earned", "7000", typeOtherIncome, "InterestEarned", nil)
	b.depreciationExpense = add("Depreciation Expense", "8000", typeOtherExpense, "Depreciation", nil)
	b.penalties = add("Penalties & Settlements", "8100", typeOtherExpense, "PenaltiesSettlements", nil)
}
