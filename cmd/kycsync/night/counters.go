package night

import (
	"bytes"
	"context"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"kycsync/extract"
	"kycsync/schemas"
	"kycsync/transform"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/go-json-experiment/json"
)

var counterNames = [...]string{"sessions", "approved", "declined", "in_review"}

func listOf(c extract.Counts) [4]int32 {
	return [...]int32{c.Sessions, c.Approved, c.Declined, c.InReview}
}

// userCounts are the counters of all users, the vendor's own, a control total that does not depend
// on the session list.
type userCounts struct {
	vendor map[[16]byte]extract.Counts
	at     time.Time
	since  map[mismatch]time.Time // of the mismatches that the run before saw
	differ map[mismatch][2]int32  // the vendor's number and ours, of those that disagree
}

// A mismatch is one counter that disagrees.
type mismatch struct {
	user    string
	counter string
}

// take reads the counters of a list row. A row without them is not compared.
func (u *userCounts) take(document schemas.DocumentKind, item extract.Item) {
	if document != schemas.User {
		return
	}
	id, ok := userID(item.ID)
	if !ok || item.Counts == nil {
		return
	}
	if u.vendor == nil {
		u.vendor = map[[16]byte]extract.Counts{}
	}
	u.vendor[id] = *item.Counts
	u.at = item.ObservedAt
}

func userID(text string) (id [16]byte, ok bool) {
	n, err := hex.Decode(id[:], []byte(strings.ReplaceAll(text, "-", "")))
	return id, err == nil && n == len(id)
}

// own counts the listed sessions of each user.
func (r *run) ownCounters() map[[16]byte]extract.Counts {
	own := map[[16]byte]extract.Counts{}
	r.listing.each(func(row *extract.Row) {
		if row.Kind != schemas.UserSession || row.User == ([16]byte{}) {
			return
		}
		c := own[row.User]
		c.Sessions++
		switch row.Status {
		case "Approved":
			c.Approved++
		case "Declined":
			c.Declined++
		case "In Review":
			c.InReview++
		}
		own[row.User] = c
	})
	return own
}

// dimensionUsers is what control_totals call the sum of the counters of all users.
const dimensionUsers = "user_counters"

// userTotals compares the sums, one figure for all users.
func (r *run) userTotals(add func(kind string, f *figure, dimension string, vendor any, lake int, state, explanation string)) {
	if r.users.vendor == nil {
		return
	}
	theirs, ours := 0, 0
	for _, c := range r.users.vendor {
		theirs += int(c.Sessions)
	}
	own := r.ownCounters()
	for user := range r.users.vendor {
		ours += int(own[user].Sessions)
	}
	f := &figure{before: theirs, after: -1, at: r.users.at}
	r.users.differ = r.users.mismatches(own)
	differ := r.users.differ
	state, explanation := stateEqual, ""
	if len(differ) > 0 {
		state, explanation = stateExplained, fmt.Sprintf("%d counters of users differ; user_count_mismatches names them, with their age", len(differ))
	}
	add("users", f, dimensionUsers, int64(theirs), ours, state, explanation)
}

// mismatches returns the counters that disagree, with the vendor's number and ours.
func (u *userCounts) mismatches(own map[[16]byte]extract.Counts) map[mismatch][2]int32 {
	out := map[mismatch][2]int32{}
	for user, theirs := range u.vendor {
		ours := listOf(own[user])
		for i, n := range listOf(theirs) {
			if n != ours[i] {
				out[mismatch{uuidText(user), counterNames[i]}] = [2]int32{n, ours[i]}
			}
		}
	}
	return out
}

func uuidText(id [16]byte) string {
	h := hex.EncodeToString(id[:])
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}

// rows are the rows of user_count_mismatches. One that the run before saw keeps its age.
func (u *userCounts) rows(r *run, seq int64) *transform.Rows {
	rows := transform.NewRows(schemas.Lookup("user_count_mismatches"))
	if u.vendor == nil {
		return rows
	}
	order := slices.SortedFunc(maps.Keys(u.differ), func(a, b mismatch) int {
		return bytes.Compare([]byte(a.user+a.counter), []byte(b.user+b.counter))
	})
	r.UserMismatches = int64(len(order))
	for _, m := range order {
		since, ok := u.since[m]
		if !ok {
			since = r.StartedAt
		}
		rows.Append(map[string]any{
			"run_id": r.RunID, "version_seq": seq, "application": r.Config.Application, "user_id": m.user, "counter": m.counter,
			"vendor_count": int64(u.differ[m][0]), "lake_count": int64(u.differ[m][1]), "since": since, "counted_at": u.at,
		})
	}
	return rows
}

// readMismatches reads the mismatches that the newest run of the application saw that compared counters.
func (r *run) readMismatches(ctx context.Context) error {
	r.users.since = map[mismatch]time.Time{}
	newest := ""
	err := each(ctx, r.Lake, r.head, "control_totals", r.WorkDir, func(cell func(string) arrow.Array, i int) {
		if textAt(cell("dimension"), i) == dimensionUsers && textAt(cell("application"), i) == r.Config.Application {
			newest = textAt(cell("run_id"), i)
		}
	})
	if err != nil || newest == "" {
		return err
	}
	return each(ctx, r.Lake, r.head, "user_count_mismatches", r.WorkDir, func(cell func(string) arrow.Array, i int) {
		if textAt(cell("run_id"), i) != newest || textAt(cell("application"), i) != r.Config.Application {
			return
		}
		r.users.since[mismatch{textAt(cell("user_id"), i), textAt(cell("counter"), i)}] = timeAt(cell("since"), i)
	})
}

// readRemediations reads which sessions transactions have asked for.
func (r *run) readRemediations(ctx context.Context) error {
	r.remediations = map[schemas.SessionID]bool{}
	for _, p := range r.batch.entities {
		for _, d := range p.Documents {
			if d.Kind != schemas.Transaction {
				continue
			}
			var tx struct {
				Remediation *struct {
					SessionID string `json:"session_id"`
				} `json:"remediation"`
			}
			if json.Unmarshal(d.Body, &tx) == nil && tx.Remediation != nil {
				r.remediations[schemas.SessionID(strings.ToLower(tx.Remediation.SessionID))] = true
			}
		}
	}
	if r.head == nil {
		return nil
	}
	return each(ctx, r.Lake, r.head, "transactions", r.WorkDir, func(cell func(string) arrow.Array, i int) {
		if id := textAt(cell("remediation_session_id"), i); id != "" {
			r.remediations[schemas.SessionID(strings.ToLower(id))] = true
		}
	})
}
