package intuitsim

import "strconv"

// members writes a transaction.
func (t *txn) members(c *Company, o *object) {
	o.opt("DocNumber", t.number)
	o.set("TxnDate", t.date.String())
	if t.department != nil {
		o.set("DepartmentRef", t.department.ref())
	}
	o.set("CurrencyRef", c.currency())
	o.opt("PrivateNote", t.note)
	switch t.kind {
	case kindInvoice, kindEstimate, kindSalesReceipt, kindCreditMemo, kindRefundReceipt:
		t.saleMembers(c, o)
	case kindPayment:
		t.paymentMembers(c, o)
	case kindBill, kindVendorCredit, kindPurchase, kindPurchaseOrder:
		t.costMembers(c, o)
	case kindBillPayment:
		t.billPaymentMembers(o)
	case kindJournalEntry:
		o.set("Adjustment", false)
		o.set("Line", t.journalLines())
		o.set("TotalAmt", t.total.json())
	case kindDeposit:
		o.set("DepositToAccountRef", t.account.ref())
		o.set("Line", t.depositLines())
		o.set("TotalAmt", t.total.json())
	case kindTransfer:
		o.set("FromAccountRef", t.account.ref())
		o.set("ToAccountRef", t.target.ref())
		o.set("Amount", t.total.json())
	case kindCreditCardPaid:
		o.set("BankAccountRef", t.account.ref())
		o.set("CreditCardAccountRef", t.target.ref())
		o.set("Amount", t.total.json())
	}
}

func (t *txn) saleMembers(c *Company, o *object) {
	crew := object{{"DefinitionId", "1"}, {"Name", "Crew #"}, {"Type", "StringType"}}
	crew.opt("StringValue", t.crew)
	o.set("CustomField", []object{crew})
	o.set("LinkedTxn", t.settledBy())
	o.set("Line", t.saleLines(c))
	o.set("TxnTaxDetail", t.taxDetail(c))
	o.set("CustomerRef", t.party.ref())
	if t.memo != "" {
		o.set("CustomerMemo", object{{"value", t.memo}})
	}
	o.opt("BillAddr", t.party.address.object())
	switch t.kind {
	case kindInvoice:
		o.opt("ShipAddr", t.party.address.object())
		o.opt("SalesTermRef", t.term.ref())
		o.set("DueDate", t.due.String())
	case kindEstimate:
		o.set("TxnStatus", t.status)
		o.set("ExpirationDate", t.due.String())
	case kindSalesReceipt, kindRefundReceipt:
		o.opt("PaymentMethodRef", t.method.ref())
		o.set("DepositToAccountRef", t.account.ref())
	}
	if c.canadian {
		o.set("GlobalTaxCalculation", "TaxExcluded")
	}
	o.set("TotalAmt", t.total.json())
	o.set("ApplyTaxAfterDiscount", false)
	o.set("PrintStatus", "NeedToPrint")
	if t.kind != kindRefundReceipt {
		o.set("EmailStatus", map[bool]string{true: "EmailSent", false: "NotSet"}[t.sent])
	}
	if t.party.email != "" {
		o.set("BillEmail", object{{"Address", t.party.email}})
	}
	switch t.kind {
	case kindInvoice:
		o.set("Balance", t.open().json())
		o.set("Deposit", number("0"))
		for _, name := range []string{
			"AllowIPNPayment", "AllowOnlinePayment", "AllowOnlineCreditCardPayment", "AllowOnlineACHPayment",
		} {
			o.set(name, false)
		}
		if t.sent {
			o.set("DeliveryInfo", object{{"DeliveryType", "Email"}, {"DeliveryTime", stamp(t.created, c.zone)}})
		}
	case kindCreditMemo:
		o.set("Balance", t.open().json())
		o.set("RemainingCredit", t.open().json())
	case kindSalesReceipt, kindRefundReceipt:
		o.set("Balance", number("0"))
	}
}

