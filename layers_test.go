// Package kycsync_test holds the program to its layout: which part may import which, what only one
// place may do, and that the README speaks of what is there.
package kycsync_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "kycsync"

// parts are the folders of the program and what each may import of it, its own packages apart.
// Tests keep to the same.
//
//	             cmd               ties the stages
//	          /   |   \
//	extract  transform  load       never import one another
//	          \   |   /   \
//	           schemas    sql      leaves
var parts = map[string][]string{
	"cmd":       {"extract", "transform", "load", "schemas", "sql"},
	"extract":   {"schemas"},
	"transform": {"schemas"},
	"load":      {"schemas", "sql"},
	"schemas":   {},
	"sql":       {},
	"deploy":    {"schemas"}, // the tables that its scripts name
	".":         {"schemas"}, // these tests
}

// lonely packages are the fakes of the outside world. They import nothing of the program at all, or
// they would agree with our own mistakes. Tests of any part may use them.
var lonely = []string{"extract/didittest", "load/lake/gcstest"}

// reserved imports may stand in the program's code, tests apart, only in the packages named.
var reserved = map[string][]string{
	"net/http":                               {"cmd/kycsync", "extract", "extract/didittest", "load/lake", "load/lake/gcstest"},
	"net":                                    {"cmd/kycsync", "extract", "extract/didittest", "load/seal"}, // asks the ssh-agent
	"database/sql":                           {"load/warehouse"},
	"github.com/duckdb/duckdb-go/v2":         {"load/warehouse"},
	"cloud.google.com/go/storage":            {"load/lake"},
	"github.com/urfave/cli/v2":               {"cmd/kycsync"},
	"testing":                                {"load/lake/gcstest"},
	module + "/extract/didittest":            {"cmd/kycsync"}, // serves the fake vendor
	module + "/load/lake/gcstest":            {},
	"os/exec":                                {"cmd/kycsync"}, // the one program that the operator names
	"unsafe":                                 {},
	"plugin":                                 {},
	"github.com/fsouza/fake-gcs-server":      {"load/lake/gcstest"},
	"golang.org/x/time/rate":                 {"extract"},
	"github.com/schollz/progressbar/v3":      {"cmd/kycsync"},
	"github.com/apache/arrow-go/v18/parquet": {"load/lake"},
}

// barred imports must not stand in the code of a part, tests apart.
var barred = map[string][]string{
	// Pure: bytes in, rows out. No clock (see TestCode), no network, no files.
	"transform": {"os", "io/fs", "path/filepath", "net", "net/url", "log", "log/slog", "context", "math/rand", "math/rand/v2", "crypto/rand", "encoding/json"},
	"schemas":   {"os", "io/fs", "path/filepath", "net", "net/url", "log", "log/slog", "context", "math/rand", "math/rand/v2", "crypto/rand"},
	"sql":       {"os", "io/fs", "path/filepath", "net", "net/url", "log", "log/slog", "context"},
	// encoding/json accepts duplicate names and bad UTF-8; what is received or stored must not pass it.
	"extract": {"encoding/json"},
	"load":    {"encoding/json"},
}

// A goPackage is what go list says of a package.
type goPackage struct {
	ImportPath                         string
	Name                               string
	Imports, TestImports, XTestImports []string
}

// in returns the package's place in the module: "load/lake"; "." for the root.
func (p goPackage) in() string { return place(p.ImportPath) }

func place(importPath string) string {
	if importPath == module {
		return "."
	}
	return strings.TrimPrefix(importPath, module+"/")
}

// part returns the folder that a place belongs to.
func part(place string) string {
	first, _, _ := strings.Cut(place, "/")
	return first
}

func ours(importPath string) bool {
	return importPath == module || strings.HasPrefix(importPath, module+"/")
}

// lies reports whether an import path is root or lies below it.
func lies(importPath, root string) bool {
	return importPath == root || strings.HasPrefix(importPath, root+"/")
}

func TestDirection(t *testing.T) {
	for _, p := range goList(t) {
		for _, dep := range slices.Concat(p.Imports, p.TestImports, p.XTestImports) {
			if !ours(dep) || dep == p.ImportPath {
				continue
			}
			if slices.Contains(lonely, p.in()) {
				t.Errorf("%s imports %s, want nothing of the program", p.in(), place(dep))
			}
			from, to := part(p.in()), part(place(dep))
			fake := slices.Contains(lonely, place(dep)) // TestReserved says who may have it outside tests
			if from != to && !fake && !slices.Contains(parts[from], to) {
				t.Errorf("%s imports %s: %s may import of the program only %q", p.in(), place(dep), from, parts[from])
			}
			if to == "cmd" && from != "cmd" {
				t.Errorf("%s imports the command %s", p.in(), place(dep))
			}
		}
	}
}

