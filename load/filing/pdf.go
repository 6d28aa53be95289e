package filing

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"kycsync/load/filing/bag"
	"kycsync/load/lake"
	"kycsync/schemas"
	"kycsync/sql"
)

// The vendor's PDFs of the sessions in the evidence are files of the package, each under its SHA-256: the table
// pdf_reports_versions says of which version of which session it is. They show people as they are.

const (
	pdfFolder = bag.Payload + "pdf/"
	pdfTable  = "pdf_reports"
)

// A PDFStore has the vendor's PDFs, and compares them with their hash while they are read.
type PDFStore interface {
	OpenPDF(context.Context, lake.PDF) (io.ReadCloser, error)
}

// writePDFs writes what was archived of the sessions in the list of the evidence, and, for whoever may see people as they
// are, the PDFs.
func (m *maker) writePDFs(ctx context.Context, to string, decide decision) error {
	if err := m.writeVersions(ctx, schemas.Lookup(pdfTable), evidenceList, &sql.Reference{Columns: sessionKey, Table: to}, decide, evidenceFolder); err != nil {
		return err
	}
	if !m.Order.showsPeople() {
		return nil
	}
	archived, err := m.archivedPDFs(ctx)
	if err != nil {
		return err
	}
	for i, p := range archived {
		if i > 0 && p.SHA256 == archived[i-1].SHA256 {
			continue // archived twice
		}
		if err := m.addPDF(ctx, p); err != nil {
			return err
		}
	}
	return nil
}

// showsPeople tells whether the evidence leaves as it is, and not to the person.
func (o *Order) showsPeople() bool {
	cleared := o.Sample != nil && o.Sample.Approval != ""
	return (o.Audience == Regulator || cleared) && !o.isForSubject()
}

// archivedPDFs are those of the sessions, in order of their hashes.
func (m *maker) archivedPDFs(ctx context.Context) (out []lake.PDF, err error) {
	res, err := m.r.Query(ctx, fmt.Sprintf("SELECT p.session_id, p.object, p.sha256, p.bytes FROM %s AS p SEMI JOIN %s AS e USING (application, session_id) WHERE p.outcome = '%s' ORDER BY p.sha256, p.object", pdfTable, evidenceList, schemas.PDFArchived))
	if err != nil {
		return nil, err
	}
	for res.Next() {
		v := res.Values()
		var p lake.PDF
		id, _ := v[0].(string)
		p.SessionID = schemas.SessionID(id)
		p.Object, _ = v[1].(string)
		p.SHA256, _ = v[2].(string)
		p.Bytes, _ = v[3].(int64)
		out = append(out, p)
	}
	return out, errors.Join(res.Err(), res.Close())
}

// addPDF copies a PDF into the package.
func (m *maker) addPDF(ctx context.Context, p lake.PDF) error {
	if m.Order.PDFs == nil {
		return fmt.Errorf("PDF of session %s: nobody has it", p.SessionID)
	}
	from, err := m.Order.PDFs.OpenPDF(ctx, p)
	if err != nil {
		return fmt.Errorf("PDF of session %s: %w", p.SessionID, err)
	}
	defer from.Close()
	to, err := m.bag.Create(pdfFolder + p.SHA256 + ".pdf")
	if err != nil {
		return err
	}
	_, err = io.Copy(to, from)
	if err = errors.Join(err, to.Close()); err != nil {
		return fmt.Errorf("PDF of session %s: %w", p.SessionID, err)
	}
	return nil
}

// pdfs returns the names of those in the package.
func (m *maker) pdfs() []string {
	return slices.DeleteFunc(m.bag.Names(), func(name string) bool { return !strings.HasPrefix(name, pdfFolder) })
}

// pdfResource describes a PDF of the package.
func (m *maker) pdfResource(name string) resource {
	path := inPayload(name)
	r := resource{Name: "pdf-" + strings.TrimSuffix(strings.TrimPrefix(name, pdfFolder), ".pdf"), Path: paths{path}, Title: "The vendor's PDF of a session", Format: "pdf", MediaType: "application/pdf"}
	m.sizeOf(&r, name)
	return r
}
