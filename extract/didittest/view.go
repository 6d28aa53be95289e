package didittest

// What can happen to a session. A deletion is no change: the body stays what it was.
type what uint8

const (
	moved           what = iota // arg: status; by the applicant, the vendor or the clock
	reviewed                    // arg: status; by a person
	resubmit                    // arg: mask of features whose data is removed
	redone                      // arg: status; the applicant did the removed steps again
	overridden                  // arg: feature<<8 | feature status
	hitAdded                    // arg: seed, top bit: the session goes to review
	hitDropped                  // arg: index
	hitSwapped                  // arg: index<<24 | seed
	rescored                    // arg: index
	hitJudged                   // arg: index<<8 | review status
	nameFixed                   // arg: seed
	birthplaceFixed             // arg: seed
	issuerFixed                 // arg: seed
	companyRenamed              // arg: seed
	natureFixed                 // arg: seed
)

var whatNames = [...]string{"moved", "reviewed", "resubmit", "redone", "feature_overridden", "aml_hit_added", "aml_hit_dropped", "aml_hit_swapped", "aml_rescored", "aml_hit_reviewed", "name_corrected", "birthplace_corrected", "poa_issuer_corrected", "company_renamed", "company_nature_edited"}

func (w what) String() string { return whatNames[w] }

// A change is one meaningful event in the life of a session.
type change struct {
	at   int64 // µs
	arg  uint32
	what what
	row  bool // the list row differs too
}

// A view is a session at one moment, folded from its seed and its changes.
type view struct {
	*session
	status     status
	p          person
	wf         *workflow
	ran        mask // features with data
	removed    mask // by resubmission
	fst        [nFeatures]featureStatus
	captures   int
	hits       []hit
	reviews    []change // those that a person made
	lastMove   int64    // of the status
	captured   int64    // when the applicant finished; 0: before the population starts
	birthplace uint32
	issuer     uint32
	company    uint32
	nature     uint32
}

type hit struct {
	seed      uint64
	rescores  int
	judgement uint8 // index of judgements
}

// viewOf folds the first n changes; a negative n means all.
func viewOf(s *session, n int) view {
	x := view{session: s, status: s.base, p: newPerson(s.person), wf: &workflows[s.workflow], lastMove: s.created}
	if n < 0 || n > len(s.changes) {
		n = len(s.changes)
	}
	if x.wf.features.has(featAML) {
		x.hits = baseHits(s.seed)
	}
	if s.base == resubmitted {
		x.removed = x.resubmittable(s.seed)
	}
	x.settle()
	for i := range s.changes[:n] {
		x.apply(&s.changes[i])
	}
	return x
}

func (x *view) apply(c *change) {
	switch c.what {
	case moved, reviewed:
		if c.what == moved && x.status < inReview {
			x.captured = c.at
		}
		x.status = status(c.arg)
		x.lastMove = c.at
		x.settle()
	case resubmit:
		x.status = resubmitted
		x.removed = mask(c.arg)
		x.lastMove = c.at
		x.settle()
	case redone:
		x.status = status(c.arg)
		x.removed = 0
		x.captures++
		x.captured = c.at
		x.lastMove = c.at
		x.settle()
	case overridden:
		x.fst[c.arg>>8] = featureStatus(c.arg & 0xff)
	case hitAdded:
		x.hits = append(x.hits, hit{seed: mix(uint64(c.arg), x.seed)})
		if c.arg>>31 != 0 {
			x.status = inReview
			x.lastMove = c.at
			x.settle()
			x.fst[featAML] = featInReview
		}
	case hitDropped:
		if i := int(c.arg); i < len(x.hits) {
			x.hits = append(x.hits[:i:i], x.hits[i+1:]...)
		}
	case hitSwapped:
		if i := int(c.arg >> 24); i < len(x.hits) {
			x.hits[i] = hit{seed: mix(uint64(c.arg&0xffffff), x.seed, 1)}
		}
	case rescored:
		if i := int(c.arg); i < len(x.hits) {
			x.hits[i].rescores++
		}
	case hitJudged:
		if i := int(c.arg >> 8); i < len(x.hits) {
			x.hits[i].judgement = uint8(c.arg)
		}
	case nameFixed:
		d := roll(uint64(c.arg), x.seed)
		x.p.last = invent(&d)
	case birthplaceFixed:
		x.birthplace = c.arg
	case issuerFixed:
		x.issuer = c.arg
	case companyRenamed:
		x.company = c.arg
	case natureFixed:
		x.nature = c.arg
	default:
		panic("unknown change")
	}
	if c.byPerson() {
		x.reviews = append(x.reviews, *c)
	}
}

// byPerson reports whether the decision's reviews show the change.
func (c *change) byPerson() bool {
	return c.what == reviewed || c.what == resubmit || c.what == overridden
}

// settle derives which features have data and their statuses from the session's status.
func (x *view) settle() {
	fs := x.wf.features.list()
	switch x.status {
	case notStarted, expired:
		x.ran = 0
	case inProgress, awaitingUser, abandoned:
		x.ran = 0
		d := roll(x.seed, forBase)
		for _, f := range fs[:d.n(len(fs))] {
			x.ran |= 1 << f
		}
	default:
		x.ran = x.wf.features
	}
	x.ran &^= x.removed
	for _, f := range fs {
		switch {
		case x.removed.has(f):
			x.fst[f] = featResub
		case x.ran.has(f):
			x.fst[f] = featApproved
		default:
			x.fst[f] = featNotFinished
		}
	}
	if x.status == declined || x.status == inReview {
		d := roll(x.seed, forBase, uint64(x.captures))
		x.fst[pick(&d, fs)] = map[status]featureStatus{declined: featDeclined, inReview: featInReview}[x.status]
	}
	if x.status == kycExpired {
		x.fst[featID] = featExpired
	}
}

// resubmittable chooses the steps that a reviewer sends back.
func (x *view) resubmittable(seed uint64) mask {
	d := roll(seed, forReviews)
	m := x.wf.features & set(featID, featNFC, featRegistry)
	if m == 0 || d.chance(0.4) {
		m = x.wf.features & set(featLiveness, featFace, featPOA, featPhone, featKYBDocuments, featKeyPeople)
	}
	return m
}

func baseHits(seed uint64) []hit {
	d := roll(seed, forHits)
	n := 0
	switch x := d.float(); {
	case x < 0.90:
		return nil
	case x < 0.98:
		n = d.between(1, 3)
	case x < 0.998:
		n = d.between(4, 15)
	default:
		n = d.between(16, 50)
	}
	hs := make([]hit, n)
	for i := range hs {
		hs[i] = hit{seed: d.next(), judgement: uint8(d.weighted([]int{40, 5, 50, 5}))}
	}
	return hs
}

var judgements = [...]string{"Unreviewed", "Confirmed Match", "False Positive", "Inconclusive"}
