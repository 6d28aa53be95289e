package warehouse

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
)

// The power fails while a warehouse is built. What DuckDB wrote is recorded, in order and with its bytes
// (testdata/record.c), and the disk is put together as it may lie there afterwards: at any point of the
// record, of what had not been synced any writes may be missing, torn at sectors of 512 or 4096 bytes, or
// zero, and names may be as they were before. The next update must end with what the lake holds, keep a
// build file that could not be used, and leave readers nothing but the old file or the new one meanwhile.
//
// KYCSYNC_TEST_POWERCUTS is how many states are tried, no two of them the same; 2000 take about an hour of one processor.
func TestPowerCut(t *testing.T) {
	states := 12
	if testing.Short() {
		states = 4
	}
	if n, err := strconv.Atoi(os.Getenv("KYCSYNC_TEST_POWERCUTS")); err == nil {
		states = n
	}
	for name, c := range map[string]*cuts{"a first build": {first: true}, "a night": {}} {
		if testing.Short() && c.first {
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c.record(t)
			seed, tried := uint64(0), 0
			for ; tried < states/2 && seed < uint64(20*states); seed++ {
				if c.try(t, seed) {
					if tried++; tried%100 == 0 {
						t.Logf("%d states: %v", tried, c.seen)
					}
				}
			}
			t.Logf("%d states, all different, in %d cuts of %d recorded operations: %v", tried, seed, len(c.ops), c.seen)
			if tried < states/2 {
				t.Errorf("the record has only %d states, want %d: record more", tried, states/2)
			}
			if len(c.ops) < 50 || states > 20 && c.seen["gone on from"] == 0 {
				t.Errorf("the record or the states are too few to tell anything")
			}
		})
	}
}

// What readers open has its bytes on the disk before it has its name, and keeps that name: the system calls of a build
// tell so.
func TestPublishedFileSurvivesAPowerCut(t *testing.T) {
	strace, err := exec.LookPath("strace")
	if err != nil {
		t.Skip("strace, which records the system calls, is not installed")
	}
	w := newWorld(t)
	w.commit(map[string][]row{"sessions": {{"session_id": "s1"}}})
	writeFile(t, w.cfg.Path+".wal", []byte("of another file"), 0o600)
	log := filepath.Join(w.dir, "log")
	cmd := exec.Command(strace, "-f", "-y", "-s", "0", "-o", log, "-e", "trace=write,pwrite64,copy_file_range,sendfile,fsync,unlinkat,renameat,renameat2", os.Args[0])
	cmd.Env = append(os.Environ(), killLake+"="+filepath.Join(w.dir, "lake"), killWarehouse+"="+w.cfg.Path, killStep+"=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("build: %v: %s", err, out)
	}
	const next, dir = `kyc\.duckdb\.next-\d+`, `fsync\(\d+</[^>]*/\d+>`
	want := []*regexp.Regexp{
		regexp.MustCompile(`(write|pwrite64|copy_file_range|sendfile)\(.*` + next + `>`), // the last of them
		regexp.MustCompile(`fsync\(\d+<.*` + next + `>`),
		regexp.MustCompile(`unlinkat\(.*kyc\.duckdb\.wal"`),
		regexp.MustCompile(dir),
		regexp.MustCompile(`renameat2?\(.*` + next + `".*kyc\.duckdb"`),
		regexp.MustCompile(dir),
	}
	at := 0
	for line := range strings.Lines(string(readFile(t, log))) {
		switch {
		case at > 0 && want[0].MatchString(line):
			at = 1 // what was synced is out of date
		case at < len(want) && want[at].MatchString(line):
			at++
		}
	}
	if at < len(want) {
		t.Errorf("want next, after what came before, %v in\n%s", want[at], readFile(t, log))
	}
}

// cuts are the power cuts of one build.
type cuts struct {
	first bool // there was no warehouse before

	w        *world
	before   map[string][]byte // the files that DuckDB finds, by name
	ops      []diskOp
	old, new []byte // the published file
	want     map[string][]string
	seen     map[string]int // what became of the states
	tried    map[[32]byte]bool
}

