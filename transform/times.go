package transform

import (
	"strconv"
	"time"
)

// Layouts of the vendor's times. Those without a zone are taken for UTC and called ambiguous.
var (
	zonedLayouts = []string{time.RFC3339Nano, "2006-01-02 15:04:05.999999999Z07:00", "2006-01-02T15:04:05.999999999Z0700"}
	naiveLayouts = []string{"2006-01-02T15:04:05.999999999", "2006-01-02 15:04:05.999999999", "2006-01-02T15:04", time.DateOnly}
)

// instant reads a time in any of the vendor's forms and returns microseconds since 1970 in UTC.
// It is ambiguous when the form names no zone. A number is an epoch: seconds, or milliseconds from
// 1e11 on; that is ambiguous too.
func instant(v scalar) (micros int64, ambiguous, ok bool) {
	if v.kind == '0' {
		n, err := strconv.ParseInt(string(v.text), 10, 64)
		switch {
		case err != nil || n < 0 || n >= 1e14:
			return 0, false, false
		case n < 1e11:
			return n * 1e6, true, true
		}
		return n * 1e3, true, true
	}
	if v.kind != '"' {
		return 0, false, false
	}
	s := string(v.text)
	for _, layout := range zonedLayouts {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UnixMicro(), false, true
		}
	}
	for _, layout := range naiveLayouts {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UnixMicro(), true, true
		}
	}
	return 0, false, false
}

// day reads a calendar day; of a full time it is the day as written. The result counts from
// 1970-01-01.
func day(v scalar) (int32, bool) {
	s := string(v.text)
	if v.kind != '"' || len(s) < len(time.DateOnly) {
		return 0, false
	}
	if len(s) > len(time.DateOnly) {
		if _, _, ok := instant(v); !ok {
			return 0, false
		}
		s = s[:len(time.DateOnly)]
	}
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return 0, false
	}
	return int32(t.Unix() / 86400), true
}
