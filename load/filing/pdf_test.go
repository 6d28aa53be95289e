package filing

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"testing"

	"kycsync/schemas"
	"kycsync/sql"
)

// testPDFs is the table of the PDFs with few columns.
func testPDFs() sql.FilingTable {
	full := versionsOf(schemas.Lookup("pdf_reports"), evidenceList, sessionKey, &sql.Reference{Columns: sessionKey, Table: sql.FilingSample})
	var columns []sql.FilingColumn
	for _, c := range full.Columns {
		switch c.Name {
		case "application", "session_id", "session_version_seq", "version_seq", "sha256", "object":
			columns = append(columns, c)
		}
	}
	full.Columns = columns
	return full
}

// Each PDF that the evidence tells of is there, with the bytes that it had, and no other.
func TestPDFsOfTheEvidence(t *testing.T) {
	key, signers := testKey(t)
	body := []byte("%PDF-1.7 of a person")
	sum := sha256.Sum256(body)
	name := hex.EncodeToString(sum[:])
	other := strings.Repeat("0", 64)
	for _, tt := range []struct {
		name, told, file, says string
	}{
		{"there", name, name, "each has its evidence"},
		{"missing", name, "", "is not there, or is another one"},
		{"with other bytes", other, other, "is not there, or is another one"},
		{"not told of", "", name, "does not tell of it"},
	} {
		_, file := packedBy(t, crowd, func(o *Order) {
			o.Key, o.Sample = key, &Sample{Size: 25, Seed: 7}
		}, func(m *maker, r *sampleRows) {
			if tt.file != "" {
				if err := m.bag.Add(pdfFile(tt.file), body); err != nil {
					t.Fatal(err)
				}
			}
			if tt.told != "" {
				r.pdfs = [][]any{{"default", "a", int64(1), int64(3), ptr(tt.told), ptr("data/pdf/x.pdf")}}
			}
		})
		failed, all := verified(t, file, Checking{Signers: signers})
		if !strings.Contains(all["sample"], tt.says) || (len(failed) == 0) != (tt.says == "each has its evidence") {
			t.Errorf("%s: failed %q: %s", tt.name, failed, all["sample"])
		}
	}
}
