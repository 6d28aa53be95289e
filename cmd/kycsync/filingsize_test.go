package main

import (
	"bytes"
	"database/sql"
	"fmt"
	"io"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"kycsync/extract/didittest"
	"kycsync/schemas"
)

// The sessions of a night that are there many times over.
const sizedSessions = 1000

// TestFilingAtSize makes and checks the kyc-population of a quarter of a large warehouse and of one with a tenth of its sessions, and
// prints what each takes. KYCSYNC_TEST_FILINGSIZE is how many sessions the large one has, TMPDIR where it lies (12 GB with a
// million). The rows are those of a night, once more for each copy of its sessions, under other ids; users are few. The clock
// fails no test.
func TestFilingAtSize(t *testing.T) {
	n, _ := strconv.Atoi(os.Getenv("KYCSYNC_TEST_FILINGSIZE"))
	if n == 0 {
		t.Skip("KYCSYNC_TEST_FILINGSIZE is a number of sessions")
	}
	v, err := didittest.New(didittest.Options{Seed: 5, Sessions: sizedSessions, Start: simulationStart, PerMinute: -1})
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(v)
	defer srv.Close()
	dir := t.TempDir()
	env := []string{"KYCSYNC_NOW=2026-11-01T02:00:00Z", "KYCSYNC_API_URL=" + srv.URL}
	if out, err := command(dir, env, "sync", "--rate", "0").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, sessions := range []int{n / 10, n} {
		multiplied(t, dir, sessions/sizedSessions)
		made := timed(t, dir, env, "filing", "create", "kyc-population", "--period", "2026-Q3", "--entity", "acme", "--to", fmt.Sprint("of-", sessions))
		archive, err := filepath.Glob(filepath.Join(dir, fmt.Sprint("of-", sessions), "*.zip"))
		if err != nil || len(archive) != 1 {
			t.Fatalf("%q, %v", archive, err)
		}
		checked := timed(t, dir, env, "filing", "verify", "--allow-unsigned", archive[0])
		info, err := os.Stat(archive[0])
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%8d sessions: create %s; verify %s; %.1f MB", sessions, made, checked, float64(info.Size())/1e6)
	}
}

// timed runs the program with as many threads as it likes, and says what it took.
func timed(t *testing.T, dir string, env []string, args ...string) string {
	t.Helper()
	cmd := exec.Command("kycsync", args...)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), env...)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	begun := time.Now()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error)
	go func() { ended <- cmd.Wait() }()
	memory := ""
	for {
		select {
		case err := <-ended:
			if err != nil {
				t.Fatalf("%v: %v\n%s", args, err, &out)
			}
			cpu := cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
			return fmt.Sprintf("%.1f s, %.1f s CPU, %s of memory", time.Since(begun).Seconds(), cpu.Seconds(), memory)
		case <-time.After(20 * time.Millisecond): // what wait4 says begins with the memory of whoever started the process
			if now := highWater(cmd.Process.Pid); now != "" {
				memory = now
			}
		}
	}
}

// highWater is how much memory a process had at most; empty: it is gone.
func highWater(pid int) string {
	body, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	_, rest, _ := strings.Cut(string(body), "VmHWM:")
	line, _, _ := strings.Cut(rest, "\n")
	return strings.TrimSpace(line)
}

// multiplied makes the warehouse one in which each session is there times as often as in the night.
func multiplied(t *testing.T, dir string, times int) {
	t.Helper()
	path := filepath.Join(dir, "kyc.duckdb")
	night := filepath.Join(dir, "night.duckdb")
	if !exists(night) {
		copyTo(t, path, night)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	copyTo(t, night, path)
	db, err := sql.Open("duckdb", path+"?memory_limit=2GB&preserve_insertion_order=false")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	do := func(stmt string) {
		if _, err := db.Exec(stmt); err != nil {
			t.Fatalf("%s: %v", stmt, err)
		}
	}
	for i := range schemas.Tables {
		table := &schemas.Tables[i]
		ofSession := slices.ContainsFunc(table.Stored(), func(c schemas.Column) bool { return c.Name == "session_id" })
		if table.LakeOnly || !ofSession || table.History == schemas.Log {
			continue
		}
		names := []string{table.Name}
		if table.History != schemas.State {
			names = append(names, table.Name+"_versions")
		}
		for _, name := range names {
			do(fmt.Sprintf("INSERT INTO %s SELECT t.* REPLACE (CAST(CAST(md5(t.session_id || i) AS UUID) AS VARCHAR) AS session_id) FROM %[1]s AS t, range(1, %d) AS r(i)", schemas.QuoteName(name), times))
		}
		do(fmt.Sprintf("UPDATE _tables SET lake_rows = lake_rows * %d, current_rows = current_rows * %[1]d WHERE table_name = %s", times, schemas.QuoteText(table.Name)))
	}
}

func copyTo(t *testing.T, from, to string) {
	t.Helper()
	in, err := os.Open(from)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err == nil {
		_, err = io.Copy(out, in)
	}
	if err == nil {
		err = out.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
}
