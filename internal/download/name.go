package download

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// disposition returns the header that makes browsers save an answer as a file with that name. Names in other than plain
// characters are given twice: as they are, and for old programs with those replaced.
// https://www.rfc-editor.org/rfc/rfc6266#section-4.3
func disposition(name string) string {
	name = cleanName(name)
	plain := strings.Map(func(r rune) rune {
		if r >= utf8.RuneSelf || r == '%' { // some programs decode percent signs even here
			return '_'
		}
		return r
	}, name)
	header := `attachment; filename="` + plain + `"`
	if plain != name {
		header += "; filename*=UTF-8''" + encodeName(name)
	}
	return header
}

// maxName is the largest number of bytes of a name, well below what file systems take.
const maxName = 150

// cleanName replaces what file systems do not take, and shortens the name before its ending.
func cleanName(name string) string {
	name = strings.Map(func(r rune) rune {
		if strings.ContainsRune(`/\:*?"<>|`, r) || !unicode.IsPrint(r) && r != ' ' || r == utf8.RuneError {
			return '-'
		}
		return r
	}, name)
	stem, ending := name, ""
	if dot := strings.LastIndexByte(name, '.'); dot >= 0 {
		stem, ending = name[:dot], name[dot:]
	}
	for len(stem)+len(ending) > maxName {
		_, size := utf8.DecodeLastRuneInString(stem)
		stem = stem[:len(stem)-size]
	}
	return strings.Trim(stem, ". ") + ending
}

// encodeName encodes a name as an extended value.
// https://www.rfc-editor.org/rfc/rfc8187#section-3.2.1
func encodeName(name string) string {
	var b strings.Builder
	for _, c := range []byte(name) {
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' ||
			strings.IndexByte("!#$&+-.^_`|~", c) >= 0 {
			b.WriteByte(c)
			continue
		}
		fmt.Fprintf(&b, "%%%02X", c)
	}
	return b.String()
}
