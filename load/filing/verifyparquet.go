package filing

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"

	"kycsync/load/lake"
	"kycsync/schemas"
)

// checkParquet holds the rows of the Parquet files against those of the CSV files. A Parquet file may be made so that
// reading it takes all memory: so only those are read for which somebody is known to answer.
func (v *verifier) checkParquet() {
	const name = "parquet"
	if !v.signed {
		v.skip(name, "The Parquet files were not read, as nobody is known to answer for them: name an allowed_signers file. Their SHA-256 is the one that the lists have.")
		return
	}
	for _, table := range slices.Sorted(maps.Keys(v.tables)) {
		r := v.tables[table]
		if r.parquet == "" {
			continue
		}
		if err := v.sameRows(r, v.tallies[table]); err != nil {
			v.note(name, "", err)
			return
		}
	}
	v.note(name, "The Parquet files have the same rows as the CSV files.", nil)
}

// sameRows reads a Parquet file, which the reader wants to have as a file of its own.
func (v *verifier) sameRows(r *relation, want *tally) (err error) {
	body, err := v.stored.Read(r.parquet)
	if err != nil {
		return err
	}
	defer body.Close()
	f, err := os.CreateTemp("", "kycsync-verify-*.parquet")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = io.Copy(f, body)
	if err := errors.Join(err, f.Close()); err != nil {
		return err
	}
	t := &schemas.Table{Name: r.name}
	for _, c := range r.columns {
		t.Columns = append(t.Columns, c.Column)
	}
	got := newTally(r.columns, r.key)
	var line, cell []byte
	var failed error
	_, err = lake.ReadFile(v.ctx, t, f.Name(), func(b arrow.RecordBatch) bool {
		for i := range int(b.NumRows()) {
			line = line[:0]
			for k := range r.columns {
				if k > 0 {
					line = append(line, ',')
				}
				if b.Column(k).IsNull(i) {
					got.null(k)
					continue
				}
				cell = appendCell(cell[:0], &r.columns[k].Column, slices.Contains(r.key, k), b.Column(k), i)
				got.cell(k, cell)
				line = appendField(line, cell)
			}
			if failed = got.row(append(line, '\r', '\n')); failed != nil {
				return false
			}
		}
		return true
	})
	if err := errors.Join(err, failed); err != nil {
		return fmt.Errorf("the Parquet file of %s cannot be read: %w", r.name, err)
	}
	if got.sha256() != want.sha256() {
		return fmt.Errorf("the Parquet file of %s has other rows than its CSV files", r.name)
	}
	return nil
}
