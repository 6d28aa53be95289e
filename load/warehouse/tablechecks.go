package warehouse

import (
	"fmt"
	"slices"
	"strings"

	"kycsync/schemas"
	"kycsync/sql"
)

// tableChecks returns the checks of one table.
func tableChecks(t *schemas.Table) []check {
	out := []check{keysCheck(t)}
	if t.Root() != "" {
		out = append(out, versionsCheck(t))
	}
	if t.Root() != "" && t.Root() != t.Name {
		out = append(out, parentsCheck(t))
	}
	if t.History != schemas.State {
		out = append(out, contentCheck(t))
	}
	if c, ok := valuesCheck(t); ok {
		out = append(out, c)
	}
	return out
}

func critical(t *schemas.Table, kind, doc, query string) check {
	return check{tables: []string{t.Name}, Check: sql.Check{Name: kind + "." + t.Name, Doc: doc, Severity: sql.Critical, Owner: "engineer", Dimension: "integrity", SQL: query}}
}

// idOf is the column by which a row is found: the vendor's id of what it is about, or the run.
func idOf(t *schemas.Table) string {
	if key := t.EntityKey(); key != nil {
		return key[len(key)-1]
	}
	if t.History == schemas.State {
		return t.Key[len(t.Key)-1]
	}
	return "run_id"
}

// keysCheck holds that the key identifies a row among all versions, and that a commit tells of each version. The key of
// a table of versions has the version in it, so that new rows can be twice among themselves only. Rows of a State table
// are of versions that other tables have, old ones too: the loader itself holds their keys, see loadState.
func keysCheck(t *schemas.Table) check {
	all := ident(history(t))
	passes := fmt.Sprintf("SELECT NOT EXISTS (SELECT 1 FROM %[2]s AS v ANTI JOIN %[3]s AS c ON c.seq = v.%[1]s WHERE v.%[1]s > $since)", versionSeq, all, ledgerTable)
	parts := []string{fmt.Sprintf(`SELECT CAST(v.%[1]s AS VARCHAR) AS id, count(*) || ' rows are of version ' || v.%[1]s || ', and there is no such commit' AS detail
FROM %[2]s AS v
ANTI JOIN %[3]s AS c
    ON c.seq = v.%[1]s
WHERE v.%[1]s > $since
GROUP BY v.%[1]s`, versionSeq, all, ledgerTable)}
	doc := "One row: a version of which no commit tells."
	key, where := t.RowKey(), fmt.Sprintf("WHERE %s > $since", versionSeq)
	if t.History == schemas.State {
		where = "WHERE true"
	}
	if key == nil { // a log, which may have one all the same, without the version
		key, where = t.Key, "WHERE true"
	}
	if key != nil {
		doc = fmt.Sprintf("One row: a key (%s) that several rows of %s have, or a version of which no commit tells.", strings.Join(key, ", "), history(t))
		// To count hashes takes a third of the time that it takes to count keys, and there are none twice.
		parts = append(parts, fmt.Sprintf(`SELECT CAST(%[1]s AS VARCHAR), 'the key stands for ' || count(*) || ' rows'
FROM %[2]s
%[4]s
    AND hash(%[3]s) IN (SELECT hash(%[3]s) FROM %[2]s %[4]s GROUP BY ALL HAVING count(*) > 1)
GROUP BY %[3]s
HAVING count(*) > 1`, ident(idOf(t)), all, idents(key), where))
		passes += fmt.Sprintf("\n    AND (SELECT count(*) = count(DISTINCT hash(%s)) FROM %s %s)", idents(key), all, where)
	}
	c := critical(t, "keys", doc, strings.Join(parts, "\nUNION ALL\n"))
	c.passes = passes
	c.InFull = t.History == schemas.State
	return c
}

// contentCheck holds that every version of every row is as it was loaded. It reads all that there is, and so it is asked of
// a file that was built from scratch and by Reader.Check: what a night adds was read back when it was loaded. The hashes of
// another version of DuckDB may be others.
func contentCheck(t *schemas.Table) check {
	c := critical(t, "content", fmt.Sprintf("One row: the rows of %s are not those that were loaded. One was altered, or is another one's copy.", history(t)),
		fmt.Sprintf(`SELECT NULL AS id, 'the rows are not those that were loaded: kycsync verify holds them against the lake' AS detail
FROM (SELECT coalesce(sum(hash(%s)), 0) AS hashes FROM %s) AS v
JOIN %s AS t
    ON t.table_name = %s
    AND t.hash_sum <> v.hashes
JOIN %s AS w
    ON w.duckdb = version()`, hashed(t), ident(history(t)), tallyTable, literal(t.Name), factsTable))
	c.InFull, c.noted = true, true
	return c
}

