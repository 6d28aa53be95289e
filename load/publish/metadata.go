package publish

import (
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"kycsync/load/lake"
	"kycsync/schemas"
)

// The JSON of an Iceberg table of format 2.
//
// Source: https://iceberg.apache.org/spec/, appendix C.
type (
	iceTable struct {
		FormatVersion     int                `json:"format-version"`
		TableUUID         string             `json:"table-uuid"`
		Location          string             `json:"location"`
		LastSequence      int64              `json:"last-sequence-number"`
		LastUpdatedMillis int64              `json:"last-updated-ms"`
		LastColumnID      int                `json:"last-column-id"`
		CurrentSchemaID   int                `json:"current-schema-id"`
		Schemas           []iceSchema        `json:"schemas"`
		DefaultSpecID     int                `json:"default-spec-id"`
		Specs             []iceSpec          `json:"partition-specs"`
		LastPartitionID   int                `json:"last-partition-id"`
		DefaultSortOrder  int                `json:"default-sort-order-id"`
		SortOrders        []iceOrder         `json:"sort-orders"`
		Properties        map[string]string  `json:"properties"`
		CurrentSnapshotID int64              `json:"current-snapshot-id"`
		Refs              map[string]iceRef  `json:"refs"`
		Snapshots         []iceSnapshot      `json:"snapshots"`
		SnapshotLog       []iceSnapshotEntry `json:"snapshot-log"`
		MetadataLog       []jsontext.Value   `json:"metadata-log"`
	}
	iceSchema struct {
		Type   string     `json:"type"`
		ID     int        `json:"schema-id"`
		Fields []iceField `json:"fields"`
	}
	iceField struct {
		ID       int    `json:"id"`
		Name     string `json:"name"`
		Required bool   `json:"required"`
		Type     string `json:"type"`
		Doc      string `json:"doc,omitzero"`
	}
	iceSpec struct {
		ID     int              `json:"spec-id"`
		Fields []jsontext.Value `json:"fields"`
	}
	iceOrder struct {
		ID     int              `json:"order-id"`
		Fields []jsontext.Value `json:"fields"`
	}
	iceRef struct {
		SnapshotID int64  `json:"snapshot-id"`
		Type       string `json:"type"`
	}
	iceSnapshot struct {
		ID           int64             `json:"snapshot-id"`
		Sequence     int64             `json:"sequence-number"`
		Millis       int64             `json:"timestamp-ms"`
		ManifestList string            `json:"manifest-list"`
		Summary      map[string]string `json:"summary"`
		SchemaID     int               `json:"schema-id"`
	}
	iceSnapshotEntry struct {
		Millis     int64 `json:"timestamp-ms"`
		SnapshotID int64 `json:"snapshot-id"`
	}
)

// iceType returns the Iceberg type of a kind. It panics for Media, which is not stored.
func iceType(k schemas.Kind) string {
	switch k {
	case schemas.Text, schemas.JSON:
		return "string"
	case schemas.Int:
		return "long"
	case schemas.Float:
		return "double"
	case schemas.Bool:
		return "boolean"
	case schemas.Time:
		return "timestamptz"
	case schemas.Date:
		return "date"
	case schemas.Decimal:
		return fmt.Sprintf("decimal(%d, %d)", schemas.DecimalPrecision, schemas.DecimalScale)
	}
	panic(fmt.Sprintf("publish: kind %d has no Iceberg type", k))
}

// schema is the table's, as it is published.
func (t *table) schema() iceSchema { return iceSchema{Type: "struct", Fields: t.described().columns} }

// fields are the columns under their permanent ids. A column is required where every part has it so; those that
// were added later may be null, and are where a part is older.
func (t *table) fields() (all []iceField) {
	for _, c := range t.def.Stored() {
		doc := c.Class.String()
		if c.Doc != "" {
			doc += ": " + c.Doc
		}
		all = append(all, iceField{ID: c.ID, Name: c.Name, Required: !c.Null, Type: iceType(c.Kind), Doc: doc})
	}
	return all
}

