package notice

import (
	"context"
	"iter"
	"slices"
	"strings"
	"sync"

	"ledgersheet/internal/export"
)

// Alarm tells people that the store is in trouble, when nothing can be stored, and that it is over. It tells whoever is
// told of anything that fails or needs a person. What was told and what is still to be sent is in memory: a restart
// during trouble tells of it once more. Create one with [Dispatcher.NewAlarm].
type Alarm struct {
	*Dispatcher
}

// NewAlarm returns an alarm that sends through the dispatcher's channels, by the rules that it last read. trouble
// returns what is wrong with the store; false if nothing is. It does nothing before Start.
func (d *Dispatcher) NewAlarm(trouble func() (Cause, bool)) Alarm {
	o := Options{
		Store:    &memory{rules: d.rules, last: d.o.Fixed, records: map[string][]byte{}},
		Channels: d.o.Channels, Missing: d.o.Missing, BaseURL: d.o.BaseURL, Logger: d.log.With("about", "store"),
		Causes: func(context.Context, []export.RealmID) ([]Cause, error) {
			if c, wrong := trouble(); wrong {
				return []Cause{c}, nil
			}
			return nil, nil
		},
	}
	return Alarm{New(o)}
}

// Wake says that trouble has begun or ended.
func (a Alarm) Wake() { poke(a.wake) }

// alarmRule returns the rule for trouble with the store that follows from another: it concerns all exporters. False
// if there is none.
func alarmRule(r Rule) (Rule, bool) {
	if !r.wants(Failure, NeedsYou) {
		return Rule{}, false
	}
	on := slices.DeleteFunc(slices.Clone(r.On), func(e Event) bool {
		return e != Failure && e != NeedsYou && e != Recovery
	})
	r.On, r.Companies, r.Tags, r.Exporters, r.Limits = on, nil, nil, nil, nil
	return r, true
}

// memory keeps an alarm's records. It knows no exporters, so that only the causes are told.
type memory struct {
	rules func(ctx context.Context) ([]Rule, error)

	mu      sync.Mutex
	last    []Rule // as they could last be read
	records map[string][]byte
}

var _ Store = (*memory)(nil)

// NoticeRecords implements export.NoticeStore. Rules that cannot be read are as they were.
func (m *memory) NoticeRecords(ctx context.Context, prefix string) ([]export.NoticeRecord, error) {
	if prefix == rulePrefix {
		return m.readRules(ctx)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	var list []export.NoticeRecord
	for _, key := range sortedKeys(m.records) {
		if strings.HasPrefix(key, prefix) {
			list = append(list, export.NoticeRecord{Key: key, Data: m.records[key]})
		}
	}
	return list, nil
}

func (m *memory) readRules(ctx context.Context) ([]export.NoticeRecord, error) {
	rules, err := m.rules(ctx)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if err == nil {
		m.last = rules
	}
	var c changes
	for _, r := range m.last {
		if r, wanted := alarmRule(r); wanted {
			if err := c.put(rulePrefix+string(r.ID), r); err != nil {
				return nil, err
			}
		}
	}
	return c, nil
}

// ChangeNotices implements export.NoticeStore.
func (m *memory) ChangeNotices(_ context.Context, list []export.NoticeRecord) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, r := range list {
		if r.Data == nil {
			delete(m.records, r.Key)
		} else {
			m.records[r.Key] = r.Data
		}
	}
	return nil
}

// ExporterHeads implements Store.
func (*memory) ExporterHeads(
	context.Context, export.ExporterFilter, string,
) iter.Seq2[export.ExporterHead, error] {
	return func(func(export.ExporterHead, error) bool) {}
}

// Exporter implements Store.
func (*memory) Exporter(context.Context, export.ID) (export.Exporter, error) {
	return export.Exporter{}, export.ErrNotFound
}

// History implements Store.
func (*memory) History(context.Context, export.ID) (export.History, error) {
	return export.History{}, nil
}

// ActiveRun implements Store.
func (*memory) ActiveRun(context.Context, export.ID) (export.Run, error) {
	return export.Run{}, export.ErrNotFound
}

// Runs implements Store.
func (*memory) Runs(context.Context, export.RunFilter) (page []export.Run, next export.ID, err error) {
	return nil, "", nil
}

// Companies implements Store.
func (*memory) Companies(context.Context) ([]export.Company, error) { return nil, nil }
