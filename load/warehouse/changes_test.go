package warehouse

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"kycsync/schemas"
)

const changesFile = "../../sql/views/changes.sql"

// TestChangesIsFresh holds the view of all changes, which is made of every table with a history, to the tables; -update
// writes it.
func TestChangesIsFresh(t *testing.T) {
	text, err := os.ReadFile(changesFile)
	if err != nil {
		t.Fatal(err)
	}
	head, _, _ := strings.Cut(string(text), "\nCREATE OR REPLACE VIEW")
	var replaced, parts []string
	for _, f := range families() {
		replaced = append(replaced, replacedOf(f))
		for _, table := range f.tables {
			parts = append(parts, changesOf(f, table))
		}
	}
	want := head + "\nCREATE OR REPLACE VIEW changes AS\nWITH " + strings.Join(replaced, "") + "pairs AS NOT MATERIALIZED (\n" + strings.Join(parts, "    UNION ALL\n") + changesTail
	if *update {
		if err := os.WriteFile(changesFile, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if string(text) != want {
		t.Errorf("%s is not what the tables say; go test ./load/warehouse -run TestChangesIsFresh -update", changesFile)
	}
}

// changesTail takes the rows that differ to pieces.
const changesTail = `),
fields AS NOT MATERIALIZED (
    SELECT * EXCLUDE (olds, news), olds[i] AS old, news[i] AS new
    FROM (SELECT *, unnest(range(1, greatest(coalesce(len(olds), 0), coalesce(len(news), 0)) + 1)) AS i FROM pairs)
)
SELECT application, session_id, entity, entity_id, table_name, row_id, version_seq, observed_at,
    CASE WHEN old IS NULL THEN 'added' WHEN new IS NULL THEN 'removed' ELSE 'changed' END AS change,
    names[k] AS column_name, old[k] AS old_value, new[k] AS new_value
FROM (SELECT *, unnest([n FOR n IN range(1, len(names) + 1) IF old[n] IS DISTINCT FROM new[n]]) AS k FROM fields)
`

// replacedOf returns which versions of a family have a version before them. It is read once: the part of each table asks
// it, and by itself would read all versions of the root.
func replacedOf(f family) string {
	return fmt.Sprintf("%[1]s_replaced AS MATERIALIZED (SELECT %[2]s, next_seq FROM %[1]s_versions WHERE next_seq IS NOT NULL),\n", f.root, strings.Join(f.key, ", "))
}

// changesOf returns the part of the view that is about one table: the rows of each version and of the one before, by what
// tells rows apart, where they differ.
func changesOf(f family, t *schemas.Table) string {
	application, session := "NULL::VARCHAR", "NULL::VARCHAR"
	if slices.Contains(f.key, "application") {
		application = "application"
	}
	if slices.Contains(f.key, "session_id") {
		session = "session_id"
	}
	row, place := rowID(t)
	names, cells := cellsOf(f, t)
	order := " ORDER BY place"
	if row == place { // then there is one
		order = ""
	}
	same := ""
	for _, k := range f.key {
		same += fmt.Sprintf(" AND o.%s = v.%s", k, k)
	}
	return fmt.Sprintf(`    SELECT %[1]s AS application, %[2]s AS session_id, '%[3]s' AS entity, %[4]s AS entity_id, '%[5]s' AS table_name, %[6]s AS row_id,
        seq AS version_seq, max(seen_at) AS observed_at, list(cells%[12]s) FILTER (NOT is_new) AS olds, list(cells%[12]s) FILTER (is_new) AS news,
        %[11]s AS names
    FROM (
        SELECT *, %[7]s AS place,
            [%[8]s] AS cells
        FROM (
            SELECT next_seq AS seq, NULL::TIMESTAMPTZ AS seen_at, false AS is_new, * FROM %[5]s_versions WHERE next_seq IS NOT NULL
            UNION ALL
            SELECT version_seq, observed_at, true, * FROM %[5]s_versions AS v
            WHERE EXISTS (FROM %[9]s_replaced AS o WHERE o.next_seq = v.version_seq%[10]s)
        )
    )
    GROUP BY ALL
    HAVING olds IS DISTINCT FROM news
`, application, session, entityOf(f), f.key[len(f.key)-1], t.Name, row, place, cells, f.root, same, names, order)
}

// entityOf names what a family's rows belong to.
func entityOf(f family) string {
	switch f.root {
	case "activity_feeds":
		return "session"
	case "reference_files":
		return "reference"
	}
	return strings.TrimSuffix(strings.Replace(f.root, "businesses", "business", 1), "s")
}

// rowID returns what tells a row from the others of its version, and its place among those with the same.
func rowID(t *schemas.Table) (id, place string) {
	key := t.Key
	if t.History == schemas.ByKey || t.Name == "sessions" {
		key = nil
	}
	place = "concat_ws('/', " + strings.Join(key, ", ") + ")"
	if len(key) == 0 {
		place = "''"
	}
	for _, c := range t.Stored() {
		if c.Name == "row_key" || c.Name == "activity_id" {
			return "coalesce(" + c.Name + ", " + place + ")", place
		}
	}
	return place, place
}

// cellsOf returns the columns that say something, by name and as text: not where a row stands or which version it is of,
// and nothing that changes without meaning.
func cellsOf(f family, t *schemas.Table) (columns, cells string) {
	var names, texts []string
	for _, c := range t.Stored() {
		switch {
		case c.Volatile, slices.Contains(f.key, c.Name), slices.Contains(t.Key, c.Name):
		case slices.Contains([]string{versionSeq, "observed_at", "content_hash", "row_key", "activity_id", "session_number", "run_id"}, c.Name):
		case c.Kind == schemas.Time: // whatever the reader's time zone is
			names, texts = append(names, c.Name), append(texts, fmt.Sprintf("strftime(%s AT TIME ZONE 'UTC', '%%Y-%%m-%%dT%%H:%%M:%%S.%%fZ')", ident(c.Name)))
		case c.Kind == schemas.Text:
			names, texts = append(names, c.Name), append(texts, ident(c.Name))
		default:
			names, texts = append(names, c.Name), append(texts, ident(c.Name)+"::VARCHAR")
		}
	}
	return literals(names), strings.Join(texts, ", ")
}
