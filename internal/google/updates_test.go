package google

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/api/sheets/v4"
	"pgregory.net/rapid"
)

func decodeAny(t rapid.TB, data []byte) (v any) {
	t.Helper()
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	if err := dec.Decode(&v); err != nil {
		t.Fatalf("%q: %v", data, err)
	}
	return v
}

// slowCell is a value as CellData by encoding/json alone.
func slowCell(v value) map[string]any {
	switch v.Kind {
	case 's':
		return map[string]any{"userEnteredValue": map[string]any{"stringValue": v.Text}}
	case 'n':
		return map[string]any{"userEnteredValue": map[string]any{"numberValue": json.Number(v.Text)}}
	case 'b':
		return map[string]any{"userEnteredValue": map[string]any{"boolValue": v.Text == "true"}}
	}
	return map[string]any{}
}

func genValue() *rapid.Generator[value] {
	return rapid.Custom(func(t *rapid.T) value {
		v := value{Kind: rapid.SampledFrom([]byte{0, 's', 'n', 'b'}).Draw(t, "kind")}
		switch v.Kind {
		case 's':
			v.Text = genText().Draw(t, "text")
		case 'n':
			v.Text = rapid.StringMatching(`-?(0|[1-9][0-9]{0,17})(\.[0-9]{1,6})?(e[1-9])?`).Draw(t, "number")
		case 'b':
			v.Text = rapid.SampledFrom([]string{"true", "false"}).Draw(t, "truth")
		}
		return v
	})
}

// TestBatchesAreEncodedAsByTheGeneratedTypes proves that Sheets gets the same requests from appenders, with numbers in
// the same spelling.
func TestBatchesAreEncodedAsByTheGeneratedTypes(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		at := rect{0, rapid.IntRange(0, 3).Draw(t, "column"), 9, 9}.grid(rapid.Int64Range(0, 2).Draw(t, "tab"))
		rows := rapid.SliceOf(rapid.SliceOfN(genValue(), 1, 4)).Draw(t, "rows")
		slowRows := []any{}
		for _, row := range rows {
			var cells []any
			for _, v := range row {
				cells = append(cells, slowCell(v))
			}
			slowRows = append(slowRows, map[string]any{"values": cells})
		}
		links := rapid.SliceOfN(rapid.OneOf(genText(), rapid.Just("https://example.com/?a=1&b=<2>")), 1, 4).
			Draw(t, "links")
		label := rapid.Bool().Draw(t, "label")
		other := deleteSheet(7)
		got, err := batchBody([]any{&valueUpdate{at, rows}, other, &linkUpdate{at, links, label}, other}, 0)
		if err != nil {
			t.Fatal(err)
		}
		want, err := json.Marshal(map[string]any{"includeSpreadsheetInResponse": true, "requests": []any{
			map[string]any{"updateCells": map[string]any{
				"range": at, "fields": "userEnteredValue", "rows": slowRows,
			}}, other, slowLinks(at, links, label), other,
		}})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(decodeAny(t, want), decodeAny(t, got)); diff != "" {
			t.Fatal(diff)
		}
	})
}

func slowLinks(at *sheets.GridRange, links []string, label bool) *sheets.Request {
	u := &sheets.UpdateCellsRequest{Range: at, Fields: "userEnteredFormat(textFormat.link)"}
	if label {
		u.Fields = "userEnteredFormat(textFormat.link,textFormat.underline,textFormat.foregroundColorStyle)"
	}
	for _, link := range links {
		text := &sheets.TextFormat{Link: &sheets.Link{Uri: link, ForceSendFields: []string{"Uri"}}}
		if label {
			text.ForegroundColorStyle = &sheets.ColorStyle{ThemeColor: "TEXT"}
			text.ForceSendFields = []string{"Underline"}
		}
		u.Rows = append(u.Rows, &sheets.RowData{Values: []*sheets.CellData{{
			UserEnteredFormat: &sheets.CellFormat{TextFormat: text},
		}}})
	}
	return &sheets.Request{UpdateCells: u}
}

// A number that is none must fail the batch and not become another one.
func TestBatchesRefuseWhatIsNoNumber(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"1.", "--1", "NaN", "1,5"} {
		u := &valueUpdate{rect{0, 0, 1, 1}.grid(0), [][]value{{{Kind: 'n', Text: text}}}}
		if body, err := batchBody([]any{u}, 0); err == nil {
			t.Errorf("%q became %s", text, body)
		}
	}
}
