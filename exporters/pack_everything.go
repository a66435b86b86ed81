package exporters

import "ledgersheet/internal/export"

func everything() export.Pack {
	return export.Pack{
		ID: "everything", Title: "Everything",
		Summary: "Every list and every report, each as it is by default.",
		Whole:   true,
	}
}
