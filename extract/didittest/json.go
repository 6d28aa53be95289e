package didittest

import (
	"strconv"
	"time"
	"unicode/utf8"
)

// writer appends one JSON body. The key is empty for an element of an array. Commas follow
// from the last byte written.
//
// In stable mode everything volatile (signed links, media paths, ages, monitoring times, the
// order of sets, the state of other sessions) is written as a constant: two stable bodies
// differ exactly when something meaningful differs.
type writer struct {
	b       []byte
	stable  bool
	serial  uint64 // of the request: signs links
	links   uint64 // signed so far in this body
	now     int64  // vendor clock
	counts  [nCounted]int32
	fault   content
	shard   uint64 // media paths move between shards from day to day
	id      string // session id, for media paths
	noMedia bool
	sent    bool // in a webhook of the past: the state of other sessions is a constant
	narrow  bool // attributes of every session are restricted

	restricted bool // members are null
	mute       int  // depth below a member that is null
}

// key begins a member or element. False: its value is not to be written.
func (w *writer) key(k string) bool {
	if w.mute > 0 {
		return false
	}
	if n := len(w.b); n > 0 {
		if c := w.b[n-1]; c != '{' && c != '[' && c != ':' {
			w.b = append(w.b, ',')
		}
	}
	if k != "" {
		w.b = append(w.b, '"')
		w.b = append(w.b, k...)
		w.b = append(w.b, '"', ':')
	}
	if w.restricted {
		w.b = append(w.b, "null"...)
	}
	return !w.restricted
}

func (w *writer) obj(k string) { w.open(k, '{') }
func (w *writer) end()         { w.close('}') }
func (w *writer) arr(k string) { w.open(k, '[') }
func (w *writer) endArr()      { w.close(']') }

func (w *writer) open(k string, c byte) {
	if !w.key(k) {
		w.mute++
		return
	}
	w.b = append(w.b, c)
}

func (w *writer) close(c byte) {
	if w.mute > 0 {
		w.mute--
		return
	}
	w.b = append(w.b, c)
}

func (w *writer) str(k, s string) {
	if w.key(k) {
		w.b = appendQuoted(w.b, s)
	}
}

// opt writes null for the empty string.
func (w *writer) opt(k, s string) {
	if s == "" {
		w.null(k)
		return
	}
	w.str(k, s)
}

func (w *writer) null(k string)         { w.raw(k, "null") }
func (w *writer) int(k string, n int)   { w.raw(k, strconv.Itoa(n)) }
func (w *writer) bool(k string, v bool) { w.raw(k, strconv.FormatBool(v)) }

func (w *writer) raw(k, literal string) {
	if w.key(k) {
		w.b = append(w.b, literal...)
	}
}

func (w *writer) uuid(k string, u uuid) {
	if w.key(k) {
		w.b = append(w.b, '"')
		w.b = u.append(w.b)
		w.b = append(w.b, '"')
	}
}

// count notes an element, unless it is not written.
func (w *writer) count(n counted) {
	if w.mute == 0 && !w.restricted {
		w.counts[n]++
	}
}

// num writes a number with at most prec decimals, without trailing zeros.
func (w *writer) num(k string, f float64, prec int) {
	if !w.key(k) {
		return
	}
	start := len(w.b)
	w.b = strconv.AppendFloat(w.b, f, 'f', prec, 64)
	if prec > 0 {
		for w.b[len(w.b)-1] == '0' && len(w.b) > start {
			w.b = w.b[:len(w.b)-1]
		}
		if w.b[len(w.b)-1] == '.' {
			w.b = w.b[:len(w.b)-1]
		}
	}
}

func (w *writer) time(k string, us int64) { w.timeAs(k, us, "2006-01-02T15:04:05.000000Z") }
func (w *writer) date(k string, us int64) { w.timeAs(k, us, time.DateOnly) }

func (w *writer) timeAs(k string, us int64, layout string) {
	if !w.key(k) {
		return
	}
	w.b = append(w.b, '"')
	w.b = at(us).AppendFormat(w.b, layout)
	w.b = append(w.b, '"')
}

func (w *writer) strs(k string, ss ...string) {
	w.arr(k)
	for _, s := range ss {
		w.str("", s)
	}
	w.endArr()
}

// order returns the sequence in which n elements of a set are written: another one each day,
// ascending in stable mode.
func (w *writer) order(n int, seed uint64) []int {
	p := make([]int, n)
	for i := range p {
		p[i] = i
	}
	if w.stable || n < 2 {
		return p
	}
	d := roll(seed, forOrder, uint64(w.now/day))
	for i := n - 1; i > 0; i-- {
		j := d.n(i + 1)
		p[i], p[j] = p[j], p[i]
	}
	return p
}

const hexDigits = "0123456789abcdef"

func appendQuoted(b []byte, s string) []byte {
	b = append(b, '"')
	start := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= utf8.RuneSelf || c >= ' ' && c != '"' && c != '\\' {
			i++
			continue
		}
		b = append(b, s[start:i]...)
		switch c {
		case '"', '\\':
			b = append(b, '\\', c)
		case '\n':
			b = append(b, '\\', 'n')
		default:
			b = append(b, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
		}
		i++
		start = i
	}
	b = append(b, s[start:]...)
	return append(b, '"')
}