// metadata returns the table's metadata: one snapshot, numbered and dated like the commit. Those before it are not
// carried along, or the file would grow with each night; they are in the files with their numbers.
func (t *table) metadata() ([]byte, error) {
	seq, millis, d := t.commit.Seq, t.commit.CommittedAt.UnixMilli(), t.described()
	m := iceTable{
		FormatVersion: 2, TableUUID: t.uuid(), Location: t.uri(t.home()), LastSequence: seq, LastUpdatedMillis: millis, LastColumnID: d.lastID,
		Schemas: []iceSchema{t.schema()}, Specs: []iceSpec{{Fields: []jsontext.Value{}}}, LastPartitionID: 999, SortOrders: []iceOrder{{Fields: []jsontext.Value{}}},
		Properties: map[string]string{
			"comment":                        d.comment,
			"write.metadata.metrics.default": "none",
			"kycsync.commit":                 strconv.FormatInt(seq, 10),
			"kycsync.commit-sha256":          t.commit.SHA256,
		},
		CurrentSnapshotID: seq, Refs: map[string]iceRef{"main": {SnapshotID: seq, Type: "branch"}},
		Snapshots:   []iceSnapshot{{ID: seq, Sequence: seq, Millis: millis, ManifestList: t.uri(t.manifestListName()), Summary: t.totals()}},
		SnapshotLog: []iceSnapshotEntry{{Millis: millis, SnapshotID: seq}}, MetadataLog: []jsontext.Value{},
	}
	if !d.unsealed {
		m.Properties[sealName] = seal(d.columns, d.comment, d.lastID)
	}
	body, err := json.Marshal(&m, json.Deterministic(true), jsontext.WithIndent(" "))
	return append(body, '\n'), err
}

// totals are the figures of the snapshot.
func (t *table) totals() map[string]string {
	operation := "overwrite"
	switch t.commit.Kind {
	case lake.Sync:
		operation = "append"
	case lake.Compact:
		operation = "replace"
	}
	return map[string]string{
		"operation":        operation,
		"total-data-files": strconv.Itoa(len(t.parts)),
		"total-records":    strconv.FormatInt(t.rows, 10),
		"total-files-size": strconv.FormatInt(t.bytes, 10),
	}
}

// checkMetadata compares stored metadata with the commit and the table. A column may be missing: that of a newer
// version of the program than the one that published; the next commit's publication has it.
func (t *table) checkMetadata(stored []byte) error {
	var m iceTable
	if err := json.Unmarshal(stored, &m, json.RejectUnknownMembers(true)); err != nil {
		return fmt.Errorf("it is no metadata of Iceberg as kycsync writes it") // err may quote what stands there
	}
	if len(m.Schemas) != 1 || len(m.Snapshots) != 1 || len(m.Specs) != 1 || len(m.SortOrders) != 1 {
		return fmt.Errorf("it has %d schemas, %d snapshots, %d partitionings and %d orders, want one of each", len(m.Schemas), len(m.Snapshots), len(m.Specs), len(m.SortOrders))
	}
	snap, seq := m.Snapshots[0], t.commit.Seq
	switch {
	case m.FormatVersion != 2 || m.TableUUID != t.uuid() || m.Location != t.uri(t.home()):
		return fmt.Errorf("it is another table's, or that of another place")
	case m.LastSequence != seq || m.CurrentSnapshotID != seq || snap.ID != seq || snap.Sequence != seq || m.Refs["main"].SnapshotID != seq:
		return fmt.Errorf("its snapshot is not that of commit %d", seq)
	case m.Properties["kycsync.commit-sha256"] != t.commit.SHA256:
		return fmt.Errorf("it was made of another commit %d", seq)
	case snap.ManifestList != t.uri(t.manifestListName()):
		return fmt.Errorf("its manifest list lies elsewhere")
	case !maps.Equal(snap.Summary, t.totals()):
		return fmt.Errorf("its totals are not those of the commit")
	case len(m.Specs[0].Fields) > 0 || len(m.SortOrders[0].Fields) > 0 || len(m.MetadataLog) > 0:
		return fmt.Errorf("it has partitions, an order or a history, and no table of kycsync has")
	}
	if err := t.checkSchema(m.Schemas[0]); err != nil {
		return err
	}
	d := described{columns: m.Schemas[0].Fields, comment: m.Properties["comment"], lastID: m.LastColumnID}
	if m.Properties[sealName] == "" {
		ours := t.described()
		d.comment, d.lastID, d.unsealed = ours.comment, ours.lastID, true
	}
	want, err := t.with(d).metadata()
	return sameBytes(stored, want, err)
}

func (t *table) checkSchema(s iceSchema) error {
	ours := t.schema().Fields
	if len(s.Fields) == 0 {
		return fmt.Errorf("it has no column")
	}
	seen := map[int]bool{}
	for _, f := range s.Fields {
		i := slices.IndexFunc(ours, func(o iceField) bool { return o.ID == f.ID })
		if i < 0 || ours[i].Name != f.Name || ours[i].Type != f.Type || ours[i].Required != f.Required || seen[f.ID] {
			return fmt.Errorf("its column %d is none of the table's, or of another kind", f.ID)
		}
		seen[f.ID] = true
	}
	for _, o := range ours {
		if o.Required && !seen[o.ID] {
			return fmt.Errorf("it lacks column %d %s", o.ID, o.Name)
		}
	}
	return nil
}
