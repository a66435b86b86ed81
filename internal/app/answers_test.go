package app_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"ledgersheet/internal/export"
	"ledgersheet/internal/intuit/intuitsim"
	"ledgersheet/internal/problem"
)

// answerCase is an answer of QuickBooks with what the whole program makes of it while it lasts. Package intuit keeps
// the cases, and its tests want one for each of its rules.
type answerCase struct {
	Status   int             `json:"status"`
	Body     json.RawMessage `json:"body"`     // JSON, or the lines of another text, or nothing
	Once     problem.Code    `json:"once"`     // of one such answer that gets as far as the rules; empty if it passes
	Code     problem.Code    `json:"code"`     // of the run, as the next three
	Message  string          `json:"message"`  // all of it
	Hint     string          `json:"hint"`     // likewise
	Class    string          `json:"class"`    // see problem.Class
	Tries    int             `json:"tries"`    // of one request
	Attempts int             `json:"attempts"` // of the run
	Requests int             `json:"requests"` // that QuickBooks sees of the run
	Again    int             `json:"again"`    // that it sees of the next scheduled run
	Company  string          `json:"company"`  // its status, or "refused" if it is connected, but to no avail
	Button   string          `json:"button"`   // what the run's page offers: a button's first word, or a link
}

const (
	refused = "refused"
	change  = "Change the exporter"
)

func readAnswers(t *testing.T) []answerCase {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "intuit", "testdata", "answers.json"))
	must(t, err)
	in := json.NewDecoder(bytes.NewReader(data))
	in.DisallowUnknownFields()
	var list []answerCase
	must(t, in.Decode(&list))
	for _, a := range list {
		again := a.Company == string(export.Connected)
		if a.Status == 0 || a.Code == "" || a.Message == "" || a.Hint == "" || a.Tries < 1 || a.Attempts < 1 ||
			a.Requests < 1 || (a.Again > 0) != again || a.Company == "" || (a.Class == "stop") != (a.Button != "") {
			t.Fatalf("the case of %s says too little: %+v", a, a)
		}
	}
	return list
}

func (a answerCase) String() string { return strconv.Itoa(a.Status) + " " + a.Message }

// fault is the answer, n times in a row; -1 for good.
func (a answerCase) fault(n int) intuitsim.Fault {
	var lines []string
	body := string(a.Body)
	if json.Unmarshal(a.Body, &lines) == nil {
		body = strings.Join(lines, "\r\n")
	}
	return intuitsim.Fault{Match: "v3", N: n, Status: a.Status, Body: intuitsim.BodyRaw, Raw: body}
}

// status is the company's while the answer lasts.
func (a answerCase) status() export.ConnectionStatus {
	if a.Company == refused {
		return export.Connected
	}
	return export.ConnectionStatus(a.Company)
}

// lastError is the company's last error while the answer lasts; empty for none.
func (a answerCase) lastError() string {
	if a.Company == string(export.Connected) {
		return ""
	}
	return a.Message
}
