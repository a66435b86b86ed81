package archtest

import (
	"fmt"
	"go/scanner"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// longest is how many columns a line may have; a tab counts for four.
const longest = 120

// longLines lists the lines that are too long. Lines with a raw string or a part of one are left alone: breaking
// them would change what they hold.
func longLines(name string, src []byte) []string {
	raw := rawLines(src)
	var wrong []string
	for i, line := range strings.Split(string(src), "\n") {
		width := utf8.RuneCountInString(line) + 3*strings.Count(line, "\t")
		if width > longest && !raw[i+1] {
			wrong = append(wrong, fmt.Sprintf("%s:%d: the line has %d columns, more than %d", name,
				i+1, width, longest))
		}
	}
	return wrong
}

// rawLines returns the numbers of the lines that have a part of a raw string.
func rawLines(src []byte) map[int]bool {
	fset := token.NewFileSet()
	f := fset.AddFile("", -1, len(src))
	var s scanner.Scanner
	s.Init(f, src, nil, 0)
	lines := map[int]bool{}
	for {
		pos, kind, text := s.Scan()
		if kind == token.EOF {
			return lines
		}
		if kind == token.STRING && strings.HasPrefix(text, "`") {
			first := f.Line(pos)
			for n := range strings.Count(text, "\n") + 1 {
				lines[first+n] = true
			}
		}
	}
}

func TestLinesEndInTime(t *testing.T) {
	t.Parallel()
	for _, f := range parse(t) {
		src, err := os.ReadFile(filepath.Join("..", "..", filepath.FromSlash(f.name)))
		if err != nil {
			t.Fatal(err)
		}
		for _, wrong := range longLines(f.name, src) {
			t.Error(wrong)
		}
	}
}

// The rule for lines finds a long one, counts tabs and characters, and lets raw strings be.
func TestLongLinesAreFound(t *testing.T) {
	t.Parallel()
	src := strings.Join([]string{
		"package x",
		"// " + strings.Repeat("ü", longest-3),
		"// " + strings.Repeat("ü", longest-2),
		"\t// " + strings.Repeat("x", longest-6),
		"var a = `" + strings.Repeat("x", longest),
		strings.Repeat("x", longest+1) + "` // end",
		"var b = \"" + strings.Repeat("x", longest) + "\"",
	}, "\n")
	got := longLines("x.go", []byte(src))
	want := []string{
		"x.go:3: the line has 121 columns, more than 120",
		"x.go:4: the line has 121 columns, more than 120",
		"x.go:7: the line has 130 columns, more than 120",
	}
	if !slices.Equal(got, want) {
		t.Errorf("the rule says\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
