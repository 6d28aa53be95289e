package night

import (
	"context"
	"fmt"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"
)

// The gates. Each looks for a sign that what was fetched is not the truth.
const (
	gateEmpty        = "empty"        // the vendor lists nothing
	gateShrink       = "shrink"       // far fewer sessions than are known
	gateSpike        = "spike"        // far more new sessions than in other nights
	gateMissing      = "missing"      // many sessions vanish at once
	gateScope        = "scope"        // accepted in place of missing: the key's scope was narrowed
	gateNulls        = "nulls"        // values that used to be there are not
	gateRejects      = "rejects"      // elements that cannot be read
	gateStale        = "stale"        // sessions whose newest document cannot be read
	gateUnreconciled = "unreconciled" // the vendor's counts are not ours
)

// Gates are the thresholds. The zero Gates is not valid; see DefaultGates.
type Gates struct {
	Shrink  float64 // share of the known sessions that the lists may lack
	Spike   float64 // new sessions, as a multiple of what the last nights had
	Missing float64 // share of the known sessions that may vanish in a night; five always may
	Nulls   float64 // share of identity values that may be null, above what it was
	Rejects float64 // elements that could not be read, per version
	Stale   float64 // share of sessions whose newest document could not be read
}

// DefaultGates returns the thresholds that hold where no other is set.
func DefaultGates() Gates {
	return Gates{Shrink: 0.5, Spike: 10, Missing: 0.005, Nulls: 0.3, Rejects: 0.05, Stale: 0.01}
}

// Set changes a threshold.
func (g *Gates) Set(name string, value float64) error {
	fields := map[string]*float64{gateShrink: &g.Shrink, gateSpike: &g.Spike, gateMissing: &g.Missing,
		gateNulls: &g.Nulls, gateRejects: &g.Rejects, gateStale: &g.Stale}
	f := fields[name]
	if f == nil {
		return fmt.Errorf("no gate %q with a threshold: want one of shrink, spike, missing, nulls, rejects, stale", name)
	}
	if value <= 0 {
		return fmt.Errorf("gate %s: want a number above 0, got %g", name, value)
	}
	*f = value
	return nil
}

// GateNames are the gates that can be accepted.
var GateNames = []string{gateEmpty, gateShrink, gateSpike, gateMissing, gateScope, gateNulls, gateRejects, gateStale, gateUnreconciled}

// missing is how many sessions may vanish in one night.
func (g Gates) missing(known int) int { return max(5, int(g.Missing*float64(known))) }

// A gateFailure is a gate that failed, with what it saw.
type gateFailure struct{ name, sentence string }

func (r *run) accepts(gate string) bool { return r.Accept[gate] != "" }

// fail makes a gate fail, unless that was accepted.
func (r *run) fail(gate, format string, args ...any) {
	f := gateFailure{gate, fmt.Sprintf(format, args...)}
	if r.accepts(gate) || gate == gateMissing && r.accepts(gateScope) {
		r.Accepted = append(r.Accepted, gate+": "+f.sentence)
		return
	}
	r.gates = append(r.gates, f)
}

// Least numbers below which a share says nothing.
const (
	fewKnown  = 100 // sessions
	fewNew    = 200
	fewValues = 20
	fewStale  = 5
)

// gate looks at what the run has found. A gate that fails leaves readers with the last good
// generation; what was fetched stays in the lake, unpublished, and is judged again by the next run.
func (r *run) gate(ctx context.Context) error {
	if r.Reconcile {
		return nil // its only gate is that the counts are ours
	}
	past, err := r.past(ctx)
	if err != nil {
		return err
	}
	present, stale := int64(0), int64(0)
	for k := range r.known.All() {
		if !k.Gone() {
			present++
			if k.Stale {
				stale++
			}
		}
	}
	if !r.ranged() {
		r.gateList(past, present)
	}
	if stale > max(fewStale, int64(r.Gates.Stale*float64(present))) {
		r.fail(gateStale, "the newest document of %d of %d sessions cannot be read; kycsync rejects list tells why", stale, present)
	}
	if rejects := past.unpublished["withheld"] + r.Withheld; float64(rejects) > max(fewValues, r.Gates.Rejects*float64(past.unpublished["versions"]+r.Versions)) {
		r.fail(gateRejects, "%d elements could not be read in %d versions that are not yet published; kycsync rejects list tells why", rejects, past.unpublished["versions"]+r.Versions)
	}
	r.gateNulls(past)
	if r.Gone > max(fewStale, r.Fetched/200) {
		r.fail(gateMissing, "%d sessions that the list names answer 404: was the key's scope changed? No session was marked deleted", r.Gone)
	}
	return nil
}

// gateList judges the lists against the sessions that the lake has without a tombstone.
func (r *run) gateList(past *past, present int64) {
	listed := int64(len(r.listing.place))
	if present > 0 && listed == 0 {
		r.fail(gateEmpty, "the vendor lists no session at all, and %d are known", present)
	}
	if present >= fewKnown && listed > 0 && float64(listed) < (1-r.Gates.Shrink)*float64(present) {
		r.fail(gateShrink, "the vendor lists %d sessions, and %d are known", listed, present)
	}
	if usual, fresh := max(1, past.newPerNight())*past.nightsUntil(r.StartedAt), past.unpublished["new_stored"]+r.Planned["new"]; past.nights >= 3 && fresh > fewNew && float64(fresh) > r.Gates.Spike*usual {
		r.fail(gateSpike, "%d new sessions since the last publication, where %.0f were to be expected", fresh, usual)
	}
}

// foresee reports whether a gate will fail, so that no run of the group says that it is published before
// all were judged. It changes nothing.
func (r *run) foresee(ctx context.Context) (failed bool, err error) {
	summary, gates := r.Summary, r.gates
	defer func() { r.Summary, r.gates = summary, gates }()
	r.gates = slices.Clone(gates)
	r.totalRows(0)
	err = r.gate(ctx)
	return len(r.gates) > 0, err
}

// mayPublish reports whether readers follow this commit: when all that is urgent was fetched, no
// gate failed, in this run or in the runs of other applications since the last publication, and the
// group has no run to wait for.
func (r *run) mayPublish(ctx context.Context) (bool, error) {
	publish := r.Group.conclude(r.Config.Application, r.urgent == 0, len(r.gates) > 0)
	staged := r.head != nil && r.head.Seq != r.head.PublishedSeq
	if staged && (r.Reconcile || r.ranged()) {
		r.Staged = true // a night that has more to say than this run must publish what it left
		return false, nil
	}
	held := r.Group.held()
	if staged {
		doubtful, err := r.doubtful(ctx)
		if err != nil {
			return false, err
		}
		held = append(held, doubtful...)
	}
	r.WaitsFor = slices.DeleteFunc(slices.Sorted(slices.Values(held)), func(application string) bool { return application == r.Config.Application })
	return publish && len(held) == 0, nil
}

// doubtful returns the other applications whose newest unpublished run had a gate that failed, but for
// those that are judged anew.
func (r *run) doubtful(ctx context.Context) ([]string, error) {
	_, staged := halves(r.head, "runs")
	outcomes := map[string]string{}
	err := each(ctx, r.Lake, staged, "runs", r.WorkDir, func(cell func(string) arrow.Array, i int) {
		outcomes[textAt(cell("application"), i)] = textAt(cell("outcome"), i)
	})
	var out []string
	for application, outcome := range outcomes {
		if outcome == outcomeGate && application != r.Config.Application && !r.Group.judged(application) {
			out = append(out, application)
		}
	}
	return out, err
}
