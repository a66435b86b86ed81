package api

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ledgersheet/exporters"
	"ledgersheet/internal/control"
	"ledgersheet/internal/export"
	"ledgersheet/internal/storetest"
)

// TestExporterAsJSON: programs see members in this order, in these objects and with these types.
func TestExporterAsJSON(t *testing.T) {
	t.Parallel()
	d := control.New(control.Options{Definitions: exporters.All(), Store: storetest.NewMemory()}).As(control.Program())
	for _, test := range []struct {
		e    export.Exporter
		want string
	}{
		{export.Exporter{}, `{"id":"","name":"","type":"","company_ids":[],"columns":[],"titles":{},"tags":[],` +
			`"filters":[],"options":{},` +
			`"destination":{"kind":"sheet","google_account_id":"","spreadsheet_id":"","sheet":"","start_cell":"",` +
			`"folder":"","file":"","template_spreadsheet_id":"","folder_id":"","spreadsheet_url":null},` +
			`"mode":"replace","split":"none","on_difference":"warn","look":"plain","title_block":false,"on_hand_edit":"overwrite",` +
			`"when_blocked":"move","fill_down":true,"keep_month_ends":false,"in_place":false,` +
			`"schedule":{"cron":"","timezone":"","enabled":false,"on_change":false,"skip_missed":false,"next_at":null},` +
			`"after":[],"paused":false,` +
			`"paused_why":null,"paused_until":null,"revision":0,"created_at":null,"created_by":"","updated_at":null}`},
		{export.Exporter{
			ID: "exp_1", Name: "A", Definition: "invoices", Companies: []export.RealmID{"1"}, Columns: []string{"Id"},
			Titles:  map[string]string{"Id": "No."},
			Filters: []export.Filter{{Column: "Id", Op: export.OpEqual, Value: "1"}},
			Options: map[string]string{"lines": "true", "date_range": "all"}, Mode: export.Replace,
			OnDifference: export.FailOnDifference, OnHandEdit: export.StopOnHandEdit,
			Look: export.ReportLook, TitleBlock: true,
			WhenBlocked: export.StopWhenBlocked, NoFillDown: true, KeepMonths: true, InPlace: true,
			Target: export.Target{
				Account: "con_1", Spreadsheet: "s", Sheet: "T", Start: "A1", URL: "https://x.test",
				Template: "t", DriveFolder: "f",
			},
			Schedule: export.Schedule{Cron: "0 6 * * *", Timezone: "UTC", Enabled: true, OnChange: true,
				SkipMissed: true}, NextAt: noon,
			Pause:    &export.Pause{Reason: export.PausedByPerson, Who: "ann@example.com", Since: noon, Until: noon},
			Revision: 2, CreatedAt: noon, CreatedBy: "ann@example.com", UpdatedAt: noon,
		}, `{"id":"exp_1","name":"A","type":"invoices","company_ids":["1"],"columns":["Id"],` +
			`"titles":{"Id":"No."},"tags":[],` +
			`"filters":[{"column":"Id","op":"=","value":"1"}],"options":{"date_range":"all","lines":true},` +
			`"destination":{"kind":"sheet","google_account_id":"con_1","spreadsheet_id":"s","sheet":"T","start_cell":"A1",` +
			`"folder":"","file":"","template_spreadsheet_id":"t","folder_id":"f","spreadsheet_url":"https://x.test"},` +
			`"mode":"replace","split":"none","on_difference":"fail","look":"report",` +
			`"title_block":true,"on_hand_edit":"stop",` +
			`"when_blocked":"stop","fill_down":false,"keep_month_ends":true,"in_place":true,` +
			`"schedule":{"cron":"0 6 * * *","timezone":"UTC","enabled":true,"on_change":true,"skip_missed":true,"next_at":null},` +
			`"after":[],"paused":true,"paused_why":"paused by ann@example.com until 29 March 2026, 12:00 UTC",` +
			`"paused_until":"2026-03-29T12:00:00.000Z","revision":2,"created_at":"2026-03-29T12:00:00.000Z",` +
			`"created_by":"ann@example.com","updated_at":"2026-03-29T12:00:00.000Z"}`},
	} {
		got, err := json.Marshal(showExporter(d, test.e))
		must(t, err)
		if diff := cmp.Diff(test.want, string(got)); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
}
