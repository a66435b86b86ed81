package google

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// scanner reads a batchGet answer as it arrives.
type scanner struct{ dec *jsontext.Decoder }

// scanRanges decodes a batchGet answer row by row, keeping numbers as text. Rows and cells at the end that the answer
// leaves out are blank.
func scanRanges(r io.Reader, areas []rect, yield func(area, n int, row []value)) error {
	s := scanner{jsontext.NewDecoder(r, jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))}
	at := 0
	err := s.eachMember("valueRanges", func() error {
		return s.eachElement(func() error {
			if at == len(areas) {
				return fmt.Errorf("asked for %d ranges, got more", len(areas))
			}
			err := s.scanRange(areas[at], func(n int, row []value) { yield(at, n, row) })
			at++
			return err
		})
	})
	if err == nil && at != len(areas) {
		return fmt.Errorf("asked for %d ranges, got %d", len(areas), at)
	}
	return err
}

func (s scanner) scanRange(area rect, yield func(n int, row []value)) error {
	n := 0
	row := make([]value, area.cols())
	err := s.eachMember("values", func() error {
		return s.eachElement(func() error {
			if n == area.rows() {
				return fmt.Errorf("asked for %d rows, got more", area.rows())
			}
			if err := s.scanRow(row); err != nil {
				return err
			}
			yield(n, row)
			n++
			return nil
		})
	})
	if err != nil {
		return err
	}
	clear(row)
	for ; n < area.rows(); n++ {
		yield(n, row)
	}
	return nil
}

// scanRow reads a row in place of another one. Cells that hold the same keep their texts, so that a column of the same
// few texts makes no garbage.
func (s scanner) scanRow(row []value) error {
	if s.dec.PeekKind() == 'n' {
		clear(row)
		_, err := s.dec.ReadToken()
		return err
	}
	c := 0
	err := s.eachElement(func() error {
		text, err := s.dec.ReadValue()
		if err == nil && c < len(row) {
			row[c] = scanValue(text, row[c])
			c++
		}
		return err
	})
	clear(row[c:])
	return err
}

// scanValue converts a cell of the answer, as readValue does. was is any value, of which the text is used again if it
// is the same.
func scanValue(text jsontext.Value, was value) value {
	switch text.Kind() {
	case '"':
		inner := text[1 : len(text)-1]
		switch {
		case len(inner) == 0:
			return value{}
		case was.Kind == 's' && was.Text == string(inner) && bytes.IndexByte(inner, '\\') < 0:
			return was // its text is valid UTF-8
		case bytes.IndexByte(inner, '\\') < 0 && utf8.Valid(inner):
			return value{Kind: 's', Text: string(inner)}
		}
		plain, _ := jsontext.AppendUnquote(nil, text) // its error tells only of what was replaced
		return readValue(string(plain))
	case '0':
		if was.Kind == 'n' && was.Text == string(text) {
			return was
		}
		return readValue(json.Number(text))
	case 't', 'f':
		return readValue(text.Kind() == 't')
	}
	return value{}
}

// eachMember reads an object and calls read at the value of the member with the name. It skips the others.
func (s scanner) eachMember(name string, read func() error) error {
	if err := s.delim('{'); err != nil {
		return err
	}
	for s.dec.PeekKind() != '}' {
		key, err := s.dec.ReadToken()
		if err != nil {
			return err
		}
		if key.String() == name {
			err = read()
		} else {
			_, err = s.dec.ReadValue()
		}
		if err != nil {
			return err
		}
	}
	return s.delim('}')
}

// eachElement reads an array and calls read at each element.
func (s scanner) eachElement(read func() error) error {
	if err := s.delim('['); err != nil {
		return err
	}
	for s.dec.PeekKind() != ']' {
		if err := read(); err != nil {
			return err
		}
	}
	return s.delim(']')
}

func (s scanner) delim(want jsontext.Kind) error {
	got, err := s.dec.ReadToken()
	if err != nil {
		return err
	}
	if got.Kind() != want {
		return fmt.Errorf("expected %s, got %s", want, got.Kind())
	}
	return nil
}