// record runs the build that the power cuts hit.
func (c *cuts) record(t *testing.T) {
	w := newWorld(t)
	dir, err := filepath.EvalSymlinks(w.dir) // as the recorder sees it
	if err != nil {
		t.Fatal(err)
	}
	w.cfg.Path = filepath.Join(dir, "kyc.duckdb")
	rng := rand.New(rand.NewPCG(7, 7))
	w.commit(randomRows(rng))
	if !c.first {
		w.update()
		c.old = readFile(t, w.cfg.Path)
	}
	for range 3 {
		rows := randomRows(rng)
		for n := range 120 { // more than a block of text that cannot be compressed, so that one transaction writes many
			text := make([]byte, 12<<10)
			for i := range text {
				text[i] = byte('!' + rng.IntN(90))
			}
			rows["runs"] = append(rows["runs"], row{"run_id": fmt.Sprint(n, rng.Int(), string(text))})
		}
		w.commit(rows)
	}
	build := w.cfg.Path + ".build"
	c.w, c.before, c.seen, c.tried = w, map[string][]byte{}, map[string]int{}, map[[32]byte]bool{}
	if !c.first {
		c.before["warehouse.duckdb"] = readFile(t, filepath.Join(build, "warehouse.duckdb"))
	}
	preload, log := filepath.Join(t.TempDir(), "record.so"), filepath.Join(t.TempDir(), "log")
	if out, err := exec.Command(cmp.Or(os.Getenv("CC"), "cc"), "-O1", "-shared", "-fPIC", "-o", preload, "testdata/record.c", "-pthread").CombinedOutput(); err != nil {
		t.Fatalf("compile the recorder: %v: %s", err, out)
	}
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), killLake+"="+filepath.Join(w.dir, "lake"), killWarehouse+"="+w.cfg.Path, killStep+"=0",
		"LD_PRELOAD="+preload, "KYCSYNC_TEST_RECORD="+build, recordLog+"="+log)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("build: %v: %s", err, out)
	}
	c.ops = readOps(t, readFile(t, log))
	c.new, c.want = readFile(t, w.cfg.Path), dump(t, w.cfg.Path)
	d := newDisk(c.before, false)
	for _, op := range c.ops {
		d.apply(op)
	}
	now := d.names["warehouse.duckdb"]
	if now == nil || len(now.pending) > 0 || !bytes.Equal(now.synced, readFile(t, filepath.Join(build, "warehouse.duckdb"))) {
		t.Fatal("the record does not lead to the build file that is there, complete and synced")
	}
}

// try puts the disk together as it may be after a cut, and updates. It reports whether it did: that state may have been
// tried before.
func (c *cuts) try(t *testing.T, seed uint64) bool {
	rng := rand.New(rand.NewPCG(seed, 1))
	cut := rng.IntN(len(c.ops) + 1)
	if seed%2 == 0 { // most of the time DuckDB writes what it then syncs at once; look there
		cut = c.risky(rng)
	}
	d := newDisk(c.before, rng.IntN(2) == 0)
	published := c.old
	for _, op := range c.ops[:cut] {
		d.apply(op)
		if op.kind == "mark" && op.file == stepRenamed {
			published = c.new
		}
	}
	files := d.crash(rng)
	if rng.IntN(6) == 0 {
		c.foul(files, rng)
	}
	state := stateOf(files, published)
	if c.tried[state] {
		return false
	}
	c.tried[state] = true
	w := &world{t: t, dir: c.w.dir, lake: c.w.lake, head: c.w.head, cfg: c.w.cfg}
	dir, err := os.MkdirTemp(c.w.dir, "cut-")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	w.cfg.Path = filepath.Join(dir, "kyc.duckdb")
	if err := os.Mkdir(w.cfg.Path+".build", 0o700); err != nil {
		t.Fatal(err)
	}
	for name, data := range files {
		writeFile(t, filepath.Join(w.cfg.Path+".build", name), data, 0o600)
	}
	if published != nil {
		writeFile(t, w.cfg.Path, published, publishedMode)
	}
	if rng.IntN(2) == 0 { // a copy in the making
		writeFile(t, w.cfg.Path+".next-1", c.new[:rng.IntN(len(c.new))], 0o600)
	}
	w.cfg.Step = func(step string) {
		now, _ := os.ReadFile(w.cfg.Path)
		if step != stepRenamed && !bytes.Equal(now, published) {
			t.Errorf("seed %d: at %s readers do not see the file from before", seed, step)
		}
	}
	what := fmt.Sprintf("seed %d, cut at %d of %d", seed, cut, len(c.ops))
	rep, err := Update(t.Context(), w.lake, w.cfg)
	if err != nil {
		t.Errorf("%s: %v (%s)", what, err, detail(err))
		return true
	}
	w.cfg.Step = nil
	c.judge(t, what, w, rep)
	if seed%8 > 0 && !rep.Rebuilt {
		return true // what it went on from it goes on from again
	}
	if rep, err := Update(t.Context(), w.lake, w.cfg); err != nil || rep.Rebuilt {
		t.Errorf("%s: then rebuilt %t (%s), error %v", what, rep.Rebuilt, rep.Reason, err)
	}
	return true
}