func (t *txn) saleLines(c *Company) []object {
	out := make([]object, 0, len(t.lines)+2)
	for i := range t.lines {
		l := &t.lines[i]
		o := object{{"Id", strconv.Itoa(i + 1)}, {"LineNum", i + 1}}
		o.opt("Description", l.text)
		if l.kind == lineText {
			o.set("DetailType", "DescriptionOnly")
			o.set("DescriptionLineDetail", object{})
			out = append(out, o)
			continue
		}
		o.set("Amount", l.amount.json())
		o.set("DetailType", "SalesItemLineDetail")
		detail := object{{"ItemRef", l.item.ref()}}
		detail.opt("ClassRef", l.class.ref())
		if l.qty != 0 {
			detail.set("UnitPrice", l.price.rate())
			detail.set("Qty", l.qty.json())
		}
		detail.set("ItemAccountRef", l.item.income.ref())
		detail.set("TaxCodeRef", ref(c.lineTaxCode(l.taxable), ""))
		o.set("SalesItemLineDetail", detail)
		out = append(out, o)
	}
	out = append(out, object{
		{"Amount", t.lineTotal().json()}, {"DetailType", "SubTotalLineDetail"}, {"SubTotalLineDetail", object{}},
	})
	if t.discount != 0 || t.discountPct != 0 {
		detail := object{{"PercentBased", t.discountPct != 0}}
		if t.discountPct != 0 {
			detail.set("DiscountPercent", t.discountPct)
		}
		detail.set("DiscountAccountRef", c.books.discounts.ref())
		out = append(out, object{
			{"Amount", t.discount.json()}, {"DetailType", "DiscountLineDetail"}, {"DiscountLineDetail", detail},
		})
	}
	return out
}

// lineTaxCode is TAX or NON in the United States and the code's id elsewhere.
func (c *Company) lineTaxCode(taxable bool) string {
	switch {
	case !taxable:
		return "NON"
	case c.canadian:
		return c.taxCodes[0].id
	}
	return "TAX"
}

func (t *txn) taxDetail(c *Company) object {
	o := object{}
	if t.taxRate == nil {
		o.set("TotalTax", t.tax.json())
		return o
	}
	o.set("TxnTaxCodeRef", ref(c.taxCodes[0].id, ""))
	o.set("TotalTax", t.tax.json())
	o.set("TaxLine", []object{{
		{"Amount", t.tax.json()}, {"DetailType", "TaxLineDetail"},
		{"TaxLineDetail", object{{"TaxRateRef", ref(t.taxRate.id, "")}, {"PercentBased", true},
			{"TaxPercent", t.taxPercent.rate()}, {"NetAmountTaxable", t.taxBase.json()}}},
	}})
	return o
}

// settledBy lists the payments of a sale or bill; a payment of several documents is listed once.
func (t *txn) settledBy() []object {
	out := []object{}
	seen := map[*txn]bool{}
	for _, a := range t.appliedBy {
		if !seen[a.other] {
			seen[a.other] = true
			out = append(out, link(a.other))
		}
	}
	if t.deposit != nil && !t.deposit.deleted {
		out = append(out, link(t.deposit))
	}
	return out
}

func link(t *txn) object {
	kind := string(t.kind)
	if t.kind == kindBillPayment {
		kind = "BillPayment" + map[string]string{"Check": "Check", "CreditCard": "CreditCard"}[t.payType]
	}
	return object{{"TxnId", t.id}, {"TxnType", kind}}
}

func (t *txn) paymentMembers(c *Company, o *object) {
	o.set("CustomerRef", t.party.ref())
	o.set("DepositToAccountRef", ref(t.account.id, ""))
	o.opt("PaymentMethodRef", t.method.bareRef())
	o.opt("PaymentRefNum", t.reference)
	o.set("TotalAmt", t.total.json())
	o.set("UnappliedAmt", t.unapplied().json())
	o.set("ProcessPayment", false)
	linked := []object{}
	if t.deposit != nil && !t.deposit.deleted {
		linked = append(linked, link(t.deposit))
	}
	o.set("LinkedTxn", linked)
	lines := []object{}
	for _, a := range t.applies {
		lines = append(lines, object{{"Amount", a.amount.json()}, {"LinkedTxn", []object{link(a.other)}}})
	}
	o.set("Line", lines)
}

func (t *txn) billPaymentMembers(o *object) {
	o.set("VendorRef", t.party.ref())
	o.set("PayType", t.payType)
	if t.payType == "CreditCard" {
		o.set("CreditCardPayment", object{{"CCAccountRef", t.account.ref()}})
	} else {
		o.set("CheckPayment", object{{"BankAccountRef", t.account.ref()}, {"PrintStatus", "NotSet"}})
	}
	o.set("TotalAmt", t.total.json())
	lines := []object{}
	for _, a := range t.applies {
		lines = append(lines, object{{"Amount", a.amount.json()}, {"LinkedTxn", []object{link(a.other)}}})
	}
	o.set("Line", lines)
}

