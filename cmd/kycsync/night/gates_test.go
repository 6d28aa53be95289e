package night

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"kycsync/extract/didittest"
	"kycsync/schemas"
)

// A trouble is something that a gate must notice.
type trouble struct {
	name       string
	gates      []string // that fail, and that a person must accept to publish
	says       string   // what the first of them says
	sessions   int
	nights     int                     // good ones before
	before     func(*testing.T, *desk) // may be nil
	cause, end func(*testing.T, *desk)
	gate       string // whose threshold is set; empty: none is
	threshold  float64
	lasts      bool // the first gate fails every night until the cause is gone
}

var troubles = []trouble{
	{name: "nothing is listed", gates: []string{"empty", "missing"}, says: `the vendor lists no session at all, and \d\d are known`, sessions: 60, nights: 1,
		cause: between(nothingListed), end: between(nil), lasts: true},
	{name: "the key sees one workflow", gates: []string{"shrink", "missing"}, says: `the vendor lists \d\d sessions, and 1\d\d are known`, sessions: 120, nights: 1,
		cause: scope("workflow:2"), end: scope(""), lasts: true},
	{name: "the key sees all workflows", gates: []string{"spike"}, says: `2\d\d new sessions since the last publication, where \d+ were to be expected`, sessions: 240, nights: 4,
		before: scope("workflow:6"), cause: scope(""), end: scope("")},
	{name: "one in four is not listed", gates: []string{"missing"}, says: `\d\d known sessions are not listed any more, and of 20 that were asked for 0 answer 404`, sessions: 100, nights: 1,
		cause: faults("unlisted:4"), end: faults("")},
	{name: "one in three is listed and answers 404", gates: []string{"missing"}, says: `\d\d sessions that the list names answer 404`, sessions: 100, nights: 1,
		cause: faults("gone404:30"), end: faults(""), lasts: true},
	{name: "no media", gates: []string{"nulls"}, says: `the image of identity documents is null in 100 % of what was fetched, and was in \d+ %`, sessions: 70, nights: 1,
		cause: scope("no-media"), end: scope(""), lasts: true},
	{name: "restricted", gates: []string{"nulls"}, says: `the (number|image) of identity documents is null in 100 % of what was fetched, and was in \d+ %`, sessions: 70, nights: 1,
		cause: scope("restricted"), end: scope(""), lasts: true},
	{name: "values of the wrong form", gates: []string{"rejects"}, says: `\d\d elements could not be read in \d\d versions`, sessions: 80, nights: 1,
		cause: faults("badvalue:2"), end: faults(""), gate: "rejects", threshold: 0.001},
	{name: "a name twice", gates: []string{"stale"}, says: `the newest document of \d+ of \d\d sessions cannot be read`, sessions: 50, nights: 1,
		cause: faults("dupkey:6"), end: faults(""), lasts: true},
	{name: "bytes after the end", gates: []string{"stale"}, says: `the newest document of \d+ of \d\d sessions cannot be read`, sessions: 50, nights: 1,
		cause: faults("trailing:6"), end: faults(""), lasts: true},
	{name: "counts are one too high", gates: []string{"unreconciled"}, says: `user sessions, .+: the vendor counts \d+, the lake has \d+`, sessions: 60, nights: 1,
		cause: faults("miscount:1"), end: faults(""), lasts: true},
}

func faults(spec string) func(*testing.T, *desk) {
	return func(t *testing.T, d *desk) {
		if err := d.vendor.SetFaults(spec); err != nil {
			t.Fatal(err)
		}
	}
}

func scope(spec string) func(*testing.T, *desk) {
	return func(t *testing.T, d *desk) {
		if err := d.vendor.SetScope(spec); err != nil {
			t.Fatal(err)
		}
	}
}

func between(wrap func(http.RoundTripper) http.RoundTripper) func(*testing.T, *desk) {
	return func(_ *testing.T, d *desk) { d.between = wrap }
}

// nothingListed leaves every session out of every list and count.
func nothingListed(next http.RoundTripper) http.RoundTripper {
	return rewriting(next, func(page map[string]any) { page["count"], page["results"], page["next"] = 0, []any{}, nil })
}

// begin runs the good nights and brings the trouble about.
func (tr *trouble) begin(t *testing.T) *desk {
	t.Helper()
	d := newDesk(t, didittest.Options{Seed: 7, Sessions: tr.sessions})
	if tr.before != nil {
		tr.before(t, d)
	}
	for n := range tr.nights {
		d.night(t, n, tr.settings(t, nil))
	}
	tr.cause(t, d)
	return d
}

