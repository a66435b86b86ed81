package googlesim

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"
)

// TestValuesAgreeWithAModel writes and clears random rectangles and compares what is read with a
// plain map that follows the documented rules: null skips, "" blanks, short rows leave the rest.
func TestValuesAgreeWithAModel(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		sim := New(Options{})
		sim.SetQuota(Quota{})
		id := sim.CreateSpreadsheet(owner, "Books", "Data")
		client := sim.Client(owner, "spreadsheets")
		model := map[[2]int]any{}
		for range rapid.IntRange(1, 8).Draw(t, "steps") {
			r, c := rapid.IntRange(0, 12).Draw(t, "row"), rapid.IntRange(0, 8).Draw(t, "column")
			if rapid.IntRange(0, 4).Draw(t, "clear") == 0 {
				end := cellName(r+2, c+3)
				write(t, client, "POST", "/v4/spreadsheets/"+id+"/values/Data!"+cellName(r, c)+":"+end+":clear", nil)
				for i := r; i <= r+2; i++ {
					for j := c; j <= c+3; j++ {
						delete(model, [2]int{i, j})
					}
				}
				continue
			}
			value := rapid.SampledFrom([]any{nil, "", "text", "=A1", "007", true, false, 1.5, 0.0, -3.0, "ünï"})
			rows := rapid.SliceOfN(rapid.SliceOfN(value, 0, 4), 1, 4).Draw(t, "values")
			body, err := json.Marshal(map[string]any{"values": rows})
			if err != nil {
				t.Fatal(err)
			}
			write(t, client, "PUT", "/v4/spreadsheets/"+id+"/values/Data!"+cellName(r, c)+"?valueInputOption=RAW", body)
			for i, row := range rows {
				for j, v := range row {
					switch at := [2]int{r + i, c + j}; v {
					case nil:
					case "":
						delete(model, at)
					default:
						model[at] = v
					}
				}
			}
		}
		var want [][]any
		for at := range model {
			for len(want) <= at[0] {
				want = append(want, []any{})
			}
		}
		for i := range want {
			for at := range model {
				for at[0] == i && len(want[i]) <= at[1] {
					want[i] = append(want[i], "")
				}
			}
			for j := range want[i] {
				if v, ok := model[[2]int{i, j}]; ok {
					want[i][j] = v
				}
			}
		}
		if diff := cmp.Diff(want, sim.Spreadsheet(id).Values("Data"), cmpopts.EquateEmpty()); diff != "" {
			t.Fatalf("values differ (-want +got):\n%s", diff)
		}
	})
}

func write(t *rapid.T, client *http.Client, method, path string, body []byte) {
	t.Helper()
	r, err := http.NewRequest(method, "http://sheets.test"+path, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	answer, err := client.Do(r)
	if err != nil || answer.StatusCode != http.StatusOK {
		t.Fatalf("%s %s: %v %v", method, path, answer, err)
	}
}

func TestCompressedBody(t *testing.T) {
	t.Parallel()
	sim := New(Options{})
	id := sim.CreateSpreadsheet(owner, "Books", "Data")
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	fmt.Fprint(z, `{"values":[["packed"]]}`)
	must(t, z.Close())
	r, err := http.NewRequestWithContext(t.Context(), "PUT", "http://sheets.test/v4/spreadsheets/"+id+
		"/values/Data!A1?valueInputOption=RAW", &packed)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Encoding", "gzip")
	answer, err := sim.Client(owner, "spreadsheets").Do(r)
	if err != nil || answer.StatusCode != 200 || sim.Spreadsheet(id).Cell("A1").Value != "packed" {
		t.Errorf("%v, %v", answer, err)
	}
}
