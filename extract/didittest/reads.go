package didittest

import "time"

// A Read is one answer to a request for a decision: what the client was given, or could have been.
type Read struct {
	SessionID   string
	At          time.Time // vendor's clock
	Revision    int       // of the session at that moment, the last one if it is deleted; 0: there never was one
	RowRevision int
	Status      int // 200 or 404
}

// read is a Read as kept.
type read struct {
	id       uuid
	at       int64
	rev, row uint16
	code     int16
}

// noteRead notes the answer to a request for a decision. The caller holds mu.
func (v *Vendor) noteRead(session string, code int) {
	id, _ := parseUUID(session)
	r := read{id: id, at: v.now, code: int16(code)}
	if i, ok := v.byID[id]; ok {
		s := &v.sessions[i]
		r.rev, r.row = s.revision, s.rowRevision
	}
	v.meter.read(r)
}

// Reads returns every decision given out (200) and every one said not to be there (404), oldest
// first, since the start or ForgetReads. What was cut on its way to the client is in it; refusals
// and failures, which say nothing of a session, are not.
func (v *Vendor) Reads() []Read {
	v.meter.mu.Lock()
	defer v.meter.mu.Unlock()
	out := make([]Read, len(v.meter.log))
	for i, r := range v.meter.log {
		out[i] = Read{r.id.String(), at(r.at), int(r.rev), int(r.row), int(r.code)}
	}
	return out
}

// ForgetReads empties what Reads returns. DecisionReads counts on.
func (v *Vendor) ForgetReads() {
	v.meter.mu.Lock()
	defer v.meter.mu.Unlock()
	v.meter.log = nil
}
