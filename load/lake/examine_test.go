package lake

import (
	"context"
	"errors"
	"io"
	"iter"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"kycsync/load/lake/gcstest"
)

func TestExamineFindsGoodStoresFit(t *testing.T) {
	if testing.Short() {
		t.Skip("seconds; the default run has it")
	}
	for name, b := range buckets(t) {
		t.Run(name, func(t *testing.T) {
			trials := 0
			left, err := Examine(t.Context(), b, func(tr Trial) {
				if trials++; tr.Broken != "" {
					t.Errorf("%s: %s", tr.Promise, tr.Broken)
				}
			})
			if err != nil || trials != 5 || left != 0 {
				t.Errorf("%d trials, %d objects left, %v; want 5, none, nil", trials, left, err)
			}
			if all := list(t, b, ""); len(all) > 0 {
				t.Errorf("%d objects stay", len(all))
			}
		})
	}
}

// A loose store breaks one promise.
type loose struct {
	how string

	mu      sync.Mutex
	objects map[string]string
	missed  map[string]bool // names that were asked for before they were there
	created int
}

func (l *loose) URI() string { return "mem://" + l.how }

func (l *loose) Create(_ context.Context, name string, r io.ReadSeeker) error {
	if _, err := r.Seek(0, io.SeekStart); err != nil {
		return err
	}
	data, err := io.ReadAll(r)
	if err != nil && l.how != "keeps what breaks off" && l.how != "takes a part for the whole" {
		return err
	}
	if l.how == "takes a part for the whole" {
		err = nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.created++
	old, taken := l.objects[name]
	switch {
	case err != nil:
	case !taken || old == string(data):
	case l.how == "overwrites", l.how == "lets two win" && l.created%7 == 0:
	case l.how == "overwrites and refuses":
		err = ErrExist
	default:
		return ErrExist
	}
	if l.how == "flips a bit" && l.created == 5 {
		data[0] ^= 1
	}
	l.objects[name] = string(data)
	return err
}

func (l *loose) Open(_ context.Context, name string) (io.ReadCloser, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	data, ok := l.objects[name]
	if !ok || l.how == "remembers that there is none" && l.missed[name] {
		l.missed[name] = true
		return nil, ErrNotExist
	}
	return io.NopCloser(strings.NewReader(data)), nil
}

func (l *loose) List(_ context.Context, prefix string) iter.Seq2[string, error] {
	l.mu.Lock()
	defer l.mu.Unlock()
	var names []string
	for name := range l.objects {
		if strings.HasPrefix(name, prefix) {
			names = append(names, name)
		}
	}
	if slices.Sort(names); l.how == "lists later" && len(names) > 3 {
		names = names[1:]
	}
	if l.how == "lists in no order" {
		slices.Reverse(names)
	}
	return func(yield func(string, error) bool) {
		for _, name := range names {
			if !yield(name, nil) {
				return
			}
		}
	}
}

func TestExamineRefusesLooseStores(t *testing.T) {
	for how, want := range map[string]string{
		"overwrites":                   "was overwritten",
		"overwrites and refuses":       "was told that it was not",
		"lets two win":                 "were told that they won",
		"remembers that there is none": "cannot be read",
		"lists later":                  "a list shows",
		"lists in no order":            "another order",
		"keeps what breaks off":        "has left an object",
		"takes a part for the whole":   "taken for whole",
		"flips a bit":                  "other bytes",
		"keeps its promises":           "",
	} {
		t.Run(how, func(t *testing.T) {
			b := &loose{how: how, objects: map[string]string{}, missed: map[string]bool{}}
			var broken []string
			left, err := Examine(t.Context(), b, func(tr Trial) {
				if tr.Broken != "" {
					broken = append(broken, tr.Broken)
				}
			})
			if left == 0 {
				t.Error("it cannot remove, and nothing is said to be left")
			}
			if want == "" {
				if err != nil || len(broken) > 0 {
					t.Errorf("got %v, %v; want it fit", broken, err)
				}
				return
			}
			if !errors.Is(err, ErrUnsuitable) || !strings.Contains(strings.Join(broken, "\n"), want) {
				t.Errorf("got %q, %v; want %q and ErrUnsuitable", broken, err, want)
			}
		})
	}
}

// An account that may not write is no fault of the store, and what it may not remove is counted.
func TestExamineWithoutRights(t *testing.T) {
	if testing.Short() {
		t.Skip("seconds; the default run has it")
	}
	s := gcstest.Start(t)
	b, err := OpenGCS(t.Context(), gcstest.BucketName, "x", Config{GCSOptions: s.Options()})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	refuse := "POST"
	s.Faults = onMethod(&refuse)
	if _, err := Examine(t.Context(), b, func(Trial) { t.Error("a trial was made") }); !errors.Is(err, ErrDenied) || !strings.Contains(err.Error(), "storage.objects.create") {
		t.Errorf("got %v, want ErrDenied and the permission", err)
	}
	refuse = "DELETE"
	left, err := Examine(t.Context(), b, func(Trial) {})
	if err != nil || left == 0 {
		t.Errorf("got %d left, %v; want some, nil", left, err)
	}
	refuse = ""
	l := New(b, Config{})
	n, err := l.collectOld(t.Context(), b, trialPrefix, time.Now().Add(72*time.Hour), false)
	if err != nil || n != int64(left) || len(list(t, b, trialPrefix)) > 0 {
		t.Errorf("collected %d, %v; want %d", n, err, left)
	}
}

// onMethod refuses the requests of a method, to the store itself and for uploads.
func onMethod(method *string) func(*http.Request) gcstest.Fault {
	return func(r *http.Request) gcstest.Fault {
		if r.Method == *method {
			return gcstest.Refuse
		}
		return gcstest.None
	}
}