func (tr *trouble) settings(t *testing.T, accept map[string]string) func(*Config) {
	return func(c *Config) {
		c.Accept, c.Gates = accept, DefaultGates()
		if tr.gate == "" {
			return
		}
		if err := c.Gates.Set(tr.gate, tr.threshold); err != nil {
			t.Fatal(err)
		}
	}
}

// fails runs the night and expects these gates to fail and readers to stay where they are.
func (tr *trouble) fails(t *testing.T, d *desk, n int, gates []string) {
	t.Helper()
	published := d.head(t).PublishedSeq
	d.vendor.Advance(firstNight.AddDate(0, 0, n))
	s, err := d.run(t, tr.settings(t, nil))
	if !errors.Is(err, ErrGate) || s.Published != 0 {
		t.Fatalf("night %d: got %v, published %d; want a gate to fail", n, err, s.Published)
	}
	if got := slices.Sorted(maps.Keys(s.Failed)); !slices.Equal(got, slices.Sorted(slices.Values(gates))) {
		t.Errorf("night %d: got %v failed, want %v", n, s.Failed, gates)
	}
	if sentence := s.Failed[gates[0]]; !regexp.MustCompile(tr.says).MatchString(sentence) {
		t.Errorf("the gate says %q, want %q", sentence, tr.says)
	}
	c, err := d.lake.Published(context.Background())
	if err != nil || c.Seq != published || d.head(t).Note == "" {
		t.Errorf("readers follow commit %v, %v, and the newest says %q; want commit %d and the reason", c, err, d.head(t).Note, published)
	}
	runs := d.rows(t, "runs")
	if last := runs[len(runs)-1]; last["outcome"] != outcomeGate || !strings.Contains(last["gates"], `"`+gates[0]+`"`) || last["accepted"] != "(null)" {
		t.Errorf("the run's record says %q, gates %s, accepted %s", last["outcome"], last["gates"], last["accepted"])
	}
}

// accepted runs the night with the gates accepted.
func (tr *trouble) accepted(t *testing.T, d *desk, n int) {
	t.Helper()
	reasons := map[string]string{}
	for _, g := range tr.gates {
		reasons[g] = "ticket 4711 of " + g
	}
	s := d.night(t, n, tr.settings(t, reasons))
	if len(s.Failed) > 0 || len(s.Accepted) < len(tr.gates) {
		t.Errorf("got %v failed and %v accepted, want %v accepted", s.Failed, s.Accepted, tr.gates)
	}
	runs := d.rows(t, "runs")
	for _, g := range tr.gates {
		if last := runs[len(runs)-1]; !strings.Contains(last["accepted"], reasons[g]) || last["gates"] != "(null)" {
			t.Errorf("the run's record says that %s was accepted, gates %s; want %q", last["accepted"], last["gates"], reasons[g])
		}
	}
}

// recovers ends the trouble: the next night publishes, and then the lake says of every session what
// one says that is filled this night.
func (tr *trouble) recovers(t *testing.T, d *desk, n int) {
	t.Helper()
	tr.end(t, d)
	d.night(t, n, tr.settings(t, nil))
	fresh := deskOf(t, d.vendor)
	fresh.night(t, n, nil)
	sameNow(t, d, fresh)
}

// A gate that fails says what it saw and leaves readers where they are; the night after the cause is
// gone publishes, and nothing of what was wrong remains.
func TestAGateKeepsReadersWhereTheyAre(t *testing.T) {
	for _, tr := range troubles {
		t.Run(tr.name, func(t *testing.T) {
			t.Parallel()
			d := tr.begin(t)
			tr.fails(t, d, tr.nights, tr.gates)
			if tr.name == "values of the wrong form" || tr.gates[0] == "spike" {
				// What is not yet published holds it still: only a person can say that it is right.
				tr.end(t, d)
				tr.fails(t, d, tr.nights+1, tr.gates)
				return
			}
			tr.recovers(t, d, tr.nights+1)
		})
	}
}

