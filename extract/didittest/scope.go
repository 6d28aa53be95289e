package didittest

import (
	"fmt"
	"strconv"
	"strings"
)

// A scope is what the key may see. The zero value is a full key.
type scope struct {
	approved   bool // approved sessions only
	workflow   int  // sessions of this workflow only, from 1; 0: of all
	noMedia    bool
	noPDF      bool
	restricted bool // the workflows give out status, node and warnings of their blocks only
}

// SetScope replaces the scope of the key by a comma list of
//
//	approved     only sessions that are approved at the moment
//	workflow:N   only sessions of the N-th workflow, from 1, in the order of their list
//	no-media     every media link is null
//	no-pdf       every PDF is refused
//	restricted   as if every workflow kept its attributes to itself: of an element of a block
//	             only status, node_id and warnings are not null, and rows have no details
//
// The empty text is the full key. What is out of scope is not in lists and counts, and answers
// 404 like what never was. An approved or workflow key may not read webhook deliveries.
func (v *Vendor) SetScope(spec string) error {
	var sc scope
	for item := range strings.SplitSeq(spec, ",") {
		name, n, numbered := strings.Cut(strings.TrimSpace(item), ":")
		switch {
		case name == "workflow":
			i, err := strconv.Atoi(n)
			if err != nil || i < 1 || i > len(workflows) {
				return fmt.Errorf("scope %q: want the number of a workflow, 1 to %d", item, len(workflows))
			}
			sc.workflow = i
		case numbered:
			return fmt.Errorf("scope %q: only workflow takes a number", item)
		case name == "approved":
			sc.approved = true
		case name == "no-media":
			sc.noMedia = true
		case name == "no-pdf":
			sc.noPDF = true
		case name == "restricted":
			sc.restricted = true
		case name != "":
			return fmt.Errorf("scope %q: want approved, workflow:N, no-media, no-pdf or restricted", item)
		}
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.scope = sc
	return nil
}

// limited reports whether some sessions are out of scope.
func (sc scope) limited() bool { return sc.approved || sc.workflow != 0 }

func (sc scope) sees(s *session) bool {
	return (!sc.approved || s.status == approved) && (sc.workflow == 0 || int(s.workflow) == sc.workflow-1)
}

// listed returns the live sessions of a kind that lists show and count, ascending.
func (v *Vendor) listed(kind int) []uint32 {
	ids := v.live[kind]
	if !v.scope.limited() && v.faults.every["unlisted"] == 0 && v.faults.every["lost"] == 0 {
		return ids
	}
	var keep []uint32
	for _, i := range ids {
		if s := &v.sessions[i]; v.scope.sees(s) && !v.faults.unlists(s.id()) {
			keep = append(keep, i)
		}
	}
	return keep
}
