package transform

import (
	"fmt"
	"io"

	"github.com/go-json-experiment/json/jsontext"
)

// Feed takes the pages of a session's activity, {"results": [...]}, and returns the document that is
// kept: the same without the rows that only say that somebody looked at the session, which are
// counted instead, {"page_views": 3, "results": [...]}. The error is an *Unreadable.
func Feed(body []byte) ([]byte, error) {
	var out []byte
	err := reading(body, func(dec *jsontext.Decoder) (err error) {
		if out, err = withoutViews(dec); err != nil {
			return unreadable(err, dec)
		}
		return nil
	}, jsontext.AllowDuplicateNames(false))
	return out, err
}

func withoutViews(dec *jsontext.Decoder) ([]byte, error) {
	var results, others []byte
	views := 0
	err := eachMember(dec, func(name []byte) error {
		if string(name) != "results" {
			others, _ = jsontext.AppendQuote(append(others, ','), name)
			value, err := dec.ReadValue()
			others = append(append(others, ':'), value...)
			return err
		}
		if kind := dec.PeekKind(); kind != '[' && kind != 0 {
			return &Unreadable{"results: want list, got " + jsonType(kind), dec.InputOffset()}
		}
		results = []byte{}
		return eachElement(dec, func() error {
			raw, err := dec.ReadValue()
			if err != nil {
				return err
			}
			if isPageView(raw) {
				views++
				return nil
			}
			if len(results) > 0 {
				results = append(results, ',')
			}
			results = append(results, raw...)
			return nil
		})
	})
	if err != nil {
		return nil, err
	}
	if _, err := dec.ReadToken(); err != io.EOF {
		return nil, &Unreadable{"bytes after the end", dec.InputOffset()}
	}
	if results == nil {
		return nil, &Unreadable{"results: missing", dec.InputOffset()}
	}
	return fmt.Appendf(nil, `{"page_views":%d,"results":[%s]%s}`, views, results, others), nil
}

// isPageView reports whether an activity is the console's note that its page was opened.
func isPageView(activity []byte) bool {
	seen := false
	_ = reading(activity, func(dec *jsontext.Decoder) error {
		return eachMember(dec, func(name []byte) error {
			if string(name) != "metadata" {
				return dec.SkipValue()
			}
			return eachMember(dec, func(name []byte) error {
				if string(name) != "system_event" {
					return dec.SkipValue()
				}
				v, ok, err := readScalar(dec)
				seen = ok && string(v.text) == "DETAIL_VIEWED"
				return err
			})
		})
	})
	return seen
}
