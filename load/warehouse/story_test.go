package warehouse

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"

	"kycsync/schemas"
	"kycsync/sql"
)

// TestStories tells for each view what happened to which session on which day, and what the view must say of it.
// A story is testdata/stories/<view>.txtar. Its comment tells what happened and works the answers out by hand. Each
// file that is named by an instant is the commit of a night, as tables:
//
//	sessions
//	session_id | status   | created_at
//	s1         | Approved | 2026-03-01T10:00:00Z
//
// An empty cell is null, or zero where the column has no null; a column that is not named likewise. Lines that begin
// with # are remarks. Then come pairs of files: "ask", a statement, and "want", the answer, written anew by -update. Further
// nights and further questions may follow.
func TestStories(t *testing.T) {
	empty := newWorld(t).withViews()
	empty.now = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
	empty.commit(nil) // what follows is loaded into tables that are there: they take longer to make than to fill
	empty.update()
	files, err := filepath.Glob("testdata/stories/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	for i, name := range files {
		if testing.Short() && i%8 != 0 {
			continue // the rest in the full run
		}
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			t.Parallel()
			w := empty.clone(t)
			w.cfg.unchecked = filepath.Base(name) != "checks.txtar"
			tell(t, w, name)
		})
	}
}

// TestEveryViewHasAStory holds that no view goes untold.
func TestEveryViewHasAStory(t *testing.T) {
	for _, v := range sql.Views {
		if _, err := os.Stat("testdata/stories/" + v.Name + ".txtar"); err != nil {
			t.Errorf("view %s: %v", v.Name, err)
		}
	}
}

func tell(t *testing.T, w *world, name string) {
	story, err := txtar.ParseFile(name)
	if err != nil {
		t.Fatal(err)
	}
	var r *Reader
	var got string
	changed := false
	for i, f := range story.Files {
		switch f.Name {
		case "ask":
			if r == nil {
				r = w.built(t)
			}
			got = answer(t, r, string(f.Data))
		case "want":
			if want := string(f.Data); got != want {
				if *update {
					story.Files[i].Data, changed = []byte(got), true
					continue
				}
				t.Errorf("%s: %sgot\n%s\nwant\n%s", name, story.Files[i-1].Data, got, want)
			}
		default:
			if w.now, err = time.Parse(time.RFC3339, f.Name); err != nil {
				t.Fatalf("%s: file %q: want an instant, ask or want", name, f.Name)
			}
			w.commit(storyTables(t, w.nextSeq(), w.now, f))
			r = nil // what is asked next knows of it
		}
	}
	if changed {
		if err := os.WriteFile(name, txtar.Format(story), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// built brings the warehouse up to date and opens it.
func (w *world) built(t *testing.T) *Reader {
	if _, err := Update(t.Context(), w.lake, w.cfg); err != nil {
		t.Fatalf("update: %v (%s)", err, detail(err))
	}
	r, err := OpenReader(t.Context(), w.cfg.Path)
	if err != nil {
		t.Fatalf("%v (%s)", err, detail(err))
	}
	t.Cleanup(func() { r.Close() })
	return r
}

func answer(t *testing.T, r *Reader, query string) string {
	t.Helper()
	res, err := r.Query(t.Context(), query)
	if err != nil {
		t.Fatalf("%s: %v (%s)", query, err, detail(err))
	}
	defer res.Close()
	var b bytes.Buffer
	if err := res.Write(&b, "table"); err != nil {
		t.Fatalf("%s: %v (%s)", query, err, detail(err))
	}
	lines := strings.Split(b.String(), "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " ")
	}
	return strings.Join(lines, "\n")
}

// storyTables reads the tables of one commit.
func storyTables(t *testing.T, seq int64, at time.Time, f txtar.File) map[string][]row {
	t.Helper()
	out := map[string][]row{}
	var table *schemas.Table
	var header []string
	for line := range strings.Lines(string(f.Data)) {
		line = strings.TrimSpace(line)
		cells := strings.Split(line, "|")
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		switch {
		case line == "" || strings.HasPrefix(line, "#"):
		case len(cells) == 1 && schemas.Lookup(line) != nil && (table == nil || header != nil):
			table, header = schemas.Lookup(line), nil
		case table == nil:
			t.Fatalf("commit %s: no table %q", f.Name, line)
		case header == nil:
			header = cells
		case len(cells) != len(header):
			t.Fatalf("commit %s, %s: %d cells in %q, want %d", f.Name, table.Name, len(cells), line, len(header))
		default:
			r := row{"observed_at": at.Add(-time.Minute), "version_seq": seq}
			for i, name := range header {
				r[name] = storyValue(t, table, name, cells[i])
			}
			out[table.Name] = append(out[table.Name], r)
		}
	}
	return out
}

func storyValue(t *testing.T, table *schemas.Table, name, cell string) (v any) {
	t.Helper()
	if cell == "" {
		return nil
	}
	var err error
	for _, c := range table.Stored() {
		if c.Name != name {
			continue
		}
		switch c.Kind {
		case schemas.Text, schemas.JSON, schemas.Decimal:
			return cell
		case schemas.Int:
			v, err = strconv.ParseInt(cell, 10, 64)
		case schemas.Float:
			v, err = strconv.ParseFloat(cell, 64)
		case schemas.Bool:
			v, err = strconv.ParseBool(cell)
		case schemas.Time:
			v, err = time.Parse(time.RFC3339Nano, cell)
		case schemas.Date:
			v, err = time.Parse(time.DateOnly, cell)
		default:
			panic(fmt.Sprintf("no story value of kind %d", c.Kind))
		}
		if err != nil {
			t.Fatalf("%s.%s: %v", table.Name, name, err)
		}
		return v
	}
	t.Fatalf("table %s has no column %s", table.Name, name)
	return nil
}
