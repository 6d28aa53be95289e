package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"kycsync/cmd/kycsync/night"
	"kycsync/extract"
	"kycsync/load/lake"
	"kycsync/transform"

	"github.com/gofrs/flock"
	"github.com/urfave/cli/v2"
)

func (p *program) syncCommand() *cli.Command {
	return &cli.Command{
		Name:  "sync",
		Usage: "fetch what is new or changed, store it, publish it: the nightly job",
		Description: `The API key comes from KYCSYNC_API_KEY or from the file that --api-key-file names.
A run publishes one verified generation or nothing; running again is always safe.

Examples:
   KYCSYNC_API_KEY=... kycsync sync
   kycsync sync --api-key-file /run/secrets/didit --lake gs://acme-kyc/lake --warehouse /srv/kyc/kyc.duckdb
   kycsync sync --plan                       what a run would fetch and how long it would take
   kycsync sync --from 2026-10-01 --to 2026-11-01       read October's sessions again, all of them
   kycsync sync --publish                    and let other engines read it
   kycsync sync --archive-pdf --pdf-since 2026-01-01    and keep the vendor's PDF of each final session
   kycsync sync --promise monitored=3d --gate shrink=0.2
   kycsync sync --accept missing='retention was shortened to one year'`,
		Flags: stored(slices.Concat(vendorFlags(), []cli.Flag{
			&cli.StringFlag{Name: "from", Usage: "read sessions created from this `DAY` on again, all of them, and nothing else"},
			&cli.StringFlag{Name: "to", Usage: "the `DAY` after the last one; see --from"},
			toggle("plan", "only list, and print what a run would fetch"),
			keepFlag(),
			toggle("publish", "let BigQuery, Trino, Spark and others read what was published; see kycsync publish"),
			toggle("no-compact", "leave small parts of the lake as they are; see kycsync compact"),
		}, pdfFlags(), anchorFlags(), policyFlags())...),
		Before: p.settings,
		Action: p.sync,
	}
}

func (p *program) sync(c *cli.Context) error {
	if err := noArgs(c); err != nil {
		return err
	}
	anchoring, err := p.anchoring(c)
	if err != nil {
		return err
	}
	defer anchoring.close()
	job, err := p.newJob(c, p.log)
	if err != nil {
		return err
	}
	defer job.close()
	if c.Bool("plan") {
		for _, cfg := range job.configs {
			forecast, err := night.Plan(c.Context, cfg)
			if err != nil {
				return err
			}
			if err := printForecast(p.stdout, cfg.Application, forecast); err != nil {
				return err
			}
		}
		return nil
	}
	if err := p.checkAnchor(c.Context, anchoring.place, job.lake); err != nil {
		return err
	}
	err = p.runAll(c.Context, job)
	if job.published {
		err = errors.Join(err, p.anchor(c.Context, anchoring, job.lake))
	}
	return err
}

// runAll runs the applications side by side and tells how each ended. The first error decides how the
// command ends.
func (p *program) runAll(ctx context.Context, job *job) error {
	summaries, errs := make([]*night.Summary, len(job.configs)), make([]error, len(job.configs))
	defects := make([]*extract.Defect, len(job.configs))
	var wg sync.WaitGroup
	for i, cfg := range job.configs {
		wg.Go(func() {
			defects[i] = extract.Caught(func() { summaries[i], errs[i] = night.Run(ctx, cfg) })
		})
	}
	wg.Wait()
	raise(defects)
	p.archivePDFs(ctx, job, summaries, errs)
	job.progress.stop()
	var worst error
	for i, s := range summaries {
		job.published = job.published || s != nil && s.Published > 0
		if p.jsonLog && len(summaries) == 1 {
			p.summary = []any{"run", s}
		} else if !p.jsonLog {
			printSummary(p.stdout, s, errs[i])
		}
		if errs[i] == nil && s.Degraded() {
			errs[i] = fmt.Errorf("%w: %d elements could not be read", errDegraded, s.Rejects)
		}
		if errs[i] != nil && len(summaries) > 1 {
			errs[i] = fmt.Errorf("application %s: %w", s.Application, errs[i])
		}
		if worst == nil || (errors.Is(worst, errDegraded) || errors.Is(worst, night.ErrPDFs)) && errs[i] != nil {
			worst = errs[i]
		}
	}
	if p.jsonLog && len(summaries) > 1 {
		p.summary = []any{"runs", summaries}
	}
	return worst
}

