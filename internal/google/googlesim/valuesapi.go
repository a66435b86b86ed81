package googlesim

import "google.golang.org/api/sheets/v4"

func (p *performance) rendering() (rendering, error) {
	return newRendering(p.q.Get("valueRenderOption"), p.q.Get("dateTimeRenderOption"), p.q.Get("majorDimension"))
}

func (p *performance) valuesGet() (out *sheets.ValueRange, err error) {
	how, err := p.rendering()
	if err != nil {
		return nil, err
	}
	err = p.look(func(_ *document, st *state) error {
		a, err := st.parseRange(p.c.arg)
		if err != nil {
			return err
		}
		out, err = st.read(a, how)
		return err
	})
	return out, err
}

func (p *performance) valuesBatchGet() (*sheets.BatchGetValuesResponse, error) {
	how, err := p.rendering()
	if err != nil {
		return nil, err
	}
	out := &sheets.BatchGetValuesResponse{SpreadsheetId: p.c.id}
	return out, p.look(func(_ *document, st *state) error {
		for _, text := range p.q["ranges"] {
			a, err := st.parseRange(text)
			if err != nil {
				return err
			}
			v, err := st.read(a, how)
			if err != nil {
				return err
			}
			out.ValueRanges = append(out.ValueRanges, v)
		}
		return nil
	})
}

func (p *performance) valuesBatchGetByDataFilter() (*sheets.BatchGetValuesByDataFilterResponse, error) {
	var in sheets.BatchGetValuesByDataFilterRequest
	if err := decodeBody(p.c.body, &in, ""); err != nil {
		return nil, err
	}
	how, err := newRendering(in.ValueRenderOption, in.DateTimeRenderOption, in.MajorDimension)
	if err != nil {
		return nil, err
	}
	out := &sheets.BatchGetValuesByDataFilterResponse{SpreadsheetId: p.c.id}
	return out, p.look(func(_ *document, st *state) error {
		for _, f := range in.DataFilters {
			areas, err := st.filterAreas(f)
			if err != nil {
				return err
			}
			for _, a := range areas {
				v, err := st.read(a, how)
				if err != nil {
					return err
				}
				out.ValueRanges = append(out.ValueRanges, &sheets.MatchedValueRange{
					ValueRange: v, DataFilters: []*sheets.DataFilter{f},
				})
			}
		}
		return nil
	})
}

// echo adds the stored values to an answer that was asked to hold them.
func (p *performance) echo(c *change, a area, option, dates, dimension string, out *sheets.UpdateValuesResponse) error {
	how, err := newRendering(option, dates, dimension)
	if err != nil {
		return err
	}
	out.UpdatedData, err = c.st.read(a, how)
	return err
}

func (p *performance) valuesUpdate() (out *sheets.UpdateValuesResponse, err error) {
	var in sheets.ValueRange
	if err := decodeBody(p.c.body, &in, "data"); err != nil {
		return nil, err
	}
	typed, err := checkInput(p.q.Get("valueInputOption"))
	if err != nil {
		return nil, err
	}
	err = p.alter(func(c *change) error {
		a, err := c.st.parseRange(p.c.arg)
		if err != nil {
			return err
		}
		if err := c.sameRange(a, p.c.arg, in.Range); err != nil {
			return err
		}
		if out, err = c.write(a, &in, typed); err != nil {
			return err
		}
		if p.q.Get("includeValuesInResponse") == "true" {
			written, err := c.st.parseRange(out.UpdatedRange)
			if err != nil {
				return err
			}
			return p.echo(c, written, p.q.Get("responseValueRenderOption"), p.q.Get("responseDateTimeRenderOption"),
				in.MajorDimension, out)
		}
		return nil
	})
	return out, err
}

// sameRange refuses a body that names a different range from the path.
func (c *change) sameRange(a area, path, body string) error {
	if body == "" || body == path {
		return nil
	}
	b, err := c.st.parseRange(body)
	if err != nil {
		return err
	}
	if a != b {
		return badRequest("Requested writing within range [%s], but the body's range is [%s]", path, body)
	}
	return nil
}

func (p *performance) valuesAppend() (out *sheets.AppendValuesResponse, err error) {
	var in sheets.ValueRange
	if err := decodeBody(p.c.body, &in, "data"); err != nil {
		return nil, err
	}
	typed, err := checkInput(p.q.Get("valueInputOption"))
	if err != nil {
		return nil, err
	}
	insert, err := enum("insert_data_option", "InsertDataOption", p.q.Get("insertDataOption"),
		"OVERWRITE", "INSERT_ROWS")
	if err != nil {
		return nil, err
	}
	err = p.alter(func(c *change) error {
		a, err := c.st.parseRange(p.c.arg)
		if err != nil {
			return err
		}
		out, err = c.appendTo(a, &in, typed, insert == "INSERT_ROWS")
		return err
	})
	return out, err
}

