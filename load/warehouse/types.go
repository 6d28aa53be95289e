package warehouse

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"

	duckdb "github.com/duckdb/duckdb-go/v2"
)

const jsonAlias = "JSON"

// asText reports whether a column must be handed over as text: JSON, which the driver parses into
// Go values and so loses digits and the order of members, and types that it cannot read, such as a
// structure without names.
func asText(t duckdb.TypeInfo) bool { return t == nil || holdsJSON(t) }

// holdsJSON reports whether a value of the type is or contains JSON.
func holdsJSON(t duckdb.TypeInfo) bool {
	if t == nil {
		return false
	}
	if t.Alias() == jsonAlias {
		return true
	}
	switch d := t.Details().(type) {
	case *duckdb.ListDetails:
		return holdsJSON(d.Child)
	case *duckdb.ArrayDetails:
		return holdsJSON(d.Child)
	case *duckdb.MapDetails:
		return holdsJSON(d.Key) || holdsJSON(d.Value)
	case *duckdb.StructDetails:
		for _, e := range d.Entries {
			if holdsJSON(e.Info()) {
				return true
			}
		}
	}
	return false // the members of a union are left as the driver gives them
}

// typeName returns the type as SQL writes it; "" where it is not known.
func typeName(t duckdb.TypeInfo) string { return spell(t, jsonAlias) }

// castName returns the type with text in the place of JSON.
func castName(t duckdb.TypeInfo) string { return cmp.Or(spell(t, "VARCHAR"), "VARCHAR") }

func spell(t duckdb.TypeInfo, json string) string {
	if t == nil {
		return ""
	}
	if t.Alias() == jsonAlias {
		return json
	}
	switch d := t.Details().(type) {
	case *duckdb.DecimalDetails:
		return fmt.Sprintf("DECIMAL(%d,%d)", d.Width, d.Scale)
	case *duckdb.EnumDetails:
		return "ENUM(" + quotedList(d.Values) + ")"
	case *duckdb.ListDetails:
		return spell(d.Child, json) + "[]"
	case *duckdb.ArrayDetails:
		return spell(d.Child, json) + "[" + strconv.FormatUint(d.Size, 10) + "]"
	case *duckdb.MapDetails:
		return "MAP(" + spell(d.Key, json) + ", " + spell(d.Value, json) + ")"
	case *duckdb.StructDetails:
		fields := make([]string, len(d.Entries))
		for i, e := range d.Entries {
			fields[i] = ident(e.Name()) + " " + spell(e.Info(), json)
		}
		return "STRUCT(" + strings.Join(fields, ", ") + ")"
	case *duckdb.UnionDetails:
		fields := make([]string, len(d.Members))
		for i, m := range d.Members {
			fields[i] = ident(m.Name) + " " + spell(m.Type, json)
		}
		return "UNION(" + strings.Join(fields, ", ") + ")"
	}
	return plainName(t.InternalType())
}

func quotedList(texts []string) string {
	quoted := make([]string, len(texts))
	for i, s := range texts {
		quoted[i] = literal(s)
	}
	return strings.Join(quoted, ", ")
}

// plainName returns the name of a type without parameters.
func plainName(t duckdb.Type) string {
	switch t {
	case duckdb.TYPE_TIMESTAMP_TZ:
		return "TIMESTAMP WITH TIME ZONE"
	case duckdb.TYPE_TIME_TZ:
		return "TIME WITH TIME ZONE"
	case duckdb.TYPE_SQLNULL:
		return "NULL"
	}
	return typeNames[t]
}

var typeNames = map[duckdb.Type]string{
	duckdb.TYPE_BOOLEAN: "BOOLEAN", duckdb.TYPE_TINYINT: "TINYINT", duckdb.TYPE_SMALLINT: "SMALLINT",
	duckdb.TYPE_INTEGER: "INTEGER", duckdb.TYPE_BIGINT: "BIGINT", duckdb.TYPE_UTINYINT: "UTINYINT",
	duckdb.TYPE_USMALLINT: "USMALLINT", duckdb.TYPE_UINTEGER: "UINTEGER", duckdb.TYPE_UBIGINT: "UBIGINT",
	duckdb.TYPE_HUGEINT: "HUGEINT", duckdb.TYPE_UHUGEINT: "UHUGEINT", duckdb.TYPE_BIGNUM: "BIGNUM",
	duckdb.TYPE_FLOAT: "FLOAT", duckdb.TYPE_DOUBLE: "DOUBLE", duckdb.TYPE_VARCHAR: "VARCHAR",
	duckdb.TYPE_BLOB: "BLOB", duckdb.TYPE_BIT: "BIT", duckdb.TYPE_UUID: "UUID", duckdb.TYPE_DATE: "DATE",
	duckdb.TYPE_TIME: "TIME", duckdb.TYPE_INTERVAL: "INTERVAL", duckdb.TYPE_TIMESTAMP: "TIMESTAMP",
	duckdb.TYPE_TIMESTAMP_S: "TIMESTAMP_S", duckdb.TYPE_TIMESTAMP_MS: "TIMESTAMP_MS",
	duckdb.TYPE_TIMESTAMP_NS: "TIMESTAMP_NS",
}