// raise goes on with the first defect that the runs met.
func raise(defects []*extract.Defect) {
	for _, d := range defects {
		if d != nil {
			panic(d)
		}
	}
}

// A job is the runs of all applications with what must be given back after them.
type job struct {
	configs  []night.Config
	progress *progress
	lock     *flock.Flock
	paces    []*paceFile
	clients  []*extract.Client
	lake     *lake.Lake
	leases   []*lake.Lease
	work     string
	step     func(string) // comes to a named step
	begun    time.Time
	pdfs     *night.PDFScope // nil: none is kept

	published bool // by one of the runs
}

func (p *program) newJob(c *cli.Context, log *slog.Logger) (*job, error) {
	apps, err := p.applications(c)
	if err != nil {
		return nil, err
	}
	base := night.Config{MaxDuration: c.Duration("max-duration"), MaxRequests: c.Int("max-requests"), Version: version, Log: log, Step: p.step, BatchSize: testBatch, Merge: testMerge, Engines: c.Bool("publish")}
	if base.MaxDuration < 0 || base.MaxRequests < 0 {
		return nil, usagef("--max-duration %s, --max-requests %d: want a positive bound", base.MaxDuration, base.MaxRequests)
	}
	if c.Bool("no-compact") {
		base.Merge = -1
	}
	pdfs, err := readPDFScope(c)
	if err := errors.Join(err, readPolicy(c, &base), readRange(c, &base)); err != nil {
		return nil, err
	}
	if base.Now, err = p.clock(apps[0].APIURL); err != nil {
		return nil, err
	}
	settings := make([]extract.Config, len(apps))
	for i, a := range apps {
		settings[i] = extract.Config{
			BaseURL: a.APIURL, Key: a.key, PerMinute: *a.Rate, PDFPerMinute: c.Int("pdf-rate"), PageSize: c.Int("page-size"), UserAgent: "kycsync/" + version, Log: log, Now: base.Now, Gist: transform.Gist,
		}
		if err := settings[i].Validate(); err != nil {
			return nil, usagef("%v", err)
		}
	}
	job, err := p.prepare(c, apps, settings, base)
	if err == nil {
		job.pdfs = pdfs
	}
	return job, err
}

// prepare takes the lock, which says that no other run of this machine is at work, and opens what
// the runs need.
func (p *program) prepare(c *cli.Context, apps []application, settings []extract.Config, base night.Config) (_ *job, err error) {
	toBuild, err := p.warehouseToBuild(c, base.Log)
	if err != nil {
		return nil, err
	}
	dir, err := privateDir(toBuild.Path)
	if err != nil {
		return nil, err
	}
	j := &job{progress: newProgress(p.stderr, base.Log), work: filepath.Join(dir, "run"), step: p.at, begun: time.Now()}
	defer func() {
		if err != nil {
			j.close()
		}
	}()
	if j.lock, err = lockRuns(dir); err != nil {
		return nil, err
	}
	p.at("locked")
	if err := emptyDir(j.work); err != nil {
		return nil, err
	}
	if j.lake, err = p.openLake(c.Context, c, !c.Bool("plan"), base.Now); err != nil && !(c.Bool("plan") && errors.Is(err, errNoLake)) {
		return nil, err
	}
	p.at("opened")
	if !c.Bool("plan") {
		if err := j.lease(c.Context, apps, dir, base.Log); err != nil {
			return nil, err
		}
	}
	p.at("leased")
	base.Lake, base.Warehouse, base.Progress, base.Group = j.lake, toBuild, j.progress.show, night.NewGroup(len(apps))
	for i, a := range apps {
		cfg := base
		cfg.Application, cfg.PerMinute = a.Name, *a.Rate
		if cfg.WorkDir = filepath.Join(j.work, a.Name); os.MkdirAll(cfg.WorkDir, 0o700) != nil {
			return nil, fmt.Errorf("make %s", cfg.WorkDir)
		}
		pace := openPaceFile(filepath.Join(dir, "requests-"+a.Name+".json"))
		if settings[i].EmptySince, err = pace.lastRequest(c.Context, j.lake, base.Log); err != nil {
			return nil, err
		}
		if cfg.Client, err = extract.New(settings[i]); err != nil {
			return nil, err
		}
		if err := pace.begin(); err != nil {
			return nil, err
		}
		p.at("paced")
		j.paces, j.clients, j.configs = append(j.paces, pace), append(j.clients, cfg.Client), append(j.configs, cfg)
	}
	if len(apps) > 1 {
		j.shareProgress()
	}
	return j, nil
}

