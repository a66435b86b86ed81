package notice

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"ledgersheet/internal/export"
)

// The keys of records. What belongs to a rule has the rule's id in it, and goes with it.
const (
	rulePrefix   = "rule/"   // id → Rule
	healthPrefix = "health/" // id → Health
	causePrefix  = "cause/"  // rule, mark of the cause → incident
	outPrefix    = "out/"    // id → delivery
	digestPrefix = "digest/" // rule → digestState
	seenPrefix   = "seen/"   // exporter → seen
	packPrefix   = "pack/"   // PackRun.Key → packSeen
)

func incidentPrefix(rule export.ID) string { return causePrefix + string(rule) + "/" }

// delivery is a message that is still to be sent.
type delivery struct {
	Rule      export.ID `json:"rule"`
	Message   Message   `json:"message"`
	CreatedAt time.Time `json:"created_at"`
	Order     int       `json:"order,omitempty"` // among those that were made at the same time
	Attempts  int       `json:"attempts,omitempty"`
	Refusals  int       `json:"refusals,omitempty"` // attempts that the receiver refused for good
	NotBefore time.Time `json:"not_before,omitzero"`
}

func (d delivery) key() string { return outPrefix + string(d.Message.ID) }

// digestState is when a rule's next digest is due, and when the last one was made.
type digestState struct {
	Next time.Time `json:"next"`
	Last time.Time `json:"last,omitzero"`
}

// seen is what an exporter's last success said.
type seen struct {
	Run     export.ID            `json:"run"`
	Figures []export.FigureValue `json:"figures,omitempty"`
}

// changes collects what is to be stored in one transaction.
type changes []export.NoticeRecord

func (c *changes) put(key string, v any) error {
	data, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("encoding %s: %w", key, err)
	}
	*c = append(*c, export.NoticeRecord{Key: key, Data: data})
	return nil
}

func (c *changes) remove(key string) { *c = append(*c, export.NoticeRecord{Key: key}) }

// read returns the records with a prefix, by the rest of their keys.
func read[T any](ctx context.Context, s export.NoticeStore, prefix string) (map[string]T, error) {
	all, err := s.NoticeRecords(ctx, prefix)
	if err != nil {
		return nil, fmt.Errorf("reading notices: %w", err)
	}
	values := make(map[string]T, len(all))
	for _, r := range all {
		var v T
		if err := json.Unmarshal(r.Data, &v); err != nil {
			return nil, fmt.Errorf("decoding %s: %w", r.Key, err)
		}
		values[strings.TrimPrefix(r.Key, prefix)] = v
	}
	return values, nil
}

// rules returns all rules, oldest first, those of the environment before the others.
func (d *Dispatcher) rules(ctx context.Context) ([]Rule, error) {
	stored, err := read[Rule](ctx, d.o.Store, rulePrefix)
	if err != nil {
		return nil, err
	}
	list := slices.Clone(d.o.Fixed)
	for _, id := range slices.Sorted(maps.Keys(stored)) {
		list = append(list, stored[id])
	}
	return list, nil
}

// outbox returns what is to be sent, by rule, in order.
func (d *Dispatcher) outbox(ctx context.Context) (map[export.ID][]delivery, error) {
	all, err := read[delivery](ctx, d.o.Store, outPrefix)
	if err != nil {
		return nil, err
	}
	by := map[export.ID][]delivery{}
	for _, o := range all {
		by[o.Rule] = append(by[o.Rule], o)
	}
	for _, list := range by {
		slices.SortFunc(list, compareDeliveries)
	}
	return by, nil
}

func compareDeliveries(a, b delivery) int {
	return cmp.Or(a.CreatedAt.Compare(b.CreatedAt), cmp.Compare(a.Order, b.Order),
		cmp.Compare(a.Message.ID, b.Message.ID))
}
