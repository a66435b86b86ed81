package intuitsim

// stockMove is one change of an item's stock.
type stockMove struct {
	post  posting
	qty   milli
	value cents
}

// stockMoves lists the postings on the inventory account up to a day, by item.
func (r *reportCall) stockMoves(upTo day) map[*item][]stockMove {
	out := map[*item][]stockMove{}
	for _, p := range r.journal(accrual) {
		if p.date > upTo || p.item == nil || p.item.kind != "Inventory" || p.account != p.item.asset ||
			!r.passesFilter("item", p.item.id) {
			continue
		}
		out[p.item] = append(out[p.item], stockMove{p, p.qty, p.amount})
	}
	return out
}

// inventoryValuation shows quantity and value of the stock on a day.
func (r *reportCall) inventoryValuation() *report {
	on := r.agingDay()
	moves := r.stockMoves(on)
	var rows []*reportRow
	var all cents
	for _, it := range r.items {
		if it.kind != "Inventory" || !r.passesFilter("item", it.id) || it.startDate > on {
			continue
		}
		qty, value := it.stock, it.stock.at(it.cost)
		for _, m := range moves[it] {
			qty += m.qty
			value += m.value
		}
		all += value
		average := ""
		if qty != 0 {
			average = roundDiv(int64(value)*1000, int64(qty)).String()
		}
		rows = append(rows, &reportRow{
			ColData: append([]reportCell{idCell(it.name, it.id)},
				text(it.sku, string(qty.json()), r.money(value), average)...),
			Type: "Data",
		})
	}
	rows = append(rows, r.grandTotal(rows, text("", "", r.money(all), ""))...)
	if r.legacy && len(rows) > 0 {
		last := rows[len(rows)-1].Summary.ColData
		last[1].Value, last[2].Value, last[4].Value = "", "", ""
	}
	return r.onDay(on, []reportColumn{
		r.nameColumn("Item"), r.keyed("SKU", "String", "sku"), r.keyed("Qty", "Numeric", "quantity"),
		r.keyed("Asset Value", "Money", "asset_value"), r.keyed("Calc. Avg", "Money", "avg_cost"),
	}, rows)
}

// inventoryValuationDetail lists the moves of each item between two days.
func (r *reportCall) inventoryValuationDetail() *report {
	p := r.list("tx_date txn_type doc_num name quantity subt_nat_amount rbal_nat_amount")
	moves := r.stockMoves(r.end)
	var rows []*reportRow
	for _, it := range r.items {
		value := it.stock.at(it.cost)
		lines := []*detailLine{}
		var part []*reportRow
		for _, m := range moves[it] {
			value += m.value
			if m.post.date < r.start {
				continue
			}
			m.post.qty = m.qty
			d := &detailLine{txn: m.post.txn, post: m.post, amount: m.value, running: value}
			lines = append(lines, d)
			part = append(part, p.row(d))
		}
		if len(part) > 0 {
			rows = append(rows, p.section(idCell(it.name, it.id), part, lines))
		}
	}
	return p.finish(rows)
}
