package googlesim

import (
	"errors"
	"fmt"
	"reflect"

	"google.golang.org/api/sheets/v4"
)

// maxBatch is the most requests one batchUpdate may carry.
const maxBatch = 100_000

// run performs the requests of one batchUpdate in order and stops at the first that is refused.
func (c *change) run(requests []*sheets.Request) ([]*sheets.Response, error) {
	if len(requests) == 0 {
		return nil, badRequest("Must specify at least one request.")
	}
	if len(requests) > maxBatch {
		return nil, badRequest("Cannot exceed %d requests in a single batch.", maxBatch)
	}
	c.requests = requests
	replies := make([]*sheets.Response, len(requests))
	for i, r := range requests {
		kind := requestKind(r)
		if kind == "" {
			return nil, badRequest("Invalid requests[%d]: No request set.", i)
		}
		reply, err := c.one(kind, r)
		c.st.calc = nil
		c.st.swallow()
		if err != nil {
			return nil, inRequest(err, i, kind)
		}
		if reply == nil {
			reply = &sheets.Response{}
		}
		replies[i] = reply
	}
	return replies, nil
}

// inRequest names the request an error belongs to.
func inRequest(err error, i int, kind string) error {
	var refused *apiError
	if !errors.As(err, &refused) {
		return err
	}
	named := *refused
	named.message = fmt.Sprintf("Invalid requests[%d].%s: %s", i, kind, refused.message)
	return &named
}

// requestKind is the JSON name of the one request that is set.
func requestKind(r *sheets.Request) string {
	if r == nil {
		return ""
	}
	v := reflect.ValueOf(r).Elem()
	for name, i := range jsonFields(v.Type()) {
		if !v.Field(i).IsNil() {
			return name
		}
	}
	return ""
}

func (c *change) one(kind string, r *sheets.Request) (*sheets.Response, error) {
	switch kind {
	case "addSheet":
		return c.addSheet(r.AddSheet)
	case "deleteSheet":
		return nil, c.deleteSheet(r.DeleteSheet)
	case "duplicateSheet":
		return c.duplicateSheet(r.DuplicateSheet)
	case "updateSheetProperties":
		return nil, c.updateSheetProperties(r.UpdateSheetProperties)
	case "updateSpreadsheetProperties":
		return nil, c.updateSpreadsheetProperties(r.UpdateSpreadsheetProperties)
	case "appendDimension":
		return nil, c.appendDimension(r.AppendDimension)
	case "insertDimension":
		return nil, c.insertDimension(r.InsertDimension)
	case "deleteDimension":
		return nil, c.deleteDimension(r.DeleteDimension)
	case "moveDimension":
		return nil, c.moveDimension(r.MoveDimension)
	case "updateDimensionProperties":
		return nil, c.updateDimensionProperties(r.UpdateDimensionProperties)
	case "autoResizeDimensions":
		return nil, c.autoResizeDimensions(r.AutoResizeDimensions)
	case "updateCells":
		return nil, c.updateCells(r.UpdateCells)
	case "appendCells":
		return nil, c.appendCells(r.AppendCells)
	case "repeatCell":
		return nil, c.repeatCell(r.RepeatCell)
	case "copyPaste":
		return nil, c.copyPaste(r.CopyPaste)
	case "cutPaste":
		return nil, c.cutPaste(r.CutPaste)
	case "sortRange":
		return nil, c.sortRange(r.SortRange)
	case "mergeCells":
		return nil, c.mergeCells(r.MergeCells)
	case "unmergeCells":
		return nil, c.unmergeCells(r.UnmergeCells)
	case "addNamedRange":
		return c.addNamedRange(r.AddNamedRange)
	case "updateNamedRange":
		return nil, c.updateNamedRange(r.UpdateNamedRange)
	case "deleteNamedRange":
		return nil, c.deleteNamedRange(r.DeleteNamedRange)
	case "addProtectedRange":
		return c.addProtectedRange(r.AddProtectedRange)
	case "updateProtectedRange":
		return nil, c.updateProtectedRange(r.UpdateProtectedRange)
	case "deleteProtectedRange":
		return nil, c.deleteProtectedRange(r.DeleteProtectedRange)
	case "createDeveloperMetadata":
		return c.createDeveloperMetadata(r.CreateDeveloperMetadata)
	case "updateDeveloperMetadata":
		return c.updateDeveloperMetadata(r.UpdateDeveloperMetadata)
	case "deleteDeveloperMetadata":
		return c.deleteDeveloperMetadata(r.DeleteDeveloperMetadata)
	case "setBasicFilter":
		return nil, c.setBasicFilter(r.SetBasicFilter)
	case "clearBasicFilter":
		return nil, c.clearBasicFilter(r.ClearBasicFilter)
	case "setDataValidation":
		return nil, c.setDataValidation(r.SetDataValidation)
	case "addConditionalFormatRule":
		return nil, c.addConditionalFormatRule(r.AddConditionalFormatRule)
	case "updateConditionalFormatRule":
		return c.updateConditionalFormatRule(r.UpdateConditionalFormatRule)
	case "deleteConditionalFormatRule":
		return c.deleteConditionalFormatRule(r.DeleteConditionalFormatRule)
	}
	return c.another(kind, r)
}

// another performs the requests for what lies over the cells, and the shifts of cells.
func (c *change) another(kind string, r *sheets.Request) (*sheets.Response, error) {
	switch kind {
	case "insertRange":
		return nil, c.insertRange(r.InsertRange)
	case "deleteRange":
		return nil, c.deleteRange(r.DeleteRange)
	case "findReplace":
		return c.findReplace(r.FindReplace)
	case "updateBorders":
		return nil, c.updateBorders(r.UpdateBorders)
	case "addBanding":
		return c.addBanding(r.AddBanding)
	case "updateBanding":
		return nil, c.updateBanding(r.UpdateBanding)
	case "deleteBanding":
		return nil, c.deleteBanding(r.DeleteBanding)
	case "addTable":
		return c.addTable(r.AddTable)
	case "updateTable":
		return nil, c.updateTable(r.UpdateTable)
	case "deleteTable":
		return nil, c.deleteTable(r.DeleteTable)
	case "addChart":
		return c.addChart(r.AddChart)
	case "updateChartSpec":
		return nil, c.updateChartSpec(r.UpdateChartSpec)
	case "updateEmbeddedObjectPosition":
		return c.updateEmbeddedObjectPosition(r.UpdateEmbeddedObjectPosition)
	case "deleteEmbeddedObject":
		return nil, c.deleteEmbeddedObject(r.DeleteEmbeddedObject)
	case "addFilterView":
		return c.addFilterView(r.AddFilterView)
	case "updateFilterView":
		return nil, c.updateFilterView(r.UpdateFilterView)
	case "duplicateFilterView":
		return c.duplicateFilterView(r.DuplicateFilterView)
	case "deleteFilterView":
		return nil, c.deleteFilterView(r.DeleteFilterView)
	}
	return nil, badRequest("This simulator does not know how to perform %s.", kind)
}
