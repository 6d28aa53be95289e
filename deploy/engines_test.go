package deploy_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"kycsync/schemas"
)

var update = flag.Bool("update", false, "write the files of engines that follow from the tables")

// TestEngines compares the scripts that name tables and columns with the tables.
func TestEngines(t *testing.T) {
	for name, want := range map[string]string{
		"bigquery.sql":         bigquery(),
		"bigquery_empty.sql":   bigqueryEmpty(),
		"trino.sql":            trino(),
		"trino_unregister.sql": trinoUnregister(),
		"spark.sql":            spark(),
		"as_of.sql":            asOf(),
		"smoke.sql":            smoke(),
	} {
		path := filepath.Join("engines", name)
		if *update {
			if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if got := read(t, path); got != want {
			t.Errorf("%s is not what the tables say; go test ./deploy -run TestEngines -update writes it", path)
		}
	}
	for _, name := range []string{"bigquery.sh", "smoke.sh"} {
		if info, err := os.Stat(filepath.Join("engines", name)); err != nil || info.Mode()&0o111 == 0 {
			t.Errorf("engines/%s: %v, want a file that can be run", name, err)
		}
	}
}

// shown are the tables that other engines show: all but state, of whose rows the last one counts, in an order that
// SQL does not see.
func shown() (out []*schemas.Table) {
	for i := range schemas.Tables {
		if t := &schemas.Tables[i]; t.History != schemas.State {
			out = append(out, t)
		}
	}
	slices.SortFunc(out, func(a, b *schemas.Table) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// roots are the tables that are an entity's own.
func roots() (out []*schemas.Table) {
	for _, t := range shown() {
		if t.Root() != "" && t.Name == t.Root() {
			out = append(out, t)
		}
	}
	return out
}

// latest selects the newest version of each entity whose own table is root, of those that meet a condition. What has
// a row in any of the entity's tables is a version.
func latest(root *schemas.Table, prefix, where string) string {
	key := strings.Join(root.EntityKey(), ", ")
	var selects []string
	for _, t := range shown() {
		if t.Root() == root.Name {
			selects = append(selects, fmt.Sprintf("    SELECT %s, version_seq FROM %s%s_versions", key, prefix, t.Name))
		}
	}
	return fmt.Sprintf("SELECT %s, MAX(version_seq) AS version_seq\nFROM (\n%s\n) AS v\n%sGROUP BY %s", key, strings.Join(selects, "\n    UNION ALL\n"), where, key)
}

// rowsOf selects the rows of t that belong to the versions in from.
func rowsOf(t *schemas.Table, prefix, from string) string {
	out := fmt.Sprintf("SELECT t.*\nFROM %s%s_versions AS t\nJOIN %s AS l\n    ON t.version_seq = l.version_seq", prefix, t.Name, from)
	root := schemas.Lookup(t.Root())
	for _, k := range t.EntityKey() {
		i := slices.IndexFunc(root.Columns, func(c schemas.Column) bool { return c.Name == k })
		if root.Columns[i].Null {
			out += fmt.Sprintf("\n    AND (t.%s = l.%s OR (t.%s IS NULL AND l.%s IS NULL))", k, k, k, k)
		} else {
			out += fmt.Sprintf("\n    AND t.%s = l.%s", k, k)
		}
	}
	return out
}

// views are the current rows of every table, each statement behind create.
func views(create, prefix string) string {
	var b strings.Builder
	for _, t := range roots() {
		fmt.Fprintf(&b, "\n-- A row: an entity of %s and its newest version.\n%s %s%s_latest AS\n%s;\n", t.Name, create, prefix, t.Name, latest(t, prefix, ""))
	}
	for _, t := range shown() {
		fmt.Fprintf(&b, "\n-- %s\n%s %s%s AS\n", t.Doc, create, prefix, t.Name)
		if t.Root() == "" {
			fmt.Fprintf(&b, "SELECT * FROM %s%s_versions;\n", prefix, t.Name)
		} else {
			fmt.Fprintf(&b, "%s;\n", rowsOf(t, prefix, prefix+t.Root()+"_latest"))
		}
	}
	return b.String()
}

const notRun = "-- Not run against the real service. Made from the tables of kycsync by go test ./deploy -run TestEngines -update.\n"

func bigquery() string {
	var b strings.Builder
	b.WriteString("-- BigQuery: an external table T_versions over the list of each table's parts, the current rows as view T, and as a\n" +
		"-- table function T_as_of(known_seq) the rows as they were known at a commit. bigquery.sh puts the lake and the\n" +
		"-- dataset in the place of LAKE_URI and DATASET, and runs bigquery_empty.sql for tables without parts.\n" + notRun)
	for _, t := range shown() {
		fmt.Fprintf(&b, "\n-- table %s\nCREATE OR REPLACE EXTERNAL TABLE DATASET.%s_versions\nOPTIONS (\n"+
			"    format = 'PARQUET',\n    uris = ['LAKE_URI/published/current/%s.txt'],\n    file_set_spec_type = 'NEW_LINE_DELIMITED_MANIFEST',\n"+
			"    decimal_target_types = ['NUMERIC', 'BIGNUMERIC']\n);\n", t.Name, t.Name, t.Name)
	}
	b.WriteString("\n-- views\n" + views("CREATE OR REPLACE VIEW", "DATASET."))
	for _, t := range roots() {
		fmt.Fprintf(&b, "\nCREATE OR REPLACE TABLE FUNCTION DATASET.%s_latest_as_of(known_seq INT64) AS\n%s;\n", t.Name, latest(t, "DATASET.", "WHERE version_seq <= known_seq\n"))
	}
	for _, t := range shown() {
		fmt.Fprintf(&b, "\nCREATE OR REPLACE TABLE FUNCTION DATASET.%s_as_of(known_seq INT64) AS\n", t.Name)
		if t.Root() == "" {
			fmt.Fprintf(&b, "SELECT * FROM DATASET.%s_versions WHERE version_seq <= known_seq;\n", t.Name)
		} else {
			fmt.Fprintf(&b, "%s;\n", rowsOf(t, "DATASET.", "DATASET."+t.Root()+"_latest_as_of(known_seq)"))
		}
	}
	return b.String()
}

func bigqueryEmpty() string {
	var b strings.Builder
	b.WriteString("-- BigQuery: what stands for an external table while its list is empty. See bigquery.sh.\n" + notRun)
	for _, t := range shown() {
		var cols []string
		for _, c := range t.Stored() {
			cols = append(cols, fmt.Sprintf("    %s %s", c.Name, bigqueryType(c.Kind)))
		}
		fmt.Fprintf(&b, "\n-- table %s\nCREATE TABLE IF NOT EXISTS DATASET.%s_versions (\n%s\n);\n", t.Name, t.Name, strings.Join(cols, ",\n"))
	}
	return b.String()
}

func bigqueryType(k schemas.Kind) string {
	switch k {
	case schemas.Text, schemas.JSON:
		return "STRING"
	case schemas.Int:
		return "INT64"
	case schemas.Float:
		return "FLOAT64"
	case schemas.Bool:
		return "BOOL"
	case schemas.Time:
		return "TIMESTAMP"
	case schemas.Date:
		return "DATE"
	case schemas.Decimal:
		return "BIGNUMERIC"
	}
	panic(fmt.Sprintf("kind %d has no type in BigQuery", k))
}

func trino() string {
	var b strings.Builder
	b.WriteString("-- Trino: the Iceberg tables of one commit as T_versions, and the current rows as view T. The catalog needs\n" +
		"-- iceberg.register-table-procedure.enabled=true. Put the lake, the catalog, the schema and the commit in the place of LAKE_URI,\n" +
		"-- CATALOG, SCHEMA and COMMIT_SEQ. For a newer commit run trino_unregister.sql first, which removes no file.\n" + notRun + "\n")
	for _, t := range shown() {
		fmt.Fprintf(&b, "CALL CATALOG.system.register_table(schema_name => 'SCHEMA', table_name => '%s_versions', table_location => 'LAKE_URI/published/iceberg/%s', metadata_file_name => 'vCOMMIT_SEQ.metadata.json');\n", t.Name, t.Name)
	}
	return b.String() + views("CREATE OR REPLACE VIEW", "CATALOG.SCHEMA.")
}

func trinoUnregister() string {
	var b strings.Builder
	b.WriteString("-- Trino: forgets the tables that trino.sql has registered, so that it can register those of a newer commit. Never use\n" +
		"-- DROP TABLE instead: it removes files, if the account may.\n" + notRun + "\n")
	for _, t := range shown() {
		fmt.Fprintf(&b, "CALL CATALOG.system.unregister_table(schema_name => 'SCHEMA', table_name => '%s_versions');\n", t.Name)
	}
	return b.String()
}

func spark() string {
	var b strings.Builder
	b.WriteString("-- Spark: the Iceberg tables as T_versions and the current rows as T, for one session. The catalog lake is of type hadoop:\n" +
		"--   spark-sql --conf spark.sql.catalog.lake=org.apache.iceberg.spark.SparkCatalog --conf spark.sql.catalog.lake.type=hadoop \\\n" +
		"--     --conf spark.sql.catalog.lake.warehouse=LAKE_URI/published -i spark.sql\n" + notRun + "\n")
	for _, t := range shown() {
		fmt.Fprintf(&b, "CREATE OR REPLACE TEMPORARY VIEW %s_versions AS SELECT * FROM lake.iceberg.%s;\n", t.Name, t.Name)
	}
	return b.String() + views("CREATE OR REPLACE TEMPORARY VIEW", "")
}

// asOf is two examples, of an entity's own table and of another.
func asOf() string {
	var b strings.Builder
	b.WriteString("-- What was known at commit COMMIT_SEQ: put its number there. Which commit had been published by an instant, the warehouse tells:\n" +
		"--   kycsync query \"SELECT arg_max(published_seq, seq) FROM _commits WHERE committed_at <= '2026-03-31T23:59:59Z'\"\n" +
		"-- Any other table of sessions is asked in the same way. In BigQuery there are functions: SELECT * FROM kyc.sessions_as_of(42).\n" +
		"-- No snapshot is needed for it, so it works however old the commit is.\n" + notRun)
	for _, name := range []string{"sessions", "id_verifications"} {
		t := schemas.Lookup(name)
		fmt.Fprintf(&b, "\n-- %s\nWITH sessions_latest AS (\n%s\n)\n%s;\n", t.Doc, latest(schemas.Lookup("sessions"), "", "WHERE version_seq <= COMMIT_SEQ\n"), rowsOf(t, "", "sessions_latest"))
	}
	return b.String()
}

// smoke sums up every table that the warehouse has, too, in words that all engines know.
func smoke() string {
	var selects []string
	for _, t := range shown() {
		if t.LakeOnly {
			continue
		}
		for _, name := range []string{t.Name, t.Name + "_versions"} {
			selects = append(selects, fmt.Sprintf("SELECT '%s' AS name, COUNT(*) AS n, SUM(version_seq) AS s FROM %s", name, name))
		}
	}
	return "-- A row: a table or view, its rows, and the sum of their version_seq. smoke.sh asks an engine and the warehouse for it.\n" +
		strings.Join(selects, "\nUNION ALL ") + "\nORDER BY name\n"
}
