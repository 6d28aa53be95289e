package schemas

import (
	"iter"
	"strings"
	"time"
)

// Sessions are what is known of each session, by its id, in the order in which the ids came first. There are millions of
// them, and a night holds them all: each takes some 330 bytes here with its id, which is little more than half of a Known. A
// nil Sessions is empty.
type Sessions struct {
	place map[sessionKey]int32
	kept  []keptSession
	odd   []SessionID // those that are no UUIDs, each once
	oddAt map[SessionID]uint32
	words []string // each status, workflow and the like once
	word  map[string]uint32
}

// A keptSession is a Known, packed, without pointers: the garbage collector need not look at it.
type keptSession struct {
	id                              sessionKey
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
	return &Sessions{place: make(map[sessionKey]int32, room), kept: make([]keptSession, 0, room), oddAt: map[SessionID]uint32{}, word: map[string]uint32{}}
}

// Len is the number of sessions.
func (s *Sessions) Len() int {
	if s == nil {
		return 0
	}
	return len(s.kept)
}

// Put sets what is known of a session. It keeps copies.
func (s *Sessions) Put(id SessionID, k Known) {
	key := s.key(id)
	if i, ok := s.place[key]; ok {
		s.kept[i] = s.pack(&k)
		return
	}
	s.place[key] = int32(len(s.kept))
	s.kept = append(s.kept, s.pack(&k))
}

// Has reports whether anything is known of a session.
func (s *Sessions) Has(id SessionID) bool {
	_, ok := s.find(id)
	return ok
}

// find returns what is kept of a session.
func (s *Sessions) find(id SessionID) (*keptSession, bool) {
	if s == nil {
		return nil, false
	}
	key, ok := packID(id)
	if !ok {
		if key.odd, ok = s.oddAt[id]; !ok {
			return nil, false
		}
	}
	i, ok := s.place[key]
	if !ok {
		return nil, false
	}
	return &s.kept[i], true
}

// Get returns what is known of a session, the zero value if it is not known.
func (s *Sessions) Get(id SessionID) (k Known) {
	if c, ok := s.find(id); ok {
		s.unpack(c, &k)
	}
	return k
}

// Look returns a copy of what is known of a session, nil if it is not known.
func (s *Sessions) Look(id SessionID) *Known {
	c, ok := s.find(id)
	if !ok {
		return nil
	}
	k := new(Known)
	s.unpack(c, k)
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
		i, word = uint32(len(s.words)), strings.Clone(word)
		s.words, s.word[word] = append(s.words, word), i
	}
	return i
}

func (s *Sessions) pack(k *Known) keptSession {
	c := keptSession{
		id: s.key(k.SessionID), fingerprint: k.Fingerprint, gist: k.Gist, content: k.ContentHash, activity: k.Activity, number: k.SessionNumber, seq: k.VersionSeq,
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
		SessionID: s.id(c.id), Fingerprint: c.fingerprint, Gist: c.gist, ContentHash: c.content, Activity: c.activity, SessionNumber: c.number, VersionSeq: c.seq,
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
