package night

import (
	"fmt"
	"strings"
	"time"

	"kycsync/schemas"
)

// What every row of both sides carries.
const (
	benchApplication = "bench"
	benchVersion     = int64(1)
)

var benchObserved = time.Date(2026, 11, 1, 2, 0, 0, 0, time.UTC)

// A value is an SQL expression and what it is of.
type value struct {
	sql    string
	of     *typing
	within bool // of a JSON value: null is then a value too
}

// at follows members. False: the type has no such member.
func (v value) at(path string) (value, bool) {
	if path == "." {
		return v, true
	}
	steps := pathSteps(path)
	for i, s := range steps {
		switch {
		case v.of.plain == "JSON":
			var names []string
			for _, s := range steps[i:] {
				names = append(names, `"`+s.name+`"`)
			}
			return value{fmt.Sprintf("json_extract(%s, '$.%s')", v.sql, strings.Join(names, ".")), v.of, true}, true
		case v.of.value != nil:
			v = value{v.sql + "[" + literal(s.name) + "]", v.of.value, false}
		case v.of.members[s.name] != nil:
			v = value{fmt.Sprintf("struct_extract(%s, %s)", v.sql, literal(s.name)), v.of.members[s.name], false}
		default:
			return value{}, false
		}
	}
	return v, true
}

// as converts the value to a kind of column.
func (v value) as(k schemas.Kind) string {
	want, plain := k.DuckDB(), v.of.plain
	switch {
	case v.within && k == schemas.JSON:
		return fmt.Sprintf("CASE WHEN json_type(%s) <> 'NULL' THEN %[1]s END", v.sql)
	case plain == want || plain == "TIMESTAMP WITH TIME ZONE" && k == schemas.Time:
		return v.sql
	case k == schemas.JSON:
		return "to_json(" + v.sql + ")"
	case plain == "":
		return "NULL::" + want
	case plain == "JSON":
		return fmt.Sprintf("(CASE WHEN json_type(%s) NOT IN ('OBJECT', 'ARRAY') THEN json_extract_string(%[1]s, '$') END)::%s", v.sql, want)
	}
	return v.sql + "::" + want
}

// A selection makes the rows of one source. Each list is opened in a subquery of its own, which
// hands on only what the rows within need of it.
type selection struct {
	levels []string
	frames []value    // the document, then the element of each list
	hand   [][]string // what each subquery hands on besides its element
}

// selectFrom starts a selection. False: a list on the way is not in the document's type.
func selectFrom(root *typing, s *schemas.Source) (*selection, bool) {
	q := &selection{levels: levelsOf(s), frames: []value{{sql: "document", of: root}}}
	q.hand = make([][]string, len(q.levels))
	for i, path := range q.levels {
		list, ok := q.value(0, strings.TrimSuffix(path, "[]"))
		if !ok {
			return nil, false
		}
		elem := list.of.elem
		if list.of.plain == "JSON" {
			list.sql, elem = fmt.Sprintf("json_extract(%s, '$[*]')", list.sql), list.of
		}
		if elem == nil {
			return nil, false
		}
		q.hand[i] = append(q.hand[i], fmt.Sprintf("unnest(%s) AS e%d, unnest(range(len(%[1]s))) AS i%d", list.sql, i, i))
		q.frames = append(q.frames, value{sql: fmt.Sprintf("e%d", i), of: elem})
	}
	return q, true
}

// value is a member of the document, or of the element up levels above the innermost.
func (q *selection) value(up int, path string) (value, bool) {
	frame := q.frames[len(q.frames)-1-up]
	if len(q.frames)-1-up > 0 {
		return frame.at(path)
	}
	steps := pathSteps(path)
	top := frame.of.members[steps[0].name] // columns of the staging table
	if top == nil {
		return value{}, false
	}
	v := value{sql: quoted(steps[0].name), of: top}
	if _, rest, more := strings.Cut(path, "."); more {
		return v.at(rest)
	}
	return v, true
}

// column is an expression of the innermost level, which may stand for one further out.
func (q *selection) column(up int, sql string) string {
	at := len(q.levels) - up
	for ; at < len(q.levels); at++ {
		name := fmt.Sprintf("p%d_%d", at, len(q.hand[at]))
		q.hand[at] = append(q.hand[at], sql+" AS "+name)
		sql = name
	}
	return sql
}

