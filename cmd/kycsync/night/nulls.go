package night

import (
	"kycsync/schemas"
)

// fullness adds up what decisions say of identity documents.
type fullness struct{ identities, numbered, pictured int64 }

func (f *fullness) take(k schemas.Fullness) {
	f.identities += int64(k.Identities)
	f.numbered += int64(k.Numbered)
	f.pictured += int64(k.Pictured)
}

func (f *fullness) add(figures map[string]int64) {
	f.identities += figures["identities"]
	f.numbered += figures["identities_numbered"]
	f.pictured += figures["identities_pictured"]
}

// A loss is a value that decisions lack now and had before, each as a share of all.
type loss struct {
	name        string
	before, now float64
}

// losses returns the values whose share of nulls rose by more than the threshold.
func (f fullness) losses(before fullness, threshold float64) (out []loss) {
	if f.identities < fewValues || before.identities < fewValues {
		return nil
	}
	for _, l := range []loss{
		{theNumber, 1 - share(before.numbered, before.identities), 1 - share(f.numbered, f.identities)},
		{theImage, 1 - share(before.pictured, before.identities), 1 - share(f.pictured, f.identities)},
	} {
		if l.now-l.before > threshold {
			out = append(out, l)
		}
	}
	return out
}

const (
	theNumber = "the number of identity documents"
	theImage  = "the image of identity documents"
)

func share(n, of int64) float64 { return float64(n) / float64(of) }

// A comparison is the decisions that readers do not see yet, held against what they see of the same
// sessions: of few sessions too it tells what a key no longer shows.
type comparison struct {
	all                fullness
	numbered, pictured losing
}

// losing counts sessions that had a value, and those of them that lost it though the document is there.
type losing struct{ had, lost int64 }

func (l *losing) take(before, now int32) {
	if before > 0 {
		l.had++
		if now == 0 {
			l.lost++
		}
	}
}

// take compares one session.
func (c *comparison) take(before, now schemas.Fullness) {
	c.all.take(now)
	if now.Identities > 0 {
		c.numbered.take(before.Numbered, now.Numbered)
		c.pictured.take(before.Pictured, now.Pictured)
	}
}

// losses returns what is missing: by the share of all there is, or by that of the sessions that had it.
func (c *comparison) losses(usual fullness, threshold float64) []loss {
	if out := c.all.losses(usual, threshold); len(out) > 0 {
		return out
	}
	var out []loss
	for name, l := range map[string]losing{theNumber: c.numbered, theImage: c.pictured} {
		if l.lost >= fewStale && share(l.lost, l.had) > threshold {
			out = append(out, loss{name, 0, share(l.lost, l.had)})
		}
	}
	return out
}

// unseen compares what was read since the last publication, less what waits to be read again.
func (r *run) unseen() *comparison {
	c := &comparison{}
	for id, before := range r.staged {
		if k := r.known.Get(id); !r.doubted[id] && !k.Gone() {
			c.take(before, k.Fullness)
		}
	}
	return c
}

// gateNulls holds up decisions that lack what decisions used to have. The next run reads them again.
func (r *run) gateNulls(past *past) {
	c := r.unseen()
	r.fullness = c.all
	lost := c.losses(past.fullness, r.Gates.Nulls)
	for _, l := range lost {
		r.fail(gateNulls, "%s is null in %.0f %% of what was fetched, and was in %.0f %%: does the key still have the right to read it?", l.name, 100*l.now, 100*l.before)
	}
	if len(lost) > 0 && !r.accepts(gateNulls) {
		r.fullness = fullness{} // no measure for other nights
	}
}

// doubt notes which decisions of earlier runs must be read again before readers see them: all of them,
// if they lack what decisions used to have, and else those that lost something.
func (r *run) doubt(past *past) {
	if r.accepts(gateNulls) {
		return
	}
	all := len(r.unseen().losses(past.fullness, r.Gates.Nulls)) > 0
	for id, before := range r.staged {
		var one comparison
		one.take(before, r.known.Get(id).Fullness)
		if all || one.numbered.lost+one.pictured.lost > 0 {
			r.doubted[id] = true
		}
	}
}
