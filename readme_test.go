package kycsync_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"kycsync/schemas"
)

func TestReadmeNamesEveryTable(t *testing.T) {
	readme := read(t, "README.md")
	for _, table := range schemas.Tables {
		if !strings.Contains(readme, "`"+table.Name+"`") {
			t.Errorf("README.md: table %s is not there", table.Name)
		}
	}
}

// TestReadmeNamesEveryDependency compares the table of dependencies with go.mod, where a module
// without the remark "indirect" is a direct one.
func TestReadmeNamesEveryDependency(t *testing.T) {
	direct := map[string]bool{}
	mod := read(t, "go.mod")
	for _, m := range regexp.MustCompile(`(?m)^\t(\S+) v\S+$`).FindAllStringSubmatch(mod, -1) {
		direct[m[1]] = true
	}
	if len(direct) == 0 {
		t.Fatal("go.mod names no direct dependency")
	}
	explained := map[string]bool{}
	_, section, _ := strings.Cut(read(t, "README.md"), "\n## Dependencies\n")
	for _, m := range regexp.MustCompile("(?m)^\\| `([^`]+)` \\| (.+) \\| (.+) \\|$").FindAllStringSubmatch(section, -1) {
		explained[m[1]] = true
		if !strings.Contains(mod, "\t"+m[1]+" v") {
			t.Errorf("README.md: %s is not in go.mod", m[1])
		}
	}
	for name := range direct {
		if !explained[name] {
			t.Errorf("README.md: the dependency %s is not explained", name)
		}
	}
}

func TestReadmeNamesFilesThatExist(t *testing.T) {
	for _, m := range regexp.MustCompile("`([a-z_]+(?:/[a-zA-Z_*.]+)+)`").FindAllStringSubmatch(read(t, "README.md"), -1) {
		if parts[part(m[1])] == nil { // not a path in this repository
			continue
		}
		if found, err := filepath.Glob(m[1]); err != nil || len(found) == 0 {
			t.Errorf("README.md: there is no %s", m[1])
		}
	}
}

// TestReadmeNamesTestsThatExist looks for the functions that go test commands name.
func TestReadmeNamesTestsThatExist(t *testing.T) {
	commands := regexp.MustCompile(`go test (\./\S+) -run '\^\$' -(fuzz|bench) (\w+)`).FindAllStringSubmatch(read(t, "README.md"), -1)
	if len(commands) < 2 {
		t.Errorf("README.md: want a fuzz and a bench command, got %q", commands)
	}
	for _, m := range commands {
		files, err := filepath.Glob(filepath.Join(m[1], "*_test.go"))
		if err != nil {
			t.Fatal(err)
		}
		name, found := map[string]string{"fuzz": "", "bench": "Benchmark"}[m[2]]+m[3], false
		for _, file := range files {
			found = found || strings.Contains(read(t, file), "\nfunc "+name+"(")
		}
		if !found {
			t.Errorf("README.md: %s has no %s", m[1], name)
		}
	}
}

func read(t *testing.T, name string) string {
	t.Helper()
	body, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}
