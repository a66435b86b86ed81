package record

import "strconv"

// IDs remembers ids, in eight bytes each as long as they are plain numbers. The zero value is empty.
type IDs struct {
	numbers map[uint64]struct{}
	texts   map[string]struct{}
}

// Add reports whether the id is new.
func (s *IDs) Add(id string) bool {
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
