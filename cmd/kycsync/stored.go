package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"kycsync/load/lake"
	"kycsync/load/warehouse"

	"github.com/urfave/cli/v2"
)

// openLake opens the lake that --lake names.
func (p *program) openLake(ctx context.Context, c *cli.Context, create bool, now func() time.Time) (*lake.Lake, error) {
	uri := c.String("lake")
	if err := checkLake(uri); err != nil {
		return nil, err
	}
	l, err := lake.Open(ctx, uri, lake.Config{Create: create, Step: p.step, Now: now})
	if errors.Is(err, lake.ErrNotExist) {
		return nil, fmt.Errorf("%w at %s; kycsync sync makes one, --lake names another", errNoLake, uri)
	}
	if err != nil {
		return nil, fmt.Errorf("open lake %s: %w", uri, err)
	}
	return l, nil
}

// openToWrite opens the lake for a command that writes to it without asking the vendor, and returns the clock of
// what it writes.
func (p *program) openToWrite(c *cli.Context) (*lake.Lake, func() time.Time, error) {
	now, err := p.clock(p.getenv("KYCSYNC_API_URL"))
	if err != nil {
		return nil, nil, err
	}
	l, err := p.openLake(c.Context, c, false, now)
	return l, now, err
}

// checkLake refuses what cannot be a lake.
func checkLake(uri string) error {
	scheme, rest, isURI := strings.Cut(uri, "://")
	switch {
	case isURI && scheme != "file" && scheme != "gs", scheme == "gs" && strings.Trim(rest, "/") == "":
		return usagef("--lake %s: want a directory, file:///directory or gs://bucket/prefix", uri)
	case scheme == "gs":
		return nil
	}
	if info, err := os.Stat(strings.TrimPrefix(uri, "file://")); err == nil && !info.IsDir() {
		return usagef("--lake %s: want a directory, found a file", uri)
	}
	return nil
}

func (p *program) warehouseConfig(path string, log *slog.Logger) warehouse.Config {
	return warehouse.Config{Path: path, Log: log, Step: p.step}
}

const readable = 4 // R_OK of access(2)

// openWarehouse opens the published warehouse for reading, as --known-at says.
func (p *program) openWarehouse(ctx context.Context, c *cli.Context) (*warehouse.Reader, error) {
	return p.openWarehouseBy(c, func(path string) (*warehouse.Reader, error) { return openAsKnown(ctx, c, path) })
}

// openWarehouseBy opens the published warehouse, in whatever way.
func (p *program) openWarehouseBy(c *cli.Context, open func(path string) (*warehouse.Reader, error)) (*warehouse.Reader, error) {
	path := c.String("warehouse")
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("%w at %s; kycsync sync or kycsync rebuild makes one, --warehouse names another", errNoWarehouse, path)
	case err != nil:
		return nil, fmt.Errorf("open %s: %w", path, cause(err))
	case info.IsDir():
		return nil, usagef("--warehouse %s: want a file, found a directory", path)
	case syscall.Access(path, readable) != nil: // the file itself is opened by DuckDB alone
		return nil, fmt.Errorf("open %s: %w", path, fs.ErrPermission)
	}
	r, err := open(path)
	var refused *warehouse.Error
	if errors.As(err, &refused) {
		return nil, fmt.Errorf("open %s: %w (%s)", path, errBadWarehouse, refused.Class)
	}
	return r, err
}

// knownAtFlag is of the commands that can ask the warehouse as it was known at an instant.
func knownAtFlag() cli.Flag {
	return &cli.StringFlag{Name: "known-at", Usage: "as it was known at `TIME`: a day (its beginning, UTC) or an instant such as 2026-10-01T06:00:00Z"}
}

// openAsKnown opens the warehouse as it is, or as it was known when --known-at says.
func openAsKnown(ctx context.Context, c *cli.Context, path string) (*warehouse.Reader, error) {
	if c.String("known-at") == "" {
		return warehouse.OpenReader(ctx, path)
	}
	when, err := instant(c, "known-at")
	if err != nil {
		return nil, err
	}
	r, err := warehouse.OpenPast(ctx, path, when)
	if errors.Is(err, warehouse.ErrNothingKnown) {
		return nil, usagef("--known-at %s: %v", c.String("known-at"), err)
	}
	return r, err
}

// privateDir is where files in the making are, beside the warehouse. Only the owner may enter it.
func privateDir(warehousePath string) (string, error) {
	dir := warehousePath + ".build"
	if err := os.MkdirAll(filepath.Join(dir, "run"), 0o700); err != nil {
		return "", fmt.Errorf("make the private directory of %s: %w", warehousePath, cause(err))
	}
	return dir, nil
}
