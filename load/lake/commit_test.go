package lake

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var testTime = time.Date(2026, 3, 1, 2, 3, 4, 567_000, time.UTC)

func newCommit(run string) *Commit {
	return &Commit{Kind: Sync, RunID: run, CommittedAt: testTime, Tables: map[string]map[string]Part{}}
}

// second is a commit with everything in it.
func second() *Commit {
	part := Part{Rows: 5, Bytes: 700, SHA256: strings.Repeat("ab", 32), CRC32C: 4_000_000_000, AddedBySeq: 1}
	young := part
	young.AddedBySeq, young.Level = 2, 1
	return &Commit{
		Format: 1, Seq: 2, ParentSHA256: strings.Repeat("0f", 32), Kind: Sync, RunID: "20260301T020304Z-abc",
		CommittedAt: testTime, PublishedSeq: 1,
		Tables: map[string]map[string]Part{
			"sessions": {"tables/sessions/data/r1-000-L0.parquet": part, "tables/sessions/data/r2-000-L0.parquet": young},
			"aml_hits": {},
		},
		Figures: map[string]int64{"sessions_new": 3, "requests": 12},
		Note:    "gate \"shrinking\" failed: 3 < 5 …",
	}
}

func marshalText(t testing.TB, c *Commit) string {
	t.Helper()
	data, err := c.marshal()
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestCommitReadsBackEqual(t *testing.T) {
	want := second()
	text := marshalText(t, want)
	got, err := parseCommit([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	if got.SHA256 != hexSHA256([]byte(text)) {
		t.Errorf("SHA256 %s is not that of the bytes", got.SHA256)
	}
	for table, parts := range want.Tables {
		for name, p := range parts {
			p.Name = name
			want.Tables[table][name] = p
		}
	}
	want.SHA256 = got.SHA256
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("want - got +\n%s", diff)
	}
	if strings.Contains(text, "first_seq") {
		t.Error("a part that was not compacted has the members of one that was, which programs before compaction do not know")
	}
	if again := marshalText(t, second()); again != text {
		t.Errorf("two writes differ:\n%s\n%s", text, again)
	}
}

func TestCommitMayBeSpacedAndOrderedOtherwise(t *testing.T) {
	text := marshalText(t, second())
	other := strings.Replace(text, `{"format":1,"seq":2,`, "{ \"seq\": 2,\n\t\"format\": 1,", 1)
	other = strings.Replace(other, `"sync"`, `"\u0073ync"`, 1)
	if other == text {
		t.Fatal("nothing was replaced")
	}
	if _, err := parseCommit([]byte(other)); err != nil {
		t.Error(err)
	}
}

func TestDamagedCommitIsRefused(t *testing.T) {
	text := marshalText(t, second())
	for _, test := range []struct{ name, old, new string }{
		{"unknown format", `"format":1`, `"format":2`},
		{"missing format", `"format":1,`, ``},
		{"missing parent", `"parent_sha256":"` + strings.Repeat("0f", 32) + `",`, ``},
		{"missing published_seq", `"published_seq":1,`, ``},
		{"missing tables", `"tables":`, `"figures_":`},
		{"missing part member", `"level":0,`, ``},
		{"unknown member", `"seq":2`, `"seq":2,"sequel":3`},
		{"member in another case", `"seq":2`, `"Seq":2`},
		{"repeated member", `"seq":2`, `"seq":2,"seq":2`},
		{"repeated part", `"aml_hits":{}`, `"aml_hits":{},"aml_hits":{}`},
		{"trailing bytes", "}\n", "}\n{}"},
		{"cut off", "}\n", ""},
		{"null commit", text, "null"},
		{"null tables", `"aml_hits":{}`, `"aml_hits":null`},
		{"empty", text, ""},
		{"negative seq", `"seq":2`, `"seq":-2`},
		{"seq 0", `"seq":2`, `"seq":0`},
		{"negative zero", `"level":0`, `"level":-0`},
		{"fraction", `"rows":5`, `"rows":5.0`},
		{"exponent", `"rows":5`, `"rows":5e0`},
		{"number as text", `"rows":5`, `"rows":"5"`},
		{"too large", `"rows":5`, `"rows":9223372036854775808`},
		{"negative rows", `"rows":5`, `"rows":-5`},
		{"negative bytes", `"bytes":700`, `"bytes":-700`},
		{"negative figure", `"requests":12`, `"requests":-12`},
		{"CRC of 33 bits", `"crc32c":4000000000`, `"crc32c":5000000000`},
		{"first commit with a parent", `"seq":2`, `"seq":1`},
		{"published later than itself", `"published_seq":1`, `"published_seq":3`},
		{"added later than itself", `"added_by_seq":1`, `"added_by_seq":3`},
		{"added by none", `"added_by_seq":1`, `"added_by_seq":0`},
		{"unknown kind", `"sync"`, `"rollback"`},
		{"short hash", strings.Repeat("ab", 32), strings.Repeat("ab", 31)},
		{"upper-case hash", strings.Repeat("ab", 32), strings.Repeat("AB", 32)},
		{"path that climbs", "tables/sessions/data/r1", "tables/sessions/data/../r1"},
		{"relative path", "tables/sessions/data/r1-000-L0.parquet", "../x"},
		{"part of another table", "tables/sessions/data/r1", "tables/aml_hits/data/r1"},
		{"no Parquet", "r1-000-L0.parquet", "r1-000-L0.json"},
		{"table name that climbs", `"aml_hits"`, `".."`},
		{"run id that climbs", "20260301T020304Z-abc", "../20260301"},
		{"time in another zone", "2026-03-01T02:03:04.000567Z", "2026-03-01T02:03:04.000567+00:00"},
		{"nanoseconds", "2026-03-01T02:03:04.000567Z", "2026-03-01T02:03:04.000567001Z"},
		{"padded fraction", "04.000567Z", "04.000567000Z"},
		{"bad UTF-8", "gate", "g\xffte"},
		{"lone surrogate", "gate", `g\ud800te`},
	} {
		t.Run(test.name, func(t *testing.T) {
			bad := strings.Replace(text, test.old, test.new, 1)
			if bad == text {
				t.Fatalf("%q is not in %s", test.old, text)
			}
			if _, err := parseCommit([]byte(bad)); !errors.Is(err, ErrDamaged) {
				t.Errorf("got %v, want ErrDamaged for %s", err, bad)
			}
		})
	}
}

// FuzzParseCommit holds that a document is refused as damaged, or means what writing it again
// means, and is then a fixed point.
func FuzzParseCommit(f *testing.F) {
	f.Add([]byte(marshalText(f, second())))
	f.Add([]byte(`{"format":1,"seq":1,"parent_sha256":"","kind":"erase","run_id":"a","committed_at":"2026-01-01T00:00:00Z","published_seq":0,"tables":{}}`))
	f.Add([]byte(`{"format":1,"seq":1,"seq":2}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := parseCommit(data)
		if err != nil {
			if !errors.Is(err, ErrDamaged) || c != nil {
				t.Fatalf("got %v and %v, want ErrDamaged and nothing", c, err)
			}
			return
		}
		written, err := c.marshal()
		if err != nil {
			t.Fatal(err)
		}
		if !sameJSON(data, written) {
			t.Fatalf("accepted %s, means %s", data, written)
		}
		again, err := parseCommit(written)
		if err != nil {
			t.Fatal(err)
		}
		c.SHA256 = again.SHA256
		if diff := cmp.Diff(c, again); diff != "" {
			t.Fatalf("read back: want - got +\n%s", diff)
		}
		if rewritten, _ := again.marshal(); string(rewritten) != string(written) {
			t.Fatalf("no fixed point:\n%s\n%s", written, rewritten)
		}
	})
}
