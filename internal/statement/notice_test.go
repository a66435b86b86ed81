package statement

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"ledgersheet/internal/capture"
)

// notices say in languages of QuickBooks what was recorded in English.
var notices = map[string]string{
	"en": "Unable to display more data. Please reduce the date range.",
	"fr": "Impossible d'afficher plus de données. Veuillez réduire la plage de dates.",
	"es": "No se pueden mostrar más datos. Reduzca el intervalo de fechas.",
	"pt": "Não é possível exibir mais dados. Reduza o intervalo de datas.",
	"it": "Altri dati non visualizzabili. Ridurre l'intervallo di date.",
	"de": "Es können keine weiteren Daten angezeigt werden. Bitte verkürzen Sie den Zeitraum.",
	"nl": "Kan niet meer gegevens weergeven. Verklein het datumbereik.",
	"ja": "これ以上のデータを表示できません。期間を短くしてください。",
	"zh": "无法显示更多数据。请缩小日期范围。",
	"tw": "無法顯示更多資料。請縮小日期範圍。",
	"ar": "يتعذر عرض المزيد من البيانات. يرجى تقليل النطاق الزمني.",
	"hi": "अधिक डेटा दिखाया नहीं जा सकता। कृपया तिथि सीमा कम करें।",
}

// cutReport is a ledger with one row more at some place. Scrubbing it for a bug report must not change whether it is
// cut.
func cutReport(t *testing.T, place, row string) document {
	t.Helper()
	body := cutBody(place, row)
	var doc, scrubbed document
	if err := decodeReport([]byte(body), &doc); err != nil {
		t.Fatal(err)
	}
	if text, ok := capture.New().Body([]byte(body)); !ok || decodeReport(text, &scrubbed) != nil {
		t.Fatalf("scrubbing %s gives %s", body, text)
	} else if doc.isCut() != scrubbed.isCut() {
		t.Errorf("scrubbing %s gives a report whose end reads otherwise: %s", body, text)
	}
	return doc
}

func cutBody(place, row string) string {
	body := `{"Header":{"ReportName":"GeneralLedger","Currency":"USD"},
		"Columns":{"Column":[{"ColTitle":"Date","ColType":"tx_date"},{"ColTitle":"Amount","ColType":"subt_nat_amount"}]},
		"Rows":{"Row":[
			{"Header":{"ColData":[{"value":"Acme Building and Garden Supplies Inc.","id":"1"},{"value":""}]},"Rows":{"Row":[
				{"ColData":[{"value":"2026-01-05","id":"7"},{"value":"10.00"}]}INNER
			]}SUMMARY,"type":"Section"}OUTER
		]}}`
	for _, name := range []string{"INNER", "SUMMARY", "OUTER"} {
		with := ""
		if name == place {
			with = "," + row
		}
		body = strings.Replace(body, name, with, 1)
	}
	return body
}

// TestNoticesInEveryLanguage proves that a cut report is known by what stands in the place of its totals.
func TestNoticesInEveryLanguage(t *testing.T) {
	t.Parallel()
	places := map[string]string{
		"INNER":   `{"ColData":[{"value":%s},{"value":""}],"type":"Data"}`,
		"OUTER":   `{"ColData":[{"value":%s}],"type":"Data"},{"ColData":[{"value":""}]}`,
		"SUMMARY": `"Summary":{"ColData":[{"value":%s}]}`,
	}
	for language, text := range notices {
		quoted, err := json.Marshal(text)
		if err != nil {
			t.Fatal(err)
		}
		for place, row := range places {
			doc := cutReport(t, place, fmt.Sprintf(row, quoted))
			if !doc.isCut() {
				t.Errorf("%s: not seen as %s", language, place)
			}
			if said := doc.dropNotices(); doc.isCut() || len(said) != 1 || said[0] != text {
				t.Errorf("%s: still there as %s", language, place)
			}
			if a := mustArrange(t, &doc, listOf("GeneralLedger")); len(a.top) != 1 || len(a.top[0].children) != 1 {
				t.Errorf("%s: other rows than the notice went from %s", language, place)
			}
		}
	}
}

// TestSentencesThatAreNoNotices proves that whole reports are not taken for cut ones.
func TestSentencesThatAreNoNotices(t *testing.T) {
	t.Parallel()
	const total = `{"ColData":[{"value":"Total for Acme Building and Garden Supplies Inc."},{"value":%q}]}`
	for name, test := range map[string][2]string{
		"nothing after":    {},
		"a total":          {"SUMMARY", `"Summary":` + fmt.Sprintf(total, "10.00")},
		"a blank total":    {"SUMMARY", `"Summary":` + fmt.Sprintf(total, "")},
		"a foreign total":  {"SUMMARY", `"Summary":` + strings.Replace(fmt.Sprintf(total, ""), "Total for", "Total de", 1)},
		"a closing header": {"OUTER", `{"Header":` + fmt.Sprintf(total, "") + `,"type":"Section"}`},
		"a name":           {"OUTER", `{"ColData":[{"value":"Johnson and Johnson Inc."},{"value":""}]}`},
		"a record":         {"OUTER", `{"ColData":[{"value":"Ask the customer to pay soon.","id":"8"},{"value":""}]}`},
		"an amount":        {"OUTER", `{"ColData":[{"value":"Ask the customer to pay soon."},{"value":"0.00"}]}`},
		"a total after all": {"OUTER", `{"ColData":[{"value":"We ask customers to pay soon."}]},` +
			fmt.Sprintf(total, "10.00")},
	} {
		if doc := cutReport(t, test[0], test[1]); doc.isCut() {
			t.Errorf("%s: taken for a notice", name)
		}
	}
	const alone = `{"Columns":{"Column":[{},{}]},"Rows":{"Row":[{"ColData":[{"value":"无法显示更多数据。请缩小日期范围。"}]}]}}`
	var doc document
	if err := decodeReport([]byte(alone), &doc); err != nil || !doc.isCut() {
		t.Errorf("a notice instead of all rows is not seen, %v", err)
	}
	if err := decodeReport([]byte(`{"Columns":{"Column":[{"ColTitle":"Account"}]},"Rows":{"Row":[
		{"ColData":[{"value":"Cash"}]},{"ColData":[{"value":"Money that we keep in the drawer."}]}]}}`), &doc); err != nil {
		t.Fatal(err)
	}
	if doc.isCut() {
		t.Error("a list of one column is taken for a cut one")
	}
}
