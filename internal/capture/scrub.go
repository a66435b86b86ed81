package capture

import (
	"bytes"
	crand "crypto/rand"
	"encoding/json"
	"math/rand/v2"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"ledgersheet/internal/sentence"
)

// Scrubber replaces values, each value always by the same replacement. It is for one capture and not safe for
// concurrent use.
type Scrubber struct {
	random *rand.Rand
	factor int // of amounts
	years  int // added to dates: a multiple of four, so that all days exist
	ids    map[string]string
	taken  map[string]bool // what ids were replaced by
	texts  map[string]string

	// Of the body in hand:
	path   []string          // the keys above the value
	column int               // of a report's cell
	kinds  []columnKind      // of a report's columns
	titles map[string]string // of a report's columns, by themselves and by the keys derived from them
}

// New returns a Scrubber whose replacements nobody can foretell.
func New() *Scrubber {
	var seed [32]byte
	_, _ = crand.Read(seed[:]) // never fails
	return newScrubber(rand.New(rand.NewChaCha8(seed)))
}

func newScrubber(random *rand.Rand) *Scrubber {
	return &Scrubber{
		random: random, factor: 11 + random.IntN(87), years: -4 * (1 + random.IntN(5)),
		ids: map[string]string{}, taken: map[string]bool{}, texts: map[string]string{},
	}
}

// Body returns a scrubbed JSON text; ok is false if body is not JSON. Keys stay as they are if they look like
// QuickBooks' own.
func (s *Scrubber) Body(body []byte) (_ json.RawMessage, ok bool) {
	if !json.Valid(body) { // limits the depth, too
		return nil, false
	}
	s.path, s.column = nil, 0
	s.readColumns(body)
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	var w bytes.Buffer
	if err := s.value(d, &w); err != nil {
		return nil, false
	}
	return w.Bytes(), true
}

// value copies the next value.
func (s *Scrubber) value(d *json.Decoder, w *bytes.Buffer) error {
	token, err := d.Token()
	if err != nil {
		return err
	}
	switch t := token.(type) {
	case json.Delim:
		w.WriteRune(rune(t))
		if t == '{' {
			err = s.members(d, w)
		} else {
			err = s.elements(d, w)
		}
	case string:
		writeText(w, keepBlanks(t, s.text))
	case json.Number:
		w.WriteString(s.number(string(t)))
	case bool:
		w.WriteString(strconv.FormatBool(t))
	default:
		w.WriteString("null")
	}
	return err
}

func (s *Scrubber) members(d *json.Decoder, w *bytes.Buffer) error {
	for first := true; d.More(); first = false {
		token, err := d.Token()
		if err != nil {
			return err
		}
		key, _ := token.(string)
		if !first {
			w.WriteByte(',')
		}
		shown := key
		if !identifier.MatchString(key) {
			shown = s.replace(key)
		}
		writeText(w, shown)
		w.WriteByte(':')
		s.path = append(s.path, key)
		if err := s.value(d, w); err != nil {
			return err
		}
		s.path = s.path[:len(s.path)-1]
	}
	w.WriteByte('}')
	_, err := d.Token()
	return err
}

func (s *Scrubber) elements(d *json.Decoder, w *bytes.Buffer) error {
	cells := s.above(0) == "ColData"
	for i := 0; d.More(); i++ {
		if i > 0 {
			w.WriteByte(',')
		}
		if cells {
			s.column = i
		}
		if err := s.value(d, w); err != nil {
			return err
		}
	}
	w.WriteByte(']')
	_, err := d.Token()
	return err
}

// above returns the key n levels above the value; "" if there is none.
func (s *Scrubber) above(n int) string {
	if n >= len(s.path) {
		return ""
	}
	return s.path[len(s.path)-1-n]
}

func writeText(w *bytes.Buffer, text string) {
	data, err := json.Marshal(text)
	if err != nil {
		data = []byte(`""`) // strings can always be marshalled
	}
	w.Write(data)
}

// keepBlanks applies change to what is between a text's blanks.
func keepBlanks(text string, change func(string) string) string {
	core := strings.TrimSpace(text)
	if core == "" {
		return text
	}
	at := strings.Index(text, core)
	return text[:at] + change(core) + text[at+len(core):]
}

