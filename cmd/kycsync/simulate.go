package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"kycsync/extract/didittest"

	"github.com/urfave/cli/v2"
)

// simulationStart is the clock that every simulated population begins at. A later --clock is the
// same population, aged.
var simulationStart = time.Date(2026, 11, 1, 2, 0, 0, 0, time.UTC)

func (p *program) simulateCommand() *cli.Command {
	return &cli.Command{
		Name:  "simulate",
		Usage: "serve the fake vendor alone, to try any client against it",
		Description: `People and companies do not exist; the same seed gives the same ones. The key is ` + simulatedKey + `.
With --clock the vendor's clock stands still until it is moved, and a later clock is the same
population, aged. Without it the clock runs. Besides the vendor's API there is, for tests:
   GET  /_vendor/clock      POST /_vendor/clock  {"now":"2026-11-25T02:00:00Z"}
   GET  /_vendor/truth      every session as it really is, deleted ones too
   GET  /_vendor/events     what happened, in order
   GET  /_vendor/requests   requests by route and status
   POST /_vendor/faults     {"spec":"503:20,reset:50"}

Faults are a comma list of NAME:N or NAME:N:FIGURE:
` + didittest.FaultHelp() + `
Example:
   kycsync simulate --listen 127.0.0.1:8089 --sessions 2000 --clock 2026-11-20T02:00:00Z`,
		Flags: []cli.Flag{
			text("listen", "127.0.0.1:8089", "`ADDRESS` on this machine; port 0 chooses one"),
			number("seed", 1, "`S` of the population"),
			number("sessions", 500, "`N` sessions at the start"),
			number("rate-limit", 600, "requests a minute (`N`) that a key may send; 0: no limit"),
			text("faults", "", "what goes wrong, see above (`SPEC`)"),
			text("clock", "", "the vendor's time (`T`), such as 2026-11-20T02:00:00Z"),
			configFlag(),
		},
		Before: p.settings,
		Action: p.simulate,
	}
}

// simulatedKey opens the fake vendor. It is no secret.
const simulatedKey = "didit-test-key"

func (p *program) simulate(c *cli.Context) error {
	if err := noArgs(c); err != nil {
		return err
	}
	v, still, err := newVendor(c)
	if err != nil {
		return err
	}
	host, _, err := net.SplitHostPort(c.String("listen"))
	if ip := net.ParseIP(host); err != nil || host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return usagef("--listen %s: want an address of this machine, such as 127.0.0.1:8089", c.String("listen"))
	}
	l, err := net.Listen("tcp", c.String("listen"))
	if err != nil {
		return usagef("--listen %s: %v", c.String("listen"), errors.Unwrap(err))
	}
	fmt.Fprintf(p.stdout, "http://%s\n", l.Addr())
	fmt.Fprintf(p.stderr, "fake vendor with %d sessions at %s, key %s; end with Ctrl-C\n", c.Int("sessions"), v.Clock().Format(time.RFC3339), simulatedKey)
	if !still {
		go tick(c.Context, v)
	}
	return serve(c.Context, l, v)
}

// newVendor builds the fake vendor of the flags. still reports whether its clock stands.
func newVendor(c *cli.Context) (_ *didittest.Vendor, still bool, err error) {
	now, start := time.Now().UTC(), simulationStart
	if clock := c.String("clock"); clock != "" {
		if now, err = time.Parse(time.RFC3339Nano, clock); err != nil {
			return nil, false, usagef("--clock %q: want a time such as 2026-11-20T02:00:00Z", clock)
		}
		still = true
	}
	if now.Before(start) || !still && now.Sub(start) > 365*24*time.Hour {
		start = now
	}
	if c.Int("sessions") < 1 || c.Int("seed") < 0 || c.Int("rate-limit") < 0 {
		return nil, false, usagef("--sessions, --seed and --rate-limit: want positive numbers")
	}
	limit := c.Int("rate-limit")
	if limit == 0 {
		limit = -1
	}
	v, err := didittest.New(didittest.Options{Seed: uint64(c.Int("seed")), Sessions: c.Int("sessions"), Start: start,
		APIKey: simulatedKey, PerMinute: limit, Faults: c.String("faults")})
	if err != nil {
		return nil, false, usagef("%v", err)
	}
	v.Advance(now)
	return v, still, nil
}

// tick lets the vendor's clock run.
func tick(ctx context.Context, v *didittest.Vendor) {
	t := time.NewTicker(time.Second)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
			v.Advance(v.Clock().Add(time.Second))
		}
	}
}

// serve answers until the context ends.
func serve(ctx context.Context, l net.Listener, h http.Handler) error {
	s := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second}
	done := make(chan error, 1)
	go func() { done <- s.Serve(l) }()
	select {
	case err := <-done:
		return fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
		_ = s.Close()
		return context.Cause(ctx)
	}
}
