package didittest

import "time"

// A State is one revision of a session and the time in which it was the truth: From inclusive, To
// exclusive. To is zero while it still is; otherwise the next revision or the deletion ended it.
type State struct {
	Revision     int
	From, To     time.Time
	VisibleInRow bool   // its coming changed the row, or brought it
	Kind         string // created, or the kind of change, as in Event
}

// History returns the revisions of a session without a gap, from 1, deleted or not. The first one
// begins with the session's arrival, which for an imported one is after its date of creation.
// Nil: there never was such a session.
func (v *Vendor) History(id string) []State {
	v.mu.RLock()
	defer v.mu.RUnlock()
	u, ok := parseUUID(id)
	if !ok {
		return nil
	}
	i, ok := v.byID[u]
	if !ok {
		return nil
	}
	s := &v.sessions[i]
	states := []State{{Revision: 1, From: at(s.arrived), VisibleInRow: true, Kind: "created"}}
	for n, c := range s.changes {
		states[n].To = at(c.at)
		states = append(states, State{Revision: n + 2, From: at(c.at), VisibleInRow: c.row, Kind: c.what.String()})
	}
	if s.gone != 0 {
		states[len(states)-1].To = at(s.gone)
	}
	return states
}

// Tally returns how many live sessions of a kind ("user", "business") were created in [from, to)
// and are in a status now. A zero time is no bound, an empty status any. It is the truth: neither
// the scope of the key nor a fault touches it.
func (v *Vendor) Tally(kind string, from, to time.Time, status string) int {
	v.mu.RLock()
	defer v.mu.RUnlock()
	n := 0
	for _, i := range v.live[kindOf(kind == "business")] {
		s := &v.sessions[i]
		created := at(s.created)
		if created.Before(from) || !to.IsZero() && !created.Before(to) || status != "" && s.status.String() != status {
			continue
		}
		n++
	}
	return n
}
