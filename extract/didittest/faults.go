package didittest

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

// Faults are the failures that the fake shows on demand.
type Faults struct {
	every   map[string]uint64 // name: every n-th request, or session
	param   map[string]uint64 // name: third figure, 0 if none
	content content
	noMedia bool
}

// content faults strike every n-th session, chosen by its seed, the same on each read.
type content struct {
	nullBlocks, unknownBlock, unknownEnum, objectBlock, badValue, dupKey, badUTF8, bigBody, restrict, deep, trailing uint64
	bigBytes                                                                                                         int
}

// faultDocs names every fault. A fault is name:n, or name:n:figure.
var faultDocs = []struct{ name, text string }{
	{"503", "every n-th request is answered 503 with an empty body"},
	{"burst503", "after every n requests, a burst of `figure` (5) requests is answered 503"},
	{"html500", "every n-th request is answered 500 with an HTML page"},
	{"429", "every n-th request is refused although the limit is not reached, for `figure` (1) seconds"},
	{"redirect", "every n-th request is redirected to another host, or to port `figure` of 127.0.0.1"},
	{"revoke", "the key is refused after n requests"},
	{"reset", "every n-th response is cut by a connection reset in the middle of its body"},
	{"truncate", "every n-th response is half its body, of undeclared length, ending in a clean close"},
	{"shortpage", "every n-th session list has a row less, of undeclared length, and is valid JSON"},
	{"badnext", "every n-th session list has its next page on another host"},
	{"slow", "every n-th response drips for `figure` (500) milliseconds"},
	{"gzipbomb", "every n-th response is a small gzip body of `figure` (64) MiB"},
	{"insert", "before every n-th session list a session is created"},
	{"delete", "before every n-th session list a session is deleted"},
	{"pull", "if the n-th session list is asked for a later page, a session of an earlier one is deleted before"},
	{"null-blocks", "every n-th session has one block null, one absent, one empty"},
	{"unknown-block", "every n-th session has a block that no documentation names"},
	{"unknown-enum", "every n-th session has statuses and codes that no documentation names"},
	{"object-block", "every n-th session has an object where an array of one is documented"},
	{"badvalue", "every n-th session has one date or number of the wrong form"},
	{"dupkey", "every n-th session has a key twice in one object"},
	{"badutf8", "every n-th session has a string that is not UTF-8"},
	{"bigbody", "every n-th session has a decision of `figure` (9) MiB"},
	{"deep", "every n-th session has 20,000 arrays one in another"},
	{"trailing", "every n-th session has a second JSON value after the first"},
	{"restrict", "every n-th session shows only status, node and warnings of its blocks"},
	{"hide", "every n-th session answers 404 although it is listed, as one out of a key's scope"},
	{"unlisted", "every n-th session is in no list and no count, although its decision is given out"},
	{"lost", "every n-th session is in no list and no count, and answers 404, as if it were deleted"},
	{"gone404", "n % of all sessions answer 404 for their decision although they are listed"},
	{"html404", "every n-th decision asked for, and every n-th PDF, is answered 404 with an HTML page"},
	{"pdf503", "every n-th PDF asked for is answered 503 with an empty body"},
	{"badpdf", "every n-th PDF asked for lacks its second half, and has the length of its first"},
	{"miscount", "every n-th session list of limit=1 with a status or date filter counts one too many"},
	{"miscounted_users", "every n-th user has a session_count and an approved_count one too high"},
	{"nomedia", "no media link is given, as to a key without that permission (n is ignored)"},
}

