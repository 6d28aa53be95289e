package extract

import "context"

// maxAhead is how many pages of a list are under way at the same time, at most: what 600 requests a
// minute need if answers take 0.8 s.
const maxAhead = 8

// An ahead reads the pages of a list, and asks for some before it is their turn, where it is likely
// which they are: a page that waits for the one above leaves most of the pace unused. It goes on
// with one page more for each that was where it was expected, and begins anew if one was not, so that a
// list of two pages costs two requests and one that changes fast not many more than it must.
type ahead[P leaf] struct {
	read     func(ctx context.Context, offset int) (P, error)
	most     int          // pages under way; less than 2: each is asked for when the one above has come
	allowed  int          // of these, so far
	step     int          // rows from one to the next
	flying   []*flight[P] // by offset
	answered int
}

// A flight is a page under way.
type flight[P leaf] struct {
	offset int
	early  bool // asked for before the page above it had come
	cancel context.CancelFunc
	landed chan struct{} // closed when there is a page or an error
	page   P
	err    error
	defect *Defect
}

// get returns the page at an offset, and whether it was asked for early.
func (a *ahead[P]) get(ctx context.Context, offset int) (p P, early bool, err error) {
	if len(a.flying) == 0 || a.flying[0].offset != offset {
		p, err = a.ask(ctx, offset)
		return p, false, err
	}
	f := a.flying[0]
	a.flying = a.flying[1:]
	a.wait(f)
	if ctx.Err() != nil {
		return p, false, context.Cause(ctx)
	}
	return f.page, f.early, f.err
}

// ask abandons what is under way and asks for a page.
func (a *ahead[P]) ask(ctx context.Context, offset int) (P, error) {
	a.abandon()
	p, err := a.read(ctx, offset)
	a.count(err)
	return p, err
}

// follow is told where the next page begins, the step from there to the one after, and how many rows
// the list has, -1 if that is not known. It asks for no page that begins behind the last row.
func (a *ahead[P]) follow(ctx context.Context, offset, step, rows int) {
	if len(a.flying) > 0 && (a.flying[0].offset != offset || a.step != step) {
		a.abandon()
	}
	a.step = step
	if a.allowed = min(a.allowed+1, a.most); a.allowed < 2 {
		return
	}
	for n := len(a.flying); n < a.allowed; n++ {
		at := offset + n*step
		if n > 0 && rows >= 0 && at+overlap >= rows {
			return
		}
		a.launch(ctx, at, n > 0)
	}
}

func (a *ahead[P]) launch(ctx context.Context, offset int, early bool) {
	ctx, cancel := context.WithCancel(ctx)
	f := &flight[P]{offset: offset, early: early, cancel: cancel, landed: make(chan struct{})}
	a.flying = append(a.flying, f)
	go func() {
		defer close(f.landed)
		f.defect = Caught(func() { f.page, f.err = a.read(ctx, offset) })
	}()
}

// abandon ends what is under way, and waits until it has ended.
func (a *ahead[P]) abandon() {
	if len(a.flying) == 0 {
		return
	}
	for _, f := range a.flying {
		f.cancel()
	}
	for _, f := range a.flying {
		a.wait(f)
	}
	a.flying, a.allowed = nil, 0
}

func (a *ahead[P]) wait(f *flight[P]) {
	<-f.landed
	f.cancel()
	if f.defect != nil {
		panic(f.defect)
	}
	a.count(f.err)
}

func (a *ahead[P]) count(err error) {
	if err == nil {
		a.answered++
	}
}
