package night

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"kycsync/extract"
	"kycsync/extract/didittest"
	"kycsync/load/lake"
	"kycsync/load/warehouse"
	"kycsync/transform"
)

// A dossier is a session as the nights could know it.
type dossier struct {
	id, kind string
	number   int
	created  time.Time
	looks    []look // one for each night in which it was there, without a gap
	missed   []time.Time
	session  string // type of the session, which no answer that the nights read tells
}

// A look is what the vendor answered about a session in one night.
type look struct {
	at       time.Time
	revision int
	hash     [sha256.Size]byte // of all that means something
	row      toldRow
	body     toldDecision
	feed     []toldAct
}

func (d *dossier) now() *look { return &d.looks[len(d.looks)-1] }

func (d *dossier) status() string { return d.now().body.Status }

// key is whose session it is; empty: nobody's.
func (d *dossier) key() string { return keyOf(d.now().body.VendorData) }

func (d *dossier) month() time.Time { return firstOfMonth(d.created) }

// isDeleted reports whether two nights have found it gone, which is what the first would not yet prove.
func (d *dossier) isDeleted() bool { return len(d.missed) > 1 }

// versions are the looks in which something had changed.
func (d *dossier) versions() (out []*look) {
	for i := range d.looks {
		if i == 0 || d.looks[i].hash != d.looks[i-1].hash {
			out = append(out, &d.looks[i])
		}
	}
	return out
}

func keyOf(vendorData *string) string {
	if vendorData == nil {
		return ""
	}
	return strings.ToLower(*vendorData)
}

func orNone(s string) any {
	if s == "" {
		return nil
	}
	return s
}

func firstOfMonth(at time.Time) time.Time {
	return time.Date(at.UTC().Year(), at.UTC().Month(), 1, 0, 0, 0, 0, time.UTC)
}

func dayOf(at time.Time) time.Time { return at.UTC().Truncate(24 * time.Hour) }

func daysBetween(from, to time.Time) int {
	return int(dayOf(to).Sub(dayOf(from)) / (24 * time.Hour))
}

