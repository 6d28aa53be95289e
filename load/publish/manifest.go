package publish

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strconv"

	"github.com/go-json-experiment/json"
	"github.com/twmb/avro"
	"github.com/twmb/avro/ocf"

	"kycsync/load/lake"
)

// The records of Iceberg's two Avro files, format 2. Names of records and ids of fields are those of the reference
// implementation, by which some engines know them. Counts and sizes are all that is said of a part: bounds of its
// columns would carry values of persons out of it.
//
// Source: https://iceberg.apache.org/spec/#manifests and #manifest-lists.
var (
	entrySchema = avro.MustParse(`{"type": "record", "name": "manifest_entry", "fields": [
	{"name": "status", "type": "int", "field-id": 0},
	{"name": "snapshot_id", "type": ["null", "long"], "default": null, "field-id": 1},
	{"name": "sequence_number", "type": ["null", "long"], "default": null, "field-id": 3},
	{"name": "file_sequence_number", "type": ["null", "long"], "default": null, "field-id": 4},
	{"name": "data_file", "field-id": 2, "type": {"type": "record", "name": "r2", "fields": [
		{"name": "content", "type": "int", "field-id": 134},
		{"name": "file_path", "type": "string", "field-id": 100},
		{"name": "file_format", "type": "string", "field-id": 101},
		{"name": "partition", "type": {"type": "record", "name": "r102", "fields": []}, "field-id": 102},
		{"name": "record_count", "type": "long", "field-id": 103},
		{"name": "file_size_in_bytes", "type": "long", "field-id": 104},
		` + noStatistics(108, "column_sizes", 117, "long") + `,
		` + noStatistics(109, "value_counts", 119, "long") + `,
		` + noStatistics(110, "null_value_counts", 121, "long") + `,
		` + noStatistics(137, "nan_value_counts", 138, "long") + `,
		` + noStatistics(125, "lower_bounds", 126, "bytes") + `,
		` + noStatistics(128, "upper_bounds", 129, "bytes") + `,
		{"name": "key_metadata", "type": ["null", "bytes"], "default": null, "field-id": 131},
		{"name": "split_offsets", "type": ["null", {"type": "array", "items": "long", "element-id": 133}], "default": null, "field-id": 132},
		{"name": "equality_ids", "type": ["null", {"type": "array", "items": "int", "element-id": 136}], "default": null, "field-id": 135},
		{"name": "sort_order_id", "type": ["null", "int"], "default": null, "field-id": 140}
	]}}
]}`)

	manifestSchema = avro.MustParse(`{"type": "record", "name": "manifest_file", "fields": [
	{"name": "manifest_path", "type": "string", "field-id": 500},
	{"name": "manifest_length", "type": "long", "field-id": 501},
	{"name": "partition_spec_id", "type": "int", "field-id": 502},
	{"name": "content", "type": "int", "field-id": 517},
	{"name": "sequence_number", "type": "long", "field-id": 515},
	{"name": "min_sequence_number", "type": "long", "field-id": 516},
	{"name": "added_snapshot_id", "type": "long", "field-id": 503},
	{"name": "added_files_count", "type": "int", "field-id": 504},
	{"name": "existing_files_count", "type": "int", "field-id": 505},
	{"name": "deleted_files_count", "type": "int", "field-id": 506},
	{"name": "added_rows_count", "type": "long", "field-id": 512},
	{"name": "existing_rows_count", "type": "long", "field-id": 513},
	{"name": "deleted_rows_count", "type": "long", "field-id": 514},
	{"name": "partitions", "type": ["null", {"type": "array", "element-id": 508, "items": {"type": "record", "name": "r508", "fields": [
		{"name": "contains_null", "type": "boolean", "field-id": 509},
		{"name": "contains_nan", "type": ["null", "boolean"], "default": null, "field-id": 518},
		{"name": "lower_bound", "type": ["null", "bytes"], "default": null, "field-id": 510},
		{"name": "upper_bound", "type": ["null", "bytes"], "default": null, "field-id": 511}
	]}}], "default": null, "field-id": 507},
	{"name": "key_metadata", "type": ["null", "bytes"], "default": null, "field-id": 519}
]}`)
)

// noStatistics is a field that we leave null: a map from a column's id to a figure of it. Readers expect it to be there.
func noStatistics(id int, name string, key int, value string) string {
	return fmt.Sprintf(`{"name": %q, "type": ["null", {"type": "array", "logicalType": "map", "items": {"type": "record", "name": "k%d_v%d", "fields": [
		{"name": "key", "type": "int", "field-id": %d}, {"name": "value", "type": %q, "field-id": %d}]}}], "default": null, "field-id": %d}`,
		name, key, key+1, key, value, key+1, id)
}

// An entry is what a manifest says of a part.
type entry struct {
	Status       int32    `avro:"status"` // existing or added
	SnapshotID   *int64   `avro:"snapshot_id"`
	Sequence     *int64   `avro:"sequence_number"`
	FileSequence *int64   `avro:"file_sequence_number"`
	File         dataFile `avro:"data_file"`
}

