package warehouse

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"kycsync/schemas"
)

// The names beside those of the tables.
const (
	ledgerTable  = "_commits"   // one row per commit whose rows are in the file
	factsTable   = "_warehouse" // one row about the file
	tallyTable   = "_tables"    // one row per table: how many rows it shall have, and when it was changed
	resultsTable = "check_results"
	replaced     = "_replaced"    // suffix: the rows of versions that others have replaced
	versions     = "_versions"    // suffix: every version of every row
	asKnownAt    = "_as_known_at" // suffix: the rows as they were known at an instant
	nextSeq      = "next_seq"     // column of T_replaced and T_versions
	versionSeq   = "version_seq"  // column of every table with a history
	formatNumber = 1              // of the file, as this program writes it
)

const (
	nextSeqDoc     = "internal: version_seq of the version that replaced this one; null: none did, the row is current"
	replacedSeqDoc = "internal: version_seq of the version that replaced this one"
)

// tables returns the tables that are kept in the warehouse, in the order of the dictionary.
func tables() []*schemas.Table {
	var out []*schemas.Table
	for i := range schemas.Tables {
		if t := &schemas.Tables[i]; !t.LakeOnly {
			out = append(out, t)
		}
	}
	return out
}

// ddl returns the statements that make an empty warehouse, without the views.
func ddl() []string {
	out := []string{
		"CREATE TABLE " + factsTable + " (format INTEGER, ddl_sha256 VARCHAR, views_sha256 VARCHAR, built_at TIMESTAMPTZ, duckdb VARCHAR)",
		comment("TABLE", factsTable, "About this file: the number of its format, the hashes of the definitions of its tables and its views, when it was built from the lake, and by which version of DuckDB."),
		"CREATE TABLE " + ledgerTable + ` (seq BIGINT, committed_at TIMESTAMPTZ, published_seq BIGINT, sha256 VARCHAR,
	parent_sha256 VARCHAR, kind VARCHAR, run_id VARCHAR, applied_at TIMESTAMPTZ)`,
		comment("TABLE", ledgerTable, "The commits of the lake whose rows are in this file. The newest is the state that the tables show."),
		comment("COLUMN", ledgerTable+".published_seq", "the newest commit that had passed the gates when this one was made"),
		"CREATE TABLE " + tallyTable + " (table_name VARCHAR, lake_rows BIGINT, current_rows BIGINT, changed_seq BIGINT, loaded_seq BIGINT, hash_sum HUGEINT)",
		comment("TABLE", tallyTable, "How many rows each table has by the lake's newest commit (null: that does not tell) and how many of them were current when they were loaded, the newest commit that changed it, the newest whose rows are in it, and the sum of the hashes that DuckDB gave its rows when they were loaded (0 where the newest state alone is kept)."),
	}
	out = append(out, resultsDDL()...)
	for _, t := range tables() {
		out = append(out, tableDDL(t)...)
	}
	return out
}

// ddlSHA256 identifies the definition: a file made by another one is built again.
func ddlSHA256() string {
	sum := sha256.Sum256(fmt.Appendf(nil, "blocks of %d bytes;\n%s", blockSize, strings.Join(ddl(), ";\n")))
	return hex.EncodeToString(sum[:])
}

func tableDDL(t *schemas.Table) []string {
	out := []string{t.CreateTable(t.Name), t.Comments(t.Name)}
	all, old := t.Name+versions, t.Name+replaced
	switch t.History {
	case schemas.State:
		return out
	case schemas.Log:
		out = append(out, fmt.Sprintf("CREATE VIEW %s AS SELECT %s, CAST(NULL AS BIGINT) AS %s FROM %s",
			ident(all), columns(t), nextSeq, ident(t.Name)))
	case schemas.BySession, schemas.ByKey, schemas.ByOwner:
		// The columns are those of T and are explained there: a comment costs DuckDB a copy of the
		// table's definition, and there are more than a thousand columns.
		out = append(out, t.CreateTable(old),
			fmt.Sprintf("ALTER TABLE %s ADD COLUMN %s BIGINT", ident(old), nextSeq),
			comment("TABLE", ident(old), "The versions of the rows of "+t.Name+" that newer ones replaced, with its columns. "+t.Doc),
			comment("COLUMN", ident(old)+"."+nextSeq, replacedSeqDoc),
			fmt.Sprintf("CREATE VIEW %s AS SELECT %s, CAST(NULL AS BIGINT) AS %[3]s FROM %[4]s UNION ALL SELECT %[2]s, %[3]s FROM %[5]s",
				ident(all), columns(t), nextSeq, ident(t.Name), ident(old)),
			comment("VIEW", ident(all), "Every version of the rows of "+t.Name+", with its columns. "+t.Doc),
			comment("COLUMN", ident(all)+"."+nextSeq, nextSeqDoc))
	default:
		panic(fmt.Sprintf("warehouse: table %s: unknown history %d", t.Name, t.History))
	}
	return append(out, asKnownAtDDL(t), comment("MACRO TABLE", ident(t.Name+asKnownAt), "As known at ts, inclusive. "+t.Doc))
}

// asKnownAtDDL returns the statement that makes the macro of a table with a history.
func asKnownAtDDL(t *schemas.Table) string {
	return fmt.Sprintf("CREATE MACRO %s(ts) AS TABLE SELECT %s FROM %s WHERE %s <= (%s) AND (%s IS NULL OR %s > (%s))",
		ident(t.Name+asKnownAt), columns(t), ident(t.Name+versions), versionSeq, publishedAt, nextSeq, nextSeq, publishedAt)
}

// publishedAt is what had been published by the instant ts: the commit that the newest commit
// until then, published itself or not, names as published.
const publishedAt = "SELECT arg_max(published_seq, seq) FROM " + ledgerTable + " WHERE committed_at <= CAST(ts AS TIMESTAMPTZ)"

func comment(kind, name, doc string) string {
	return fmt.Sprintf("COMMENT ON %s %s IS %s", kind, name, literal(doc))
}

// columns returns the quoted names of t's stored columns, separated by commas.
func columns(t *schemas.Table) string { return idents(names(t)) }

func names(t *schemas.Table) []string {
	var out []string
	for _, c := range t.Stored() {
		out = append(out, c.Name)
	}
	return out
}

func idents(names []string) string {
	quoted := make([]string, len(names))
	for i, n := range names {
		quoted[i] = ident(n)
	}
	return strings.Join(quoted, ", ")
}

// ident and literal quote a name and a text for use in SQL.
var ident, literal = schemas.QuoteName, schemas.QuoteText

// literals returns a list of texts.
func literals(texts []string) string {
	quoted := make([]string, len(texts))
	for i, t := range texts {
		quoted[i] = literal(t)
	}
	return "[" + strings.Join(quoted, ", ") + "]"
}