// What the vendor's answers hold, as far as an answer of ours needs it.
type (
	toldRow struct {
		ID         string  `json:"session_id"`
		Kind       string  `json:"session_kind"`
		Number     int     `json:"session_number"`
		Status     string  `json:"status"`
		User       string  `json:"didit_internal_id"`
		VendorData *string `json:"vendor_data"`
		FullName   *string `json:"full_name"`
		Country    *string
		CreatedAt  time.Time `json:"created_at"`
		Features   []struct{ Feature, Status string }
	}
	toldWarning struct {
		Feature, Risk string
		Log           string `json:"log_type"`
	}
	toldBlock struct {
		Status   string
		Warnings []toldWarning
		Matches  []toldMatch
	}
	toldMatch struct {
		Session    string   `json:"session_id"`
		VendorData *string  `json:"vendor_data"`
		Similarity *float64 `json:"similarity_percentage"`
		Blocked    bool     `json:"is_blocklisted"`
		Source     *string
	}
	toldDocument struct {
		toldBlock
		Type        string  `json:"document_type"`
		Number      string  `json:"document_number"`
		Personal    string  `json:"personal_number"`
		State       string  `json:"issuing_state"`
		Nationality string  `json:"nationality"`
		Expires     *string `json:"expiration_date"`
		First       string  `json:"first_name"`
		Last        string  `json:"last_name"`
		Birth       string  `json:"date_of_birth"`
		Birthplace  string  `json:"place_of_birth"`
		Gender      *string
		Address     struct{ Country string } `json:"parsed_address"`
	}
	toldScore struct {
		toldBlock
		Method *string
		Score  *float64
	}
	toldHit struct {
		ID       string
		Caption  string
		Match    *float64 `json:"match_score"`
		Risk     *float64 `json:"risk_score"`
		Review   string   `json:"review_status"`
		Datasets []string
	}
	toldScreening struct {
		toldBlock
		Monitored bool `json:"is_ongoing_monitoring_enabled"`
		Hits      []toldHit
	}
	toldPlace struct {
		Location struct{ Latitude, Longitude float64 }
		ToIP     *float64 `json:"distance_from_ip"`
		ToID     *float64 `json:"distance_from_id_document"`
		ToPOA    *float64 `json:"distance_from_poa_document"`
	}
	toldNetwork struct {
		toldBlock
		Fingerprint *string   `json:"device_fingerprint"`
		IP          string    `json:"ip_address"`
		Country     string    `json:"ip_country_code"`
		VPN         bool      `json:"is_vpn_or_tor"`
		DataCenter  bool      `json:"is_data_center"`
		FromIP      toldPlace `json:"ip"`
		FromID      toldPlace `json:"id_document"`
		FromPOA     toldPlace `json:"poa_document"`
	}
	toldDecision struct {
		Status      string
		Environment *string
		WorkflowID  string     `json:"workflow_id"`
		VendorData  *string    `json:"vendor_data"`
		CreatedAt   time.Time  `json:"created_at"`
		ExpiresAt   *time.Time `json:"expires_at"`
		Metadata    json.RawMessage
		Expected    *struct {
			First string `json:"first_name"`
			Last  string `json:"last_name"`
			Birth string `json:"date_of_birth"`
		} `json:"expected_details"`
		Documents []toldDocument `json:"id_verifications"`
		Chips     []struct {
			toldBlock
			Data *struct {
				First   string `json:"first_name"`
				Last    string `json:"last_name"`
				Birth   string `json:"birth_date"`
				Number  string `json:"document_number"`
				Expires string `json:"expiration_date"`
			} `json:"chip_data"`
		} `json:"nfc_verifications"`
		Liveness []toldScore `json:"liveness_checks"`
		Faces    []toldScore `json:"face_matches"`
		Phones   []struct {
			toldBlock
			Number  string `json:"full_number"`
			Country string `json:"country_code"`
		} `json:"phone_verifications"`
		Emails []struct {
			toldBlock
			Address string `json:"email"`
		} `json:"email_verifications"`
		Addresses []struct {
			toldBlock
			Issuer string
			Name   string                   `json:"name_on_document"`
			Score  *float64                 `json:"name_match_score_id_verification"`
			Parsed struct{ Country string } `json:"poa_parsed_address"`
		} `json:"poa_verifications"`
		Screenings []toldScreening `json:"aml_screenings"`
		Networks   []toldNetwork   `json:"ip_analyses"`
		Registers  []struct {
			toldBlock
			Validations []struct{ Validation map[string]string }
		} `json:"database_validations"`
		Questionnaires []toldBlock `json:"questionnaire_responses"`
		Papers         []toldBlock `json:"document_ai_documents"`
		Reviews        []struct {
			User, Comment string
			Status        string    `json:"new_status"`
			At            time.Time `json:"created_at"`
		}
	}
	toldAct struct {
		Type    string    `json:"activity_type"`
		Actor   string    `json:"actor_type"`
		Email   *string   `json:"actor_email"`
		Display string    `json:"actor_display"`
		From    *string   `json:"previous_status"`
		To      *string   `json:"new_status"`
		Comment *string   `json:"comment"`
		Fields  []string  `json:"changed_fields"`
		At      time.Time `json:"created_at"`
	}
	toldUser struct {
		ID         string  `json:"didit_internal_id"`
		VendorData *string `json:"vendor_data"`
		Status     string
		Features   map[string]string
	}
)

// warnings are those of all blocks.
func (b *toldDecision) warnings() (all []toldWarning) {
	add := func(b toldBlock) { all = append(all, b.Warnings...) }
	for _, x := range b.Documents {
		add(x.toldBlock)
	}
	for _, x := range b.Chips {
		add(x.toldBlock)
	}
	for _, x := range slices.Concat(b.Liveness, b.Faces) {
		add(x.toldBlock)
	}
	for _, x := range b.Phones {
		add(x.toldBlock)
	}
	for _, x := range b.Emails {
		add(x.toldBlock)
	}
	for _, x := range b.Addresses {
		add(x.toldBlock)
	}
	for _, x := range b.Screenings {
		add(x.toldBlock)
	}
	for _, x := range b.Networks {
		add(x.toldBlock)
	}
	for _, x := range b.Registers {
		add(x.toldBlock)
	}
	for _, x := range slices.Concat(b.Questionnaires, b.Papers) {
		add(x)
	}
	return all
}