// stateOf is a hash of what lies on the disk.
func stateOf(files map[string][]byte, published []byte) (sum [32]byte) {
	h := sha256.New()
	for _, name := range slices.Sorted(maps.Keys(files)) {
		fmt.Fprintf(h, "%s %d\n", name, len(files[name]))
		h.Write(files[name])
	}
	h.Write(published)
	h.Sum(sum[:0])
	return sum
}

// judge looks at what an update made of a state.
func (c *cuts) judge(t *testing.T, what string, w *world, rep Report) {
	if diff := gocmp.Diff(c.want, dump(t, w.cfg.Path)); diff != "" {
		t.Errorf("%s (-undisturbed +recovered):\n%s", what, diff)
	}
	kept, err := filepath.Glob(w.cfg.Path + ".build/bad-*.duckdb")
	if err != nil {
		t.Fatal(err)
	}
	unsound := rep.Rebuilt && !slices.ContainsFunc([]string{"there is no build file", "the build file was never finished", "the build file is empty"},
		func(s string) bool { return strings.HasPrefix(rep.Reason, s) })
	if (len(kept) == 1) != unsound {
		t.Errorf("%s: rebuilt %t (%s), and set aside are %q", what, rep.Rebuilt, rep.Reason, kept)
	}
	switch {
	case unsound:
		c.seen["set aside: "+rep.Reason]++
	case rep.Rebuilt:
		c.seen["rebuilt: "+rep.Reason]++
	default:
		c.seen["gone on from"]++
	}
	for _, log := range logSuffixes {
		for _, file := range []string{w.cfg.Path, w.cfg.Path + ".build/warehouse.duckdb"} {
			if _, err := os.Stat(file + log); err == nil {
				t.Errorf("%s: a log lies beside the file: %s", what, filepath.Base(file)+log)
			}
		}
	}
}

// risky returns a point of the record at which something is not synced.
func (c *cuts) risky(rng *rand.Rand) int {
	var at []int
	for i, op := range c.ops {
		if op.kind == "sync" {
			at = append(at, i)
		}
	}
	return at[rng.IntN(len(at))]
}

// foul does to the files what no power cut does, and somebody may.
func (c *cuts) foul(files map[string][]byte, rng *rand.Rand) {
	const file, log = "warehouse.duckdb", "warehouse.duckdb.wal"
	junk := func(n int) []byte {
		b := make([]byte, n)
		for i := range b {
			b[i] = byte(rng.Uint32())
		}
		return b
	}
	if len(files[log]) == 0 { // one of another moment
		d := newDisk(c.before, true)
		for _, op := range c.ops[:rng.IntN(len(c.ops))] {
			d.apply(op)
			if ino := d.names[log]; ino != nil {
				files[log] = replay(ino.synced, ino.pending)
			}
		}
	}
	switch n := len(files[log]); rng.IntN(6) {
	case 0:
		files[log] = files[log][:rng.IntN(n+1)]
	case 1:
		files[log] = append(files[log][:n:n], junk(1+rng.IntN(9999))...)
	case 2:
		files[log] = junk(1 + rng.IntN(9999))
	case 3:
		files[file] = nil
	case 4:
		files[file] = junk(1 + rng.IntN(99999))
	case 5: // as it is
	}
}

