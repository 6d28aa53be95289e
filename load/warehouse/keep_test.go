package warehouse

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// kept returns the names of what is kept.
func (w *world) kept() (names []string) {
	w.t.Helper()
	entries, err := os.ReadDir(w.cfg.Path + ".d")
	if err != nil && !os.IsNotExist(err) {
		w.t.Fatal(err)
	}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func TestWarehousesThatWereReplacedAreKept(t *testing.T) {
	if testing.Short() {
		t.Skip("many builds")
	}
	w := newWorld(t)
	night := func(keep int) {
		w.t.Helper()
		w.cfg.Keep = keep
		w.commit(map[string][]row{"sessions": {{"session_id": fmt.Sprint("s", w.nextSeq())}}})
		w.update()
	}
	night(0)
	equalStrings(t, "none without being asked", w.kept())
	before := readFile(t, w.cfg.Path)
	night(1)
	equalStrings(t, "the one before", w.kept(), "kyc-000000000001.duckdb")
	name := filepath.Join(w.cfg.Path+".d", "kyc-000000000001.duckdb")
	if !bytes.Equal(readFile(t, name), before) {
		t.Error("not the file that was there")
	}
	equalStrings(t, "it can be asked", ask(t, name, "SELECT session_id FROM sessions"), "s1")
	w.rebuild()
	equalStrings(t, "another file of the same commit replaces none", w.kept(), "kyc-000000000001.duckdb")
	if err := os.Rename(name, filepath.Join(w.cfg.Path+".d", "audit.duckdb")); err != nil {
		t.Fatal(err)
	}
	night(1)
	night(1)
	equalStrings(t, "the last, and what has another name", w.kept(), "audit.duckdb", "kyc-000000000003.duckdb")
	night(0)
	equalStrings(t, "they stay where none are kept", w.kept(), "audit.duckdb", "kyc-000000000003.duckdb")

	// What cannot be kept is no reason to leave readers with it.
	if err := os.RemoveAll(w.cfg.Path + ".d"); err != nil {
		t.Fatal(err)
	}
	writeFile(t, w.cfg.Path+".d", nil, 0o600)
	var log bytes.Buffer
	w.logTo(&log)
	night(2)
	if !bytes.Contains(log.Bytes(), []byte("could not be kept")) {
		t.Errorf("log: %s", log.String())
	}
	equalStrings(t, "published", w.ask("SELECT count(*) FROM sessions"), "6")
}

// A build that is killed once the file has its second name keeps it all the same, and a damaged file is not kept.
func TestKeepingTwice(t *testing.T) {
	if testing.Short() {
		t.Skip("seconds; the default run has it")
	}
	w := newWorld(t)
	w.cfg.Keep = 3
	w.commit(map[string][]row{"sessions": {{"session_id": "s1"}}})
	w.update()
	if err := os.Mkdir(w.cfg.Path+".d", 0o700); err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(w.cfg.Path+".d", "kyc-000000000001.duckdb")
	if err := os.Link(w.cfg.Path, name); err != nil {
		t.Fatal(err)
	}
	w.commit(nil)
	w.update()
	equalStrings(t, "kept", w.kept(), "kyc-000000000001.duckdb")
	second := filepath.Join(w.cfg.Path+".d", "kyc-000000000002.duckdb")
	writeFile(t, second, []byte("of another history"), 0o600)
	before := readFile(t, w.cfg.Path)
	w.commit(nil)
	w.update()
	equalStrings(t, "kept", w.kept(), "kyc-000000000001.duckdb", "kyc-000000000002.duckdb")
	if !bytes.Equal(readFile(t, second), before) {
		t.Error("a file of the same number was kept, and not the one that was published")
	}
	replaceFile(t, w.cfg.Path, []byte("damaged"))
	w.commit(nil)
	w.update()
	equalStrings(t, "a damaged file is not", w.kept(), "kyc-000000000001.duckdb", "kyc-000000000002.duckdb")
}