// ParseFaults reads a comma list such as "503:20,burst503:100:5,unknown-block:11". Request
// faults go by the count of requests, content faults by the seed of the session. Empty: none.
func ParseFaults(spec string) (Faults, error) {
	f := Faults{every: map[string]uint64{}, param: map[string]uint64{}}
	for item := range strings.SplitSeq(spec, ",") {
		item = strings.TrimSpace(item)
		if item == "" {
			continue
		}
		parts := strings.Split(item, ":")
		name := parts[0]
		if !knownFault(name) {
			return f, fmt.Errorf("fault %q: want one of %s", name, strings.Join(FaultNames(), ", "))
		}
		if name == "nomedia" && len(parts) == 1 {
			parts = append(parts, "1")
		}
		if len(parts) < 2 || len(parts) > 3 {
			return f, fmt.Errorf("fault %q: want name:n or name:n:figure", item)
		}
		for i, to := range []map[string]uint64{f.every, f.param}[:len(parts)-1] {
			n, err := strconv.ParseUint(parts[i+1], 10, 32)
			if err != nil || n == 0 {
				return f, fmt.Errorf("fault %q: want a positive number, got %q", item, parts[i+1])
			}
			to[name] = n
		}
	}
	e := f.every
	if e["gone404"] > 100 {
		return f, fmt.Errorf("fault gone404: want 1 to 100 %%, got %d", e["gone404"])
	}
	f.content = content{e["null-blocks"], e["unknown-block"], e["unknown-enum"], e["object-block"], e["badvalue"], e["dupkey"], e["badutf8"], e["bigbody"], e["restrict"], e["deep"], e["trailing"], int(f.figure("bigbody", 9)) << 20}
	f.noMedia = e["nomedia"] != 0
	return f, nil
}

// FaultNames lists what ParseFaults understands.
func FaultNames() []string {
	var names []string
	for _, f := range faultDocs {
		names = append(names, f.name)
	}
	return names
}

// FaultHelp explains every fault, one a line.
func FaultHelp() string {
	var b strings.Builder
	for _, f := range faultDocs {
		fmt.Fprintf(&b, "%-16s %s\n", f.name, f.text)
	}
	return b.String()
}

func knownFault(name string) bool {
	for _, f := range faultDocs {
		if f.name == name {
			return true
		}
	}
	return false
}

func (f *Faults) figure(name string, fallback uint64) uint64 {
	if p := f.param[name]; p != 0 {
		return p
	}
	return fallback
}

func (f *Faults) due(name string, n uint64) bool {
	every := f.every[name]
	return every != 0 && n != 0 && n%every == 0
}

// refuses returns the seconds of an undeserved refusal, or 0.
func (f *Faults) refuses(t turn) uint64 {
	if !f.due("429", t.n) {
		return 0
	}
	return f.figure("429", 1)
}

func (f *Faults) revoked(t turn) bool {
	after := f.every["revoke"]
	return after != 0 && t.n > after
}

// fails answers for the whole API.
func (f *Faults) fails(t turn) (reply, bool) {
	if every := f.every["burst503"]; every != 0 && t.n > every && (t.n-1)%(every+f.figure("burst503", 5)) >= every {
		return reply{code: http.StatusServiceUnavailable}, true
	}
	switch {
	case f.due("503", t.n), f.due("pdf503", t.pdf):
		return reply{code: http.StatusServiceUnavailable}, true
	case f.due("html500", t.n):
		return reply{code: http.StatusInternalServerError, kind: "text/html", body: []byte("<html><body><h1>Server Error (500)</h1></body></html>")}, true
	case f.due("redirect", t.n):
		return reply{code: http.StatusMovedPermanently, kind: "text/html", header: map[string]string{"Location": f.elsewhere() + "/v3/sessions/"}}, true
	}
	return reply{}, false
}

func (f *Faults) hides(id string) bool {
	u, _ := parseUUID(id)
	return strikes(f.every["hide"], 12, hashOf(u)) || f.loses(u)
}

func (f *Faults) loses(id uuid) bool { return strikes(f.every["lost"], 16, hashOf(id)) }

func (f *Faults) unlists(id uuid) bool {
	return strikes(f.every["unlisted"], 13, hashOf(id)) || f.loses(id)
}

// denies reports whether a decision is among the per cent that gone404 loses.
func (f *Faults) denies(id string) bool {
	u, _ := parseUUID(id)
	return mix(hashOf(u), forFaults, 14)%100 < f.every["gone404"]
}

// miscounts reports whether a user's counts of sessions lie.
func (f *Faults) miscounts(person uint64) bool {
	return strikes(f.every["miscounted_users"], 15, person)
}

func hashOf(id uuid) uint64 { return uint64(id[0])<<8 | uint64(id[1]) }

// elsewhere is the host that redirects lead to.
func (f *Faults) elsewhere() string {
	if port := f.param["redirect"]; port != 0 {
		return "http://127.0.0.1:" + strconv.FormatUint(port, 10)
	}
	return "https://elsewhere.example"
}

// strikes reports whether a content fault hits the session. Different faults hit different ones.
func strikes(every, which, seed uint64) bool {
	return every != 0 && mix(seed, forFaults, which)%every == 0
}
