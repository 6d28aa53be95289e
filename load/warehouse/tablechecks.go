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

// keysCheck holds that the key identifies a row among all versions, and that a commit tells of each version.
func keysCheck(t *schemas.Table) check {
	all := ident(history(t))
	parts := []string{fmt.Sprintf(`SELECT CAST(v.%[1]s AS VARCHAR) AS id, count(*) || ' rows are of version ' || v.%[1]s || ', and there is no such commit' AS detail
FROM %[2]s AS v
ANTI JOIN %[3]s AS c
    ON c.seq = v.%[1]s
WHERE v.%[1]s IS NOT NULL
GROUP BY v.%[1]s`, versionSeq, all, ledgerTable)}
	doc := "One row: a version of which no commit tells."
	key := t.RowKey()
	if key == nil { // a log, which may have one all the same
		key = t.Key
	}
	if key != nil {
		doc = fmt.Sprintf("One row: a key (%s) that several rows of %s have, or a version of which no commit tells.", strings.Join(key, ", "), history(t))
		parts = append(parts, fmt.Sprintf(`SELECT CAST(%s AS VARCHAR), 'the key stands for ' || count(*) || ' rows'
FROM %s
GROUP BY %s
HAVING count(*) > 1`, ident(idOf(t)), all, idents(key)))
	}
	return critical(t, "keys", doc, strings.Join(parts, "\nUNION ALL\n"))
}

// versionsCheck holds that the versions of an entity follow one another, the last one open, and that the current table
// has the rows of the open ones and no others. A version whose row could not be read is a reject, and ends the one
// before all the same.
func versionsCheck(t *schemas.Table) check {
	id, key, all := ident(idOf(t)), t.EntityKey(), ident(t.Name+versions)
	open := fmt.Sprintf(`WITH counted AS (
    SELECT %[1]s AS id, hash(%[2]s) AS h, 1 AS n
    FROM %[3]s
    UNION ALL
    SELECT %[1]s, hash(%[2]s), -1
    FROM %[4]s
    WHERE %[5]s IS NULL
)
SELECT any_value(id) AS id, CASE WHEN sum(n) > 0 THEN 'the current row is not an open version' ELSE 'the open version is not among the current rows' END AS detail
FROM counted
GROUP BY h
HAVING sum(n) <> 0`, id, hashed(t), ident(t.Name), all, nextSeq)
	chain := fmt.Sprintf(`SELECT v.%[1]s, 'version ' || v.%[2]s || ' ends with ' || coalesce('version ' || v.%[3]s, 'none') || ', want ' || coalesce('version ' || v.after, 'none')
FROM (
    SELECT *, lead(%[2]s) OVER (PARTITION BY %[4]s ORDER BY %[2]s) AS after
    FROM %[5]s
) AS v
ANTI JOIN rejects AS r
    ON r.session_id = v.%[1]s
    AND r.version_seq = v.%[3]s
    AND r.table_name = %[6]s
WHERE v.%[3]s IS DISTINCT FROM v.after`, id, versionSeq, nextSeq, idents(key), all, literal(t.Name))
	if t.Root() != t.Name {
		chain = fmt.Sprintf(`SELECT DISTINCT v.%[1]s, 'version ' || v.%[2]s || ' ends with ' || coalesce('version ' || v.%[3]s, 'none') || ', in %[5]s with ' || coalesce('version ' || o.%[3]s, 'none')
FROM %[4]s AS v
JOIN %[6]s AS o
    ON %[7]s
WHERE v.%[3]s IS DISTINCT FROM o.%[3]s`, id, versionSeq, nextSeq, all, t.Root(), ident(t.Root()+versions), equal("o", "v", slices.Concat(key, []string{versionSeq})))
	}
	doc := fmt.Sprintf("One row: an entity with versions in %s that do not follow one another, one open and each other one ended by the next, or a row in which %s is not the open version.", t.Name+versions, t.Name)
	return critical(t, "versions", doc, open+"\nUNION ALL\n"+chain)
}

// parentsCheck holds that each row belongs to a version of its entity.
func parentsCheck(t *schemas.Table) check {
	id, root := ident(idOf(t)), t.Root()
	version := slices.Concat(t.EntityKey(), []string{versionSeq})
	return critical(t, "parents", fmt.Sprintf("One row: rows of %s of a version that %s does not have, and that is no reject.", t.Name, root),
		fmt.Sprintf(`SELECT v.%[1]s AS id, 'no row of %[2]s has version ' || v.%[3]s AS detail
FROM (SELECT DISTINCT %[4]s FROM %[5]s) AS v
ANTI JOIN %[6]s AS o
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
	query := fmt.Sprintf(`SELECT id, detail
FROM (
    SELECT CAST(%s AS VARCHAR) AS id, unnest([
        %s
    ]) AS detail
    FROM %s
    WHERE %s
)
WHERE detail IS NOT NULL
GROUP BY id, detail`, ident(idOf(t)), strings.Join(cases, ",\n        "), ident(t.Name), strings.Join(wrong, "\n        OR "))
	return check{tables: []string{t.Name}, Check: sql.Check{Name: "values." + t.Name, Severity: sql.Warning, Owner: "engineer", Dimension: "validity", SQL: query,
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
	c := check{always: true, Check: sql.Check{Name: "lake_rows", Severity: sql.Critical, Owner: "engineer", Dimension: "reconciliation",
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