func TestReserved(t *testing.T) {
	for _, p := range goList(t) {
		for _, dep := range p.Imports {
			for root, places := range reserved {
				if root == "net" && dep != root { // not its children
					continue
				}
				if lies(dep, root) && !slices.Contains(places, p.in()) {
					t.Errorf("%s imports %s, which only %q may", p.in(), dep, places)
				}
			}
			if slices.Contains(barred[part(p.in())], dep) && !slices.Contains(lonely, p.in()) {
				t.Errorf("%s imports %s, which nothing in %s may", p.in(), dep, part(p.in()))
			}
		}
	}
}

// TestNames refuses folders that say nothing of what is in them.
func TestNames(t *testing.T) {
	empty := []string{"util", "utils", "helper", "helpers", "common", "shared", "misc", "internal", "pkg", "model", "models", "manager", "base", "core", "lib"}
	for _, p := range goList(t) {
		for _, word := range append(strings.Split(p.in(), "/"), p.Name) {
			if slices.Contains(empty, word) {
				t.Errorf("package %s: %q does not say what it is for", p.in(), word)
			}
		}
	}
	for _, name := range tracked(t) {
		if first, _, below := strings.Cut(name, "/"); below && !strings.HasPrefix(first, ".") && parts[first] == nil {
			t.Errorf("%s: the top level has the folders of the program and deploy only", name)
		}
	}
}

// TestCode parses every Go file. Because it does, a cached result of these tests is out of date as
// soon as one of them changes; what go list reads would not be noticed.
func TestCode(t *testing.T) {
	err := filepath.WalkDir(".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && name != "." && strings.HasPrefix(d.Name(), "."), d.IsDir() && d.Name() == "testdata",
			d.IsDir() && parts[part(filepath.ToSlash(name))] == nil: // as in goList
			return fs.SkipDir
		case d.IsDir(), path.Ext(name) != ".go", strings.HasSuffix(name, "_test.go"):
			return nil
		}
		return checkFile(t, filepath.ToSlash(name))
	})
	if err != nil {
		t.Fatal(err)
	}
}

// checkFile looks for what only one file may do, or none.
func checkFile(t *testing.T, name string) error {
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, name, nil, parser.SkipObjectResolution)
	if err != nil {
		return err
	}
	pure := slices.Contains([]string{"transform", "schemas", "sql"}, part(name))
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.SelectorExpr:
			x, ok := n.X.(*ast.Ident)
			if !ok {
				return true
			}
			switch call := x.Name + "." + n.Sel.Name; {
			case call == "os.Exit" && name != "cmd/kycsync/main.go", strings.HasPrefix(call, "log.Fatal"):
				t.Errorf("%s: %s: only main.go ends the process", fset.Position(n.Pos()), call)
			case pure && slices.Contains([]string{"time.Now", "time.Since", "time.Until", "time.Sleep"}, call):
				t.Errorf("%s: %s: %s has no clock", fset.Position(n.Pos()), call, part(name))
			}
		case *ast.FuncDecl:
			if n.Recv == nil && n.Name.Name == "init" {
				t.Errorf("%s: func init: set things up where they are needed", fset.Position(n.Pos()))
			}
		}
		return true
	})
	return nil
}

// goList returns the packages of the program's parts.
func goList(t *testing.T) []goPackage {
	t.Helper()
	out, err := exec.Command("go", "list", "-json=ImportPath,Name,Imports,TestImports,XTestImports", "./...").Output()
	if err != nil {
		t.Fatalf("go list: %s", said(err))
	}
	var all []goPackage
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p goPackage
		err := dec.Decode(&p)
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatalf("go list: %v", err)
		}
		if parts[part(p.in())] != nil { // TestNames refuses other folders, unless git ignores them
			all = append(all, p)
		}
	}
	if len(all) < len(parts) {
		t.Fatalf("go list names %d packages, want %d or more", len(all), len(parts))
	}
	return all
}

// tracked returns the names of the files that git has or would take. Outside a checkout there is
// nothing to ask.
func tracked(t *testing.T) []string {
	t.Helper()
	out, err := exec.Command("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard").Output()
	if err != nil {
		t.Logf("top level not checked: git ls-files: %s", said(err))
		return nil
	}
	return strings.Split(strings.TrimSuffix(string(out), "\x00"), "\x00")
}

// said is what a command that failed wrote about it.
func said(err error) string {
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return fmt.Sprintf("%v: %s", err, strconv.Quote(string(exit.Stderr)))
	}
	return err.Error()
}
