package archtest

import (
	"fmt"
	"go/ast"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var (
	roomRow = regexp.MustCompile("^\\| `([^`]+)` \\| (.*) \\|$")
	quoted  = regexp.MustCompile("`([^`]+)`")
	goName  = regexp.MustCompile(`^[a-z0-9]+(\.[A-Za-z]\w*){1,2}$`)
)

// declared lists what the packages declare, as the page writes it: "pkg.Func", "pkg.Type" and "pkg.Type.Method", the
// methods of interfaces included.
func declared(files []file) map[string]bool {
	names := map[string]bool{}
	for _, f := range files {
		if f.test {
			continue
		}
		pkg := path.Base(f.dir)
		for _, d := range f.ast.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				names[pkg+"."+receiver(d)+d.Name.Name] = true
			case *ast.GenDecl:
				for _, spec := range d.Specs {
					if t, ok := spec.(*ast.TypeSpec); ok {
						names[pkg+"."+t.Name.Name] = true
						for _, m := range interfaceMethods(t) {
							names[pkg+"."+t.Name.Name+"."+m] = true
						}
					}
				}
			}
		}
	}
	return names
}

// receiver returns "Type." for a method and "" for a function.
func receiver(fn *ast.FuncDecl) string {
	if fn.Recv == nil {
		return ""
	}
	name := ""
	ast.Inspect(fn.Recv.List[0].Type, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok && name == "" {
			name = id.Name + "."
		}
		return name == ""
	})
	return name
}

func interfaceMethods(t *ast.TypeSpec) []string {
	i, ok := t.Type.(*ast.InterfaceType)
	if !ok {
		return nil
	}
	var list []string
	for _, m := range i.Methods.List {
		for _, name := range m.Names {
			list = append(list, name.Name)
		}
	}
	return list
}

// checkPage compares the page with the code: the table has each package once, with a sentence, and every function,
// type and file that is named in backticks exists.
func checkPage(page string, files []file, exists func(name string) bool) []string {
	var wrong []string
	packages := map[string]bool{}
	for _, f := range files {
		if !f.test {
			packages[f.dir] = true
		}
	}
	listed := map[string]int{}
	names := declared(files)
	for n, line := range strings.Split(page, "\n") {
		if row := roomRow.FindStringSubmatch(line); row != nil {
			dir, sentence := row[1], row[2]
			listed[dir]++
			if !packages[dir] {
				wrong = append(wrong, fmt.Sprintf("line %d: there is no package %s; take its row out", n+1, dir))
			}
			if len(sentence) < 15 || !strings.HasSuffix(sentence, ".") {
				wrong = append(wrong, fmt.Sprintf("line %d: say in a sentence what %s is for", n+1, dir))
			}
			continue
		}
		for _, found := range quoted.FindAllStringSubmatch(line, -1) {
			name := found[1]
			isName := goName.MatchString(name) && !strings.HasSuffix(name, ".go") && !strings.HasSuffix(name, ".md")
			switch {
			case isName && !names[name]:
				wrong = append(wrong, fmt.Sprintf("line %d: %s is not declared; name what does this today", n+1, name))
			case !isName && !strings.HasPrefix(name, "/") && !exists(name):
				wrong = append(wrong, fmt.Sprintf("line %d: %s is neither a file nor a name of the code", n+1, name))
			}
		}
	}
	for _, dir := range slices.Sorted(maps.Keys(packages)) {
		switch listed[dir] {
		case 0:
			wrong = append(wrong, fmt.Sprintf("%s is missing: add the row | `%s` | what it is for, in a sentence. |",
				dir, dir))
		case 1:
		default:
			wrong = append(wrong, fmt.Sprintf("%s is listed %d times; keep one row", dir, listed[dir]))
		}
	}
	return wrong
}

func TestArchitecturePage(t *testing.T) {
	t.Parallel()
	root := filepath.Join("..", "..")
	page, err := os.ReadFile(filepath.Join(root, "ARCHITECTURE.md"))
	if err != nil {
		t.Fatal(err)
	}
	exists := func(name string) bool {
		_, err := os.Stat(filepath.Join(root, filepath.FromSlash(name)))
		return err == nil
	}
	for _, wrong := range checkPage(string(page), parse(t), exists) {
		t.Error("ARCHITECTURE.md: " + wrong)
	}
	for _, name := range []string{"README.md", "CONTRIBUTING.md"} {
		text, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(text), "](ARCHITECTURE.md)") {
			t.Errorf("%s does not link to ARCHITECTURE.md", name)
		}
	}
}

// The rule for the page finds each fault that it is there for, and nothing else.
func TestArchitecturePageCanFail(t *testing.T) {
	t.Parallel()
	files := []file{
		source(t, "internal/web", `package web; type Web[T any] struct{}; func (w *Web[T]) save() {}`),
		source(t, "internal/control", `package control; type Store interface{ Save() }; func New() {}`),
		source(t, "internal/fresh", `package fresh`),
	}
	page := strings.Join([]string{
		"| `internal/web` | Pages for people. |",
		"| `internal/web` | Pages for people. |",
		"| `internal/control` | short |",
		"| `internal/gone` | It is there no more. |",
		"`web.Web.save` calls `control.Store.Save`, made by `control.New`, under `/path`, in `internal/web/x.go`.",
		"`web.Web.load` and `internal/web/y.go` are made up.",
	}, "\n")
	exists := func(name string) bool { return name == "internal/web/x.go" }
	got := checkPage(page, files, exists)
	want := []string{
		"line 3: say in a sentence what internal/control is for",
		"line 4: there is no package internal/gone; take its row out",
		"line 6: web.Web.load is not declared; name what does this today",
		"line 6: internal/web/y.go is neither a file nor a name of the code",
		"internal/fresh is missing: add the row | `internal/fresh` | what it is for, in a sentence. |",
		"internal/web is listed 2 times; keep one row",
	}
	if !slices.Equal(got, want) {
		t.Errorf("the rule says\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