// query completes the selection with the columns of the innermost level.
func (q *selection) query(columns []string) string {
	from, where := "raw", ""
	for i, hand := range q.hand {
		for j := range i {
			hand = append(hand, fmt.Sprintf("i%d", j))
		}
		from = "(SELECT " + strings.Join(hand, ", ") + " FROM " + from + where + ")"
		where = fmt.Sprintf(" WHERE e%d IS NOT NULL", i)
	}
	return "SELECT " + strings.Join(columns, ", ") + " FROM " + from + where
}

// shared are the columns of every row.
func (q *selection) shared() []string {
	out := []string{
		literal(benchApplication) + " AS application",
		fmt.Sprintf("%d::BIGINT AS version_seq", benchVersion),
		fmt.Sprintf("TIMESTAMPTZ %s AS observed_at", literal(benchObserved.Format(time.RFC3339))),
	}
	out = append(out, q.ofSession("session_id", schemas.Text)+" AS session_id")
	return append(out, q.ofSession("session_number", schemas.Int)+" AS session_number")
}

// ofSession is a member of the document itself.
func (q *selection) ofSession(name string, k schemas.Kind) string {
	v, _ := q.value(len(q.levels), name)
	return q.column(len(q.levels), v.as(k))
}

// tableQuery returns the query of a table's rows and the columns that it gives, or "" when the
// document's type has none of them.
func tableQuery(root *typing, t *schemas.Table) (query string, columns []schemas.Column) {
	if t.Name == "media" {
		return mediaQuery(root), mediaColumns(t)
	}
	var all []string
	for _, s := range decisionSources(t) {
		q, ok := selectFrom(root, s)
		if !ok {
			continue
		}
		list, given := q.shared(), t.Columns[:0:0]
		for _, c := range t.Stored() {
			sql := q.of(t, s, &c)
			switch {
			case sql != "":
				list = append(list, sql+" AS "+quoted(c.Name))
				given = append(given, c)
			case isShared(&c):
				given = append(given, c)
			}
		}
		if len(all) == 0 {
			columns = given
		}
		all = append(all, q.query(list))
	}
	return strings.Join(all, " UNION ALL BY NAME "), columns
}

func isShared(c *schemas.Column) bool {
	switch c.Path {
	case schemas.EnvApplication, schemas.EnvSessionID, schemas.EnvSessionNumber, schemas.EnvVersionSeq, schemas.EnvObservedAt:
		return true
	}
	return false
}

// of returns the expression of one column, or "" when DuckDB is spared it.
func (q *selection) of(t *schemas.Table, s *schemas.Source, c *schemas.Column) string {
	if text, ok := s.Const[c.Name]; ok {
		return literal(text)
	}
	switch c.Path {
	case schemas.EnvOrdinal0:
		return "i0"
	case schemas.EnvOrdinal1:
		return "i1"
	case schemas.EnvOrdinal2:
		return "i2"
	case schemas.EnvSessionKind:
		return q.ofSession("session_kind", c.Kind)
	}
	var alternatives []string
	for _, parts := range pathsOf(c) {
		var texts, padded []string
		for _, path := range parts {
			up := strings.Count(path, "../")
			v, ok := q.value(up, strings.ReplaceAll(path, "../", ""))
			if !ok {
				v = value{sql: "NULL", of: &typing{plain: "INTEGER"}}
			}
			sql := q.column(up, v.as(c.Kind))
			texts, padded = append(texts, sql), append(padded, "coalesce("+sql+", '')")
		}
		sql := texts[0]
		if len(texts) > 1 {
			sql = fmt.Sprintf("CASE WHEN coalesce(%s) IS NOT NULL THEN %s END", strings.Join(texts, ", "), strings.Join(padded, " || '|' || "))
		}
		if c.Norm == schemas.Array {
			sql = fmt.Sprintf("CASE WHEN left(%s::VARCHAR, 1) = '[' THEN %[1]s ELSE ('[' || %[1]s || ']')::JSON END", sql)
		}
		alternatives = append(alternatives, sql)
	}
	if len(alternatives) == 0 {
		return ""
	}
	return "coalesce(" + strings.Join(alternatives, ", ") + ")"
}
