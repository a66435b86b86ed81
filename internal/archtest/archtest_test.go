package archtest

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
)

const module = "ledgersheet"

// may names for each package of this module the packages of this module that it may import. Short lists are the point:
// technologies meet in app alone, and pages and the API know what people can do, not where it is kept.
var may = map[string]string{
	"cmd/ledgersheet": "cli",

	"bench": "",

	"cli":  "api app boltstore config control demo export exporters problem vault version web",
	"demo": "config control export google/googlesim intuit/intuitsim table vault",
	"app": "api auth boltstore budget config control export exporters file google intuit limit mail mirror " +
		"notice notify oauth pipeline problem progress queue schedule sheetfile source supply table templates " +
		"tracing vault version web webhook",

	"api":      "budget change control download export notice pipeline problem sheetfile table",
	"web":      "budget change control download export notice pipeline problem schedule sheetfile table",
	"auth":     "access export problem",
	"download": "sheetfile",

	"access":   "export",
	"control":  "access budget change export ics notice pipeline problem schedule sheetfile table",
	"notice":   "export problem schedule",
	"notify":   "export notice problem",
	"mail":     "notice problem",
	"budget":   "export problem schedule",
	"webhook":  "export problem schedule",
	"schedule": "export problem",
	"queue":    "export problem",
	"progress": "export",
	"tracing":  "export problem table",
	"pipeline": "capture change export problem statement table",

	"source":    "changelog export problem rows statement supply",
	"rows":      "export problem record supply table",
	"statement": "export problem record sentence supply table",
	"changelog": "export record supply table",

	"sheetfile":        "change problem table",
	"boltstore":        "export mapped problem",
	"file":             "change export problem sheetfile table",
	"google":           "change export limit problem table",
	"mail/smtpsim":     "",
	"mirror":           "export mapped problem record supply table",
	"google/googlesim": "",
	"intuit":           "export limit problem record supply table",
	"intuit/intuitsim": "",
	"oauth":            "export problem",

	"desktest": "auth boltstore budget change control export exporters file notice pipeline problem progress " +
		"table vault",
	"destinationtest":   "export table",
	"storetest":         "export problem",
	"supply/supplysim":  "export intuit intuit/intuitsim limit supply supply/supplytest",
	"supply/supplytest": "export problem record supply table",

	"exporters": "export record table",
	"supply":    "export record",
	"export":    "change problem record table",
	"change":    "",
	"ics":       "",
	"record":    "table",
	"config":    "vault",

	"capture": "sentence",

	"archtest": "", "limit": "", "mapped": "", "problem": "", "sentence": "", "table": "", "templates": "",
	"vault": "", "version": "",
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
	files, err := parsed()
	if err != nil {
		t.Fatal(err)
	}
	if len(files) < 20 {
		t.Fatalf("only %d files were found", len(files))
	}
	return files
}

// parsed parses the module once for all tests, which only read it.
var parsed = sync.OnceValues(func() ([]file, error) {
	root := filepath.Join("..", "..")
	var files []file
	err := filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		hidden := strings.HasPrefix(d.Name(), ".") && p != root
		if d.IsDir() && (hidden || d.Name() == "testdata" || d.Name() == "node_modules") {
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
		test := strings.HasSuffix(rel, "_test.go")
		files = append(files, file{dir: path.Dir(rel), name: rel, test: test, ast: parsed, fset: fset})
		return nil
	})
	return files, err
})

// short is a package as may names it: without internal/ before it.
func short(pkg string) string { return strings.TrimPrefix(pkg, "internal/") }

// strayImports compares what the files import with what they may.
func strayImports(files []file, may map[string]string) []string {
	var wrong []string
	used := map[string][]string{}
	for _, f := range files {
		if f.test {
			continue
		}
		from := short(f.dir)
		allowed, known := may[from]
		if _, seen := used[from]; !seen {
			used[from] = []string{}
			if !known {
				wrong = append(wrong, fmt.Sprintf("%s is not in the list; say there what it may import", from))
			}
		}
		for _, i := range f.ast.Imports {
			imported, _ := strconv.Unquote(i.Path.Value)
			to, ours := strings.CutPrefix(imported, module+"/")
			if !ours {
				continue
			}
			to = short(to)
			used[from] = append(used[from], to)
			if known && !slices.Contains(strings.Fields(allowed), to) {
				wrong = append(wrong, fmt.Sprintf("%s imports %s, which %s may not", f.name, to, from))
			}
		}
	}
	for from, list := range may {
		imports, exists := used[from]
		if !exists {
			wrong = append(wrong, fmt.Sprintf("%s is in the list and nowhere else", from))
			continue
		}
		for _, to := range strings.Fields(list) {
			if !slices.Contains(imports, to) {
				wrong = append(wrong, fmt.Sprintf("%s may import %s and does not; take the permission away", from, to))
			}
		}
	}
	slices.Sort(wrong)
	return wrong
}

