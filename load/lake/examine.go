package lake

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"
)

// trialPrefix is where an examination leaves its objects. They are nobody's; a collection removes them.
const trialPrefix = "_lake/trials/"

// How hard a store is tried.
const (
	trialRacers = 16
	trialRounds = 20
	trialLarge  = chunkBytes + 2<<20 // bytes of an upload that breaks off: in its second request, if it takes several
)

// A Trial is one promise of [Bucket] and whether a store kept it.
type Trial struct {
	Promise string
	Broken  string // how it was broken; empty: it was kept
	Took    time.Duration
}

// Examine tries a store that a lake is to live in: it creates objects, most of them small, under a name of their own and looks at
// them. Each trial is given to use. The error wraps ErrUnsuitable if a promise was broken, and is that of
// the store where it could not be tried. Objects that the account may not remove stay, and left counts them.
func Examine(ctx context.Context, b Bucket, use func(Trial)) (left int, err error) {
	e := &examination{bucket: b, prefix: trialPrefix + rand.Text() + "/"}
	defer func() { left = e.clear() }()
	var broken []string
	for _, t := range []struct {
		promise string
		try     func(context.Context) (string, error)
	}{
		{"what is created can be read at once", e.readsAtOnce},
		{"what is created is listed at once, in order", e.listsAtOnce},
		{"a taken name is refused, and its object stays", e.refuses},
		{fmt.Sprintf("of %d writers of one name one wins, %d times", trialRacers, trialRounds), e.oneWins},
		{"an upload that breaks off leaves nothing", e.breaksOff},
	} {
		begun := time.Now()
		how, err := t.try(ctx)
		if err != nil {
			return 0, fmt.Errorf("examine %s: %s: %w", b.URI(), t.promise, err)
		}
		use(Trial{t.promise, how, time.Since(begun)})
		if how != "" {
			broken = append(broken, how)
		}
	}
	if len(broken) > 0 {
		return 0, fmt.Errorf("%w: %s", ErrUnsuitable, strings.Join(broken, "; "))
	}
	return 0, nil
}

// An examination is the objects of one Examine.
type examination struct {
	bucket Bucket
	prefix string

	mu    sync.Mutex
	names []string
}

func (e *examination) create(ctx context.Context, name, content string) error {
	e.mu.Lock()
	e.names = append(e.names, e.prefix+name)
	e.mu.Unlock()
	return e.bucket.Create(ctx, e.prefix+name, strings.NewReader(content))
}

// read returns what is stored under a name, and whether anything is.
func (e *examination) read(ctx context.Context, name string) (content string, there bool, err error) {
	r, err := e.bucket.Open(ctx, e.prefix+name)
	if errors.Is(err, ErrNotExist) {
		return "", false, nil
	}
	if err != nil {
		return "", false, err
	}
	defer r.Close()
	data, err := io.ReadAll(r)
	return string(data), err == nil, err
}

func (e *examination) list(ctx context.Context, prefix string) (names []string, err error) {
	for name, err := range e.bucket.List(ctx, e.prefix+prefix) {
		if err != nil {
			return nil, err
		}
		names = append(names, strings.TrimPrefix(name, e.prefix))
	}
	return names, nil
}

// readsAtOnce asks for the object before it is there too: an answer that there is none must not outlast it.
func (e *examination) readsAtOnce(ctx context.Context) (string, error) {
	for i := range trialRounds {
		name, content := fmt.Sprintf("read/%02d", i), rand.Text()
		if _, there, err := e.read(ctx, name); err != nil || there {
			return "an object is there that nobody created", err
		}
		if err := e.create(ctx, name, content); err != nil {
			return "", err
		}
		got, there, err := e.read(ctx, name)
		switch {
		case err != nil:
			return "", err
		case !there:
			return "an object that was created cannot be read", nil
		case got != content:
			return "an object holds other bytes than were created", nil
		}
	}
	return "", nil
}

func (e *examination) listsAtOnce(ctx context.Context) (string, error) {
	var want []string
	for i := trialRounds; i > 0; i-- {
		name := fmt.Sprintf("list/%02d", i)
		if err := e.create(ctx, name, name); err != nil {
			return "", err
		}
		want = append(want, name)
		slices.Sort(want)
		got, err := e.list(ctx, "list/")
		if err != nil {
			return "", err
		}
		if !slices.Equal(got, want) {
			return fmt.Sprintf("of %d objects that were created a list shows %d, or in another order", len(want), len(got)), nil
		}
	}
	return "", nil
}

