package warehouse

import (
	"cmp"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"kycsync/load/lake"
	"kycsync/sql"
)

// TestViewsAtSize asks each view its example, and for the number of all its rows, and prints what they take, as it
// goes and again with the dearest first, and which take more than slowCPU. KYCSYNC_TEST_VIEWS is the path of a warehouse, or a number of
// sessions to make one of; their histories are short and half of the tables are empty. The clock fails no test.
//
// The ids, users and days in the examples are exchanged for some that are there: the session with the most versions,
// the user with the most sessions, days as far before the newest commit as before 2026-10-31.
func TestViewsAtSize(t *testing.T) {
	path := os.Getenv("KYCSYNC_TEST_VIEWS")
	if path == "" {
		t.Skip("KYCSYNC_TEST_VIEWS names a warehouse or a number of sessions")
	}
	if n, err := strconv.Atoi(path); err == nil {
		path = warehouseOf(t, n)
	}
	now := askedAt(t, "today", func() (*Reader, error) { return OpenReader(t.Context(), path) })
	then := now.oldest.Add(now.newest.Sub(now.oldest) * 2 / 3)
	askedAt(t, "as known when two thirds of the time had passed", func() (*Reader, error) { return OpenPast(t.Context(), path, then) })
}

// askedAt asks everything of a reader, prints what it took, and returns what stands in the warehouse.
func askedAt(t *testing.T, when string, open func() (*Reader, error)) example {
	begun, cpu := time.Now(), cpuSeconds(t)
	r, err := open()
	if err != nil {
		t.Fatalf("%v (%s)", err, detail(err))
	}
	fmt.Printf("%s: opened in %.2f s CPU, %.2f s\n", when, cpuSeconds(t)-cpu, time.Since(begun).Seconds())
	e := exampled(t, r)
	printAsked(e.askAll(t, r))
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	return e
}

// slowCPU is what a question may take, in seconds of CPU, to be answered within two seconds on one core or more.
const slowCPU = 2

// warehouseOf makes a warehouse of so many sessions.
func warehouseOf(t *testing.T, sessions int) string {
	l, err := lake.Open(t.Context(), t.TempDir(), lake.Config{Create: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	w := &world{lake: l, cfg: Config{Path: t.TempDir() + "/kyc.duckdb", unchecked: true}}
	for from := 0; from < sessions; from += benchSessions {
		if err := w.night(t, from, min(from+benchSessions, sessions)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := Rebuild(t.Context(), w.lake, w.cfg); err != nil {
		t.Fatalf("%v (%s)", err, detail(err))
	}
	return w.cfg.Path
}

// An example knows what stands in a warehouse in place of what stands in the examples.
type example struct {
	session, user string
	oldest        time.Time // day of the first commit
	newest        time.Time // day of the newest commit
	seq           int64
}

func exampled(t *testing.T, r *Reader) example {
	var e example
	for query, dest := range map[string]any{
		"SELECT coalesce(arg_max(session_id, n), '') FROM (SELECT session_id, count(*) AS n FROM sessions_versions GROUP BY session_id)":                            &e.session,
		"SELECT coalesce(arg_max(vendor_data_key, n), '') FROM (SELECT vendor_data_key, count(*) AS n FROM sessions GROUP BY vendor_data_key HAVING count(*) < 20)": &e.user,
		"SELECT coalesce(min(committed_at), now())::DATE FROM " + ledgerTable:                                                                                       &e.oldest,
		"SELECT coalesce(max(committed_at), now())::DATE FROM " + ledgerTable:                                                                                       &e.newest,
		"SELECT coalesce(max(version_seq), 0) FROM sessions_versions":                                                                                               &e.seq,
	} {
		if err := r.in.row(t.Context(), "look", query, dest); err != nil {
			t.Fatalf("%v (%s)", err, detail(err))
		}
	}
	return e
}

var dayRE = regexp.MustCompile(`\b\d{4}-\d\d-\d\d\b`)

// in returns a statement with what there is.
func (e example) in(query string) string {
	query = strings.NewReplacer("7d3b5c3e-5a0c-4b8e-9a3e-0d8f3a1b2c4d", e.session, "customer-4711", strings.ReplaceAll(e.user, "'", "''")).Replace(query)
	return dayRE.ReplaceAllStringFunc(query, func(text string) string {
		day, err := time.Parse(time.DateOnly, text)
		if err != nil {
			return text
		}
		return e.newest.AddDate(0, 0, -int(time.Date(2026, 10, 31, 0, 0, 0, 0, time.UTC).Sub(day).Hours()/24)).Format(time.DateOnly)
	})
}

// An asked is a question and what it took.
type asked struct {
	name      string
	rows      int
	cpu, wall float64 // seconds
	refused   string  // why it was not answered; empty: it was
}

// askAll asks everything. Whatever is refused, for want of memory, is told and not asked again.
func (e example) askAll(t *testing.T, r *Reader) []asked {
	var out []asked
	for _, v := range sql.Views {
		out = append(out, asking(t, r, v.Name, e.in(v.Example)))
		switch v.Name {
		case "session_dossier", "user_as_known_at": // of one
		case "changes": // of all history it is slow, and says so
			out = append(out, asking(t, r, v.Name+", a night", fmt.Sprintf("SELECT count(*) FROM changes WHERE version_seq = %d", e.seq)))
		default:
			out = append(out, asking(t, r, v.Name+", all", "SELECT count(*) FROM ("+e.in(wholeOf(v))+")"))
		}
	}
	for _, q := range sql.Questions() {
		out = append(out, asking(t, r, q.Name, q.SQL))
	}
	return out
}

// wholeOf returns the statement that asks a view for all rows, with the arguments of its example.
func wholeOf(v sql.View) string {
	call := v.Name
	if v.Macro {
		_, args, _ := strings.Cut(v.Example, v.Name+"(")
		for i, depth := 0, 1; i < len(args); i++ {
			depth += strings.Count("(", args[i:i+1]) - strings.Count(")", args[i:i+1])
			if depth == 0 {
				call += "(" + args[:i+1]
				break
			}
		}
	}
	return "FROM " + call
}

func asking(t *testing.T, r *Reader, name, query string) asked {
	t.Helper()
	a := asked{name: name}
	begun, cpu := time.Now(), cpuSeconds(t)
	res, err := r.Query(t.Context(), query)
	if err == nil {
		for res.Next() {
			a.rows++
		}
		err = cmp.Or(res.Err(), res.Close())
	}
	a.cpu, a.wall = cpuSeconds(t)-cpu, time.Since(begun).Seconds()
	if err != nil {
		a.refused = detail(err)
		t.Errorf("%s: %v (%s)", query, err, a.refused)
	}
	fmt.Println(a)
	return a
}

func (a asked) String() string {
	return fmt.Sprintf("%7.2f s CPU %7.2f s %9d rows  %s %s", a.cpu, a.wall, a.rows, a.name, a.refused)
}

func printAsked(all []asked) {
	slices.SortFunc(all, func(a, b asked) int { return cmp.Compare(b.cpu, a.cpu) })
	fmt.Println("sorted:")
	for _, a := range all {
		fmt.Println(a)
	}
	for _, a := range all {
		if a.cpu > slowCPU || a.refused != "" {
			fmt.Printf("slow: %s\n", a.name)
		}
	}
}
