package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"kycsync/cmd/kycsync/night"
	"kycsync/extract"
	"kycsync/extract/didittest"
	"kycsync/load/lake"
	"kycsync/load/warehouse"
	"kycsync/transform"

	"github.com/urfave/cli/v2"
)

func (p *program) demoCommand() *cli.Command {
	return &cli.Command{
		Name:  "demo",
		Usage: "the whole job, night after night, against the built-in fake vendor",
		Description: `No account and no network is needed. People and companies do not exist. Between the nights the
population ages: new sessions, reviews, rescans, expiries, resubmissions, deletions.

Example:
   kycsync demo --dir ./kycsync-demo --sessions 2000 --nights 5`,
		Flags: []cli.Flag{
			text("dir", "./kycsync-demo", "where the files go (`DIR`); those of an earlier demo are replaced"),
			number("sessions", 1000, "`N` sessions before the first night"),
			number("nights", 3, "`N` nights"),
			number("seed", 1, "`S` of the population"),
			configFlag(),
		},
		Before: p.settings,
		Action: p.demo,
	}
}

// demoMark is the file by which a demo knows its own directory, which it may empty.
const demoMark = ".kycsync-demo"

func (p *program) demo(c *cli.Context) error {
	if err := noArgs(c); err != nil {
		return err
	}
	if c.Int("sessions") < 1 || c.Int("nights") < 1 || c.Int("seed") < 0 {
		return usagef("--sessions and --nights: want 1 or more, --seed: 0 or more")
	}
	if err := demoDir(c.String("dir")); err != nil {
		return err
	}
	d := &demo{program: p, dir: c.String("dir"), nights: c.Int("nights"), log: slog.New(slog.NewTextHandler(p.stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))}
	var err error
	d.vendor, err = didittest.New(didittest.Options{Seed: uint64(c.Int("seed")), Sessions: c.Int("sessions"), Start: simulationStart,
		APIKey: simulatedKey, PerMinute: -1, Webhook: true, Restless: 3})
	if err != nil {
		return err
	}
	return d.run(c.Context)
}

// demoDir makes the directory, or empties that of an earlier demo.
func demoDir(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return usagef("--dir %s: %v", dir, cause(err))
	}
	if len(entries) > 0 {
		if _, err := os.Stat(filepath.Join(dir, demoMark)); err != nil {
			return usagef("--dir %s holds files that no demo made; name another", dir)
		}
		if err := os.RemoveAll(dir); err != nil {
			return fmt.Errorf("empty %s: %w", dir, cause(err))
		}
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return usagef("--dir %s: %v", dir, cause(err))
	}
	return os.WriteFile(filepath.Join(dir, demoMark), nil, 0o644)
}

// A demo is one execution of the command.
type demo struct {
	*program
	dir    string
	nights int
	vendor *didittest.Vendor
	log    *slog.Logger
	lake   *lake.Lake
	url    string
}

func (d *demo) lakeDir() string   { return filepath.Join(d.dir, "kyc-lake") }
func (d *demo) warehouse() string { return filepath.Join(d.dir, "kyc.duckdb") }

func (d *demo) run(ctx context.Context) error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("listen on this machine: %w", err)
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	go func() { _ = serve(ctx, l, d.vendor) }()
	d.url = "http://" + l.Addr().String()
	if d.lake, err = lake.Open(ctx, d.lakeDir(), lake.Config{Create: true, Now: d.vendor.Clock, Step: d.step}); err != nil {
		return fmt.Errorf("open lake %s: %w", d.lakeDir(), err)
	}
	defer d.lake.Close()
	fmt.Fprintf(d.stdout, "A fake vendor serves %d verification sessions of people who do not exist at %s.\n", len(d.vendor.Truth()), d.url)
	begun := time.Now()
	for n := range d.nights {
		if n > 0 {
			d.vendor.Advance(simulationStart.AddDate(0, 0, n))
		}
		if err := d.night(ctx, n+1); err != nil {
			return err
		}
	}
	fmt.Fprintf(d.stdout, "\n%d nights in %s.\n", d.nights, time.Since(begun).Round(100*time.Millisecond))
	if err := d.ask(ctx); err != nil {
		return err
	}
	d.farewell()
	return nil
}

// night runs the real job once.
func (d *demo) night(ctx context.Context, n int) error {
	fmt.Fprintf(d.stdout, "\nNight %d, %s: ", n, d.vendor.Clock().Format("2 January 2006"))
	if events := d.since(n); events != "" {
		fmt.Fprintf(d.stdout, "since last night %s.\n", events)
	} else {
		fmt.Fprintln(d.stdout, "the lake is empty.")
	}
	dir, err := privateDir(d.warehouse())
	if err != nil {
		return err
	}
	client, err := extract.New(extract.Config{BaseURL: d.url, Key: extract.NewSecret(simulatedKey), Log: d.log, Now: d.vendor.Clock, Gist: transform.Gist})
	if err != nil {
		return err
	}
	defer client.Close()
	bar := newProgress(d.stderr, d.log)
	cfg := night.Config{Client: client, Lake: d.lake, Warehouse: d.warehouseConfig(d.warehouse(), d.log),
		WorkDir: filepath.Join(dir, "run"), Now: d.vendor.Clock, Version: version, Log: d.log, Progress: bar.show, Step: d.step}
	s, err := night.Run(ctx, cfg)
	if err == nil && n < d.nights { // the warehouse of the next night has them
		recent := night.PDFScope{Statuses: night.FinalStatuses, Since: d.vendor.Clock().AddDate(0, 0, -7)}
		s.PDFs, err = night.Archive(ctx, cfg, recent, time.Now())
	}
	bar.stop()
	printSummary(d.stdout, s, err)
	return err
}

