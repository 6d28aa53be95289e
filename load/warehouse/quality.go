package warehouse

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"kycsync/schemas"
	"kycsync/sql"
)

// A check is a query for what is wrong in a warehouse. Those of package sql were written by hand; those that are the
// same for each table follow from package schemas and are named by the table:
//
//	keys.T       a key that is there twice; a version of which no commit tells
//	versions.T   versions that do not follow one another; a current row that is not of the last one
//	parents.T    a row whose session, or other entity, is not there
//	values.T     a word that is not known, a country that is none, a score outside of its scale
//	content.T    rows that are not those that were loaded
//	lake_rows    a table that has not as many rows as the lake
//
// The cost of a night must not grow with the lake. So a build that goes on from the file of the night before asks a check
// that passed then of what is new only: of rows of newer versions, and of the entities that have them. What it has looked
// at before does not change by itself. A build from scratch and Reader.Check ask all of everything, and so is a check
// asked that has failed. The rows of a table lie in the order in which they were added, so that DuckDB passes over
// those of old versions without reading them.
type check struct {
	sql.Check
	tables []string // it reads, in the order of their names
	noted  bool     // it holds the tables against what the file itself notes of them
	always bool     // its answer may change though no row was added to the tables
	fresh  string   // the query for what is wrong in what is new, where it is another one
	passes string   // a query that is true where nothing is wrong in what is new, "": that the other finds nothing
	sha256 string   // identifies the question: a result of another one does not stand for this one
}

// sinceStart and sinceNow stand for the commit since which a check is asked.
const (
	sinceStart = -1
	sinceNow   = math.MaxInt64
)

// checks returns all of them in order of their names. They are made once: that takes as long as some of them do.
var checks = sync.OnceValue(func() []check {
	var out []check
	for _, c := range sql.Checks() {
		out = append(out, check{Check: c, tables: reads(&c), always: c.Timed()})
	}
	for _, t := range tables() {
		out = append(out, tableChecks(t)...)
	}
	out = append(out, lakeRows())
	slices.SortFunc(out, func(a, b check) int { return strings.Compare(a.Name, b.Name) })
	for i := range out {
		out[i].sha256 = out[i].question()
	}
	return out
})

// reads returns the tables that a statement names, itself or by its views.
func reads(c *sql.Check) []string {
	var out []string
	var add func(word string)
	add = func(word string) {
		if v := sql.Lookup(word); v != nil {
			views := sql.Check{SQL: v.SQL}
			for _, w := range views.Words() {
				if w != word {
					add(w)
				}
			}
		}
		name := strings.TrimSuffix(strings.TrimSuffix(word, versions), replaced)
		if t := schemas.Lookup(name); t != nil && !t.LakeOnly {
			out = append(out, name)
		}
	}
	for _, word := range c.Words() {
		add(word)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func (c *check) question() string {
	h := sha256.New()
	fmt.Fprintf(h, "%s\n%s\n%s\n%s\n", c.SQL, c.fresh, c.passes, c.Severity)
	for _, word := range c.Words() {
		if v := sql.Lookup(word); v != nil {
			fmt.Fprintln(h, viewsSHA256()) // of what these read, too
			break
		}
	}
	return hex.EncodeToString(h.Sum(nil))
}

// asOf is the query with its instant, for what is wrong in versions that are newer than a commit, or in everything.
func (c *check) asOf(at time.Time, since int64) string {
	query := c.SQL
	if since != sinceStart && c.fresh != "" {
		query = c.fresh
	}
	return with(query, at, since)
}

func with(query string, at time.Time, since int64) string {
	return strings.NewReplacer("$at", "TIMESTAMPTZ "+literal(at.UTC().Format("2006-01-02 15:04:05.000000Z")),
		"$since", strconv.FormatInt(since, 10)).Replace(query)
}

// narrows reports whether the check can be asked of what is new only.
func (c *check) narrows() bool { return c.fresh != "" || strings.Contains(c.SQL, "$since") }

// A CheckInfo says what a check is.
type CheckInfo struct {
	Name      string `json:"name"`
	Severity  string `json:"severity"` // critical or warning
	Owner     string `json:"owner"`
	Dimension string `json:"dimension"`
	Doc       string `json:"doc"`
	SQL       string `json:"sql"` // $at stands for the instant as of which it is asked, $since for the commit since which, or -1
}

// Checks says what the checks are, in order of their names.
func Checks() []CheckInfo {
	var out []CheckInfo
	for _, c := range checks() {
		out = append(out, CheckInfo{c.Name, c.Severity, c.Owner, c.Dimension, c.Doc, c.SQL})
	}
	return out
}
