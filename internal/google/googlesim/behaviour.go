package googlesim

import "time"

// Behaviour settles what public sources leave open about Google, so that a program can be tested
// either way. The zero value is what is documented or was seen most often.
type Behaviour struct {
	// PasteSkipsFilteredRows makes copyPaste leave out the destination's rows that a basic filter hides,
	// as a paste by hand is seen to do. The API's reference promises nothing; other writes reach them.
	PasteSkipsFilteredRows bool `json:"paste_skips_filtered_rows"`
	// CopySkipsFilteredRows makes copyPaste leave out the source's rows that a basic filter hides. What is
	// left is repeated if it goes into the destination several times, which was seen to double rows.
	CopySkipsFilteredRows bool `json:"copy_skips_filtered_rows"`
	// PasteReplacesConditions makes copyPaste from another tab take the conditional formats off the cells
	// that it goes into. By default they stay.
	PasteReplacesConditions bool `json:"paste_replaces_conditions"`
	// MergesKeepWrites keeps what is written into the cells that a merge covers. By default it is dropped
	// without a word, as was seen: only the first cell of a merge can hold anything.
	MergesKeepWrites bool `json:"merges_keep_writes"`
	// MoveCarriesEnds makes the ends of a range follow the rows they stand on when rows move inside it or
	// out of it. By default a range keeps holding the cells that it held.
	MoveCarriesEnds bool `json:"move_carries_ends"`
	// InheritExtendsRanges makes rows inserted directly below a range, inheriting from before, lengthen
	// conditional formats, banding, protections and filters. They always lengthen Tables.
	InheritExtendsRanges bool `json:"inherit_extends_ranges"`
	// InsertedCellsInherit gives the cells of insertRange the formats of their neighbours before.
	InsertedCellsInherit bool `json:"inserted_cells_inherit"`
	// ShiftRefusesFilter refuses insertRange and deleteRange that would move a part of a basic filter.
	ShiftRefusesFilter bool `json:"shift_refuses_filter"`
	// CutLosesOverwritten breaks references to the cells that cutPaste lays others over, unless they are
	// among the moved ones. By default they go on pointing at the place.
	CutLosesOverwritten bool `json:"cut_loses_overwritten"`
	// SortMovesHiddenRows makes sortRange move rows that are hidden; by default they stay where they are.
	SortMovesHiddenRows bool `json:"sort_moves_hidden_rows"`
	// DeleteTableClears empties the cells of a deleted Table.
	DeleteTableClears bool `json:"delete_table_clears"`
	// DuplicateCopiesMetadata gives the copy of a tab the developer metadata of tab, rows and columns,
	// under new ids.
	DuplicateCopiesMetadata bool `json:"duplicate_copies_metadata"`
	// DuplicateCopiesProtections gives the copy of a tab the protections of the original.
	DuplicateCopiesProtections bool `json:"duplicate_copies_protections"`
	// LostReferenceKeepsTab writes Data!#REF! instead of #REF! for deleted cells of another tab.
	LostReferenceKeepsTab bool `json:"lost_reference_keeps_tab"`
	// DriveLag (nanoseconds in JSON) is how long a change takes to show in the version and in the time of the last
	// change of the Drive file. It did not within 14 seconds when it was tried.
	DriveLag time.Duration `json:"drive_lag"`
	// StorageNamesServiceAccount refuses a service account's new file with the newer words that name
	// service accounts, not with those of a person whose storage is full.
	StorageNamesServiceAccount bool `json:"storage_names_service_account"`
}

// SetBehaviour replaces Options.Behaviour; it acts from the next request on.
func (s *Server) SetBehaviour(b Behaviour) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.how = b
}

// SetStorageFull makes every new file of an account be refused with storageQuotaExceeded, as when its
// Drive is full, or ends that. Files that exist can still be written.
func (s *Server) SetStorageFull(email string, full bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.full[email] = full
}

// mayCreate refuses a new file to who has no room for it. The caller holds the lock.
func (s *Server) mayCreate(who caller) error {
	switch {
	case who.service:
		return errServiceStorage(s.how.StorageNamesServiceAccount)
	case s.full[who.email]:
		return errStorageQuota()
	}
	return nil
}