// since tells what really happened at the vendor since the night before, by its own log.
func (d *demo) since(n int) string {
	if n == 1 {
		return ""
	}
	from := simulationStart.AddDate(0, 0, n-2)
	counts, order := map[string]int{}, []string{}
	for _, e := range d.vendor.Events() {
		if e.At.Before(from) {
			continue
		}
		if counts[e.Kind] == 0 {
			order = append(order, e.Kind)
		}
		counts[e.Kind]++
	}
	var words []string
	for _, kind := range order {
		word := eventWords[kind]
		if word == "" {
			word = strings.ReplaceAll(kind, "_", " ")
		}
		words = append(words, fmt.Sprintf("%d %s", counts[kind], word))
	}
	return strings.Join(words, ", ")
}

// eventWords says in words what the vendor's log calls by a short name.
var eventWords = map[string]string{
	"created":              "sessions created",
	"deleted":              "deleted",
	"moved":                "moved on to another status",
	"reviewed":             "decided by a reviewer",
	"resubmit":             "sent back to the applicant",
	"redone":               "done again by the applicant",
	"feature_overridden":   "features overruled",
	"aml_hit_added":        "AML hits added",
	"aml_hit_swapped":      "AML hits replaced without a trace in the list",
	"aml_hit_reviewed":     "AML hits reviewed",
	"aml_rescored":         "AML scores changed",
	"name_corrected":       "names corrected",
	"poa_issuer_corrected": "proofs of address corrected",
}

// ask puts the example questions to the warehouse, and last those whose answers are the night's evidence.
func (d *demo) ask(ctx context.Context) error {
	r, err := warehouse.OpenReader(ctx, d.warehouse())
	if err != nil {
		return err
	}
	defer r.Close()
	fmt.Fprintf(d.stdout, "\nFive questions that the warehouse answers:\n")
	for i, q := range warehouse.Questions() {
		fmt.Fprintf(d.stdout, "\n%d. %s\n\n%s\n\n", i+1, q.Title, indent(q.SQL))
		if err := d.answer(ctx, r, q.Name, q.SQL); err != nil {
			return err
		}
	}
	fmt.Fprintf(d.stdout, "\nThe evidence of the last night, as the warehouse keeps it for every night:\n")
	for _, q := range warehouse.Evidence() {
		fmt.Fprintf(d.stdout, "\n%s\n\n", q.Title)
		if err := d.answer(ctx, r, q.Name, q.SQL); err != nil {
			return err
		}
	}
	return nil
}

func (d *demo) answer(ctx context.Context, r *warehouse.Reader, name, query string) error {
	res, err := r.Query(ctx, query)
	if err != nil {
		return fmt.Errorf("question %s: %w", name, err)
	}
	if err := errors.Join(res.Write(d.stdout, "table"), res.Close()); err != nil {
		return fmt.Errorf("question %s: %w", name, err)
	}
	return nil
}

func indent(text string) string { return "   " + strings.ReplaceAll(text, "\n", "\n   ") }

// farewell says where everything is and what to try next.
func (d *demo) farewell() {
	flags := fmt.Sprintf("--lake %s --warehouse %s", d.lakeDir(), d.warehouse())
	fmt.Fprintf(d.stdout, `
Where things are:
   %-28s Parquet parts and numbered commits: the record
   %-28s DuckDB: a cache of it, for SQL

Try next (with go run ./cmd/kycsync in place of kycsync, from a checkout):
   kycsync status %s
   kycsync verify %s
   kycsync query --warehouse %s "SELECT * FROM runs"
   kycsync query --warehouse %s "SELECT status, count(*) FROM sessions_as_known_at('%s') GROUP BY ALL"
   kycsync ask list             questions by name, such as
   kycsync ask --warehouse %s user_verification
   kycsync changes --warehouse %s
   kycsync report --warehouse %s --month 2026-10 -o october.html
   kycsync query --warehouse %s "SELECT session_id, outcome, observed_at, sha256 FROM pdf_reports"
   kycsync tables aml_hits
   kycsync sync --help          the same against your own account
`, d.lakeDir(), d.warehouse(), flags, flags, d.warehouse(), d.warehouse(), simulationStart.Add(12*time.Hour).Format(time.RFC3339),
		d.warehouse(), d.warehouse(), d.warehouse(), d.warehouse())
}
