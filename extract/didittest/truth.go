package didittest

import (
	"iter"
	"slices"
	"strings"
	"time"
)

// An Event is one thing that really happened. Detail holds no personal value.
type Event struct {
	At           time.Time `json:"at"`
	Kind         string    `json:"kind"` // created, deleted, or the kind of change
	SessionID    string    `json:"session_id"`
	Revision     int       `json:"revision"` // after the event
	VisibleInRow bool      `json:"visible_in_row"`
	Detail       string    `json:"detail"`
}

type loggedKind uint8

const (
	created loggedKind = iota
	deleted
	changed
)

// logged is an event as kept.
type logged struct {
	at   int64
	s    int32
	arg  uint32
	rev  uint16
	kind loggedKind
	what what
	row  bool
}

func (v *Vendor) note(l logged) {
	l.rev = v.sessions[l.s].revision
	v.log = append(v.log, l)
	if v.opts.Webhook {
		v.announce()
	}
}

// Events returns what happened since the start, in order of time. The initial population
// came before and is not in it.
func (v *Vendor) Events() []Event {
	v.mu.RLock()
	defer v.mu.RUnlock()
	es := make([]Event, len(v.log))
	for i, l := range v.log {
		e := Event{At: at(l.at), SessionID: v.sessions[l.s].id().String(), Revision: int(l.rev), VisibleInRow: l.row}
		switch l.kind {
		case created:
			e.Kind = "created"
			e.Detail = strings.ToLower(origins[v.sessions[l.s].origin])
		case deleted:
			e.Kind = "deleted"
		case changed:
			e.Kind = l.what.String()
			switch l.what {
			case moved, reviewed, redone:
				e.Detail = status(l.arg).String()
			case overridden:
				e.Detail = featureInDecision[l.arg>>8] + " " + featureStatus(l.arg&0xff).String()
			case resubmit:
				var names []string
				for _, f := range mask(l.arg).list() {
					names = append(names, featureInDecision[f])
				}
				e.Detail = strings.Join(names, " ")
			}
		}
		es[i] = e
	}
	return es
}

// A Session is the truth about one session. Counts are the elements in its decision as it is
// now, or was when the session was deleted, the present content faults included.
type Session struct {
	ID          string         `json:"session_id"`
	Kind        string         `json:"session_kind"`
	Number      int            `json:"session_number"`
	CreatedAt   time.Time      `json:"created_at"`
	Status      string         `json:"status"`
	VendorData  string         `json:"vendor_data"` // empty: null
	WorkflowID  string         `json:"workflow_id"`
	Revision    int            `json:"revision"`     // meaningful changes of row or decision, from 1
	RowRevision int            `json:"row_revision"` // meaningful changes of the row, from 1
	Deleted     bool           `json:"deleted"`
	DeletedAt   time.Time      `json:"deleted_at,omitzero"`
	Counts      map[string]int `json:"counts"`
}

// Truth returns every session that ever was, in order of arrival.
func (v *Vendor) Truth() []Session { return slices.Collect(v.All()) }

// All yields what Truth returns, one at a time. The vendor stands still meanwhile.
func (v *Vendor) All() iter.Seq[Session] {
	return func(yield func(Session) bool) {
		v.mu.RLock()
		defer v.mu.RUnlock()
		w := v.newWriter(0, 64<<10)
		for i := range v.sessions {
			if !yield(v.truthOf(w, &v.sessions[i], -1)) {
				return
			}
		}
	}
}

// TruthAt returns what Truth said of a session at an earlier revision. False: there is none.
func (v *Vendor) TruthAt(id string, revision int) (Session, bool) {
	v.mu.RLock()
	defer v.mu.RUnlock()
	u, ok := parseUUID(id)
	if !ok {
		return Session{}, false
	}
	i, ok := v.byID[u]
	if !ok || revision < 1 || revision > int(v.sessions[i].revision) {
		return Session{}, false
	}
	return v.truthOf(v.newWriter(0, 64<<10), &v.sessions[i], revision-1), true
}

// truthOf renders a decision only to count what is in it.
func (v *Vendor) truthOf(w *writer, s *session, changes int) Session {
	x := viewOf(s, changes)
	w.b, w.counts = w.b[:0], [nCounted]int32{}
	v.decision(w, &x, false)
	t := Session{
		ID: s.id().String(), Kind: "user", Number: int(s.number), CreatedAt: at(s.created),
		Status: x.status.String(), VendorData: x.vendorData(), WorkflowID: v.workflowID(int(s.workflow)).String(),
		Revision: int(s.revision), RowRevision: int(s.rowRevision), Counts: make(map[string]int, 12),
	}
	if s.business {
		t.Kind = "business"
	}
	if s.gone != 0 {
		t.Deleted, t.DeletedAt = true, at(s.gone)
	}
	if changes >= 0 {
		t.Revision, t.RowRevision = changes+1, 1
		for _, c := range s.changes[:changes] {
			if c.row {
				t.RowRevision++
			}
		}
	}
	for n, c := range w.counts {
		if c != 0 {
			t.Counts[countedNames[n]] = int(c)
		}
	}
	return t
}

// PersonalValues returns n values about people that really stand in the bodies of sessions
// which are there now: names, document numbers, e-mail addresses, phone numbers, addresses.
// Each is long enough not to occur by chance. Fewer come when the population has fewer.
func (v *Vendor) PersonalValues(n int) []string {
	v.mu.RLock()
	defer v.mu.RUnlock()
	var out []string
	seen := map[string]bool{}
	for turn := 0; turn < 5; turn++ {
		for i := turn; i < len(v.sessions) && len(out) < n; i += 5 {
			s := &v.sessions[i]
			if s.gone != 0 || s.business {
				continue
			}
			x := viewOf(s, -1)
			value := ""
			switch {
			case i%4 == 0 && x.ran.has(featPhone):
				value = x.p.number()
			case i%4 == 1 && x.ran.has(featEmail):
				value = x.p.email
			case !x.ran.has(featID):
			case i%3 == 0:
				value = x.p.full()
			case i%3 == 1:
				value = x.docNumber(0)
			default:
				value = x.p.address()
			}
			if value != "" && !seen[value] {
				seen[value] = true
				out = append(out, value)
			}
		}
	}
	return out
}

// Secrets returns the values that no client may store: the token of every session, the
// one-time codes that stand in decisions, the part that is the same in every signature and
// credential of a link, and the key that signs webhooks.
func (v *Vendor) Secrets() []string {
	v.mu.RLock()
	defer v.mu.RUnlock()
	out := []string{signatureCanary, credential}
	if v.opts.Webhook {
		out = append(out, v.sharedKey())
	}
	for i := range v.sessions {
		s := &v.sessions[i]
		out = append(out, s.token())
		x := viewOf(s, -1)
		for _, f := range []feature{featPhone, featEmail} {
			if x.ran.has(f) {
				for try := range x.tries(f) {
					out = append(out, x.otp(f, try))
				}
			}
		}
	}
	return out
}
