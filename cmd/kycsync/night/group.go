package night

import (
	"sync"

	"kycsync/load/lake"
)

// A Group is the runs of several applications that go on side by side and publish together: their
// commits follow one another, and the last of them is the one that readers follow, unless a gate of
// any failed.
type Group struct {
	mu       sync.Mutex
	changed  *sync.Cond
	members  int
	running  int // have neither come to their end nor left
	ready    int // wait for their last commit
	head     *lake.Commit
	finished bool            // one of them has fetched all that is urgent
	arrived  map[string]bool // applications that want to make their last commit; true: a gate fails

	committing sync.Mutex
}

// NewGroup returns a group of n runs.
func NewGroup(n int) *Group {
	g := &Group{members: n, running: n, arrived: map[string]bool{}}
	g.changed = sync.NewCond(&g.mu)
	return g
}

// turn waits until no other run commits. The caller ends its turn with the function returned.
func (g *Group) turn() (end func()) {
	g.committing.Lock()
	return g.committing.Unlock
}

// arrive waits until every run of the group wants to make its last commit or has left. failed: a gate
// of this one will fail.
func (g *Group) arrive(application string, failed bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.arrived[application] = failed
	g.running--
	g.ready++
	g.changed.Broadcast()
	for g.running > 0 {
		g.changed.Wait()
	}
}

// newest returns the newest commit that the group has made, or head. The applications know nothing
// of one another, so that only its number and its parts matter to the next.
func (g *Group) newest(head *lake.Commit) *lake.Commit {
	if g.head != nil && (head == nil || g.head.Seq > head.Seq) {
		return g.head
	}
	return head
}

// put takes note of a commit.
func (g *Group) put(c *lake.Commit) { g.head = c }

// conclude tells how a run ended and reports whether it is the last and may publish for all.
func (g *Group) conclude(application string, finished, failed bool) (publish bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.finished, g.arrived[application] = g.finished || finished, failed
	return g.ready == 1 && g.finished
}

// held returns, of the runs that arrived, the applications a gate of which fails.
func (g *Group) held() (failed []string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for application, f := range g.arrived {
		if f {
			failed = append(failed, application)
		}
	}
	return failed
}

// judged reports whether an application's run of the group has arrived.
func (g *Group) judged(application string) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	_, ok := g.arrived[application]
	return ok
}

// concluded takes note of a last commit, and reports whether it was the last of the group.
func (g *Group) concluded() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.ready--
}

// last reports whether no run of the group has its last commit before it.
func (g *Group) last() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.ready == 0
}

// leave is for a run that ends without a last commit.
func (g *Group) leave(arrived bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if arrived {
		g.ready--
	} else {
		g.running--
	}
	g.changed.Broadcast()
}
