package schemas

import "encoding/hex"

// A sessionKey stands for a session's id in a Sessions, without a pointer. Ids are UUIDs; one that is none has a place in
// a list.
type sessionKey struct {
	uuid [16]byte
	odd  uint32 // its place, from 1; 0: it is the UUID
}

// dashes are the places of the dashes in a UUID.
var dashes = [...]int{8, 13, 18, 23}

const uuidLen = 36

// packID returns the key of an id that is a UUID as RFC 9562 writes it, with small letters, and false for any other:
// the id must come out again as it was.
func packID(id SessionID) (key sessionKey, ok bool) {
	if len(id) != uuidLen {
		return key, false
	}
	var digits [2 * len(key.uuid)]byte
	n := 0
	for i := range len(id) {
		c := id[i]
		if n < len(digits) && ('0' <= c && c <= '9' || 'a' <= c && c <= 'f') {
			digits[n] = c
			n++
		} else if c != '-' {
			return key, false
		}
	}
	for _, i := range dashes {
		if id[i] != '-' {
			return key, false
		}
	}
	if n != len(digits) {
		return key, false
	}
	_, err := hex.Decode(key.uuid[:], digits[:])
	return key, err == nil
}

// key returns the key of an id, and gives it a place where it is no UUID.
func (s *Sessions) key(id SessionID) sessionKey {
	key, ok := packID(id)
	if ok {
		return key
	}
	if _, ok := s.oddAt[id]; !ok {
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
