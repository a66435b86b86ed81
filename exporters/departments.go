package exporters

import (
	"ledgersheet/internal/export"
	"ledgersheet/internal/table"
)

var _ = register(export.Entity{
	ID: "departments", Title: "Locations", Group: "Lists", Object: "Department", HasActive: true,
	Summary: "The company's locations, which QuickBooks' interface for programs calls departments.",
	Dates:   changeDates(),
	Columns: join([]export.Column{
		id("Location"),
		{Path: "Name", Title: "Name", Queryable: true},
		{Path: "FullyQualifiedName", Title: "Full name", Queryable: true, Help: "Parents and name, joined by colons."},
		{Path: "ParentRef.name", Title: "Parent", Off: true,
			Help: "From the list of locations where the record has only its id."},
		{Path: "ParentRef.value", Title: "Parent ID", Off: true},
		{Path: "SubDepartment", Title: "Is a sub-location", Kind: table.Bool, Off: true},
		active(),
	}, address("Address", "Location"), stamps()),
})