// A gate that a person has accepted lets one run publish, and the reason stands in its record. The
// next run is judged as ever.
func TestAGateIsAcceptedOnce(t *testing.T) {
	for _, tr := range troubles {
		t.Run(tr.name, func(t *testing.T) {
			t.Parallel()
			if testing.Short() && tr.sessions > 50 {
				t.Skip("the smaller ones run")
			}
			d := tr.begin(t)
			tr.accepted(t, d, tr.nights)
			if tr.lasts {
				tr.fails(t, d, tr.nights+1, tr.gates[:1])
			}
			tr.recovers(t, d, tr.nights+2)
		})
	}
}

// Sessions that a spike has brought are not published because a run comes after it.
func TestASpikeIsJudgedAgain(t *testing.T) {
	if testing.Short() {
		t.Skip("seconds; the default run has it")
	}
	tr := troubles[slices.IndexFunc(troubles, func(tr trouble) bool { return tr.gates[0] == "spike" })]
	d := tr.begin(t)
	tr.fails(t, d, tr.nights, tr.gates)
	tr.fails(t, d, tr.nights+1, tr.gates)
}

// A document that cannot be read in one night, and in the next, is one that cannot be read.
func TestAnUnreadableDocumentCountsOnce(t *testing.T) {
	tr := troubles[slices.IndexFunc(troubles, func(tr trouble) bool { return tr.name == "a name twice" })]
	d := tr.begin(t)
	for n := range 4 {
		tr.fails(t, d, tr.nights+n, tr.gates)
	}
}

// stoppedWith returns a lake in which a run that the key showed less than before was stopped after its
// decisions, and before a gate had looked at them.
func stoppedWith(t *testing.T, key string) *desk {
	t.Helper()
	d := newDesk(t, didittest.Options{Seed: 7, Sessions: 80, Restless: 20, Quiet: true})
	left := d.night(t, 0, nil).Listed - 10
	scope(key)(t, d)
	d.vendor.Advance(firstNight.AddDate(0, 0, 1))
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	cfg := d.config(t)
	cfg.BatchSize = 10
	cfg.Step = func(step string) {
		if step == "fetch" {
			if left--; left == 0 {
				stop()
			}
		}
	}
	if s, err := Run(ctx, cfg); !errors.Is(err, ErrInterrupted) || s.Versions < 20 {
		t.Fatalf("got %v with %d versions, want an interrupted run with some", err, s.Versions)
	}
	return d
}

// Of a small account a night reads too few decisions for a share of all to say anything. What readers see
// of the same sessions does.
func TestAKeyOfASmallAccountLosesItsRights(t *testing.T) {
	for _, key := range []string{"no-media", "restricted"} {
		d := newDesk(t, didittest.Options{Seed: 7, Sessions: 14})
		d.night(t, 0, nil)
		scope(key)(t, d)
		d.vendor.Advance(firstNight.AddDate(0, 0, 1))
		if s, err := d.run(t, nil); !errors.Is(err, ErrGate) || s.Failed[gateNulls] == "" || s.Fetched > fewValues {
			t.Errorf("%s: got %v, gates %v, after %d decisions; want the gate on nulls to fail", key, err, s.Failed, s.Fetched)
		}
		scope("")(t, d)
		d.night(t, 2, nil)
	}
}

// What a stopped run has stored is judged by the run that would publish it.
func TestWhatAStoppedRunHasStoredIsJudged(t *testing.T) {
	for _, key := range []string{"no-media", "restricted"} {
		t.Run(key, func(t *testing.T) {
			d := stoppedWith(t, key)
			if s, err := d.run(t, nil); !errors.Is(err, ErrGate) || s.Failed[gateNulls] == "" {
				t.Errorf("the same night again: got %v, gates %v, after %d decisions; want the gate on nulls to fail", err, s.Failed, s.Fetched)
			}
		})
	}
}

// What a stopped run has stored of sessions whose list row does not differ is read again too, once the
// key has its rights back.
func TestWhatAStoppedRunHasStoredIsReadAgain(t *testing.T) {
	if testing.Short() {
		t.Skip("seconds; the default run has it")
	}
	for _, key := range []string{"no-media", "restricted"} {
		t.Run(key, func(t *testing.T) {
			d := stoppedWith(t, key)
			scope("")(t, d)
			d.night(t, 2, func(c *Config) { c.Promises = promisesOf(farAway) })
			fresh := deskOf(t, d.vendor)
			fresh.night(t, 2, nil)
			sameNow(t, d, fresh)
		})
	}
}