func readFile(t *testing.T, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func writeFile(t *testing.T, name string, data []byte, mode os.FileMode) {
	t.Helper()
	if err := os.WriteFile(name, data, mode); err != nil {
		t.Fatal(err)
	}
}

// A diskOp is an entry of the record: what was done to a file, or a step of the build that was reached.
type diskOp struct {
	kind, file string
	at, n      int64
	data       []byte
}

func readOps(t *testing.T, log []byte) (ops []diskOp) {
	for len(log) > 0 {
		head, rest, _ := bytes.Cut(log, []byte("\n"))
		w := strings.Split(string(head), " ")
		if len(w) != 4 {
			t.Fatalf("record: %q", head)
		}
		op := diskOp{kind: w[0], file: w[1]}
		var err1, err2 error
		op.at, err1 = strconv.ParseInt(w[2], 10, 64)
		op.n, err2 = strconv.ParseInt(w[3], 10, 64)
		if err1 != nil || err2 != nil {
			t.Fatalf("record: %q", head)
		}
		if log = rest; op.kind == "write" || op.kind == "rename" {
			op.data, log = log[:op.n], log[op.n:]
		}
		ops = append(ops, op)
	}
	return ops
}

// A disk is what is on it for sure, and what may be.
type disk struct {
	names   map[string]*inode
	journal bool // a sync makes the names durable that were given before, as ext4 does
	durable map[string]*inode
	renamed []naming // since the names were durable
}

// A naming is a file created, renamed or removed.
type naming struct {
	diskOp
	ino *inode
}

type inode struct {
	synced  []byte
	pending []diskOp // since the last sync
}

func newDisk(files map[string][]byte, journal bool) *disk {
	d := &disk{names: map[string]*inode{}, journal: journal}
	for name, data := range files {
		d.names[name] = &inode{synced: data}
	}
	d.durable = maps.Clone(d.names)
	return d
}

func (d *disk) apply(op diskOp) {
	ino := d.names[op.file]
	switch op.kind {
	case "create":
		ino = &inode{}
		fallthrough
	case "remove", "rename":
		n := naming{op, ino}
		d.renamed = append(d.renamed, n)
		n.apply(d.names)
	case "write", "truncate", "punch":
		if ino != nil { // else it has no name any more
			ino.pending = append(ino.pending, op)
		}
	case "sync":
		if ino != nil {
			ino.synced, ino.pending = replay(ino.synced, ino.pending), nil
		}
		if d.journal {
			d.durable, d.renamed = maps.Clone(d.names), nil
		}
	}
}

func (n naming) apply(names map[string]*inode) {
	delete(names, n.file)
	switch n.kind {
	case "create":
		names[n.file] = n.ino
	case "rename":
		names[string(n.data)] = n.ino
	}
}

// replay returns a file's bytes after all operations.
func replay(data []byte, ops []diskOp) []byte {
	out := slices.Clone(data)
	for _, op := range ops {
		out = change(out, op)
	}
	return out
}

func change(data []byte, op diskOp) []byte {
	switch op.kind {
	case "truncate":
		if op.at <= int64(len(data)) {
			return data[:op.at:op.at]
		}
		return append(data, make([]byte, op.at-int64(len(data)))...)
	case "punch": // a hole, within the file
		clear(data[min(op.at, int64(len(data))):min(op.at+op.n, int64(len(data)))])
		return data
	}
	if end := op.at + int64(len(op.data)); end > int64(len(data)) {
		data = append(data, make([]byte, end-int64(len(data)))...)
	}
	copy(data[op.at:], op.data)
	return data
}

// crash returns the files as they may be after a power cut.
func (d *disk) crash(rng *rand.Rand) map[string][]byte {
	names := maps.Clone(d.durable)
	for _, n := range d.renamed[:rng.IntN(len(d.renamed)+1)] {
		n.apply(names)
	}
	files := map[string][]byte{}
	for _, n := range slices.Sorted(maps.Keys(names)) {
		files[n] = names[n].crash(rng)
	}
	return files
}

// crash returns the bytes as they may be: of what is pending, some writes in order, some in any order, or some
// sectors of them, or zeros in the place of those that are lost.
func (ino *inode) crash(rng *rand.Rand) []byte {
	out := slices.Clone(ino.synced)
	how, sector := rng.IntN(4), []int64{512, 4096}[rng.IntN(2)]
	keep := rng.Float64()
	ops := ino.pending
	if how == 0 {
		ops = ops[:rng.IntN(len(ops)+1)]
	}
	for i, op := range ops {
		switch {
		case op.kind != "write" || how == 1:
			if rng.Float64() < keep {
				out = change(out, op)
			}
		case how == 0 && i < len(ops)-1:
			out = change(out, op)
		default:
			out = tear(out, op, sector, func() bool { return rng.Float64() < keep }, how == 3)
		}
	}
	return out
}

// tear applies those sectors of a write that are kept. The others stay as they were, or become zero.
func tear(data []byte, op diskOp, sector int64, kept func() bool, zero bool) []byte {
	for from := op.at; from < op.at+op.n; {
		to := min((from/sector+1)*sector, op.at+op.n)
		part := diskOp{kind: "write", at: from, data: op.data[from-op.at : to-op.at]}
		lost := !kept()
		if lost {
			part.data = make([]byte, to-from)
		}
		if !lost || zero {
			data = change(data, part)
		}
		from = to
	}
	return data
}
