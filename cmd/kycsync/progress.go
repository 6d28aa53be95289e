package main

import (
	"io"
	"log/slog"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// logEvery is how often a run that nobody watches says how far it is.
const logEvery = 30 * time.Second

// A progress shows how far a run is: a bar on a terminal, log lines elsewhere.
type progress struct {
	out   io.Writer
	log   *slog.Logger
	tty   bool
	phase string
	bar   *progressbar.ProgressBar
	last  time.Time
}

func newProgress(out io.Writer, log *slog.Logger) *progress {
	f, ok := out.(*os.File)
	return &progress{out: out, log: log, tty: ok && term.IsTerminal(int(f.Fd())), last: time.Now()}
}

func (p *progress) show(phase string, done, total int) {
	if !p.tty {
		if time.Since(p.last) >= logEvery {
			p.last = time.Now()
			p.log.Info("progress", "phase", phase, "done", done, "of", total)
		}
		return
	}
	if phase != p.phase {
		p.stop()
		p.phase = phase
		p.bar = progressbar.NewOptions(total, progressbar.OptionSetWriter(p.out), progressbar.OptionSetDescription(phase),
			progressbar.OptionShowCount(), progressbar.OptionSetPredictTime(true), progressbar.OptionSetWidth(30),
			progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionClearOnFinish())
	}
	p.bar.ChangeMax(total)
	_ = p.bar.Set(done)
}

func (p *progress) stop() {
	if p.bar != nil {
		_ = p.bar.Finish()
		p.bar, p.phase = nil, ""
	}
}
