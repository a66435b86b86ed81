package exporters

import (
	"ledgersheet/internal/export"
	"ledgersheet/internal/table"
)

var _ = register(export.Entity{
	ID: "attachments", Title: "Attachments", Group: "Company", Object: "Attachable",
	Summary: "Files and notes that are attached to records: what they are called and what they belong to, not the " +
		"files themselves.",
	Dates: changeDates(),
	Columns: join([]export.Column{
		id("Attachment"),
		{Path: "FileName", Title: "File name", Queryable: true},
		{Path: "ContentType", Title: "File type", Queryable: true},
		{Path: "Size", Title: "Bytes", Kind: table.Number},
		{Path: "Category", Title: "Category"},
		{Path: "Note", Title: "Note"},
		{Path: "AttachableRef.EntityRef.type", Title: "Attached to", Help: "The kinds of the records."},
		{Path: "AttachableRef.EntityRef.value", Title: "Attached to ID", Help: "The ids of the records."},
		{Path: "AttachableRef.IncludeOnSend", Title: "Sent along", Off: true},
		{Path: "Tag", Title: "Tag", Off: true},
	}, stamps()),
})
