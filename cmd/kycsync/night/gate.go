package night

import (
	"context"
	"fmt"
	"time"

	"kycsync/load/lake"
	"kycsync/transform"

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
	for _, k := range r.known {
		if !k.Gone() {
			present++
			if k.Stale {
				stale++
			}
		}
	}
	if !r.ranged() {
		r.gateList(past)
	}
	if stale > max(fewStale, int64(r.Gates.Stale*float64(present))) {
		r.fail(gateStale, "the newest document of %d of %d sessions cannot be read; kycsync rejects list tells why", stale, present)
	}
	if rejects := past.unpublished["withheld"] + r.Withheld; float64(rejects) > max(fewValues, r.Gates.Rejects*float64(past.unpublished["versions"]+r.Versions)) {
		r.fail(gateRejects, "%d elements could not be read in %d versions that are not yet published; kycsync rejects list tells why", rejects, past.unpublished["versions"]+r.Versions)
	}
	for name, share := range r.fullness.jumps(past.fullness, r.Gates.Nulls) {
		r.fail(gateNulls, "%s is null in %.0f %% of what was fetched, and was in %.0f %%: does the key still have the right to read it?", name, 100*share.now, 100*share.before)
		r.distrust()
	}
	if r.Gone > max(fewStale, r.Fetched/200) {
		r.fail(gateMissing, "%d sessions that the list names answer 404: was the key's scope changed? No session was marked deleted", r.Gone)
	}
	return nil
}

// gateList judges the lists.
func (r *run) gateList(past *past) {
	listed := int64(len(r.listing.place))
	if r.Known > 0 && listed == 0 {
		r.fail(gateEmpty, "the vendor lists no session at all, and %d are known", r.Known)
	}
	if r.Known >= fewKnown && listed > 0 && float64(listed) < (1-r.Gates.Shrink)*float64(r.Known) {
		r.fail(gateShrink, "the vendor lists %d sessions, and %d are known", listed, r.Known)
	}
	if usual, fresh := past.newPerNight()*past.nightsUntil(r.StartedAt), past.unpublished["new_stored"]+r.Planned["new"]; past.nights >= 3 && fresh > fewNew && float64(fresh) > r.Gates.Spike*usual {
		r.fail(gateSpike, "%d new sessions since the last publication, where %.0f were to be expected", fresh, usual)
	}
}

// distrust marks all that was looked at as old, so that the next run reads it again.
func (r *run) distrust() {
	for _, id := range r.looked {
		if k := r.known[id]; !k.Stale {
			k.Stale = true
			r.remember(k)
		}
	}
	r.looked = nil
}

// mayPublish reports whether readers follow this commit: when all that is urgent was fetched, no
// gate failed, in this run or in the runs of other applications since the last publication, and the
// group has no run to wait for.
func (r *run) mayPublish(ctx context.Context) (bool, error) {
	publish := r.Group.conclude(r.urgent == 0, len(r.gates) > 0)
	if staged := r.head != nil && r.head.Seq != r.head.PublishedSeq; staged && (r.Reconcile || r.ranged()) {
		r.Staged = true // a night that has more to say than this run must publish what it left
		return false, nil
	}
	if !publish || r.head == nil || r.head.Seq == r.head.PublishedSeq {
		return publish, nil
	}
	waits, err := r.doubtful(ctx)
	if len(waits) > 0 {
		r.WaitsFor = waits
		return false, err
	}
	return publish, err
}

// doubtful returns the other applications whose newest unpublished run had a gate that failed.
func (r *run) doubtful(ctx context.Context) ([]string, error) {
	staged := *r.head
	staged.Tables = map[string]map[string]lake.Part{"runs": {}}
	for name, p := range r.head.Tables["runs"] {
		if p.AddedBySeq > r.head.PublishedSeq {
			staged.Tables["runs"][name] = p
		}
	}
	outcomes := map[string]string{}
	err := each(ctx, r.Lake, &staged, "runs", r.WorkDir, func(cell func(string) arrow.Array, i int) {
		outcomes[textAt(cell("application"), i)] = textAt(cell("outcome"), i)
	})
	var out []string
	for application, outcome := range outcomes {
		if application != r.Config.Application && outcome == outcomeGate {
			out = append(out, application)
		}
	}
	return out, err
}

// past is what earlier runs say of what is usual.
type past struct {
	nights      int // runs looked at
	fresh       int64
	last        lake.Commit
	unpublished map[string]int64 // figures of the runs since the last publication
	fullness    fullness
}

// pastCommits is how far back the figures are read.
const pastCommits = 14

// past reads the figures of the newest commits. Of each run its newest commit counts.
func (r *run) past(ctx context.Context) (*past, error) {
	p := &past{unpublished: map[string]int64{}}
	if r.head == nil {
		return p, nil
	}
	runs := map[string]*lake.Commit{}
	var order []string
	for c, err := range r.Lake.Commits(ctx, max(1, r.head.Seq-pastCommits+1)) {
		if err != nil {
			return nil, fmt.Errorf("read what was usual: %w", err)
		}
		if c.Seq > r.head.Seq {
			break
		}
		if _, asked := c.Figures["listed"]; c.RunID == r.RunID || !asked {
			continue
		}
		if runs[c.RunID] == nil {
			order = append(order, c.RunID)
		}
		runs[c.RunID] = c
	}
	for i, id := range order {
		c := runs[id]
		if c.Seq > r.head.PublishedSeq {
			for _, name := range []string{"withheld", "versions", "new_stored"} {
				p.unpublished[name] += c.Figures[name]
			}
			continue
		}
		p.fullness.add(c.Figures)
		if i > 0 { // the first of a lake is no usual night
			p.nights++
			p.fresh += c.Figures["new"]
		}
		p.last = *c
	}
	return p, nil
}

// newPerNight is the mean of the nights looked at, at least one.
func (p *past) newPerNight() float64 { return max(1, float64(p.fresh)/max(1, float64(p.nights))) }

// nightsUntil is how many nights have passed since the newest of them, at least one.
func (p *past) nightsUntil(now time.Time) float64 {
	return max(1, now.Sub(p.last.CommittedAt).Hours()/24)
}

// fullness counts, in the decisions that were read, the values that every identity document has.
type fullness struct{ identities, numbered, pictured int64 }

func (f *fullness) take(t transform.Traits) {
	f.identities += int64(t.Identities)
	f.numbered += int64(t.Numbered)
	f.pictured += int64(t.Pictured)
}

func (f *fullness) add(figures map[string]int64) {
	f.identities += figures["identities"]
	f.numbered += figures["identities_numbered"]
	f.pictured += figures["identities_pictured"]
}

// A jump is a share of nulls before and now.
type jump struct{ before, now float64 }

// jumps returns the values whose share of nulls rose by more than the threshold.
func (f fullness) jumps(before fullness, threshold float64) map[string]jump {
	out := map[string]jump{}
	if f.identities < fewValues || before.identities < fewValues {
		return out
	}
	for name, j := range map[string]jump{
		"the number of identity documents": {1 - share(before.numbered, before.identities), 1 - share(f.numbered, f.identities)},
		"the image of identity documents":  {1 - share(before.pictured, before.identities), 1 - share(f.pictured, f.identities)},
	} {
		if j.now-j.before > threshold {
			out[name] = j
		}
	}
	return out
}

func share(n, of int64) float64 { return float64(n) / float64(of) }
