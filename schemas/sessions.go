package schemas

import (
	"iter"
	"time"
)

// Sessions are what is known of each session, by its id, in the order in which the ids came first. There are millions of
// them, and a night holds them all: each takes 300 bytes here and its id, which is little more than half of a Known. A nil
// Sessions is empty.
type Sessions struct {
	place map[SessionID]int32
	kept  []keptSession
	words []string // each status, workflow and the like once
	word  map[string]uint32
}

// A keptSession is a Known, packed.
type keptSession struct {
	id                              SessionID
	fingerprint, gist, content      Digest
	activity                        Digest
	number, seq                     int64
	seconds                         [8]int64 // of its times, since the zero time
	nanos                           [8]int32
	application, kind, status, flow uint32 // places in words
	upstream                        uint32
	fullness                        Fullness
	stale, monitored, due           bool
}

var zeroTime = time.Time{}.Unix()

// NewSessions returns an empty one with room for so many.
func NewSessions(room int64) *Sessions {
	return &Sessions{place: make(map[SessionID]int32, room), kept: make([]keptSession, 0, room), word: map[string]uint32{}}
}

// Len is the number of sessions.
func (s *Sessions) Len() int {
	if s == nil {
		return 0
	}
	return len(s.kept)
}

// Put sets what is known of a session.
func (s *Sessions) Put(id SessionID, k Known) {
	if i, ok := s.place[id]; ok {
		s.kept[i] = s.pack(&k)
		return
	}
	s.place[id] = int32(len(s.kept))
	s.kept = append(s.kept, s.pack(&k))
}

// Has reports whether anything is known of a session.
func (s *Sessions) Has(id SessionID) bool {
	if s == nil {
		return false
	}
	_, ok := s.place[id]
	return ok
}

// Get returns what is known of a session, the zero value if it is not known.
func (s *Sessions) Get(id SessionID) (k Known) {
	if s.Has(id) {
		s.unpack(&s.kept[s.place[id]], &k)
	}
	return k
}

// Look returns a copy of what is known of a session, nil if it is not known.
func (s *Sessions) Look(id SessionID) *Known {
	if !s.Has(id) {
		return nil
	}
	k := new(Known)
	s.unpack(&s.kept[s.place[id]], k)
	return k
}

// All are copies of what is known, each good until the next. What is put for one of them meanwhile takes the place of
// the old value.
func (s *Sessions) All() iter.Seq[*Known] {
	return func(yield func(*Known) bool) {
		var k Known
		for i := range s.Len() {
			if s.unpack(&s.kept[i], &k); !yield(&k) {
				return
			}
		}
	}
}

// intern returns the place of a word in words.
func (s *Sessions) intern(word string) uint32 {
	i, ok := s.word[word]
	if !ok {
		i = uint32(len(s.words))
		s.words, s.word[word] = append(s.words, word), i
	}
	return i
}

func (s *Sessions) pack(k *Known) keptSession {
	c := keptSession{
		id: k.SessionID, fingerprint: k.Fingerprint, gist: k.Gist, content: k.ContentHash, activity: k.Activity, number: k.SessionNumber, seq: k.VersionSeq,
		application: s.intern(k.Application), kind: s.intern(string(k.SessionKind)), status: s.intern(k.Status), flow: s.intern(k.Workflow), upstream: s.intern(string(k.Upstream)),
		fullness: k.Fullness, stale: k.Stale, monitored: k.Monitored, due: k.ActivityDue,
	}
	for i, t := range k.times() {
		c.seconds[i], c.nanos[i] = t.Unix()-zeroTime, int32(t.Nanosecond())
	}
	return c
}

func (s *Sessions) unpack(c *keptSession, k *Known) {
	*k = Known{
		SessionID: c.id, Fingerprint: c.fingerprint, Gist: c.gist, ContentHash: c.content, Activity: c.activity, SessionNumber: c.number, VersionSeq: c.seq,
		Application: s.words[c.application], SessionKind: SessionKind(s.words[c.kind]), Status: s.words[c.status], Workflow: s.words[c.flow], Upstream: Upstream(s.words[c.upstream]),
		Fullness: c.fullness, Stale: c.stale, Monitored: c.monitored, ActivityDue: c.due,
	}
	for i, t := range k.times() {
		if c.seconds[i] != 0 || c.nanos[i] != 0 {
			*t = time.Unix(c.seconds[i]+zeroTime, int64(c.nanos[i])).UTC()
		}
	}
}

// times are those that a session has.
func (k *Known) times() [8]*time.Time {
	return [...]*time.Time{&k.CreatedAt, &k.LastChecked, &k.StatusSince, &k.DocumentExpires, &k.Hinted, &k.ActivityChecked, &k.AbsentSince, &k.GoneSince}
}