// Sessions that are looked at again because values were missing can be read; a night that has no time
// for them is short of time.
func TestWhatIsReadAgainIsNotUnreadable(t *testing.T) {
	d := newDesk(t, didittest.Options{Seed: 7, Sessions: 80})
	d.night(t, 0, nil)
	scope("restricted")(t, d)
	d.vendor.Advance(firstNight.AddDate(0, 0, 1))
	if _, err := d.run(t, nil); !errors.Is(err, ErrGate) {
		t.Fatal(err)
	}
	scope("")(t, d)
	d.vendor.Advance(firstNight.AddDate(0, 0, 2))
	if s, err := d.run(t, func(c *Config) { c.MaxRequests = 60 }); !errors.Is(err, ErrBudget) || len(s.Failed) > 0 {
		t.Errorf("got %v and %v, want a budget that ended", err, s.Failed)
	}
}

// sameNow compares what two lakes say now of each entity that both have, down to every column that
// is not volatile.
func sameNow(t *testing.T, got, want *desk) {
	t.Helper()
	a, b := got.now(t), want.now(t)
	bad := 0
	for key, lines := range b {
		if slices.Equal(a[key], lines) {
			continue
		}
		if bad++; bad > 3 {
			continue
		}
		for i := range min(len(a[key]), len(lines)) {
			if x, y := strings.Split(a[key][i], "\n"), strings.Split(lines[i], "\n"); a[key][i] != lines[i] {
				at := slices.IndexFunc(x, func(s string) bool { return !slices.Contains(y, s) })
				t.Errorf("%s: got %.80q, want %.80q", key, x[max(0, at)], y[max(0, at)])
				break
			}
		}
		if len(a[key]) != len(lines) {
			t.Errorf("%s: got %d rows, want %d", key, len(a[key]), len(lines))
		}
	}
	if bad > 3 || len(b) == 0 {
		t.Errorf("%d of %d differ in all", bad, len(b))
	}
}

// shard is the part of a media path that differs from answer to answer.
var shard = regexp.MustCompile(`/media-[0-9a-f]+/`)

// now returns by table and id the rows of the newest versions, without what is volatile.
func (d *desk) now(t *testing.T) map[string][]string {
	t.Helper()
	head, all := d.head(t), map[string][]values{}
	out := map[string][]string{}
	for i := range schemas.Tables {
		table := &schemas.Tables[i]
		if !table.FromDocuments() || table.Name == "raw_documents" {
			continue
		}
		root, id := table.Root(), schemas.Lookup(table.Root()).EntityKey()[1]
		if all[root] == nil {
			all[root] = d.rowsAt(t, head, root)
		}
		for key, rows := range ofLatest(d.rowsAt(t, head, table.Name), id, latest(all[root], id)) {
			var lines []string
			for _, r := range rows {
				line := ""
				for _, c := range table.Stored() {
					switch {
					case c.Volatile, c.Path == schemas.EnvVersionSeq, c.Path == schemas.EnvObservedAt, c.Path == schemas.EnvContentHash, c.Path == schemas.EnvRunID:
					default:
						line += c.Name + "=" + shard.ReplaceAllString(r[c.Name], "/media/") + "\n"
					}
				}
				lines = append(lines, line)
			}
			slices.Sort(lines)
			out[table.Name+" of "+key] = lines
		}
	}
	return out
}

func TestThresholds(t *testing.T) {
	g := DefaultGates()
	if err := g.Set("shrink", 0.9); err != nil || g.Shrink != 0.9 {
		t.Errorf("got %v, %+v", err, g)
	}
	for _, tc := range []struct {
		gate  string
		value float64
		err   string
	}{
		{"shrinkage", 0.5, `no gate "shrinkage"`},
		{"empty", 0.5, `no gate "empty" with a threshold`},
		{"unreconciled", 0.5, `no gate "unreconciled" with a threshold`},
		{"spike", 0, "gate spike: want a number above 0, got 0"},
		{"nulls", -0.1, "gate nulls: want a number above 0, got -0.1"},
	} {
		if err := g.Set(tc.gate, tc.value); err == nil || !strings.Contains(err.Error(), tc.err) {
			t.Errorf("%s=%g: got %v, want %q", tc.gate, tc.value, err, tc.err)
		}
	}
	if want := (Gates{Shrink: 0.9, Spike: 10, Missing: 0.005, Nulls: 0.3, Rejects: 0.05, Stale: 0.01}); g != want {
		t.Errorf("got %+v, want %+v", g, want)
	}
}
