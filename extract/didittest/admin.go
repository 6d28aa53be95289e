package didittest

import (
	"encoding/json"
	"net/http"
	"time"
)

// serveAdmin is the surface for tests which run outside this process, under /_vendor/:
//
//	GET  clock                           {"now": "2026-11-01T02:00:00Z"}
//	POST clock   {"now": "..."}          advances, answers as GET
//	POST quiet   {"quiet": true}         see SetQuiet
//	POST faults  {"spec": "503:20"}      see ParseFaults
//	POST scope   {"spec": "approved"}    see SetScope
//	GET  events, truth, requests         what the methods return
//	GET  secrets                         what no client may store
//
// It asks for no key and is not limited: serve it on loopback only.
func (v *Vendor) serveAdmin(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Now   time.Time `json:"now"`
		Spec  string    `json:"spec"`
		Quiet bool      `json:"quiet"`
	}
	if r.Method == http.MethodPost {
		if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
			http.Error(w, "want a JSON object", http.StatusBadRequest)
			return
		}
	}
	var out any
	switch r.Method + " " + r.URL.Path {
	case "POST /_vendor/clock":
		v.Advance(in.Now)
		fallthrough
	case "GET /_vendor/clock":
		out = map[string]time.Time{"now": v.Clock()}
	case "POST /_vendor/faults":
		if err := v.SetFaults(in.Spec); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		out = map[string]string{"spec": in.Spec}
	case "POST /_vendor/scope":
		if err := v.SetScope(in.Spec); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		out = map[string]string{"spec": in.Spec}
	case "POST /_vendor/quiet":
		v.SetQuiet(in.Quiet)
		out = map[string]bool{"quiet": in.Quiet}
	case "GET /_vendor/events":
		out = v.Events()
	case "GET /_vendor/truth":
		out = v.Truth()
	case "GET /_vendor/requests":
		out = v.Requests()
	case "GET /_vendor/secrets":
		out = v.Secrets()
	default:
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(out)
}
