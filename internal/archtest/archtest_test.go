package archtest

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "ledgersheet"

// layers lists the packages from the edge down. A package imports only from lower rows, or from its own row where that
// row says so.
var layers = []struct {
	packages []string
	among    bool // packages of the row may import each other
}{
	{packages: []string{"cmd/ledgersheet"}},
	{packages: []string{"internal/cli"}},
	{packages: []string{"internal/demo"}}, // sets the app up from outside, through control
	{packages: []string{"internal/app"}},
	{packages: []string{"internal/web", "internal/api", "internal/auth"}},
	{packages: []string{"internal/control"}},
	{packages: []string{"internal/schedule", "internal/queue", "internal/progress"}, among: true},
	{packages: []string{"internal/pipeline"}},
	{packages: []string{"internal/source"}},
	{packages: []string{"internal/rows", "internal/statement", "internal/changelog"}},
	{packages: []string{"internal/intuit", "internal/google", "internal/oauth", "internal/boltstore", "internal/intuit/intuitsim", "internal/google/googlesim", "internal/storetest"}},
	{packages: []string{"exporters"}},
	{packages: []string{"internal/supply"}},
	{packages: []string{"internal/export"}},
	{packages: []string{"internal/record"}},
	{packages: []string{"internal/table", "internal/limit", "internal/problem", "internal/version", "internal/config", "internal/archtest", "templates"}},
	{packages: []string{"internal/vault"}}, // config reads keys
}

// exceptions are imports that go against the rows, each with its reason.
var exceptions = map[string]string{
	"internal/cli internal/api":           "the command line shows runs in the API's JSON",
	"internal/demo internal/config":       "the sandbox points settings at itself",
	"internal/control internal/schedule":  "checks what people type as a schedule",
	"internal/control internal/pipeline":  "hands previews on",
	"internal/api internal/pipeline":      "shows previews",
	"internal/web internal/pipeline":      "shows previews",
	"internal/web internal/schedule":      "says schedules in words",
	"internal/oauth internal/export":      "grants and flows are domain types",
	"internal/schedule internal/progress": "same row",
}

// file is one parsed Go file of the module.
type file struct {
	dir, name string
	test      bool
	ast       *ast.File
	fset      *token.FileSet
}

func parse(t *testing.T) []file {
	t.Helper()
	root := filepath.Join("..", "..")
	var files []file
	err := filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (strings.HasPrefix(d.Name(), ".") && p != root || d.Name() == "testdata" || d.Name() == "node_modules") && d.Name() != ".." {
			return filepath.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(p, ".go") {
			return nil
		}
		fset := token.NewFileSet()
		parsed, err := parser.ParseFile(fset, p, nil, parser.ParseComments)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, p)
		if err != nil {
			return err
		}
		rel = filepath.ToSlash(rel)
		files = append(files, file{dir: path.Dir(rel), name: rel, test: strings.HasSuffix(rel, "_test.go"), ast: parsed, fset: fset})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(files) < 20 {
		t.Fatalf("only %d files were found", len(files))
	}
	return files
}

func rowOf(pkg string) int {
	return slices.IndexFunc(layers, func(l struct {
		packages []string
		among    bool
	}) bool {
		return slices.Contains(l.packages, pkg)
	})
}

func TestImportsGoDown(t *testing.T) {
	t.Parallel()
	for _, f := range parse(t) {
		if f.test {
			continue
		}
		from := rowOf(f.dir)
		if from < 0 {
			t.Errorf("%s: the package %s stands in no row of layers; add it where it belongs", f.name, f.dir)
			continue
		}
		for _, i := range f.ast.Imports {
			imported, _ := strconv.Unquote(i.Path.Value)
			to, ours := strings.CutPrefix(imported, module+"/")
			if !ours {
				continue
			}
			row := rowOf(to)
			if row > from || (row == from && layers[row].among) || exceptions[f.dir+" "+to] != "" {
				continue
			}
			t.Errorf("%s imports %s: imports go down only", f.name, to)
		}
	}
}

