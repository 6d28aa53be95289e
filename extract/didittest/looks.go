package didittest

import "crypto/sha256"

// Looks returns a hash of all that row and decision of a session show at a revision, without what
// differs from call to call. Two revisions that look alike are one and the same to every client:
// what was changed may be changed back.
func (v *Vendor) Looks(id string, revision int) [sha256.Size]byte {
	v.mu.RLock()
	defer v.mu.RUnlock()
	u, _ := parseUUID(id)
	i, ok := v.byID[u]
	if !ok {
		return [sha256.Size]byte{}
	}
	row, body := v.stableAt(&v.sessions[i], revision-1)
	return sha256.Sum256(append(append(row, '\n'), body...))
}