var (
	identifier = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]{0,60}$`)
	digits     = regexp.MustCompile(`^[0-9]{1,40}$`)
	faultCode  = regexp.MustCompile(`^-?[0-9]{1,6}$`)
	currency   = regexp.MustCompile(`^[A-Z]{3}$`)
	shortID    = regexp.MustCompile(`^[0-9]{1,4}$`)
)

// text returns the replacement for a text without blanks around it, by its place.
func (s *Scrubber) text(text string) string {
	key, parent := s.above(0), s.above(1)
	switch {
	case text == "true" || text == "false":
		return text
	case parent == "ColData" && key == "value":
		return s.cell(text)
	case key == "ColTitle":
		return s.title(text)
	case isLabel(key, parent) && identifier.MatchString(text):
		return text
	case parent == "MetaData" && key == "Value":
		return s.metadata(text)
	case key == "code" && faultCode.MatchString(text) && slices.ContainsFunc(s.path, isFault):
		return text
	case (key == "Currency" || parent == "CurrencyRef" || parent == "HomeCurrency") && currency.MatchString(text):
		return text
	case key == "SyncToken" && shortID.MatchString(text), keptNumbers[key] && plainNumber.MatchString(text):
		return text
	case key == "Lat" || key == "Long":
		return s.replace(text)
	}
	return s.plain(text)
}

func isFault(key string) bool { return strings.EqualFold(key, "fault") }

// isLabel reports whether the texts under a key are words of QuickBooks' own, if they are identifiers.
func isLabel(key, parent string) bool {
	if key == "Name" {
		return parent == "MetaData" || parent == "Option" || parent == "NameValue"
	}
	return labelKeys[key]
}

// plain replaces a text whose place says nothing about it.
func (s *Scrubber) plain(text string) string {
	if moved, ok := s.moveDate(text); ok {
		return moved
	}
	switch {
	case isOwn(text):
		return text
	case digits.MatchString(text):
		return s.id(text)
	case amount.MatchString(text):
		return s.scale(text)
	case percentage.MatchString(text):
		return text
	}
	return s.words(text)
}

// words replaces a text, but keeps what QuickBooks puts around names, and the levels of full names.
func (s *Scrubber) words(text string) string {
	if len(text) >= len(cutNotice) && strings.EqualFold(text[:len(cutNotice)], cutNotice) {
		return text[:len(cutNotice)]
	}
	if strings.Contains(text, "@") {
		return s.replace(text) + "@x.x"
	}
	before, after := "", ""
	for _, prefix := range []string{"Total for ", "Total ", "TOTAL "} {
		if rest, ok := strings.CutPrefix(text, prefix); ok {
			before, text = prefix, rest
			break
		}
	}
	if rest, ok := strings.CutSuffix(text, " (deleted)"); ok {
		text, after = rest, " (deleted)"
	}
	levels := strings.Split(text, ":")
	for i, level := range levels {
		levels[i] = keepBlanks(level, s.name)
	}
	return before + strings.Join(levels, ":") + after
}

// name replaces one level of a name.
func (s *Scrubber) name(text string) string {
	switch {
	case isOwn(text):
		return text
	case digits.MatchString(text):
		return s.id(text)
	}
	return s.replace(text)
}

// replace returns the replacement for a whole text. It has fewer than four letters in a row, so it cannot repeat a word
// of the books. That of a sentence is one too: a report that QuickBooks cut short is known by a sentence at its end,
// whatever the language. A sentence that ends with a name, such as a total's, goes on ending with it.
func (s *Scrubber) replace(text string) string {
	known, ok := s.texts[text]
	if !ok {
		known = "N" + strconv.Itoa(len(s.texts)+1)
		if sentence.Is(text) {
			known += " " + s.replaceEnd(text)
		}
		s.texts[text] = known
	}
	return known
}

// replaceEnd returns what the replacement of a sentence ends with.
func (s *Scrubber) replaceEnd(text string) string {
	for rest := text; ; {
		var found bool
		if _, rest, found = strings.Cut(rest, " "); !found {
			return "N N N N."
		}
		if name, ok := s.texts[rest]; ok {
			return name
		}
	}
}

// id returns digits of the same length, if there are any left, and the same for the same id. Zero stays.
func (s *Scrubber) id(id string) string {
	if isZero(id) {
		return id
	}
	if known, ok := s.ids[id]; ok {
		return known
	}
	fresh := s.draw(len(id), id[0] == '0')
	for try := 1; fresh == id || s.taken[fresh] || isZero(fresh); try++ {
		fresh = s.draw(len(id)+try/64, id[0] == '0')
	}
	s.ids[id], s.taken[fresh] = fresh, true
	return fresh
}

func isZero(id string) bool { return strings.Trim(id, "0") == "" }

// draw returns n random digits, the first a zero or not.
func (s *Scrubber) draw(n int, zero bool) string {
	out := make([]byte, n)
	for i := range out {
		out[i] = byte('0' + s.random.IntN(10))
	}
	out[0] = '0'
	if !zero || n == 1 {
		out[0] = byte('1' + s.random.IntN(9))
	}
	return string(out)
}