func TestEveryPackageSaysWhatItIs(t *testing.T) {
	t.Parallel()
	docs := map[string][]string{}
	for _, f := range parse(t) {
		if f.test {
			continue
		}
		if _, seen := docs[f.dir]; !seen {
			docs[f.dir] = nil
		}
		if f.ast.Doc != nil {
			docs[f.dir] = append(docs[f.dir], f.name)
		}
	}
	for pkg, with := range docs {
		if len(with) != 1 {
			t.Errorf("%s has %d package comments, must have one: %v", pkg, len(with), with)
		}
	}
}

// moneyPaths are the packages through which money passes: no float64 there, in any form.
var moneyPaths = []string{"internal/table", "internal/record", "internal/export", "internal/intuit", "internal/rows", "internal/statement", "internal/changelog", "internal/google",
	"internal/pipeline", "exporters", "internal/api"}

func TestMoneyIsNeverAFloat(t *testing.T) {
	t.Parallel()
	for _, f := range parse(t) {
		if f.test || !slices.Contains(moneyPaths, f.dir) {
			continue
		}
		ast.Inspect(f.ast, func(n ast.Node) bool {
			if id, ok := n.(*ast.Ident); ok && slices.Contains([]string{"float64", "float32", "ParseFloat", "InexactFloat64", "NewFromFloat"}, id.Name) {
				t.Errorf("%s: %s in a money path", f.fset.Position(id.Pos()), id.Name)
			}
			return true
		})
	}
}

// TestQuickBooksIsOnlyRead looks for what could write: the client of the accounting API names no method but GET.
func TestQuickBooksIsOnlyRead(t *testing.T) {
	t.Parallel()
	writing := []string{"MethodPost", "MethodPut", "MethodPatch", "MethodDelete", "Post", "PostForm"}
	found := 0
	for _, f := range parse(t) {
		if f.test || f.dir != "internal/intuit" {
			continue
		}
		ast.Inspect(f.ast, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.SelectorExpr:
				if slices.Contains(writing, n.Sel.Name) {
					t.Errorf("%s: %s towards the accounting API", f.fset.Position(n.Pos()), n.Sel.Name)
				}
				if n.Sel.Name == "NewRequestWithContext" || n.Sel.Name == "NewRequest" {
					found++
				}
			case *ast.BasicLit:
				if text, err := strconv.Unquote(n.Value); err == nil && slices.Contains([]string{"POST", "PUT", "PATCH", "DELETE"}, text) {
					t.Errorf("%s: %q towards the accounting API", f.fset.Position(n.Pos()), text)
				}
			}
			return true
		})
	}
	if found == 0 {
		t.Error("no request was found at all: look for the rule's target")
	}
}

// TestNoHiddenState: packages keep no changing state of their own, but for the registry that is filled while the program
// initialises and the version that the linker sets.
func TestNoHiddenState(t *testing.T) {
	t.Parallel()
	for _, f := range parse(t) {
		if f.test {
			continue
		}
		ast.Inspect(f.ast, func(n ast.Node) bool {
			if fn, ok := n.(*ast.FuncDecl); ok && fn.Recv == nil && fn.Name.Name == "init" {
				t.Errorf("%s: func init", f.fset.Position(fn.Pos()))
			}
			if call, ok := n.(*ast.CallExpr); ok {
				if sel, ok := call.Fun.(*ast.SelectorExpr); ok {
					if pkg, ok := sel.X.(*ast.Ident); ok && pkg.Name == "time" && (sel.Sel.Name == "Sleep" || sel.Sel.Name == "Tick") {
						t.Errorf("%s: time.%s cannot be stopped", f.fset.Position(call.Pos()), sel.Sel.Name)
					}
				}
			}
			return true
		})
	}
}