func TestImports(t *testing.T) {
	t.Parallel()
	for _, wrong := range strayImports(parse(t), may) {
		t.Error(wrong)
	}
}

// source parses one made-up file.
func source(t *testing.T, dir, text string) file {
	t.Helper()
	fset := token.NewFileSet()
	parsed, err := parser.ParseFile(fset, dir+"/x.go", text, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	return file{dir: dir, name: dir + "/x.go", ast: parsed, fset: fset}
}

// The rule for imports refuses what it is there for.
func TestImportsCanFail(t *testing.T) {
	t.Parallel()
	list := map[string]string{"web": "control table", "control": "", "gone": ""}
	got := strayImports([]file{
		source(t, "internal/web",
			`package web; import ("fmt"; "ledgersheet/internal/control"; "ledgersheet/internal/boltstore")`),
		source(t, "internal/control", `package control`),
		source(t, "internal/fresh", `package fresh`),
	}, list)
	want := []string{
		"fresh is not in the list; say there what it may import",
		"gone is in the list and nowhere else",
		"internal/web/x.go imports boltstore, which web may not",
		"web may import table and does not; take the permission away",
	}
	if !slices.Equal(got, want) {
		t.Errorf("the rule says %q, want %q", got, want)
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
var moneyPaths = []string{"internal/table", "internal/record", "internal/export", "internal/intuit", "internal/rows",
	"internal/statement", "internal/changelog", "internal/google",
	"internal/pipeline", "exporters", "internal/api"}

func TestMoneyIsNeverAFloat(t *testing.T) {
	t.Parallel()
	for _, f := range parse(t) {
		if f.test || !slices.Contains(moneyPaths, f.dir) {
			continue
		}
		ast.Inspect(f.ast, func(n ast.Node) bool {
			if id, ok := n.(*ast.Ident); ok &&
				slices.Contains([]string{"float64", "float32", "ParseFloat", "InexactFloat64", "NewFromFloat"},
					id.Name) {
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
				if text, err := strconv.Unquote(n.Value); err == nil &&
					slices.Contains([]string{"POST", "PUT", "PATCH", "DELETE"}, text) {
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

// states are the package variables that may be set after they are declared: the registry, which is filled while the
// program initialises, and what the linker sets.
var states = []string{"exporters.registered", "version.Version", "version.Commit", "version.Date"}

// hiddenState lists what keeps or changes state in a package's variables, or waits where nobody can stop it.
func hiddenState(files []file) []string {
	var wrong []string
	globals := map[string]map[string]bool{} // by folder
	for _, f := range files {
		if f.test {
			continue
		}
		if globals[f.dir] == nil {
			globals[f.dir] = map[string]bool{}
		}
		for _, v := range packageVars(f) {
			globals[f.dir][v.name] = true
			if !v.valued && !slices.Contains(states, short(f.dir)+"."+v.name) {
				wrong = append(wrong, fmt.Sprintf("%s: %s is declared without a value, so somebody sets it later",
					f.name, v.name))
			}
		}
	}
	for _, f := range files {
		if f.test {
			continue
		}
		for _, d := range f.ast.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok || fn.Body == nil {
				continue
			}
			if fn.Recv == nil && fn.Name.Name == "init" {
				wrong = append(wrong, fmt.Sprintf("%s: func init", f.name))
			}
			locals := localNames(fn)
			for name := range changed(fn) {
				if globals[f.dir][name] && !locals[name] && !slices.Contains(states, short(f.dir)+"."+name) {
					wrong = append(wrong, fmt.Sprintf("%s: %s changes the package's %s", f.name, fn.Name.Name, name))
				}
			}
			ast.Inspect(fn, func(n ast.Node) bool {
				if sel, ok := n.(*ast.SelectorExpr); ok {
					if pkg, ok := sel.X.(*ast.Ident); ok && pkg.Name == "time" &&
						(sel.Sel.Name == "Sleep" || sel.Sel.Name == "Tick") {
						wrong = append(wrong, fmt.Sprintf("%s: time.%s cannot be stopped", f.name, sel.Sel.Name))
					}
				}
				return true
			})
		}
	}
	slices.Sort(wrong)
	return wrong
}

// packageVar is a variable of a package; valued says that its declaration gives it a value.
type packageVar struct {
	name   string
	valued bool
}

func packageVars(f file) []packageVar {
	var out []packageVar
	for _, d := range f.ast.Decls {
		decl, ok := d.(*ast.GenDecl)
		if !ok || decl.Tok != token.VAR {
			continue
		}
		embedded := func(doc *ast.CommentGroup) bool {
			return doc != nil && slices.ContainsFunc(doc.List,
				func(c *ast.Comment) bool { return strings.HasPrefix(c.Text, "//go:embed ") })
		}
		for _, spec := range decl.Specs {
			v := spec.(*ast.ValueSpec)
			for _, name := range v.Names {
				if name.Name != "_" {
					out = append(out, packageVar{name.Name, len(v.Values) > 0 || embedded(decl.Doc) || embedded(v.Doc)})
				}
			}
		}
	}
	return out
}

// changed lists the names to which a function assigns, in whole or in part, whose address it takes, or from which it
// deletes.
func changed(fn *ast.FuncDecl) map[string]bool {
	names := map[string]bool{}
	add := func(e ast.Expr) {
		for {
			switch x := e.(type) {
			case *ast.Ident:
				names[x.Name] = true
				return
			case *ast.SelectorExpr:
				e = x.X
			case *ast.IndexExpr:
				e = x.X
			case *ast.StarExpr:
				e = x.X
			case *ast.ParenExpr:
				e = x.X
			default:
				return
			}
		}
	}
	ast.Inspect(fn.Body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.AssignStmt:
			for _, left := range n.Lhs {
				add(left)
			}
		case *ast.IncDecStmt:
			add(n.X)
		case *ast.UnaryExpr:
			if n.Op == token.AND {
				add(n.X)
			}
		case *ast.CallExpr:
			called, ok := n.Fun.(*ast.Ident)
			if ok && (called.Name == "delete" || called.Name == "clear" || called.Name == "copy") && len(n.Args) > 0 {
				add(n.Args[0])
			}
			// Methods by which the types of sync and sync/atomic change.
			if m, ok := n.Fun.(*ast.SelectorExpr); ok &&
				slices.Contains([]string{"Store", "Swap", "CompareAndSwap", "Lock", "Do", "LoadOrStore"}, m.Sel.Name) {
				add(m.X)
			}
		}
		return true
	})
	return names
}

// localNames are the names that a function declares anywhere in itself.
func localNames(fn *ast.FuncDecl) map[string]bool {
	names := map[string]bool{}
	ast.Inspect(fn, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Field:
			for _, name := range n.Names {
				names[name.Name] = true
			}
		case *ast.ValueSpec:
			for _, name := range n.Names {
				names[name.Name] = true
			}
		case *ast.AssignStmt:
			if n.Tok == token.DEFINE {
				for _, left := range n.Lhs {
					if id, ok := left.(*ast.Ident); ok {
						names[id.Name] = true
					}
				}
			}
		case *ast.RangeStmt:
			for _, e := range []ast.Expr{n.Key, n.Value} {
				if id, ok := e.(*ast.Ident); ok && n.Tok == token.DEFINE {
					names[id.Name] = true
				}
			}
		}
		return true
	})
	return names
}

func TestNoHiddenState(t *testing.T) {
	t.Parallel()
	for _, wrong := range hiddenState(parse(t)) {
		t.Error(wrong)
	}
}

// The rule for hidden state finds a counter, however it is changed.
func TestHiddenStateIsFound(t *testing.T) {
	t.Parallel()
	const text = `package queue
		import ("errors"; "sync/atomic"; "time")
		var ErrFine = errors.New("fine")
		var words = map[string]string{"a": "b"}
		var set = 1
		var seen = map[string]bool{}
		var held atomic.Int64
		var counter int
		func count() { counter++ }
		func remember(k string) { seen[k] = true }
		func forget(k string) { delete(seen, k) }
		func overwrite() { held.Store(2); set = 3 }
		func alias() *int { return &set }
		func harmless(words []string) { counter := 0; counter++; words[0] = "x"; _ = counter }
		func wait() { time.Sleep(1) }
		func init() {}`
	got := hiddenState([]file{source(t, "internal/queue", text)})
	want := []string{
		"alias changes the package's set", "count changes the package's counter",
		"counter is declared without a value, so somebody sets it later",
		"forget changes the package's seen", "func init", "held is declared without a value, so somebody sets it later",
		"overwrite changes the package's held", "overwrite changes the package's set",
		"remember changes the package's seen",
		"time.Sleep cannot be stopped",
	}
	for i := range want {
		want[i] = "internal/queue/x.go: " + want[i]
	}
	if !slices.Equal(got, want) {
		t.Errorf("the rule says\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
