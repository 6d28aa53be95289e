package night

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"kycsync/extract"
	"kycsync/extract/didittest"
	"kycsync/load/lake"
	"kycsync/load/warehouse"
	"kycsync/schemas"
	"kycsync/transform"

	"github.com/google/go-cmp/cmp"
)

// TestScale writes years of nights of generated sessions through the real transform and loader, with compaction;
// only HTTP is left out, and with it the lists. On the way, when a tenth, three tenths and all of the sessions
// are there, a process of its own rebuilds the warehouse, and another does one more night in which a hundredth of
// the final number changes, on a copy. In the end the lake must say of those days what it said then.
//
// KYCSYNC_TEST_SCALE=1000000 is for a million sessions in three years, KYCSYNC_TEST_NIGHTS for fewer nights of more
// sessions each, TMPDIR for where they lie (30 GB).
func TestScale(t *testing.T) {
	if testing.Short() {
		t.Skip("some twenty seconds")
	}
	if os.Getenv(scaleStep) != "" {
		t.Skip("this is one step of it")
	}
	sessions, nights := searched("SCALE", 200), searched("NIGHTS", 3*365)
	if sessions < 100_000 {
		nights = 10
	}
	s := newScale(t, sessions, nights)
	then := map[int]map[string]string{}
	stops := []int{nights / 10, 3 * nights / 10, nights}
	if nights == 10 {
		stops = stops[1:]
	}
	for n := 1; n <= nights; n++ {
		s.night(t, n)
		if !slices.Contains(stops, n) {
			continue
		}
		s.tell(t, n)
		dir := s.copy(t, n)
		s.step(t, "rebuild", dir, n)
		then[n] = s.content(t, dir, "%s")
		s.step(t, "night", dir, n)
		s.step(t, "quiet", dir, n)
		if n < nights {
			if err := os.RemoveAll(dir); err != nil {
				t.Fatal(err)
			}
			continue
		}
		for _, m := range stops {
			at := s.at(m).Add(time.Hour).Format(time.RFC3339)
			if diff := cmp.Diff(then[m], s.content(t, dir, "%s_as_known_at('"+at+"')")); diff != "" {
				t.Errorf("what was known in night %d (-asked then +asked in the end):\n%s", m, diff)
			}
		}
	}
}

const scaleStep = "KYCSYNC_TEST_SCALE_STEP"

// TestScaleStep is one step of TestScale, in its own process, so that its memory can be told.
func TestScaleStep(t *testing.T) {
	what := os.Getenv(scaleStep)
	if what == "" {
		t.Skip("TestScale runs it")
	}
	LimitMemory()
	var arg struct{ Dir, Base, Night, Sessions, Changed string }
	if err := json.Unmarshal([]byte(os.Getenv(scaleStep+"_ARG")), &arg); err != nil {
		t.Fatal(err)
	}
	var sessions, night, changed int
	fmt.Sscan(arg.Sessions, &sessions)
	fmt.Sscan(arg.Night, &night)
	fmt.Sscan(arg.Changed, &changed)
	s := &scale{dir: arg.Dir, clock: scaleStart.AddDate(0, 0, night), dice: rand.New(rand.NewPCG(7, uint64(night)))}
	s.open(t)
	defer s.run.Lake.Close()
	began, used := time.Now(), cpu(t)
	lap := func(name string) {
		t.Logf("STEP   %-22s %6.2f s, %6.2f s CPU", name, time.Since(began).Seconds(), (cpu(t) - used).Seconds())
		began, used = time.Now(), cpu(t)
	}
	if what != "rebuild" {
		s.load(t, arg.Base)
		began, used = time.Now(), cpu(t)
		if err := s.run.read(t.Context()); err != nil {
			t.Fatal(err)
		}
		lap("state")
		s.run.StartedAt = s.at(night + 1)
		if what == "quiet" {
			changed = 0
		}
		s.store(t, night+1, nil, s.some(changed, sessions))
		lap("flatten, parts, commit")
		s.compact(t)
		lap("compact")
		t.Logf("STEP   parts written          %6.1f MB", float64(s.run.PartBytes)/1e6)
		s.run.forget()
	}
	rebuilt, err := publishWarehouse(t.Context(), s.run.Config)
	if err != nil || rebuilt != (what == "rebuild") {
		t.Fatalf("rebuilt %v, %v", rebuilt, err)
	}
	lap("warehouse")
	status, err := os.ReadFile("/proc/self/status")
	for line := range strings.SplitSeq(string(status), "\n") {
		if text, ok := strings.CutPrefix(line, "VmHWM:"); ok && err == nil {
			t.Logf("STEP   memory, at most %s", text)
		}
	}
	if info, err := os.Stat(s.run.Warehouse.Path); err == nil {
		t.Logf("STEP   warehouse              %6.1f MB", float64(info.Size())/1e6)
	}
}

