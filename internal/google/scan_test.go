package google

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// slowRanges decodes a batchGet answer row by row, keeping numbers as text. Rows and cells at the end that the answer
// leaves out are blank.
func slowRanges(r io.Reader, areas []rect, yield func(area, n int, row []value)) error {
	dec := json.NewDecoder(r)
	dec.UseNumber()
	at := 0
	err := eachMember(dec, "valueRanges", func() error {
		return eachElement(dec, func() error {
			if at == len(areas) {
				return fmt.Errorf("asked for %d ranges, got more", len(areas))
			}
			err := slowRange(dec, areas[at], func(n int, row []value) { yield(at, n, row) })
			at++
			return err
		})
	})
	if err == nil && at != len(areas) {
		return fmt.Errorf("asked for %d ranges, got %d", len(areas), at)
	}
	return err
}

func slowRange(dec *json.Decoder, area rect, yield func(n int, row []value)) error {
	n := 0
	row := make([]value, area.cols())
	var got []any
	err := eachMember(dec, "values", func() error {
		return eachElement(dec, func() error {
			if n == area.rows() {
				return fmt.Errorf("asked for %d rows, got more", area.rows())
			}
			got = got[:0]
			if err := dec.Decode(&got); err != nil {
				return err
			}
			clear(row)
			for c := range min(len(row), len(got)) {
				row[c] = readValue(got[c])
			}
			yield(n, row)
			n++
			return nil
		})
	})
	if err != nil {
		return err
	}
	clear(row)
	for ; n < area.rows(); n++ {
		yield(n, row)
	}
	return nil
}

// FuzzScan: answers are read as by encoding/json.
func FuzzScan(f *testing.F) {
	for _, text := range []string{
		`{"spreadsheetId":"x","valueRanges":[{"range":"A1:C3","values":[["a",1,true],["a",1.50,false],[null,"",-0]]}]}`,
		`{"valueRanges":[{"values":[["\u00e9\n",1e3,"\ud800"],["\u00e9\n"],[]]},{"majorDimension":"ROWS"}]}`,
		`{"valueRanges":[{"values":[["a","b","c","d"],null,[["x"],{"y":1},"z"],["more"]]}]}`,
		`{"valueRanges":null}`, `{"valueRanges":[{"values":[1]}]}`, `[]`, `{"valueRanges":[{}]} x`, `{`,
		`{"valueRanges":[{"values":[["a"]],"values":[["b"],["b"]]}],"valueRanges":[{}]}`,
		"{\"valueRanges\":[{\"values\":[[\"\xff\"],[\"\xff\"],[\"\xef\xbf\xbd\",007]]}]}",
		`{"valueRanges":[{"values":[[0.10,10],[0.1,10.0],[12345678901234567890.10,1E400]]}]}`,
	} {
		f.Add(text, 1)
		f.Add(text, 2)
	}
	f.Fuzz(func(t *testing.T, text string, n int) {
		areas := []rect{{0, 0, 3, 3}, {1, 2, 2, 4}}[:min(max(n, 1), 2)]
		read := func(scan func(io.Reader, []rect, func(int, int, []value)) error) (rows []string, ok bool) {
			err := scan(strings.NewReader(text), areas, func(area, n int, row []value) {
				rows = append(rows, fmt.Sprintf("%d %d %q", area, n, row))
			})
			return rows, err == nil
		}
		want, wantOK := read(slowRanges)
		got, gotOK := read(scanRanges)
		if wantOK != gotOK {
			t.Fatalf("%q: read %t, want %t", text, gotOK, wantOK)
		}
		if diff := cmp.Diff(want, got); wantOK && diff != "" {
			t.Fatalf("%q:\n%s", text, diff)
		}
	})
}