// versionsCheck holds that the versions of an entity follow one another, and that the current rows are those of the last
// one. A version whose row could not be read is a reject, and ends the one before all the same.
func versionsCheck(t *schemas.Table) check {
	id := ident(idOf(t))
	version := slices.Concat(t.EntityKey(), []string{versionSeq})
	chain := func(root, own string) string {
		if t.Root() == t.Name {
			return fmt.Sprintf(`SELECT v.%[1]s AS id, 'version ' || v.%[2]s || ' ends with ' || coalesce('version ' || v.%[3]s, 'none') || ', want ' || coalesce('version ' || v.after, 'none') AS detail
FROM (
    SELECT *, lead(%[2]s) OVER (PARTITION BY %[4]s ORDER BY %[2]s) AS after
    FROM %[5]s
) AS v
ANTI JOIN rejects AS r
    ON r.session_id = v.%[1]s
    AND r.version_seq = v.%[3]s
    AND r.table_name = %[6]s
WHERE v.%[3]s IS DISTINCT FROM v.after`, id, versionSeq, nextSeq, idents(t.EntityKey()), own, literal(t.Name))
		}
		return fmt.Sprintf(`SELECT DISTINCT v.%[1]s AS id, 'version ' || v.%[2]s || ' ends with ' || coalesce('version ' || v.%[3]s, 'none') || ', in %[5]s with ' || coalesce('version ' || o.%[3]s, 'none') AS detail
FROM %[4]s AS v
JOIN %[6]s AS o
    ON %[7]s
WHERE v.%[3]s IS DISTINCT FROM o.%[3]s`, id, versionSeq, nextSeq, own, t.Root(), root, equal("o", "v", version))
	}
	narrow := func(name string) string {
		return fmt.Sprintf("(SELECT %[1]s, %[2]s FROM %[3]s)", idents(version), nextSeq, ident(name+versions))
	}
	doc := fmt.Sprintf("One row: an entity with versions in %s that do not follow one another: the last one in %s, each other one in %s with the next.", t.Name+versions, t.Name, t.Name+replaced)
	c := critical(t, "versions", doc, chain(narrow(t.Root()), narrow(t.Name)))
	// What a night may have left as it was: current rows of an entity that has newer ones.
	own := touched(t.Root())
	if t.Root() != t.Name {
		own = "(\n" + versionsSince(t, "$since") + "\n)"
	}
	left := fmt.Sprintf(`FROM %[1]s AS v
JOIN %[2]s AS n
    ON %[3]s
WHERE v.%[4]s < n.%[4]s`, ident(t.Name), newest(t.Root()), equal("n", "v", t.EntityKey()), versionSeq)
	c.fresh = chain(touched(t.Root()), own) +
		fmt.Sprintf("\nUNION ALL\nSELECT DISTINCT v.%[1]s, 'version ' || v.%[2]s || ' is a current row, and there is version ' || n.%[2]s\n", id, versionSeq) + left
	c.passes = "SELECT NOT EXISTS (\n" + chain(touched(t.Root()), own) + "\n) AND NOT EXISTS (\nSELECT 1 " + left + "\n)"
	return c
}

// versionsSince selects the versions of an entity's table that are new since a commit, or that were ended since.
func versionsSince(t *schemas.Table, since string) string {
	return fmt.Sprintf(`    SELECT %[1]s, %[2]s, %[3]s FROM %[4]s WHERE %[2]s > %[5]s
    UNION ALL
    SELECT %[1]s, %[2]s, %[3]s FROM %[4]s WHERE %[2]s <= %[5]s AND %[3]s > %[5]s`, idents(t.EntityKey()), versionSeq, nextSeq, ident(t.Name+versions), since)
}

// newest is the table of the entities of a family that have new versions, and the newest of them, and touched that of the
// versions of its first table that are new or were ended: see build.renew.
func newest(root string) string  { return ident("newest_" + root) }
func touched(root string) string { return ident("touched_" + root) }

