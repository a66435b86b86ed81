package export

// RunEvent says that a run changed. It carries the whole state, so a listener that misses some events is right again
// with the next.
type RunEvent struct {
	Seq int64 `json:"-"` // increases by one with each event of the process
	Run Run   `json:"run"`
}
