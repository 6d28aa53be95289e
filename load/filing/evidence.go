package filing

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"kycsync/load/filing/bag"
	"kycsync/schemas"
	"kycsync/sql"
)

// Evidence is everything that is known of some sessions: of each table of a session every version of its rows, up to the
// instant of the filing, in data/evidence/. A table that has nothing of them is there without rows.

const (
	evidenceFolder = bag.Payload + "evidence/"
	evidenceSuffix = "_versions"         // of the names of the tables
	evidenceList   = "evidence_sessions" // whose they are, for the statements
	nextSeqColumn  = "next_seq"
	rowColumn      = "row_no" // in the key where columns of the table's own may be null
)

// evidenceTables are the tables whose rows belong to sessions, in the order of the dictionary.
func evidenceTables() (out []*schemas.Table) {
	for i := range schemas.Tables {
		t := &schemas.Tables[i]
		isOf := func(name string) bool { return slices.Contains(t.EntityKey(), name) }
		if !t.LakeOnly && isOf(sessionKey[0]) && isOf(sessionKey[1]) {
			out = append(out, t)
		}
	}
	return out
}

// versionsOf is the table of a filing that has every version of the rows of a table that are, by the columns of, in a list.
// It refers to a table that has the same, or to none. Its key begins with these columns.
func versionsOf(t *schemas.Table, list string, of []string, refers *sql.Reference) sql.FilingTable {
	key := slices.Concat(of, slices.DeleteFunc(slices.Clone(t.RowKey()), func(name string) bool { return slices.Contains(of, name) }))
	out := sql.FilingTable{Name: t.Name + evidenceSuffix, Key: key, Refers: refers, Doc: "One row: a version of a row of " + t.Name + ".\n\n" + t.Doc}
	internal := schemas.Internal.String()
	var selected []string
	for _, c := range t.Stored() {
		selected = append(selected, "    "+c.Name)
		out.Columns = append(out.Columns, sql.FilingColumn{Name: c.Name, From: t.Name + "." + c.Name})
	}
	selected = append(selected, "    "+nextSeqColumn)
	out.Columns = append(out.Columns, sql.FilingColumn{Name: nextSeqColumn, Class: internal, Doc: "version_seq of the version that replaced this one; null: none did until the instant of the filing"})
	if slices.ContainsFunc(t.Stored(), func(c schemas.Column) bool { return c.Null && slices.Contains(t.Key, c.Name) }) {
		version := slices.Concat(t.EntityKey(), []string{"version_seq"})
		selected = append(selected, fmt.Sprintf("    row_number() OVER (PARTITION BY %s ORDER BY %s) AS %s", strings.Join(version, ", "), strings.Join(t.Key, ", "), rowColumn))
		out.Columns = append(out.Columns, sql.FilingColumn{Name: rowColumn, Class: internal, Doc: "place of the row in its version, in order of " + strings.Join(t.Key, ", ") + ", each of which may be null"})
		out.Key = append(version, rowColumn)
	}
	out.SQL = fmt.Sprintf("SELECT\n%s\nFROM %s\nSEMI JOIN %s USING (%s)\nORDER BY %s",
		strings.Join(selected, ",\n"), out.Name, list, strings.Join(of, ", "), strings.Join(out.Key, ", "))
	return out
}

// writeEvidence writes everything that is known of the sessions in the list, which are rows of the table to.
func (m *maker) writeEvidence(ctx context.Context, to string, decide decision) error {
	for _, t := range evidenceTables() {
		def := versionsOf(t, evidenceList, sessionKey, &sql.Reference{Columns: sessionKey, Table: to})
		if err := m.writeVersions(ctx, t, &def, decide, evidenceFolder); err != nil {
			return err
		}
	}
	return m.writePDFs(ctx)
}

// writeVersions writes every version of the rows of a table. A person's own copy need not have the table.
func (m *maker) writeVersions(ctx context.Context, t *schemas.Table, def *sql.FilingTable, decide decision, folder string) error {
	if m.Order.isForSubject() && !slices.Contains(ownTables, t.Name) {
		return nil
	}
	if m.Order.Template.Table(def.Name) != nil {
		return fmt.Errorf("the template has a table %s, which is the name of one of the evidence", def.Name)
	}
	if err := m.writeTable(ctx, def, decide, folder); err != nil {
		return fmt.Errorf("versions of %s: %w", t.Name, err)
	}
	return nil
}

// evidenceAction decides what of the evidence of a sample leaves. With an approval it is everything but what is derived
// from a face, which is coarser. The key stays that of the population, so that the rows can be joined.
func (m *maker) evidenceAction() decision {
	o := m.Order
	return func(c *schemas.Column, from string) (action, error) {
		if o.Sample.Approval != "" && !slices.Contains(sessionKey, c.Name) {
			return o.Audience.cleared(c, from)
		}
		return o.Audience.action(c, from)
	}
}