// cpu is what this process has used until now.
func cpu(t *testing.T) time.Duration {
	t.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// A scale is a lake in the making.
type scale struct {
	dir    string
	nights int
	bases  []scaleBase
	run    *run
	dice   *rand.Rand
	made   int // sessions
	clock  time.Time
	all    int
}

// A scaleBase is a session of the fake vendor, which many are made like.
type scaleBase struct {
	ID, Created, Vendor string
	Number              int64
	Row, Decision       []byte
}

func (s *scale) now() time.Time { return s.clock }

var scaleStart = time.Date(2023, 11, 25, 2, 0, 0, 0, time.UTC)

func (s *scale) at(night int) time.Time { return scaleStart.AddDate(0, 0, night) }

func newScale(t *testing.T, sessions, nights int) *scale {
	t.Helper()
	s := &scale{dir: t.TempDir(), nights: nights, clock: scaleStart, all: sessions, dice: rand.New(rand.NewPCG(7, 0))}
	v, err := didittest.New(didittest.Options{Seed: 3, Sessions: min(2000, sessions), Start: scaleStart, PerMinute: -1})
	if err != nil {
		t.Fatal(err)
	}
	for offset, more := 0, true; more; offset += 100 {
		var page struct {
			Next    *string
			Results []json.RawMessage
		}
		req := httptest.NewRequest("GET", fmt.Sprintf("/v3/sessions/?session_kind=user&limit=100&offset=%d", offset), nil)
		req.Header.Set("x-api-key", "didit-test-key")
		rec := httptest.NewRecorder()
		v.ServeHTTP(rec, req)
		if err := json.Unmarshal(rec.Body.Bytes(), &page); err != nil {
			t.Fatal(err)
		}
		for _, raw := range page.Results {
			var row struct {
				ID      string `json:"session_id"`
				Created string `json:"created_at"`
				Vendor  string `json:"vendor_data"`
				Number  int64  `json:"session_number"`
			}
			if err := json.Unmarshal(raw, &row); err != nil {
				t.Fatal(err)
			}
			if row.Vendor != "" {
				s.bases = append(s.bases, scaleBase{row.ID, row.Created, row.Vendor, row.Number, raw, decisionOf(v, row.ID)})
			}
		}
		more = page.Next != nil
	}
	body, err := json.Marshal(s.bases)
	if err == nil {
		err = os.WriteFile(s.base(), body, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	s.open(t)
	s.run.known = schemas.NewSessions(int64(sessions))
	s.run.things, s.run.staged = schemas.NewRegister[thing, schemas.KnownEntity](0), map[schemas.SessionID]schemas.Fullness{}
	t.Cleanup(func() { s.run.Lake.Close() })
	return s
}

func (s *scale) base() string { return filepath.Join(s.dir, "bases.json") }

func (s *scale) load(t *testing.T, name string) {
	t.Helper()
	body, err := os.ReadFile(name)
	if err == nil {
		err = json.Unmarshal(body, &s.bases)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func (s *scale) open(t *testing.T) {
	t.Helper()
	l, err := lake.Open(t.Context(), filepath.Join(s.dir, "lake"), lake.Config{Create: true, Now: s.now})
	if err != nil {
		t.Fatal(err)
	}
	c, err := extract.New(extract.Config{BaseURL: "http://localhost", Key: extract.NewSecret("nobody"), Gist: transform.Gist})
	if err != nil {
		t.Fatal(err)
	}
	cfg := Config{Client: c, Lake: l, Warehouse: warehouse.Config{Path: filepath.Join(s.dir, "kyc.duckdb")}, WorkDir: t.TempDir(), Now: s.now}
	cfg.defaults()
	s.run = newRun(cfg)
}

// seen are the list row and the decision of a session in its n-th state.
func (s *scale) seen(i, state int, at time.Time) (row extract.Row, decision []byte) {
	b := &s.bases[i%len(s.bases)]
	h := sha256.Sum256(fmt.Appendf(nil, "session %d", i))
	id := fmt.Sprintf("%x-%x-4%03x-8%03x-%x", h[0:4], h[4:6], uint16(h[6])<<4|uint16(h[7])>>4, uint16(h[8])<<4|uint16(h[9])>>4, h[10:16])
	created := at.Add(-time.Duration(i%80000) * time.Second).Format("2006-01-02T15:04:05.000000Z")
	change := func(body []byte) []byte {
		body = bytes.ReplaceAll(body, []byte(b.ID), []byte(id))
		body = bytes.ReplaceAll(body, []byte(b.Created), []byte(created))
		body = bytes.ReplaceAll(body, fmt.Appendf(nil, `"session_number":%d`, b.Number), fmt.Appendf(nil, `"session_number":%d`, i+1))
		return bytes.ReplaceAll(body, fmt.Appendf(nil, "%q", b.Vendor), fmt.Appendf(nil, `"%s-%d"`, b.Vendor, state))
	}
	var listed struct {
		Status string `json:"status"`
	}
	body := change(b.Row)
	if err := json.Unmarshal(body, &listed); err != nil {
		panic(err)
	}
	when, err := time.Parse(time.RFC3339Nano, created)
	if err != nil {
		panic(err)
	}
	return extract.Row{ID: schemas.SessionID(id), Kind: schemas.UserSession, Number: int64(i + 1), Status: listed.Status,
		CreatedAt: when, Body: body, ObservedAt: at}, change(b.Decision)
}

// some are sessions among the first n, by number.
func (s *scale) some(count, n int) (all []int) {
	seen := map[int]bool{}
	for len(all) < count && len(all) < n {
		if i := s.dice.IntN(n); !seen[i] {
			seen[i], all = true, append(all, i)
		}
	}
	return all
}

// night adds its share of the sessions, and a quarter as many changes of older ones.
func (s *scale) night(t *testing.T, n int) {
	t.Helper()
	var fresh []int
	for ; s.made < s.all*n/s.nights; s.made++ {
		fresh = append(fresh, s.made)
	}
	s.store(t, n, fresh, s.some(len(fresh)/4, s.made-len(fresh)))
	s.compact(t)
}

// store takes the sessions as if they had been listed and fetched, and commits.
func (s *scale) store(t *testing.T, n int, fresh, changed []int) {
	t.Helper()
	r, at := s.run, s.at(n)
	if r.head != nil {
		r.begunAt = r.head.Seq
	}
	s.clock, r.RunID, r.PartBytes = at, newRunID(at), 0
	for chunk := range slices.Chunk(slices.Concat(fresh, changed), 3000) {
		var err error
		if r.listing, err = newListing(r.WorkDir); err != nil {
			t.Fatal(err)
		}
		for _, i := range chunk {
			state := 0
			if i < s.made-len(fresh) || len(fresh) == 0 {
				state = n
			}
			row, decision := s.seen(i, state, at)
			if _, err := r.listing.add([]extract.Row{row}, false, func(*extract.Row) bool { return false }); err != nil {
				t.Fatal(err)
			}
			got := extract.Fetched{Task: extract.Task{ID: row.ID, Kind: row.Kind, Number: row.Number, Reason: extract.ReasonNew},
				Document: schemas.Document{Kind: schemas.Decision, ID: string(row.ID), Body: decision, ObservedAt: at}}
			if err := r.take(t.Context(), got, nil); err != nil {
				t.Fatal(err)
			}
		}
		r.listing.close()
		r.origins = nil
		s.commit(t)
	}
	if len(fresh)+len(changed) == 0 {
		s.commit(t)
	}
}

// commit stores the batch as a commit that readers follow.
func (s *scale) commit(t *testing.T) {
	t.Helper()
	r := s.run
	c := r.next()
	w := &partSet{dir: r.WorkDir, open: map[string]*lake.PartWriter{}}
	defer w.abort()
	err := r.makeRows(w, c.Seq)
	if err == nil {
		err = r.stateRows(c.Seq).Take(w.write)
	}
	if err == nil {
		err = w.store(t.Context(), r, c)
	}
	c.CommittedAt, c.PublishedSeq = r.Now(), c.Seq
	if err == nil {
		err = r.Lake.Append(t.Context(), r.head, c)
	}
	if err != nil {
		t.Fatal(err)
	}
	r.committed(c)
	r.staged = map[schemas.SessionID]schemas.Fullness{}
}

func (s *scale) compact(t *testing.T) {
	t.Helper()
	done, err := compact(t.Context(), s.run.Config, mergeBudget(s.run.PartBytes))
	if err != nil {
		t.Fatal(err)
	}
	if done.Commit != nil {
		s.run.head = done.Commit
		s.run.PartBytes += done.BytesAfter
	}
}

// tell says how the lake stands.
func (s *scale) tell(t *testing.T, n int) {
	t.Helper()
	var bytes int64
	parts, most, of := 0, 0, ""
	for table, live := range s.run.head.Tables {
		parts += len(live)
		if len(live) > most {
			most, of = len(live), table
		}
		for _, p := range live {
			bytes += p.Bytes
		}
	}
	t.Logf("night %d: %d sessions, %d versions, commit %d, %d live parts in %d tables (at most %d, of %s), %.1f MB", n, s.made,
		rowsOf(s.run.head, "sessions"), s.run.head.Seq, parts, len(s.run.head.Tables), most, of, float64(bytes)/1e6)
	if most > 200 {
		t.Errorf("table %s has %d live parts", of, most)
	}
}

// copy makes a place with the same lake, of hard links.
func (s *scale) copy(t *testing.T, n int) string {
	t.Helper()
	dir := filepath.Join(s.dir, fmt.Sprint("copy", n))
	from := filepath.Join(s.dir, "lake")
	err := filepath.WalkDir(from, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		to := filepath.Join(dir, "lake", strings.TrimPrefix(name, from))
		if d.IsDir() {
			return os.MkdirAll(to, 0o700)
		}
		return os.Link(name, to)
	})
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// step runs a step in a process of its own and tells what it took.
func (s *scale) step(t *testing.T, what, dir string, n int) {
	t.Helper()
	arg, err := json.Marshal(map[string]string{"Dir": dir, "Base": s.base(), "Night": fmt.Sprint(n), "Sessions": fmt.Sprint(s.made), "Changed": fmt.Sprint(s.all / 100)})
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(os.Args[0], "-test.run=^TestScaleStep$", "-test.v", "-test.timeout=2h")
	cmd.Env = append(os.Environ(), scaleStep+"="+what, scaleStep+"_ARG="+string(arg))
	began := time.Now()
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", what, err, out)
	}
	use := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	t.Logf("%s: %.1f s, %.1f s CPU, %.1f MB written", what, time.Since(began).Seconds(),
		(cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()).Seconds(), float64(use.Oublock)*512/1e6)
	for line := range strings.SplitSeq(string(out), "\n") {
		if _, text, ok := strings.Cut(line, "STEP"); ok {
			t.Log(text)
		}
	}
}

// content counts and hashes the rows of each table of a warehouse.
func (s *scale) content(t *testing.T, dir, relation string) map[string]string {
	t.Helper()
	h, out := &house{dir: dir}, map[string]string{}
	for i := range schemas.Tables {
		if table := &schemas.Tables[i]; table.Root() != "" {
			row := h.rows(t, fmt.Sprintf("SELECT count(*) || ' rows ' || coalesce(sum(hash(x)), 0) FROM "+relation+" AS x", table.Name))[0]
			out[table.Name] = fmt.Sprint(row[0])
		}
	}
	return out
}
