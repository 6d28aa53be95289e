package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"kycsync/cmd/kycsync/night"
	"kycsync/extract"
	"kycsync/load/lake"

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
   kycsync sync --plan                       what a run would fetch and how long it would take`,
		Flags: stored(
			text("api-url", extract.DefaultBaseURL, "the vendor's `URL`; http:// for this machine only"),
			text("api-key-file", "", "`FILE` with the API key"),
			text("application", "default", "`NAME` that tells this application apart in the lake"),
			number("rate", extract.DefaultPerMinute, "requests a minute (`N`) that the key may send; 0: no limit, for this machine only"),
			number("page-size", extract.DefaultPageSize, "rows (`N`) asked for in one page of a list"),
			duration("max-duration", "stop fetching after this time (`D`, such as 5h30m), commit, and end with exit code 5"),
			toggle("plan", "only list, and print what a run would fetch"),
			&cli.StringFlag{Name: "api-key", Hidden: true},
		),
		Before: p.settings,
		Action: p.sync,
	}
}

func (p *program) sync(c *cli.Context) error {
	if err := noArgs(c); err != nil {
		return err
	}
	job, err := p.newJob(c, p.log)
	if err != nil {
		return err
	}
	defer job.close()
	if c.Bool("plan") {
		forecast, err := night.Plan(c.Context, job.config)
		if err != nil {
			return err
		}
		return printForecast(p.stdout, forecast)
	}
	summary, err := night.Run(c.Context, job.config)
	job.progress.stop()
	if p.jsonLog {
		p.summary = []any{"run", summary}
	} else {
		printSummary(p.stdout, summary, err)
	}
	if err == nil && summary.Degraded() {
		err = fmt.Errorf("%w: %d elements could not be read", errDegraded, summary.Rejects)
	}
	return err
}

// A job is a run with what must be given back after it.
type job struct {
	config   night.Config
	progress *progress
	lock     *flock.Flock
	pace     *paceFile
	client   *extract.Client
	lake     *lake.Lake
}

func (p *program) newJob(c *cli.Context, log *slog.Logger) (*job, error) {
	key, err := p.apiKey(c)
	if err != nil {
		return nil, err
	}
	now, err := p.clock(c.String("api-url"))
	if err != nil {
		return nil, err
	}
	settings := extract.Config{
		BaseURL: c.String("api-url"), Key: key, PerMinute: c.Int("rate"), PageSize: c.Int("page-size"),
		UserAgent: "kycsync/" + version, Log: log, Now: now,
	}
	if err := settings.Validate(); err != nil {
		return nil, usagef("%v", err)
	}
	if c.Duration("max-duration") < 0 {
		return nil, usagef("--max-duration %s: want a positive time", c.Duration("max-duration"))
	}
	return p.prepare(c.Context, c, settings, log, now)
}

// prepare takes the lock, which says that no other run of this machine is at work, and opens what
// the run needs.
func (p *program) prepare(ctx context.Context, c *cli.Context, settings extract.Config, log *slog.Logger, now func() time.Time) (_ *job, err error) {
	path := c.String("warehouse")
	dir, err := privateDir(path)
	if err != nil {
		return nil, err
	}
	j := &job{progress: newProgress(p.stderr, log)}
	defer func() {
		if err != nil {
			j.close()
		}
	}()
	j.lock = flock.New(filepath.Join(dir, "run.lock"))
	switch ok, err := j.lock.TryLock(); {
	case err != nil:
		return nil, fmt.Errorf("lock %s: %w", j.lock.Path(), cause(err))
	case !ok:
		return nil, fmt.Errorf("%w: it holds %s", errLocked, j.lock.Path())
	}
	work := filepath.Join(dir, "run")
	if err := emptyDir(work); err != nil {
		return nil, err
	}
	j.pace = openPaceFile(filepath.Join(dir, "requests.json"))
	if j.lake, err = p.openLake(ctx, c, !c.Bool("plan"), now); err != nil && !(c.Bool("plan") && errors.Is(err, errNoLake)) {
		return nil, err
	}
	if settings.EmptySince, err = j.pace.lastRequest(ctx, j.lake, log); err != nil {
		return nil, err
	}
	if j.client, err = extract.New(settings); err != nil {
		return nil, err
	}
	j.config = night.Config{
		Application: c.String("application"), Client: j.client, Lake: j.lake, Warehouse: p.warehouseConfig(path, log),
		WorkDir: work, Now: now, MaxDuration: c.Duration("max-duration"), PerMinute: settings.PerMinute, Version: version, Log: log,
		Progress: j.progress.show, Step: p.step, BatchSize: testBatch,
	}
	return j, j.pace.begin()
}

func (j *job) close() {
	j.progress.stop()
	if j.client != nil {
		j.pace.end(j.client.Stats().LastRequest)
		j.client.Close()
	}
	if j.lake != nil {
		_ = j.lake.Close()
	}
	if j.config.WorkDir != "" {
		_ = emptyDir(j.config.WorkDir)
	}
	if j.lock != nil {
		_ = j.lock.Unlock()
	}
}

// apiKey reads the key. A flag's value would stand in the process list.
func (p *program) apiKey(c *cli.Context) (extract.Secret, error) {
	if c.IsSet("api-key") {
		return extract.Secret{}, usagef("a key on the command line can be read by every user of the machine; use KYCSYNC_API_KEY or --api-key-file")
	}
	if file := c.String("api-key-file"); file != "" {
		body, err := os.ReadFile(file)
		if err != nil {
			return extract.Secret{}, usagef("--api-key-file %s: %v", file, cause(err))
		}
		if key := extract.NewSecret(string(body)); !key.Empty() {
			return key, nil
		}
		return extract.Secret{}, usagef("--api-key-file %s: the file is empty", file)
	}
	key := extract.NewSecret(p.getenv("KYCSYNC_API_KEY"))
	if key.Empty() {
		return extract.Secret{}, usagef("no API key: set KYCSYNC_API_KEY or --api-key-file")
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