const (
	existing = 0 // since an earlier commit
	added    = 1 // by this one
)

type dataFile struct {
	Content   int32    `avro:"content"` // 0: rows
	Path      string   `avro:"file_path"`
	Format    string   `avro:"file_format"`
	Partition struct{} `avro:"partition"`
	Rows      int64    `avro:"record_count"`
	Bytes     int64    `avro:"file_size_in_bytes"`

	// Always null.
	ColumnSizes  *[]figure `avro:"column_sizes"`
	ValueCounts  *[]figure `avro:"value_counts"`
	NullCounts   *[]figure `avro:"null_value_counts"`
	NaNCounts    *[]figure `avro:"nan_value_counts"`
	LowerBounds  *[]bound  `avro:"lower_bounds"`
	UpperBounds  *[]bound  `avro:"upper_bounds"`
	KeyMetadata  *[]byte   `avro:"key_metadata"`
	SplitOffsets *[]int64  `avro:"split_offsets"`
	EqualityIDs  *[]int32  `avro:"equality_ids"`
	SortOrderID  *int32    `avro:"sort_order_id"`
}

type figure struct {
	Key   int32 `avro:"key"`
	Value int64 `avro:"value"`
}

type bound struct {
	Key   int32  `avro:"key"`
	Value []byte `avro:"value"`
}

// A manifestFile is what a manifest list says of a manifest.
type manifestFile struct {
	Path          string     `avro:"manifest_path"`
	Length        int64      `avro:"manifest_length"`
	SpecID        int32      `avro:"partition_spec_id"`
	Content       int32      `avro:"content"` // 0: rows
	Sequence      int64      `avro:"sequence_number"`
	MinSequence   int64      `avro:"min_sequence_number"`
	SnapshotID    int64      `avro:"added_snapshot_id"`
	AddedFiles    int32      `avro:"added_files_count"`
	ExistingFiles int32      `avro:"existing_files_count"`
	DeletedFiles  int32      `avro:"deleted_files_count"`
	AddedRows     int64      `avro:"added_rows_count"`
	ExistingRows  int64      `avro:"existing_rows_count"`
	DeletedRows   int64      `avro:"deleted_rows_count"`
	Partitions    *[]summary `avro:"partitions"`   // always null
	KeyMetadata   *[]byte    `avro:"key_metadata"` // always null
}

type summary struct {
	ContainsNull bool    `avro:"contains_null"`
	ContainsNaN  *bool   `avro:"contains_nan"`
	Lower        *[]byte `avro:"lower_bound"`
	Upper        *[]byte `avro:"upper_bound"`
}

// manifest returns the Avro file that names the parts.
func (t *table) manifest() ([]byte, error) { return t.manifestOf(t.entries()) }

func (t *table) manifestOf(entries []entry) ([]byte, error) {
	schema, err := json.Marshal(t.schema())
	if err != nil {
		return nil, err
	}
	metadata := []string{"schema", string(schema), "schema-id", "0", "partition-spec", "[]", "partition-spec-id", "0", "format-version", "2", "content", "data"}
	if d := t.described(); !d.unsealed {
		metadata = append(metadata, sealName, seal(d.columns))
	}
	return encode(entrySchema, entries, t.manifestName(), metadata...)
}

func (t *table) entries() []entry {
	out := make([]entry, len(t.parts))
	for i, p := range t.parts {
		out[i] = entry{Status: t.status(p), SnapshotID: &p.AddedBySeq, Sequence: &p.AddedBySeq, FileSequence: &p.AddedBySeq,
			File: dataFile{Path: t.uri(p.Name), Format: "PARQUET", Rows: p.Rows, Bytes: p.Bytes}}
	}
	return out
}

func (t *table) status(p lake.Part) int32 {
	if p.AddedBySeq == t.commit.Seq {
		return added
	}
	return existing
}

// manifestList returns the Avro file that names the manifest, of so many bytes.
func (t *table) manifestList(length int) ([]byte, error) {
	seq := strconv.FormatInt(t.commit.Seq, 10)
	return encode(manifestSchema, t.manifests(length), t.manifestListName(), "snapshot-id", seq, "parent-snapshot-id", "null", "sequence-number", seq, "format-version", "2")
}

// manifests is the one manifest, or none where the table has no part.
func (t *table) manifests(length int) []manifestFile {
	if len(t.parts) == 0 {
		return nil
	}
	m := manifestFile{Path: t.uri(t.manifestName()), Length: int64(length), Sequence: t.commit.Seq, MinSequence: t.oldest, SnapshotID: t.commit.Seq}
	for _, p := range t.parts {
		if t.status(p) == added {
			m.AddedFiles, m.AddedRows = m.AddedFiles+1, m.AddedRows+p.Rows
		} else {
			m.ExistingFiles, m.ExistingRows = m.ExistingFiles+1, m.ExistingRows+p.Rows
		}
	}
	return []manifestFile{m}
}

