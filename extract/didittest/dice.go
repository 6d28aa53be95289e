package didittest

import (
	"encoding/hex"
	"time"
)

// dice is a splitmix64 generator. Every part of a body rolls its own dice, seeded from the
// session and the name of the part, so that a change in one block never shifts another.
type dice uint64

// The purposes for which a seed is split. Their order is part of what a seed means.
const (
	forID uint64 = iota + 1
	forPerson
	forBirth
	forBase
	forRow
	forToken
	forDay
	forMedia
	forOrder
	forEntity
	forReviews
	forHits
	forMatches
	forFaults
	forNoise
	forBlock        // plus the feature
	forWorkflow     = 100
	forUser         = 200
	forAgain        = 300
	forWebhook      = 301
	forEdits        = 302
	forTransactions = 303
	forOdd          = 304
)

// mix hashes its arguments to one seed.
func mix(vs ...uint64) uint64 {
	h := uint64(0x9e3779b97f4a7c15)
	for _, v := range vs {
		h ^= v
		h += 0x9e3779b97f4a7c15
		h = (h ^ (h >> 30)) * 0xbf58476d1ce4e5b9
		h = (h ^ (h >> 27)) * 0x94d049bb133111eb
		h ^= h >> 31
	}
	return h
}

func roll(vs ...uint64) dice { return dice(mix(vs...)) }

func (d *dice) next() uint64 {
	*d += 0x9e3779b97f4a7c15
	h := uint64(*d)
	h = (h ^ (h >> 30)) * 0xbf58476d1ce4e5b9
	h = (h ^ (h >> 27)) * 0x94d049bb133111eb
	return h ^ (h >> 31)
}

// n returns a number in [0, max).
func (d *dice) n(max int) int { return int(d.next() % uint64(max)) }

// between returns a number in [lo, hi].
func (d *dice) between(lo, hi int) int { return lo + d.n(hi-lo+1) }

func (d *dice) float() float64 { return float64(d.next()>>11) / (1 << 53) }

// chance is true with probability p.
func (d *dice) chance(p float64) bool { return d.float() < p }

func pick[T any](d *dice, xs []T) T { return xs[d.n(len(xs))] }

// weighted returns an index of ws with a probability in proportion to its weight.
func (d *dice) weighted(ws []int) int {
	sum := 0
	for _, w := range ws {
		sum += w
	}
	x := d.n(sum)
	for i, w := range ws {
		if x -= w; x < 0 {
			return i
		}
	}
	panic("weights do not add up")
}

const (
	digits  = "0123456789"
	capital = "ABCDEFGHJKLMNPRSTUVWXYZ"
	base62  = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
)

// text returns n characters of the alphabet.
func (d *dice) text(alphabet string, n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = alphabet[d.n(len(alphabet))]
	}
	return string(b)
}

// A uuid is a version 4 UUID.
type uuid [16]byte

func newUUID(vs ...uint64) uuid {
	var u uuid
	d := roll(vs...)
	hi, lo := d.next(), d.next()
	for i := range 8 {
		u[i] = byte(hi >> (8 * i))
		u[8+i] = byte(lo >> (8 * i))
	}
	u[6] = u[6]&0x0f | 0x40
	u[8] = u[8]&0x3f | 0x80
	return u
}

func (u uuid) append(b []byte) []byte {
	b = hex.AppendEncode(b, u[0:4])
	b = append(b, '-')
	b = hex.AppendEncode(b, u[4:6])
	b = append(b, '-')
	b = hex.AppendEncode(b, u[6:8])
	b = append(b, '-')
	b = hex.AppendEncode(b, u[8:10])
	b = append(b, '-')
	return hex.AppendEncode(b, u[10:16])
}

func (u uuid) String() string { return string(u.append(nil)) }

// parseUUID accepts the canonical form in either case.
func parseUUID(s string) (uuid, bool) {
	var u uuid
	if len(s) != 36 || s[8] != '-' || s[13] != '-' || s[18] != '-' || s[23] != '-' {
		return u, false
	}
	h := s[0:8] + s[9:13] + s[14:18] + s[19:23] + s[24:]
	_, err := hex.Decode(u[:], []byte(h))
	return u, err == nil
}

const (
	second = int64(time.Second / time.Microsecond)
	minute = 60 * second
	hour   = 60 * minute
	day    = 24 * hour
)

func at(us int64) time.Time { return time.UnixMicro(us).UTC() }

// date returns the UTC day of an instant as YYYY-MM-DD.
func date(us int64) string { return at(us).Format(time.DateOnly) }

// stamp is the vendor's usual timestamp: microseconds, Z.
func stamp(us int64) string { return at(us).Format("2006-01-02T15:04:05.000000Z") }
