package filing

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"kycsync/load/filing/bag"
	"kycsync/load/lake"
	"kycsync/schemas"
)

// The vendor's PDFs that are archived of the sessions of the evidence are a part of it, each under its SHA-256: the table
// pdf_reports_versions says which session it is of. They show faces and what was said in a review, and so they are there for
// a regulator alone, and not in a person's own copy.

const (
	pdfFolder = evidenceFolder + "pdf/"
	pdfTable  = "pdf_reports" + evidenceSuffix
)

func pdfFile(sha256 string) string { return pdfFolder + sha256 + ".pdf" }

// hasPDFs tells whether the PDFs of the evidence are in the filing.
func (o *Order) hasPDFs() bool {
	return (o.Sample != nil || o.Subject != nil) && o.Audience == Regulator && !o.isForSubject()
}

// writePDFs writes what is archived of the sessions in the list of the evidence. An error that wraps lake.ErrDamaged names
// the session.
func (m *maker) writePDFs(ctx context.Context) error {
	if !m.Order.hasPDFs() {
		return nil
	}
	res, err := m.r.Query(ctx, "SELECT DISTINCT ON (sha256) session_id, sha256, bytes, object FROM "+pdfTable+" SEMI JOIN "+evidenceList+" USING (application, session_id) WHERE object IS NOT NULL ORDER BY sha256, object")
	if err != nil {
		return err
	}
	var all []lake.PDF
	for res.Next() {
		v := res.Values()
		var p lake.PDF
		id, _ := v[0].(string)
		p.SessionID = schemas.SessionID(id)
		p.SHA256, _ = v[1].(string)
		p.Bytes, _ = v[2].(int64)
		p.Object, _ = v[3].(string)
		all = append(all, p)
	}
	if err := errors.Join(res.Err(), res.Close()); err != nil {
		return err
	}
	for _, p := range all {
		if err := m.writePDF(ctx, p); err != nil {
			return fmt.Errorf("PDF of session %s: %w", p.SessionID, err)
		}
	}
	return nil
}

func (m *maker) writePDF(ctx context.Context, p lake.PDF) error {
	if m.Order.Lake == nil {
		return errors.New("it is archived, and there is no lake to read it from")
	}
	r, err := m.Order.Lake.OpenPDF(ctx, p)
	if err != nil {
		return err
	}
	defer r.Close()
	w, err := m.bag.Create(pdfFile(p.SHA256))
	if err != nil {
		return err
	}
	_, err = io.Copy(w, r)
	return errors.Join(err, w.Close())
}

// pdfResource describes a PDF.
func (m *maker) pdfResource(name string) resource {
	path := inPayload(name)
	r := resource{Name: "pdf-" + strings.TrimSuffix(path[strings.LastIndex(path, "/")+1:], ".pdf"), Path: paths{path}, Title: "The vendor's PDF of a session", Format: "pdf", MediaType: "application/pdf"}
	m.sizeOf(&r, name)
	return r
}

// checkPDFs looks that the PDFs are there that the evidence tells of, where the filing may have them, and no others.
func (v *verifier) checkPDFs() error {
	told := map[string]bool{}
	if rel := v.tables[pdfTable]; rel != nil && v.stored.statement.Predicate.Policy.Audience == Regulator {
		at := map[string]int{}
		for i, c := range rel.columns {
			at[c.Name] = i + 1
		}
		if at["object"] == 0 || at["sha256"] == 0 {
			return fmt.Errorf("table %s has other columns than it must have", pdfTable)
		}
		err := each(v.ctx, rel, func(row []field) error {
			if !row[at["object"]-1].null {
				told[pdfFile(row[at["sha256"]-1].text)] = true
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	for name := range told {
		if f, ok := v.files[name]; !ok || pdfFile(f.SHA256) != name {
			return fmt.Errorf("%s is not there, or is another one than %s tells of", inPayload(name), pdfTable)
		}
	}
	for name := range v.files {
		if strings.HasPrefix(name, pdfFolder) && !told[name] {
			return fmt.Errorf("%.200s is there, and %s does not tell of it", strings.TrimPrefix(name, bag.Payload), pdfTable)
		}
	}
	return nil
}
