package google

import (
	"encoding/json"

	"github.com/go-json-experiment/json/jsontext"
	"google.golang.org/api/sheets/v4"
)

// appender is a request that writes its own JSON. The generated types use float64 for numbers, which must never carry
// money, and encode a cell as a map of maps.
type appender interface {
	appendTo(b []byte) ([]byte, error)
}

// valueUpdate is an updateCells request that sets the values of cells, and clears those that are blank.
type valueUpdate struct {
	at   *sheets.GridRange
	rows [][]value
}

func (u *valueUpdate) appendTo(b []byte) ([]byte, error) {
	return appendUpdate(b, u.at, "userEnteredValue", len(u.rows), func(b []byte, n int) (_ []byte, err error) {
		for i, v := range u.rows[n] {
			if i > 0 {
				b = append(b, ',')
			}
			if b, err = appendCell(b, v); err != nil {
				return nil, err
			}
		}
		return b, nil
	})
}

// appendCell appends a value as CellData.
func appendCell(b []byte, v value) ([]byte, error) {
	switch v.Kind {
	case 's':
		b = append(b, `{"userEnteredValue":{"stringValue":`...)
	case 'n':
		b = append(b, `{"userEnteredValue":{"numberValue":`...)
	case 'b':
		b = append(b, `{"userEnteredValue":{"boolValue":`...)
	default:
		return append(b, "{}"...), nil
	}
	b, err := appendValue(b, v)
	return append(b, "}}"...), err
}

// linkUpdate is an updateCells request that sets the links of a column's cells. In a statement, where every label has
// one, links look like text.
type linkUpdate struct {
	at    *sheets.GridRange
	links []string
	label bool
}

func (u *linkUpdate) appendTo(b []byte) ([]byte, error) {
	fields, looks := "userEnteredFormat(textFormat.link)", ""
	if u.label {
		fields = "userEnteredFormat(" + linkLooks + ")"
		looks = `,"underline":false,"foregroundColorStyle":{"themeColor":"TEXT"}`
	}
	return appendUpdate(b, u.at, fields, len(u.links), func(b []byte, n int) ([]byte, error) {
		b = append(b, `{"userEnteredFormat":{"textFormat":{"link":{"uri":`...)
		b, _ = jsontext.AppendQuote(b, u.links[n]) // it fails for what is not UTF-8, which it has then replaced
		b = append(append(b, '}'), looks...)
		return append(b, "}}}"...), nil
	})
}

// appendUpdate appends an updateCells request. row appends the cells of a row.
func appendUpdate(b []byte, at *sheets.GridRange, fields string, rows int,
	row func(b []byte, n int) ([]byte, error)) ([]byte, error) {
	grid, err := json.Marshal(at)
	if err != nil {
		return nil, err
	}
	b = append(append(b, `{"updateCells":{"range":`...), grid...)
	b, _ = jsontext.AppendQuote(append(b, `,"fields":`...), fields)
	b = append(b, `,"rows":[`...)
	for n := range rows {
		if n > 0 {
			b = append(b, ',')
		}
		if b, err = row(append(b, `{"values":[`...), n); err != nil {
			return nil, err
		}
		b = append(b, "]}"...)
	}
	return append(b, "]}}"...), nil
}

// batchBody returns a batchUpdate of requests, which are appenders or what encoding/json encodes. It answers with the
// spreadsheet's state afterwards. size is about how many bytes the cells take.
func batchBody(reqs []any, size int) ([]byte, error) {
	const others = 8 << 10 // bytes of requests without cells
	b := append(make([]byte, 0, size+others), `{"includeSpreadsheetInResponse":true,"requests":[`...)
	for i, q := range reqs {
		if i > 0 {
			b = append(b, ',')
		}
		if own, ok := q.(appender); ok {
			var err error
			if b, err = own.appendTo(b); err != nil {
				return nil, err
			}
			continue
		}
		one, err := marshal(q)
		if err != nil {
			return nil, err
		}
		b = append(b, one...)
	}
	return append(b, "]}"...), nil
}
