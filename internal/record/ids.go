package record

import "strconv"

// IDs is a set of ids that stores plain numbers in eight bytes each. The zero value is an empty set.
type IDs struct {
	numbers map[uint64]struct{}
	texts   map[string]struct{}
}

// Add reports whether the id is new.
func (s *IDs) Add(id string) bool {
	n, err := strconv.ParseUint(id, 10, 64)
	if err == nil && strconv.FormatUint(n, 10) == id { // but not "007", which is a different id from "7"
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