// encode returns an Avro file. Its bytes depend on the arguments alone: the mark at the end of its block follows from
// the file's name, where others take chance, and metadata, names and values in turn, keep their order. It says that it is
// not compressed: icebird 0.3.1 reads no file that leaves that out, which is why package ocf does not write it.
//
// Source: https://avro.apache.org/docs/1.12.0/specification/#object-container-files
func encode[T any](schema *avro.Schema, records []T, name string, metadata ...string) ([]byte, error) {
	metadata = append([]string{"avro.schema", schema.String(), "avro.codec", "null"}, metadata...)
	sum := sha256.Sum256([]byte(name))
	mark := sum[:16]
	out := appendLong([]byte("Obj\x01"), len(metadata)/2)
	for _, text := range metadata {
		out = append(appendLong(out, len(text)), text...)
	}
	out = append(append(out, 0), mark...)
	if len(records) == 0 {
		return out, nil
	}
	var block []byte
	for i := range records {
		var err error
		if block, err = schema.AppendEncode(block, &records[i]); err != nil {
			return nil, err
		}
	}
	out = appendLong(appendLong(out, len(records)), len(block))
	return append(append(out, block...), mark...), nil
}

// appendLong appends a number as Avro has it: signs last, seven bits a byte.
func appendLong(to []byte, n int) []byte { return binary.AppendVarint(to, int64(n)) }

// decode reads a stored Avro file by the schema that stands in it.
func decode[T any](stored []byte) (records []T, metadata map[string][]byte, err error) {
	r, err := ocf.NewReader(bytes.NewReader(stored))
	if err != nil {
		return nil, nil, errors.New("it is no Avro file") // err may quote what stands there
	}
	defer r.Close()
	for {
		var record T
		if err := r.Decode(&record); err == io.EOF {
			return records, r.Metadata(), nil
		} else if err != nil {
			return nil, nil, fmt.Errorf("record %d cannot be read", len(records))
		}
		records = append(records, record)
	}
}

// checkManifest compares a stored manifest with the commit: each part once, with its rows and bytes, and nothing else.
func (t *table) checkManifest(stored []byte) error {
	entries, metadata, err := decode[entry](stored)
	if err != nil {
		return err
	}
	var schema iceSchema
	if err := json.Unmarshal(metadata["schema"], &schema, json.RejectUnknownMembers(true)); err != nil {
		return errors.New("its schema cannot be read")
	}
	if err := t.checkSchema(schema); err != nil {
		return err
	}
	want := map[string]lake.Part{}
	for _, p := range t.parts {
		want[t.uri(p.Name)] = p
	}
	for i, e := range entries {
		p, ok := want[e.File.Path]
		f := e.File
		switch {
		case !ok:
			return fmt.Errorf("entry %d names no part of the commit, or one twice", i)
		case f.Rows != p.Rows || f.Bytes != p.Bytes || f.Content != 0 || f.Format != "PARQUET":
			return fmt.Errorf("it has %d rows and %d bytes of %s, want %d and %d", f.Rows, f.Bytes, p.Name, p.Rows, p.Bytes)
		case e.Status != t.status(p) || !is(e.SnapshotID, p.AddedBySeq) || !is(e.Sequence, p.AddedBySeq) || !is(e.FileSequence, p.AddedBySeq):
			return fmt.Errorf("it does not say that commit %d added %s", p.AddedBySeq, p.Name)
		case f.ColumnSizes != nil || f.ValueCounts != nil || f.NullCounts != nil || f.NaNCounts != nil || f.LowerBounds != nil || f.UpperBounds != nil || f.KeyMetadata != nil || f.EqualityIDs != nil:
			return fmt.Errorf("it says more of %s than counts of rows and bytes", p.Name)
		}
		delete(want, f.Path)
	}
	if len(want) > 0 {
		return fmt.Errorf("it lacks %d of %d parts", len(want), len(t.parts))
	}
	whole, err := t.with(described{columns: schema.Fields, unsealed: metadata[sealName] == nil}).manifest()
	return sameBytes(stored, whole, err)
}

func is(p *int64, want int64) bool { return p != nil && *p == want }

// checkManifestList compares a stored manifest list with the commit and the manifest, which has so many bytes.
func (t *table) checkManifestList(stored []byte, length int) error {
	got, _, err := decode[manifestFile](stored)
	if err != nil {
		return err
	}
	want := t.manifests(length)
	if len(got) != len(want) {
		return fmt.Errorf("it names %d manifests, want %d", len(got), len(want))
	}
	for i, m := range got {
		if m.Partitions != nil || m.KeyMetadata != nil {
			return fmt.Errorf("it says more of the manifest than counts of rows and parts")
		}
		if m != want[i] {
			return fmt.Errorf("what it says of the manifest is not what the commit says")
		}
	}
	whole, err := t.manifestList(length)
	return sameBytes(stored, whole, err)
}