func (e *examination) refuses(ctx context.Context) (string, error) {
	if err := e.create(ctx, "taken", "the first"); err != nil {
		return "", err
	}
	if err := e.create(ctx, "taken", "the other"); !errors.Is(err, ErrExist) {
		if err == nil {
			return "an object was overwritten", nil
		}
		return "", err
	}
	got, _, err := e.read(ctx, "taken")
	if err == nil && got != "the first" {
		return "an object was overwritten, and its writer was told that it was not", nil
	}
	return "", err
}

func (e *examination) oneWins(ctx context.Context) (string, error) {
	for round := range trialRounds {
		name := fmt.Sprintf("race/%02d", round)
		errs := make([]error, trialRacers)
		var start, done sync.WaitGroup
		start.Add(1)
		for i := range errs {
			done.Go(func() {
				start.Wait()
				errs[i] = e.create(ctx, name, fmt.Sprintf("writer %d", i))
			})
		}
		start.Done()
		done.Wait()
		var winners []string
		for i, err := range errs {
			switch {
			case err == nil:
				winners = append(winners, fmt.Sprintf("writer %d", i))
			case !errors.Is(err, ErrExist):
				return "", err
			}
		}
		got, _, err := e.read(ctx, name)
		switch {
		case err != nil:
			return "", err
		case len(winners) != 1:
			return fmt.Sprintf("%d of %d writers of one name were told that they won", len(winners), trialRacers), nil
		case got != winners[0]:
			return "the object is not of the writer who was told that it won", nil
		}
	}
	return "", nil
}

// breaksOff breaks off the first and the second reading of the source: a store may measure what it is to send.
func (e *examination) breaksOff(ctx context.Context) (string, error) {
	for pass := 1; pass <= 2; pass++ {
		name, whole := fmt.Sprintf("broken/%d", pass), strings.Repeat("kycsync ", trialLarge/8)
		e.names = append(e.names, e.prefix+name)
		err := e.bucket.Create(ctx, e.prefix+name, &breaking{ReadSeeker: strings.NewReader(whole), pass: pass})
		got, there, readErr := e.read(ctx, name)
		switch {
		case readErr != nil:
			return "", errors.Join(err, readErr)
		case err == nil && got == whole: // it was not read that often
			continue
		case err == nil:
			return "an upload whose source broke off was taken for whole", nil
		case !errors.Is(err, errTrial):
			return "", err
		}
		names, err := e.list(ctx, name)
		if err != nil {
			return "", err
		}
		if there || len(names) > 0 {
			return "an upload that broke off has left an object", nil
		}
		if err := e.create(ctx, name, whole); err != nil {
			return "", err
		}
	}
	return "", nil
}

var errTrial = errors.New("broken off on purpose")

// breaking is a source that fails before its end from one of the times on that it is read.
type breaking struct {
	io.ReadSeeker
	pass, begun, read int
}

func (b *breaking) Seek(offset int64, whence int) (int64, error) {
	b.begun, b.read = b.begun+1, 0
	return b.ReadSeeker.Seek(offset, whence)
}

func (b *breaking) Read(p []byte) (int, error) {
	const end = trialLarge - 1<<20
	if b.begun >= b.pass && b.read >= end {
		return 0, errTrial
	}
	n, err := b.ReadSeeker.Read(p[:min(len(p), max(end-b.read, 1<<10))])
	b.read += n
	return n, err
}

// clear removes the objects, as far as the account may, and returns how many stay.
func (e *examination) clear() (left int) {
	names := slices.Compact(slices.Sorted(slices.Values(e.names)))
	store, ok := e.bucket.(Remover)
	if !ok {
		return len(names)
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	removed := 0
	var all []Object
	if err := store.Objects(ctx, e.prefix, func(o Object) error { all = append(all, o); return nil }); err != nil {
		return len(names)
	}
	for _, o := range all {
		if err := store.Remove(ctx, o); err != nil {
			break // the account may not, or the store does not answer
		}
		removed++
	}
	if d, ok := e.bucket.(*Dir); ok {
		_ = d.root.RemoveAll(strings.TrimSuffix(e.prefix, "/")) // the directories
	}
	return len(all) - removed
}
