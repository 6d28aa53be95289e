package didittest

import (
	"bytes"
	"fmt"
	"net/http"
)

// servePDF renders the report of a session, anew each time: no two answers are the same bytes.
func (v *Vendor) servePDF(rt *route, r *http.Request) reply {
	v.mu.RLock()
	defer v.mu.RUnlock()
	s, ok := v.lookup(rt.session)
	switch {
	case !ok:
		return detail(http.StatusNotFound, "Not found.")
	case v.scope.noPDF:
		return detail(http.StatusForbidden, "You do not have permission to perform this action.")
	case !hasPDF(s):
		return detail(http.StatusForbidden, "A PDF report is not available for a session whose status is "+s.status.String()+".")
	}
	id := s.id().String()
	name, title := "session_", "Verification report"
	if s.business {
		name, title = "business_", "Business verification report"
	}
	body := renderPDF(title, fmt.Sprintf("Session %s, %s", id, s.status), fmt.Sprintf("Rendered %s, no. %d", stamp(v.now), v.serial.Add(1)))
	if v.faults.due("badpdf", rt.turn.pdf) {
		body = body[:len(body)/2] // of a length that says so
	}
	v.meter.rendered(s.id())
	return reply{code: http.StatusOK, kind: "application/pdf", body: body,
		header: map[string]string{"Content-Disposition": `attachment; filename="` + name + id + `.pdf"`}}
}

// hasPDF reports whether there is a report of a session in its present status.
func hasPDF(s *session) bool {
	switch s.status {
	case approved, declined, inReview:
		return true
	case kycExpired:
		return !s.business
	}
	return false
}

// renderPDF writes a page of text in the form of PDF 1.4, with a table of where its objects begin.
func renderPDF(lines ...string) []byte {
	var page bytes.Buffer
	page.WriteString("BT /F1 12 Tf 16 TL 56 780 Td\n")
	for _, line := range lines {
		fmt.Fprintf(&page, "(%s) Tj T*\n", line)
	}
	page.WriteString("ET")
	b := bytes.NewBufferString("%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")
	var begins []int
	for i, object := range []string{
		"<< /Type /Catalog /Pages 2 0 R >>",
		"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
		"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
		fmt.Sprintf("<< /Length %d >>\nstream\n%s\nendstream", page.Len(), page.Bytes()),
		"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
	} {
		begins = append(begins, b.Len())
		fmt.Fprintf(b, "%d 0 obj\n%s\nendobj\n", i+1, object)
	}
	table := b.Len()
	fmt.Fprintf(b, "xref\n0 %d\n0000000000 65535 f \n", len(begins)+1)
	for _, at := range begins {
		fmt.Fprintf(b, "%010d 00000 n \n", at)
	}
	fmt.Fprintf(b, "trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n", len(begins)+1, table)
	return b.Bytes()
}

// PDFs tells how often the report of each session was rendered, by session id. Those that were cut on their way are
// in it; refusals and failures are not.
func (v *Vendor) PDFs() map[string]int {
	v.meter.mu.Lock()
	defer v.meter.mu.Unlock()
	out := make(map[string]int, len(v.meter.pdfs))
	for id, n := range v.meter.pdfs {
		out[id.String()] = n
	}
	return out
}

func (m *meter) rendered(id uuid) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.pdfs == nil {
		m.pdfs = map[uuid]int{}
	}
	m.pdfs[id]++
}
