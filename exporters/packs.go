package exporters

import "ledgersheet/internal/export"

// Packs returns every pack, by id. To add one, add a file with one literal, and name it here.
func Packs() []export.Pack {
	return []export.Pack{everything(), monthEnd(), payables(), salesPack()}
}
