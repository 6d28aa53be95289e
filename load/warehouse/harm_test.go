package warehouse

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
)

// Whatever is done to the published file, verify finds it. KYCSYNC_TEST_DAMAGE sets how often it is tried. What is in
// the lake stays as it is, and is read once.
func TestEveryDamageOfTheFileIsFound(t *testing.T) {
	rounds := 12
	if testing.Short() {
		rounds = 3
	}
	if n, err := strconv.Atoi(os.Getenv("KYCSYNC_TEST_DAMAGE")); err == nil {
		rounds = n
	}
	w := newWorld(t)
	rng := rand.New(rand.NewPCG(3, 3))
	w.commit(randomRows(rng))
	w.update()
	older, err := os.ReadFile(w.cfg.Path)
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		w.commit(randomRows(rng))
	}
	w.update()
	sound, err := os.ReadFile(w.cfg.Path)
	if err != nil {
		t.Fatal(err)
	}
	if v, err := Verify(t.Context(), w.lake, w.cfg); err != nil || !v.Equal {
		t.Fatalf("unharmed: %+v, %v", v, err)
	}
	cfg, err := w.cfg.withDefaults()
	if err != nil {
		t.Fatal(err)
	}
	c, err := w.lake.Published(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	inLake, err := lakeContent(t.Context(), w.lake, c, cfg)
	if err != nil {
		t.Fatal(err)
	}
	for n := range rounds {
		dice := rand.New(rand.NewPCG(9, uint64(n)))
		what, now := harmed(dice, sound, older)
		if err := os.Remove(w.cfg.Path); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(w.cfg.Path, now, 0o400); err != nil {
			t.Fatal(err)
		}
		v := Verification{LakeSeq: c.Seq}
		if err := v.hold(t.Context(), w.lake, inLake, cfg); err != nil {
			t.Fatalf("round %d, %s: %v (%s)", n, what, err, detail(err))
		}
		if v.Equal && string(now) != string(sound) {
			t.Errorf("round %d: nobody noticed %s", n, what)
		}
	}
}

// harmed returns other bytes than those of the file.
func harmed(dice *rand.Rand, file, older []byte) (what string, now []byte) {
	now = append([]byte(nil), file...)
	const page = 4096
	switch dice.IntN(5) {
	case 0, 1:
		at := dice.IntN(len(now))
		now[at] ^= 1 << dice.IntN(8)
		return fmt.Sprintf("a bit flipped at %d of %d", at, len(now)), now
	case 2:
		n := dice.IntN(len(now))
		return fmt.Sprintf("cut to %d of %d", n, len(now)), now[:n]
	case 3:
		a, b := dice.IntN(len(now)/page)*page, dice.IntN(len(now)/page)*page
		copy(now[a:a+page], file[b:b+page])
		copy(now[b:b+page], file[a:a+page])
		return fmt.Sprintf("pages at %d and %d changed places", a, b), now
	}
	at := dice.IntN(min(len(now), len(older))/page) * page
	copy(now[at:at+page], older[at:at+page])
	return fmt.Sprintf("an older page at %d", at), now
}
