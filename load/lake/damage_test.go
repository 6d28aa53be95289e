package lake

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// Whatever is done to a stored file, whoever reads the lake as verify does finds it: the chain covers all commits
// but the newest, which an anchor covers, and these cover the parts.
func TestEveryDamageIsFound(t *testing.T) {
	rounds := damageRounds(t, 1000, 50)
	l, dir := openTest(t)
	head := grow(t, l, 6)
	anchor := l.Anchor(head)
	var parts, commits []string
	for _, name := range sortedKeys(head.Tables["wide"]) {
		parts = append(parts, filepath.Join(dir, name))
	}
	for seq := range head.Seq {
		commits = append(commits, filepath.Join(dir, commitName(seq+1)))
	}
	for kind, files := range map[string][]string{"part": parts, "commit": commits, "format": {filepath.Join(dir, formatName)}} {
		t.Run(kind, func(t *testing.T) {
			for n := range rounds {
				dice := rand.New(rand.NewPCG(7, uint64(n)))
				done, undo := harm(t, dice, files)
				if done != "" && found(t, dir, anchor) == nil {
					t.Errorf("round %d: nobody noticed %s", n, done)
				}
				undo()
			}
			if err := found(t, dir, anchor); err != nil {
				t.Fatalf("unharmed: %v", err)
			}
		})
	}
}

// damageRounds is how often something is damaged; KYCSYNC_TEST_DAMAGE sets it.
func damageRounds(t *testing.T, usual, short int) int {
	t.Helper()
	if n, err := strconv.Atoi(os.Getenv("KYCSYNC_TEST_DAMAGE")); err == nil {
		return n
	}
	if testing.Short() {
		return short
	}
	return usual
}

// harm alters one of the files, or two. done is empty if that made no difference.
func harm(t *testing.T, dice *rand.Rand, files []string) (done string, undo func()) {
	t.Helper()
	a, b := files[dice.IntN(len(files))], files[dice.IntN(len(files))]
	was, other := mustRead(t, a), mustRead(t, b)
	undo = func() { mustWrite(t, a, was); mustWrite(t, b, other) }
	now := append([]byte(nil), was...)
	switch what := dice.IntN(6); what {
	case 0:
		at := dice.IntN(len(now))
		now[at] ^= 1 << dice.IntN(8)
		done = fmt.Sprintf("a bit flipped at %d of %s", at, a)
	case 1:
		now = now[:dice.IntN(len(now))]
		done = fmt.Sprintf("%s cut to %d bytes", a, len(now))
	case 2:
		at, n := dice.IntN(len(now)), 1+dice.IntN(64)
		for i := at; i < min(at+n, len(now)); i++ {
			now[i] = 0
		}
		if string(now) != string(was) {
			done = fmt.Sprintf("%d zeros at %d of %s", n, at, a)
		}
	case 3:
		now = append(now, byte(dice.IntN(256)))
		done = "a byte more in " + a
	case 4:
		if string(was) != string(other) {
			now = other
			mustWrite(t, b, was)
			done = a + " and " + b + " changed places"
		}
	case 5:
		if err := os.Remove(a); err != nil {
			t.Fatal(err)
		}
		return a + " gone", undo
	}
	mustWrite(t, a, now)
	return done, undo
}

func mustRead(t *testing.T, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func mustWrite(t *testing.T, name string, data []byte) {
	t.Helper()
	_ = os.Remove(name)
	if err := os.WriteFile(name, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

// found reads the lake as verify does.
func found(t *testing.T, dir string, anchor Anchor) error {
	t.Helper()
	l, err := Open(t.Context(), dir, Config{})
	if err != nil {
		return err
	}
	defer l.Close()
	var head *Commit
	for c, err := range l.Commits(t.Context(), 1) {
		if err != nil {
			return err
		}
		head = c
	}
	if head == nil {
		return errors.New("no commit is left")
	}
	problems, err := l.Verify(t.Context(), head, Share{}, nil)
	if err != nil {
		return err
	}
	for _, p := range problems {
		return p.Err
	}
	return l.Holds(t.Context(), anchor)
}

// Each part has its turn, and each night reads about its share.
func TestSharesAddUp(t *testing.T) {
	l, _ := openTest(t)
	head := grow(t, l, 30)
	read := map[string]int{}
	for day := range 5 {
		if _, err := l.Verify(t.Context(), head, Share{Of: 5, Day: 20000 + day}, func(p Part) { read[p.Name]++ }); err != nil {
			t.Fatal(err)
		}
	}
	for name, n := range read {
		if n != 1 {
			t.Errorf("%s was read %d times", name, n)
		}
	}
	if len(read) != len(head.Tables["wide"]) {
		t.Errorf("%d of %d parts were read", len(read), len(head.Tables["wide"]))
	}
}

func TestAnchorsReadBack(t *testing.T) {
	l, _ := openTest(t)
	a := l.Anchor(grow(t, l, 3))
	got, err := ParseAnchor(a.String())
	if err != nil || got != a {
		t.Errorf("got %+v, %v, want %+v", got, err, a)
	}
	for _, bad := range []string{"", "x" + a.String(), strings.Replace(a.String(), " commit ", " Commit ", 1), a.String() + "0", strings.ToUpper(a.String())} {
		if _, err := ParseAnchor(bad); err == nil {
			t.Errorf("%q was taken for an anchor", bad)
		}
	}
}
