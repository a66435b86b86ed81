package googlesim

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// guard creates metadata under an id that can be given once.
const guard = `{"createDeveloperMetadata":{"developerMetadata":{"metadataId":41,"metadataKey":"state","visibility":"DOCUMENT","location":{"sheetId":0}}}}`

// TestMetadataIdIsAGuard makes a batch conditional: an id can be given once, and the second batch fails
// whole, whichever place its request has.
func TestMetadataIdIsAGuard(t *testing.T) {
	t.Parallel()
	book := small(t)
	write := `{"updateCells":{"start":{},"fields":"userEnteredValue","rows":[{"values":[{"userEnteredValue":{"stringValue":"new"}}]}]}}`
	set(t, book, "A1", "old")
	const words = "createDeveloperMetadata: Cannot add developer metadata with ID [41] because developer metadata " +
		"with that ID already exists."
	must(t, book.Batch(mustRequests(t, "["+guard+"]")...))
	refuses(t, book, guard+","+write, "Invalid requests[0]."+words)
	refuses(t, book, write+","+guard, "Invalid requests[1]."+words)
	refuses(t, book, strings.Replace(guard, "41", "0", 1), "must be positive")
	run(t, book, write+`,{"deleteDeveloperMetadata":{"dataFilter":{"developerMetadataLookup":{"metadataId":41}}}},`+guard)
	if got := book.Cell("A1").Value; got != "new" || len(book.Metadata()) != 1 {
		t.Errorf("A1 is %v, metadata %v", got, book.Metadata())
	}
	refuses(t, book, write+","+guard, words)
	// The id is free again once the tab that has it is gone.
	run(t, book, `{"deleteSheet":{"sheetId":0}},`+strings.Replace(guard, `"sheetId":0`, `"sheetId":3`, 1))
}

func TestMetadataGoesWithItsRow(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, request string
		want          []int64 // of the entries on row 3 and column C, -1 for one that died
	}{
		{"insert rows above", lines("insertDimension", "ROWS", 0, 2, ""), []int64{4, 2}},
		{"insert rows right below", lines("insertDimension", "ROWS", 3, 4, ""), []int64{2, 2}},
		{"insert columns left", lines("insertDimension", "COLUMNS", 2, 3, ""), []int64{2, 3}},
		{"delete the row", lines("deleteDimension", "ROWS", 1, 3, ""), []int64{-1, 2}},
		{"delete the column", lines("deleteDimension", "COLUMNS", 2, 3, ""), []int64{2, -1}},
		{"move the row", lines("moveDimension", "ROWS", 2, 3, `,"destinationIndex":6`), []int64{5, 2}},
		{"move another over it", lines("moveDimension", "ROWS", 0, 1, `,"destinationIndex":6`), []int64{1, 2}},
		{"insert cells", banded("insertRange", "ROWS", "A1:E2"), []int64{2, 2}},
		{"delete cells", banded("deleteRange", "ROWS", "A3:D3"), []int64{2, 2}},
		{"sort", `{"sortRange":{"range":{"sheetId":0},"sortSpecs":[{"dimensionIndex":0,"sortOrder":"DESCENDING"}]}}`,
			[]int64{2, 2}},
		{"delete the tab", `{"deleteSheet":{"sheetId":0}}`, []int64{-1, -1}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			book := small(t)
			set(t, book, "A1", "1", "A2", "2", "A3", "3")
			for i, dimension := range []string{"ROWS", "COLUMNS"} {
				run(t, book, `{"createDeveloperMetadata":{"developerMetadata":{"metadataId":`+itoa(i+1)+
					`,"metadataKey":"k","visibility":"DOCUMENT","location":{"dimensionRange":{"sheetId":0,"dimension":"`+
					dimension+`","startIndex":2,"endIndex":3}}}}}`)
			}
			run(t, book, test.request)
			got := []int64{-1, -1}
			for _, m := range book.Metadata() {
				got[m.MetadataId-1] = m.Location.DimensionRange.StartIndex
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("metadata differ (-want +got):\n%s", diff)
			}
		})
	}
}
