package lake

import (
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// A power cut takes what was not synced: bytes of files, and names in directories. So the system calls of a process that
// commits three times are recorded, and at each of them the worst is assumed: nothing survives but what was synced. A
// commit must not get its name before its parts and all that leads to them would survive, and must survive itself
// once the process says that it is made.
func TestWhatWasCommittedSurvivesAPowerCut(t *testing.T) {
	strace, err := exec.LookPath("strace")
	if err != nil {
		t.Skip("strace, which records the system calls, is not installed")
	}
	root, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	log := filepath.Join(root, "log")
	if err := os.Mkdir(filepath.Join(root, "spool"), 0o700); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(strace, "-f", "-y", "-s", "32", "-o", log, "-e", "trace=write,openat,fsync,linkat,mkdirat", os.Args[0])
	cmd.Env = append(os.Environ(), childEnv+"="+root, nightsEnv+"=3")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	data, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	calls := parseCalls(string(data))
	if d := play(root, calls); len(d.lost) > 0 || d.commits != 3 || d.parts != 3 {
		t.Errorf("%d commits, %d parts; a power cut would take %q", d.commits, d.parts, d.lost)
	}
	// The checker is worth something: without the syncs of one kind it finds that much is lost.
	for name, of := range map[string]func(string) bool{
		"directories": func(p string) bool { return !strings.Contains(p, tempDir+"/") },
		"files":       func(p string) bool { return strings.Contains(p, tempDir+"/") },
		"one directory": func(p string) bool {
			return strings.HasSuffix(p, "/_lake/commits")
		},
	} {
		without := slices.DeleteFunc(slices.Clone(calls), func(c call) bool { return c.name == "fsync" && of(c.paths[0]) })
		if d := play(root, without); len(without) == len(calls) || len(d.lost) == 0 {
			t.Errorf("without the syncs of %s nothing is lost", name)
		}
	}
}

// A call is a system call that succeeded, with the paths that it is about.
type call struct {
	name  string
	paths []string
	text  string // of a write, its beginning
	made  bool   // it may have made the file
}

var (
	callRE = regexp.MustCompile(`^(\d+) +(.*)$`)
	fdRE   = regexp.MustCompile(`^(\w+)\(\d+<([^>]*)>(.*)$`)
	atRE   = regexp.MustCompile(`(?:AT_FDCWD|\d+)<([^>]*)>, "([^"]*)"`)
)

// parseCalls reads what strace wrote. A call that another thread's interrupts stands in two lines.
func parseCalls(log string) (calls []call) {
	begun := map[string]string{} // by thread
	for line := range strings.Lines(log) {
		m := callRE.FindStringSubmatch(strings.TrimSpace(line))
		if m == nil {
			continue
		}
		thread, text := m[1], m[2]
		if head, ok := strings.CutSuffix(text, "<unfinished ...>"); ok {
			begun[thread] = head
			continue
		}
		if _, tail, ok := strings.Cut(text, " resumed>"); ok && strings.HasPrefix(text, "<... ") {
			text = begun[thread] + tail
		}
		if strings.Contains(text, " = -1 ") {
			continue
		}
		c := call{text: text}
		if at := atRE.FindAllStringSubmatch(text, -1); len(at) > 0 && !strings.HasPrefix(text, "write(") {
			c.name, _, _ = strings.Cut(text, "(")
			for _, a := range at {
				if p := a[2]; path.IsAbs(p) {
					c.paths = append(c.paths, path.Clean(p))
				} else {
					c.paths = append(c.paths, path.Join(a[1], p))
				}
			}
			c.made = strings.Contains(text, "O_CREAT")
		} else if f := fdRE.FindStringSubmatch(text); f != nil {
			c.name, c.paths, c.text = f[1], []string{f[2]}, f[3]
		} else {
			continue
		}
		calls = append(calls, c)
	}
	return calls
}

// A surviving is what would survive a power cut, below a root that does.
type surviving struct {
	root    string
	dirty   map[string]bool // files with bytes that are not synced
	named   map[string]bool // names in directories, and whether they are synced
	commits int
	parts   int
	lost    []string
}

func play(root string, calls []call) *surviving {
	s := &surviving{root: root, dirty: map[string]bool{}, named: map[string]bool{}}
	for _, c := range calls {
		switch c.name {
		case "openat":
			if c.made {
				s.dirty[c.paths[0]] = true
			}
		case "mkdirat":
			s.named[c.paths[0]] = false
		case "write":
			s.dirty[c.paths[0]] = true
			if strings.Contains(c.text, `"committed `) {
				s.commits++
				s.look("when it was said that commit " + fmt.Sprint(s.commits) + " is made")
			}
		case "fsync":
			delete(s.dirty, c.paths[0])
			for name := range s.named {
				if path.Dir(name) == c.paths[0] {
					s.named[name] = true
				}
			}
		case "linkat":
			from, to := c.paths[0], c.paths[1]
			if strings.HasSuffix(to, ".probe") { // whether the file system has links
				continue
			}
			if s.dirty[from] {
				s.lost = append(s.lost, "bytes of "+to)
			}
			if strings.HasSuffix(to, ".parquet") {
				s.parts++
			}
			if strings.Contains(to, "/_lake/commits/") {
				s.look("before " + path.Base(to) + " got its name")
			}
			s.named[to] = false
		}
	}
	return s
}

// look notes the names that would not survive.
func (s *surviving) look(when string) {
	for name, synced := range s.named {
		if !synced && strings.HasPrefix(name, s.root+"/") {
			s.lost = append(s.lost, name+" "+when)
		}
	}
}