func (p *performance) valuesClear() (*sheets.ClearValuesResponse, error) {
	var in sheets.ClearValuesRequest
	if err := decodeBody(p.c.body, &in, ""); err != nil {
		return nil, err
	}
	out := &sheets.ClearValuesResponse{SpreadsheetId: p.c.id}
	return out, p.alter(func(c *change) error {
		a, err := c.st.parseRange(p.c.arg)
		if err != nil {
			return err
		}
		out.ClearedRange, err = c.clear(a)
		return err
	})
}

// valuesBatchUpdate serves values:batchUpdate and values:batchUpdateByDataFilter, whose answers share
// their counts.
func (p *performance) valuesBatchUpdate() (any, error) {
	if p.c.kind == "values.batchUpdateByDataFilter" {
		return p.valuesBatchUpdateByDataFilter()
	}
	var in sheets.BatchUpdateValuesRequest
	if err := decodeBody(p.c.body, &in, ""); err != nil {
		return nil, err
	}
	typed, err := checkInput(in.ValueInputOption)
	if err != nil {
		return nil, err
	}
	out := &sheets.BatchUpdateValuesResponse{SpreadsheetId: p.c.id}
	tabs := map[int64]bool{}
	return out, p.alter(func(c *change) error {
		for _, data := range in.Data {
			a, err := c.st.parseRange(data.Range)
			if err != nil {
				return err
			}
			one, err := c.write(a, data, typed)
			if err != nil {
				return err
			}
			if in.IncludeValuesInResponse {
				written, err := c.st.parseRange(one.UpdatedRange)
				if err != nil {
					return err
				}
				if err := p.echo(c, written, in.ResponseValueRenderOption, in.ResponseDateTimeRenderOption,
					data.MajorDimension, one); err != nil {
					return err
				}
			}
			out.Responses = append(out.Responses, one)
			out.TotalUpdatedRows += one.UpdatedRows
			out.TotalUpdatedColumns += one.UpdatedColumns
			out.TotalUpdatedCells += one.UpdatedCells
			if one.UpdatedCells > 0 {
				tabs[a.sheet] = true
			}
		}
		out.TotalUpdatedSheets = int64(len(tabs))
		return nil
	})
}

func (p *performance) valuesBatchUpdateByDataFilter() (any, error) {
	var in sheets.BatchUpdateValuesByDataFilterRequest
	if err := decodeBody(p.c.body, &in, ""); err != nil {
		return nil, err
	}
	typed, err := checkInput(in.ValueInputOption)
	if err != nil {
		return nil, err
	}
	out := &sheets.BatchUpdateValuesByDataFilterResponse{SpreadsheetId: p.c.id}
	return out, p.alter(func(c *change) error {
		for _, data := range in.Data {
			if data.DataFilter == nil {
				return badRequest("A data filter must be specified.")
			}
			areas, err := c.st.filterAreas(data.DataFilter)
			if err != nil {
				return err
			}
			for _, a := range areas {
				one, err := c.write(a, &sheets.ValueRange{MajorDimension: data.MajorDimension, Values: data.Values},
					typed)
				if err != nil {
					return err
				}
				out.Responses = append(out.Responses, &sheets.UpdateValuesByDataFilterResponse{
					DataFilter: data.DataFilter, UpdatedRange: one.UpdatedRange, UpdatedRows: one.UpdatedRows,
					UpdatedColumns: one.UpdatedColumns, UpdatedCells: one.UpdatedCells,
				})
				out.TotalUpdatedCells += one.UpdatedCells
				out.TotalUpdatedRows += one.UpdatedRows
				out.TotalUpdatedColumns += one.UpdatedColumns
			}
		}
		return nil
	})
}

func (p *performance) valuesBatchClear() (any, error) {
	if p.c.kind == "values.batchClearByDataFilter" {
		var in sheets.BatchClearValuesByDataFilterRequest
		if err := decodeBody(p.c.body, &in, ""); err != nil {
			return nil, err
		}
		out := &sheets.BatchClearValuesByDataFilterResponse{SpreadsheetId: p.c.id}
		return out, p.alter(func(c *change) error {
			for _, f := range in.DataFilters {
				areas, err := c.st.filterAreas(f)
				if err != nil {
					return err
				}
				for _, a := range areas {
					cleared, err := c.clear(a)
					if err != nil {
						return err
					}
					out.ClearedRanges = append(out.ClearedRanges, cleared)
				}
			}
			return nil
		})
	}
	var in sheets.BatchClearValuesRequest
	if err := decodeBody(p.c.body, &in, ""); err != nil {
		return nil, err
	}
	out := &sheets.BatchClearValuesResponse{SpreadsheetId: p.c.id}
	return out, p.alter(func(c *change) error {
		for _, text := range in.Ranges {
			a, err := c.st.parseRange(text)
			if err != nil {
				return err
			}
			cleared, err := c.clear(a)
			if err != nil {
				return err
			}
			out.ClearedRanges = append(out.ClearedRanges, cleared)
		}
		return nil
	})
}
