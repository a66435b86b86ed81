package intuit

import "strconv"

// idSet remembers ids, in eight bytes each as long as they are plain numbers. The zero value is empty.
type idSet struct {
	numbers map[uint64]struct{}
	texts   map[string]struct{}
}

// add reports whether the id is new.
func (s *idSet) add(id string) bool {
	n, err := strconv.ParseUint(id, 10, 64)
	if err == nil && strconv.FormatUint(n, 10) == id { // not "007", which is another id than "7"
		if s.numbers == nil {
			s.numbers = map[uint64]struct{}{}
		}
		if _, have := s.numbers[n]; have {
			return false
		}
		s.numbers[n] = struct{}{}
		return true
	}
	if s.texts == nil {
		s.texts = map[string]struct{}{}
	}
	if _, have := s.texts[id]; have {
		return false
	}
	s.texts[id] = struct{}{}
	return true
}