// parentsCheck holds that each row belongs to a version of its entity.
func parentsCheck(t *schemas.Table) check {
	id, root := ident(idOf(t)), t.Root()
	version := slices.Concat(t.EntityKey(), []string{versionSeq})
	return critical(t, "parents", fmt.Sprintf("One row: rows of %s of a version that %s does not have, and that is no reject.", t.Name, root),
		fmt.Sprintf(`SELECT DISTINCT v.%[1]s AS id, 'no row of %[2]s has version ' || v.%[3]s AS detail
FROM (SELECT %[4]s FROM %[5]s WHERE %[3]s > $since) AS v
ANTI JOIN (SELECT %[4]s FROM %[6]s WHERE %[3]s > $since) AS o
    ON %[7]s
ANTI JOIN rejects AS r
    ON r.session_id = v.%[1]s
    AND r.version_seq = v.%[3]s
    AND r.table_name = %[8]s`, id, root, versionSeq, idents(version), ident(t.Name+versions), ident(root+versions), equal("o", "v", version), literal(root)))
}

// valuesCheck holds the current rows against what package schemas knows of their values. ok is false where it knows
// nothing.
func valuesCheck(t *schemas.Table) (c check, ok bool) {
	var wrong, what []string
	for _, col := range t.Stored() {
		name := ident(col.Name)
		switch raw := received(t, &col); {
		case len(col.Words) > 0:
			wrong, what = append(wrong, name+" NOT IN ("+texts(col.Words)+")"), append(what, col.Name+": a word that is not known")
		case col.Norm == schemas.ISO3 && raw != "":
			wrong, what = append(wrong, fmt.Sprintf("%s IS NULL AND %s <> ''", name, ident(raw))), append(what, raw+": no country that is known")
		case col.Norm == schemas.Percent || col.Norm == schemas.PercentAny:
			wrong, what = append(wrong, name+" NOT BETWEEN 0 AND 100"), append(what, col.Name+": not between 0 and 100")
		}
	}
	if wrong == nil {
		return c, false
	}
	var cases []string
	for i := range wrong {
		cases = append(cases, fmt.Sprintf("CASE WHEN %s THEN %s END", wrong[i], literal(what[i])))
	}
	since := versionSeq + " > $since\n        AND "
	if t.History == schemas.State { // of an old version there may be new rows; and there are few such columns
		since = ""
	}
	query := fmt.Sprintf(`SELECT id, detail
FROM (
    SELECT CAST(%s AS VARCHAR) AS id, unnest([
        %s
    ]) AS detail
    FROM %s
    WHERE %s(%s)
)
WHERE detail IS NOT NULL
GROUP BY id, detail`, ident(idOf(t)), strings.Join(cases, ",\n        "), ident(t.Name), since, strings.Join(wrong, "\n        OR "))
	passes := fmt.Sprintf("SELECT NOT EXISTS (SELECT 1 FROM %s WHERE %s(%s))", ident(t.Name), since, strings.Join(wrong, " OR "))
	return check{tables: []string{t.Name}, passes: passes, Check: sql.Check{Name: "values." + t.Name, Severity: sql.Warning, Owner: "engineer", Dimension: "validity", SQL: query,
		Doc: fmt.Sprintf("One row: a column in which an entity has in %s a word that is not known, a country that is none, or a number outside of its scale.", t.Name)}}, true
}

// received is the column that has the value of c as it was received, or "".
func received(t *schemas.Table, c *schemas.Column) string {
	for _, r := range t.Stored() {
		if r.Path == c.Path && r.Path != schemas.EnvCode && r.Norm == schemas.AsIs {
			return r.Name
		}
	}
	return ""
}

func texts(words []string) string {
	quoted := make([]string, len(words))
	for i, w := range words {
		quoted[i] = literal(w)
	}
	return strings.Join(quoted, ", ")
}

// lakeRows holds the number of rows against what the lake's commit says, and what was there when it was loaded.
func lakeRows() check {
	c := check{noted: true, always: true, Check: sql.Check{Name: "lake_rows", Severity: sql.Critical, Owner: "engineer", Dimension: "reconciliation",
		Doc: "One row: a table that has not as many rows as the parts of the lake's commit, or as were there when the warehouse was loaded."}}
	var counts []string
	for _, t := range tables() {
		counts = append(counts, fmt.Sprintf("SELECT %s AS name, (SELECT count(*) FROM %s) AS rows, (SELECT count(*) FROM %s) AS shown", literal(t.Name), ident(history(t)), ident(t.Name)))
	}
	c.SQL = fmt.Sprintf(`WITH counted AS (
    %s
)
SELECT c.name AS id, CASE WHEN c.rows <> t.lake_rows THEN c.rows || ' rows, want ' || t.lake_rows ELSE c.shown || ' current rows, want ' || t.current_rows END AS detail
FROM counted AS c
JOIN %s AS t
    ON t.table_name = c.name
WHERE c.rows <> t.lake_rows
    OR c.shown <> t.current_rows`, strings.Join(counts, "\n    UNION ALL\n    "), tallyTable)
	return c
}
