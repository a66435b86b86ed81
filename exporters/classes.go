package exporters

import (
	"ledgersheet/internal/export"
	"ledgersheet/internal/table"
)

var _ = register(export.Entity{
	ID: "classes", Title: "Classes", Group: "Lists", Object: "Class", HasActive: true,
	Summary: "The classes by which the company follows its income and costs.",
	Dates:   changeDates(),
	Columns: join([]export.Column{
		id("Class"),
		{Path: "Name", Title: "Name", Queryable: true},
		{Path: "FullyQualifiedName", Title: "Full name", Queryable: true, Help: "Parents and name, joined by colons."},
		{Path: "ParentRef.name", Title: "Parent", Help: "From the list of classes where the record has only its id."},
		{Path: "ParentRef.value", Title: "Parent ID", Off: true},
		{Path: "SubClass", Title: "Is a sub-class", Kind: table.Bool, Off: true},
		active(),
	}, stamps()),
})
