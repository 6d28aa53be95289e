package night

import "fmt"

// gate looks for signs that what was fetched is not the truth. A gate that fails leaves readers
// with the last good generation; what was fetched stays in the lake, unpublished.
func (r *run) gate() {
	listed := int64(len(r.listing.rows))
	if r.Known > 0 && listed == 0 {
		r.fail("the vendor lists no session at all, and %d are known", r.Known)
	}
	if r.Known >= 100 && listed > 0 && listed*2 < r.Known {
		r.fail("the vendor lists %d sessions, and %d are known", listed, r.Known)
	}
	if r.Gone > max(5, r.Fetched/200) {
		r.fail("%d sessions that the list names answer 404: was the key's scope changed? No session was marked deleted", r.Gone)
	}
}

func (r *run) fail(format string, args ...any) {
	r.gates = append(r.gates, fmt.Sprintf(format, args...))
}