// lease tells other hosts that the applications' keys are at work. The lock of this machine is held, so that a
// lease from the same directory is that of a run which died.
func (j *job) lease(ctx context.Context, apps []application, dir string, log *slog.Logger) error {
	host, err := os.Hostname()
	if err != nil {
		return fmt.Errorf("name of this host: %w", err)
	}
	abs, err := filepath.Abs(dir)
	if err != nil {
		return err
	}
	me := lake.Holder{RunID: rand.Text(), Host: host, Place: host + ":" + abs}
	for _, a := range apps {
		l, err := j.lake.Lease(ctx, a.Name, me, func(err error) {
			log.Warn("other hosts may begin the same work now; nothing is lost or doubled by it", "error", err.Error())
		})
		if err != nil {
			return err
		}
		j.leases = append(j.leases, l)
	}
	return nil
}

// shareProgress lets the runs show their progress one at a time, by name.
func (j *job) shareProgress() {
	var mu sync.Mutex
	for i := range j.configs {
		name := j.configs[i].Application
		j.configs[i].Progress = func(phase string, done, total int) {
			mu.Lock()
			defer mu.Unlock()
			j.progress.show(name+" "+phase, done, total)
		}
	}
}

// lockRuns takes the lock of the runs of this machine.
func lockRuns(dir string) (*flock.Flock, error) { return lockFile(filepath.Join(dir, "run.lock")) }

func lockFile(name string) (*flock.Flock, error) {
	lock := flock.New(name)
	switch ok, err := lock.TryLock(); {
	case err != nil:
		return nil, fmt.Errorf("lock %s: %w", lock.Path(), cause(err))
	case !ok:
		return nil, fmt.Errorf("%w: it holds %s", errLocked, lock.Path())
	}
	return lock, nil
}

func (j *job) close() {
	j.progress.stop()
	for i, client := range j.clients {
		j.paces[i].end(client.Stats().LastRequest)
		client.Close()
	}
	for _, l := range j.leases {
		l.Release(context.Background())
	}
	j.step("released")
	if j.lake != nil {
		_ = j.lake.Close()
	}
	if j.lock != nil {
		_ = emptyDir(j.work)
		_ = j.lock.Unlock()
	}
}

// apiKey reads the key of an application. A flag's value would stand in the process list.
func (p *program) apiKey(c *cli.Context, a *application) (extract.Secret, error) {
	if c.IsSet("api-key") {
		return extract.Secret{}, usagef("a key on the command line can be read by every user of the machine; use KYCSYNC_API_KEY or --api-key-file")
	}
	if file := a.APIKeyFile; file != "" {
		body, err := os.ReadFile(file)
		if err != nil {
			return extract.Secret{}, usagef("--api-key-file %s: %v", file, cause(err))
		}
		if key := extract.NewSecret(string(body)); !key.Empty() {
			return key, nil
		}
		return extract.Secret{}, usagef("--api-key-file %s: the file is empty", file)
	}
	name := a.APIKeyEnv
	if name == "" {
		name = "KYCSYNC_API_KEY"
	}
	key := extract.NewSecret(p.getenv(name))
	if key.Empty() {
		return extract.Secret{}, usagef("no API key: set %s or --api-key-file", name)
	}
	return key, nil
}

// emptyDir removes what a killed run left in a private directory.
func emptyDir(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("empty %s: %w", dir, cause(err))
	}
	for _, e := range entries {
		if err := os.RemoveAll(filepath.Join(dir, e.Name())); err != nil {
			return fmt.Errorf("empty %s: %w", dir, cause(err))
		}
	}
	return nil
}
