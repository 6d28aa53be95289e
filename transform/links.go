package transform

import (
	"bytes"
	"regexp"
)

// secretNames are members that never leave, wherever they stand: in maps that nobody describes
// too, where no column's class can say so.
var secretNames = map[string]bool{
	"session_token": true, "session_url": true, "kyc_session_url": true, "kyb_session_url": true,
	"kyb_sub_session_url": true, "secret_shared_key": true, "share_token": true, "code_tried": true,
	"verification_code": true, "otp": true, "otp_code": true, "api_key": true, "access_token": true,
}

// linkPath cuts a link to its path: no scheme, host, query or fragment. What is no link stays
// as it is up to the first '?' or '#'.
func linkPath(s []byte) []byte {
	if i := bytes.Index(s, []byte("://")); i >= 0 {
		s = s[i+3:]
		if j := bytes.IndexByte(s, '/'); j >= 0 {
			s = s[j:]
		} else {
			s = nil
		}
	}
	if i := bytes.IndexAny(s, "?#"); i >= 0 {
		s = s[:i]
	}
	return s
}

// linkInText is a link and what follows its path.
var linkInText = regexp.MustCompile(`([a-zA-Z][a-zA-Z0-9+.-]*://[^\s?#"<>]*)[?#][^\s"<>]*`)

// closed returns a text in which no link opens a door: one that is nothing but a link is cut to its
// path, and links within other words lose what follows theirs.
func closed(s []byte) []byte {
	if bytes.ContainsAny(s, " \t\r\n\"<>,;") {
		return linkInText.ReplaceAll(s, []byte("$1"))
	}
	return linkPath(s)
}

var linkMarks = [][]byte{[]byte("signature="), []byte("token="), []byte("x-amz-"), []byte("x-goog-"), []byte("sig=")}

// signed reports whether a text is a link that opens a door: one whose query carries a signature
// or a token.
func signed(s []byte) bool {
	if !bytes.Contains(s, []byte("://")) {
		return false
	}
	q := bytes.IndexByte(s, '?')
	if q < 0 {
		return false
	}
	query := bytes.ToLower(s[q:])
	for _, m := range linkMarks {
		if bytes.Contains(query, m) {
			return true
		}
	}
	return false
}
