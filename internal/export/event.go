package export

// RunEvent tells that a run changed. Listeners get whole states, so one that misses some is right again with the next.
type RunEvent struct {
	Seq int64 `json:"-"` // grows by one for each event of the process
	Run Run   `json:"run"`
}