func (t *txn) costMembers(c *Company, o *object) {
	o.set("LinkedTxn", t.settledBy())
	o.set("Line", t.costLines())
	o.set("TotalAmt", t.total.json())
	switch t.kind {
	case kindBill:
		o.set("VendorRef", t.party.ref())
		o.set("APAccountRef", c.books.payable.ref())
		o.opt("SalesTermRef", t.term.bareRef())
		o.set("DueDate", t.due.String())
		o.set("Balance", t.open().json())
	case kindVendorCredit:
		o.set("VendorRef", t.party.ref())
		o.set("APAccountRef", c.books.payable.ref())
		o.set("Balance", t.open().json())
	case kindPurchaseOrder:
		o.set("VendorRef", t.party.ref())
		o.set("APAccountRef", c.books.payable.ref())
		o.set("POStatus", t.status)
	case kindPurchase:
		o.set("AccountRef", t.account.ref())
		o.set("PaymentType", t.payType)
		if t.credit {
			o.set("Credit", true)
		}
		if t.party != nil {
			entity := t.party.ref()
			entity.set("type", t.party.kind)
			o.set("EntityRef", entity)
		}
		if t.payType == "Check" {
			o.set("PrintStatus", "NotSet")
		}
	}
}

func (t *txn) costLines() []object {
	out := make([]object, 0, len(t.lines))
	for i := range t.lines {
		l := &t.lines[i]
		o := object{{"Id", strconv.Itoa(i + 1)}, {"LineNum", i + 1}}
		o.opt("Description", l.text)
		o.set("Amount", l.amount.json())
		o.set("LinkedTxn", []object{})
		detail := object{}
		detail.opt("CustomerRef", l.party.ref())
		detail.opt("ClassRef", l.class.ref())
		detail.set("BillableStatus", map[bool]string{true: "Billable", false: "NotBillable"}[l.party != nil])
		detail.set("TaxCodeRef", ref("NON", ""))
		name := "AccountBasedExpenseLineDetail"
		if l.kind == lineItem {
			name = "ItemBasedExpenseLineDetail"
			detail.set("ItemRef", l.item.ref())
			detail.set("UnitPrice", l.price.rate())
			detail.set("Qty", l.qty.json())
		} else {
			detail.set("AccountRef", l.account.ref())
		}
		o.set("DetailType", name)
		o.set(name, detail)
		out = append(out, o)
	}
	return out
}

func (t *txn) journalLines() []object {
	out := make([]object, 0, len(t.lines))
	for i := range t.lines {
		l := &t.lines[i]
		o := object{{"Id", strconv.Itoa(i)}}
		o.opt("Description", l.text)
		o.set("Amount", l.amount.json())
		o.set("DetailType", "JournalEntryLineDetail")
		detail := object{{"PostingType", map[bool]string{true: "Debit", false: "Credit"}[l.debit]}}
		if l.party != nil {
			detail.set("Entity", object{{"Type", l.party.kind}, {"EntityRef", l.party.ref()}})
		}
		detail.set("AccountRef", l.account.ref())
		detail.opt("ClassRef", l.class.ref())
		o.set("JournalEntryLineDetail", detail)
		out = append(out, o)
	}
	return out
}

func (t *txn) depositLines() []object {
	out := make([]object, 0, len(t.lines))
	for i := range t.lines {
		l := &t.lines[i]
		o := object{}
		if l.kind == lineLinked {
			linked := link(l.linked)
			linked.set("TxnLineId", "0")
			o.set("Amount", l.amount.json())
			o.set("LinkedTxn", []object{linked})
			out = append(out, o)
			continue
		}
		o.set("Id", strconv.Itoa(i+1))
		o.set("LineNum", i+1)
		o.opt("Description", l.text)
		o.set("Amount", l.amount.json())
		o.set("DetailType", "DepositLineDetail")
		o.set("DepositLineDetail", object{{"AccountRef", l.account.ref()}})
		out = append(out, o)
	}
	return out
}
