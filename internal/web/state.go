package web

import (
	"time"

	"ledgersheet/internal/control"
	"ledgersheet/internal/export"
)

// The tones of pills and notices.
const (
	toneGood  = "good"
	toneInfo  = "info"
	toneWarn  = "warn"
	toneBad   = "bad"
	toneQuiet = "quiet"
)

// state is what a pill can show.
type state string

const (
	stateSucceeded    state = "succeeded"
	stateDiffers      state = "differences"
	stateUnchanged    state = "unchanged"
	stateRunning      state = "running"
	stateQueued       state = "queued"
	stateRetrying     state = "retrying"
	stateStopping     state = "stopping"
	stateLate         state = "late"
	stateFailed       state = "failed"
	stateCancelled    state = "cancelled"
	statePaused       state = "paused"
	stateBlocked      state = "blocked"
	stateNever        state = "never"
	stateConnected    state = "connected"
	stateExpiring     state = "expiring"
	stateExpired      state = "expired"
	stateDisconnected state = "disconnected"
	stateRefused      state = "refused"
)

// pill shows a state as a word, an icon and a tone: never by colour alone.
type pill struct{ Word, Icon, Tone string }

// pillOf is the only place that says how a state looks.
func pillOf(s state) pill {
	switch s {
	case stateSucceeded:
		return pill{"Succeeded", "check", toneGood}
	case stateDiffers:
		return pill{"Differences", "warn", toneWarn}
	case stateUnchanged:
		return pill{"Unchanged", "equal", toneGood}
	case stateRunning:
		return pill{"Running", "spin", toneInfo}
	case stateQueued:
		return pill{"Queued", "clock", toneInfo}
	case stateRetrying:
		return pill{"Retrying", "retry", toneWarn}
	case stateStopping:
		return pill{"Stopping", "stop", toneWarn}
	case stateLate:
		return pill{"Late", "late", toneWarn}
	case stateFailed:
		return pill{"Failed", "cross", toneBad}
	case stateCancelled:
		return pill{"Cancelled", "stop", toneQuiet}
	case statePaused:
		return pill{"Paused", "pause", toneQuiet}
	case stateBlocked:
		return pill{"Blocked", "unlink", toneBad}
	case stateNever:
		return pill{"Never run", "dot", toneQuiet}
	case stateConnected:
		return pill{"Connected", "link", toneGood}
	case stateExpiring:
		return pill{"Ends soon", "clock", toneWarn}
	case stateExpired:
		return pill{"Expired", "unlink", toneBad}
	case stateDisconnected:
		return pill{"Disconnected", "unlink", toneQuiet}
	case stateRefused:
		return pill{"Refused", "cross", toneBad}
	}
	return pill{string(s), "dot", toneQuiet}
}

// runState returns a run's state, including those that its status alone does not show.
func runState(r export.Brief) state {
	switch r.Status {
	case export.RunQueued:
		if r.Attempts > 0 {
			return stateRetrying
		}
		return stateQueued
	case export.RunRunning:
		if r.Cancelling {
			return stateStopping
		}
		return stateRunning
	case export.RunSucceeded:
		if r.Differences > 0 {
			return stateDiffers
		}
		if r.Unchanged {
			return stateUnchanged
		}
		return stateSucceeded
	case export.RunFailed:
		return stateFailed
	case export.RunCancelled:
		return stateCancelled
	}
	return state(r.Status)
}

// exporterState returns how an exporter stands, with the finer states of its last run. blocked says that one of its
// connections is of no use at present.
func exporterState(e export.Exporter, h export.History, blocked bool, now time.Time) state {
	switch control.StateOf(e, h, blocked, now) {
	case control.StatePaused:
		return statePaused
	case control.StateBlocked:
		return stateBlocked
	case control.StateLate:
		return stateLate
	case control.StateRunning:
		return runState(h.Recent[0])
	case control.StateNeverRun:
		return stateNever
	}
	return runState(h.Verdict()) // a run that a person stopped says nothing of the exporter
}

func companyState(c export.Company, life control.Life) state {
	if c.Refused() {
		return stateRefused
	}
	return connectionState(life)
}

func connectionState(life control.Life) state {
	switch life.Phase {
	case control.PhaseConnected:
		return stateConnected
	case control.PhaseExpiring:
		return stateExpiring
	case control.PhaseReconnect:
		return stateExpired
	}
	return stateDisconnected
}