// live lets the nights pass. In each, after the run and at the same instant, the vendor is asked for everything.
func (w *life) live(t *testing.T, start time.Time, nights int) {
	w.house = newHouse(t, w.vendor, "http://localhost", "", lake.Config{})
	known := map[string]*dossier{}
	types := map[string]string{}
	for n := range nights {
		w.vendor.Advance(start.AddDate(0, 0, n))
		w.vendor.ForgetReads()
		if n == nights-1 {
			w.tell(t)
		}
		cfg := w.config(t)
		if n < nights-1 {
			cfg.Warehouse = warehouse.Config{} // the last night makes it
		}
		if _, err := Run(context.Background(), cfg); err != nil {
			t.Fatal(err)
		}
		read := map[string]bool{}
		for _, r := range w.vendor.Reads() {
			read[r.SessionID] = true
		}
		now := w.vendor.Clock()
		w.nights, w.known = append(w.nights, now), w.house.newest(t).CommittedAt
		for row := range pagesOf[toldRow](t, w.vendor, "/v3/sessions/?session_kind=all&limit=500") {
			if !read[row.ID] {
				t.Fatalf("night %d did not look at session %s", n, row.ID)
			}
			d := known[row.ID]
			if d == nil {
				d = &dossier{id: row.ID, kind: row.Kind, number: row.Number, created: row.CreatedAt}
				known[row.ID] = d
				if d.kind == "user" {
					var told struct {
						Type string `json:"session_type"`
					}
					askVendor(t, w.vendor, "/v3/session/"+row.ID+"/decision/?include=events", &told)
					types[row.ID] = told.Type
				}
			}
			l := look{at: now, row: row, revision: w.revision(row.ID, now)}
			l.hash = w.vendor.Looks(row.ID, l.revision)
			askVendor(t, w.vendor, "/v3/session/"+row.ID+"/decision/", &l.body)
			if d.kind == "user" {
				for act := range pagesOf[toldAct](t, w.vendor, "/v3/sessions/"+row.ID+"/reviews/?limit=200") {
					l.feed = append(l.feed, act)
				}
				slices.SortStableFunc(l.feed, func(a, b toldAct) int { return a.At.Compare(b.At) })
			}
			d.looks = append(d.looks, l)
		}
		for _, d := range known {
			if d.now().at != now {
				d.missed = append(d.missed, now)
			}
		}
		for user := range pagesOf[toldUser](t, w.vendor, "/v3/users/?limit=500") {
			w.users[user.ID] = append(w.users[user.ID], listedUser{user, now})
		}
	}
	for _, tx := range w.vendor.Transactions() {
		if tx.SessionID != "" {
			w.asked[tx.SessionID] = true
		}
	}
	for _, s := range w.vendor.Truth() {
		if d := known[s.ID]; d != nil {
			d.session = types[d.id]
			if w.all = append(w.all, d); d.kind == "user" {
				w.people = append(w.people, d)
			}
		}
	}
}

// A listedUser is a user of the vendor's list, and when it was last there.
type listedUser struct {
	toldUser
	seen time.Time
}

// config is that of a night in which everything is looked at.
func (w *life) config(t *testing.T) Config {
	t.Helper()
	c, err := extract.New(extract.Config{BaseURL: "http://localhost", Key: extract.NewSecret("didit-test-key"), Now: w.vendor.Clock, Gist: transform.Gist, Transport: inProcess{w.vendor}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return Config{Client: c, Lake: w.house.lake, Warehouse: w.house.warehouse(), WorkDir: t.TempDir(), Now: w.vendor.Clock, Promises: promisesOf(24 * time.Hour)}
}

// until is the last night: what happened until then can be known.
func (w *life) until() time.Time { return w.nights[len(w.nights)-1] }

// revision is the one that a session was at.
func (w *life) revision(id string, at time.Time) int {
	for _, s := range w.vendor.History(id) {
		if !s.From.After(at) && (s.To.IsZero() || s.To.After(at)) {
			return s.Revision
		}
	}
	panic("a session is listed that was not there")
}

// pagesOf asks for a list, page after page.
func pagesOf[T any](t *testing.T, v *didittest.Vendor, path string) func(func(T) bool) {
	return func(yield func(T) bool) {
		for path != "" {
			var page struct {
				Next    *string
				Results []T
			}
			askVendor(t, v, path, &page)
			for _, r := range page.Results {
				if !yield(r) {
					return
				}
			}
			if path = ""; page.Next != nil {
				next, err := url.Parse(*page.Next)
				if err != nil {
					t.Fatal(err)
				}
				path = fmt.Sprint(next.Path, "?", next.RawQuery)
			}
		}
	}
}
