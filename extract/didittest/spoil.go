package didittest

import "bytes"

// spoil appends what the content faults ask for to a decision that is about to close.
func (x *view) spoil(w *writer) {
	if strikes(w.fault.unknownBlock, 5, x.seed) {
		w.arr("voice_verifications")
		w.obj("")
		w.str("node_id", "feature_voice_1")
		w.str("status", "Approved")
		w.num("voice_score", 87.25, 2)
		w.obj("speaker")
		w.str("full_name", x.p.full())
		w.strs("languages", "es", "en")
		w.end()
		w.end()
		w.endArr()
	}
	if strikes(w.fault.badValue, 6, x.seed) {
		x.misshape(w)
	}
	if strikes(w.fault.badUTF8, 7, x.seed) {
		w.key("metadata_note")
		w.b = append(w.b, "\"caf\xe9 \xff\xfe\""...)
	}
	if strikes(w.fault.dupKey, 8, x.seed) {
		w.str("status", "Approved")
	}
	if strikes(w.fault.deep, 10, x.seed) {
		w.key("nest")
		w.b = append(w.b, bytes.Repeat([]byte("["), depth)...)
		w.b = append(w.b, bytes.Repeat([]byte("]"), depth)...)
	}
	if strikes(w.fault.bigBody, 9, x.seed) {
		w.key("padding")
		w.b = append(w.b, '"')
		w.b = append(w.b, bytes.Repeat([]byte("x"), w.fault.bigBytes)...)
		w.b = append(w.b, '"')
	}
}

// depth is how many arrays the fault "deep" nests.
const depth = 20_000

// misshapes are the values that go wrong, and how.
var misshapes = []struct{ key, value string }{
	{`"date_of_birth":`, `"31/02/1999"`},
	{`"verification_attempts":`, `"two"`},
	{`"focus_score":`, `"sharp"`},
	{`"incorporation_date":`, `"9999-99-99"`},
	{`"age_estimation":`, `true`},
	{`"total_hits":`, `1.5`},
	{`"created_at":`, `"yesterday"`},
}

// misshape overwrites the first value in the blocks that it finds in the table.
func (x *view) misshape(w *writer) {
	start := bytes.Index(w.b, []byte(`"id_verifications":`))
	if x.business {
		start = bytes.Index(w.b, []byte(`"registry_checks":`))
	}
	if start < 0 {
		start = 0
	}
	d := roll(x.seed, forFaults, 60)
	first := d.n(len(misshapes))
	for i := range misshapes {
		m := misshapes[(first+i)%len(misshapes)]
		at := bytes.Index(w.b[start:], []byte(m.key))
		if at < 0 {
			continue
		}
		from := start + at + len(m.key)
		to := from + literalLen(w.b[from:])
		if bytes.Equal(w.b[from:to], []byte("null")) || w.b[from] == '{' {
			continue
		}
		w.b = append(w.b[:from], append([]byte(m.value), w.b[to:]...)...)
		return
	}
}

// literalLen measures the string, number or word at the start of b.
func literalLen(b []byte) int {
	if b[0] == '"' {
		for i := 1; i < len(b); i++ {
			switch b[i] {
			case '\\':
				i++
			case '"':
				return i + 1
			}
		}
	}
	n := bytes.IndexAny(b, ",}]")
	if n < 0 {
		return len(b)
	}
	return n
}
