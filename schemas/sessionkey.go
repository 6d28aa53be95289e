package schemas

import (
	"encoding/hex"
	"strings"
)

// A sessionKey stands for a session's id in a Sessions, without a pointer. Ids are UUIDs; one that is none has a place in
// a list.
type sessionKey struct {
	uuid [16]byte
	odd  uint32 // its place, from 1; 0: it is the UUID
}

const uuidLen = 36

// digitsAt are where the bytes of a UUID stand in its text, each as two digits.
var digitsAt = [...]int{0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34}

// digit is what each hexadecimal digit stands for, and noDigit for anything else. Capitals are none.
var digit = func() (all [256]byte) {
	for i := range all {
		all[i] = noDigit
	}
	for i, c := range []byte("0123456789abcdef") {
		all[c] = byte(i)
	}
	return all
}()

const noDigit = 0xff

// packID returns the key of an id that is a UUID as RFC 9562 writes it, with small letters, and false for any other:
// the id must come out again as it was.
func packID(id SessionID) (key sessionKey, ok bool) {
	if len(id) != uuidLen || id[8] != '-' || id[13] != '-' || id[18] != '-' || id[23] != '-' {
		return key, false
	}
	for i, at := range digitsAt {
		high, low := digit[id[at]], digit[id[at+1]]
		if high|low == noDigit {
			return sessionKey{}, false
		}
		key.uuid[i] = high<<4 | low
	}
	return key, true
}

// key returns the key of an id, and gives it a place where it is no UUID.
func (s *Sessions) key(id SessionID) sessionKey {
	key, ok := packID(id)
	if ok {
		return key
	}
	if _, ok := s.oddAt[id]; !ok {
		id = SessionID(strings.Clone(string(id)))
		s.odd = append(s.odd, id)
		s.oddAt[id] = uint32(len(s.odd))
	}
	return sessionKey{odd: s.oddAt[id]}
}

// id returns what key was made of.
func (s *Sessions) id(key sessionKey) SessionID {
	if key.odd > 0 {
		return s.odd[key.odd-1]
	}
	var text [uuidLen]byte
	at := 0
	for i, from := range []int{0, 4, 6, 8, 10} {
		if i > 0 {
			text[at] = '-'
			at++
		}
		to := [...]int{4, 6, 8, 10, 16}[i]
		at += hex.Encode(text[at:], key.uuid[from:to])
	}
	return SessionID(text[:])
}
