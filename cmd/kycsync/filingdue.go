package main

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"text/tabwriter"
	"time"

	"kycsync/load/filing"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/gofrs/flock"
	"github.com/urfave/cli/v2"
)

// errOverdue means that a filing of the calendar is late, or that something keeps it from being made.
var errOverdue = errors.New("filings are late or blocked")

// The states of a filing of the calendar.
const (
	stateAhead     = "ahead"     // it is not due yet
	stateDue       = "due"       // it can be made
	stateWaiting   = "waiting"   // the warehouse does not know enough yet
	stateBlocked   = "blocked"   // it cannot be made as it stands
	stateDelivered = "delivered" // the ledger has its receipt
)

// A dueFiling is a filing of the calendar, as the JSON of filing due shows it.
type dueFiling struct {
	State    string    `json:"state"`
	IsLate   bool      `json:"is_late"`
	Template string    `json:"template"`
	Period   string    `json:"period"`
	DueAt    time.Time `json:"due_at"`
	LateAt   time.Time `json:"late_at"`
	ID       string    `json:"id,omitempty"` // empty: it cannot be told yet
	To       string    `json:"to,omitempty"`
	Reason   string    `json:"reason,omitempty"`

	knownAt     time.Time
	appointment *appointment
	failed      error // what ended the making of it
}

// isAlarm reports whether somebody must look at it.
func (d *dueFiling) isAlarm() bool { return d.IsLate || d.State == stateBlocked }

func (p *program) filingDueCommand() *cli.Command {
	return &cli.Command{
		Name:  "due",
		Usage: "which filings of the calendar are due, late or blocked",
		Description: `The calendar stands in the config file, under filings. It ends with 4 where a filing is late or blocked.

Examples:
   kycsync filing due --config kycsync.yaml
   kycsync filing due --config kycsync.yaml --all --json`,
		Flags:  stored(templatesFlag(), toggle("all", "those that were delivered, too"), toggle("json", "print one JSON list")),
		Before: p.settings,
		Action: func(c *cli.Context) error {
			if err := noMoreArgs(c, "filing due"); err != nil {
				return err
			}
			due, err := p.dueFilings(c)
			if err != nil {
				return err
			}
			if err := printDue(p.stdout, due, c.Bool("all"), c.Bool("json")); err != nil {
				return err
			}
			return alarm(due)
		},
	}
}

func (p *program) filingRunCommand() *cli.Command {
	return &cli.Command{
		Name:  "run",
		Usage: "make and deliver every filing of the calendar that is due",
		Description: `What has a receipt in the ledger is not made again, so that it can run each night, behind kycsync sync, and as often as anybody
likes. It ends with 4 where a filing is late or blocked; the others are made all the same.

Example:
   kycsync filing run --config kycsync.yaml`,
		Flags:  stored(templatesFlag()),
		Before: p.settings,
		Action: p.filingRun,
	}
}

func (p *program) filingRun(c *cli.Context) error {
	if err := noMoreArgs(c, "filing run"); err != nil {
		return err
	}
	lock, err := p.lockFilings(c)
	if err != nil {
		return err
	}
	defer lock.Unlock()
	due, err := p.dueFilings(c)
	if err != nil {
		return err
	}
	delivered := 0
	for i := range due {
		d := &due[i]
		if d.State != stateDue {
			continue
		}
		if err := p.asCreate(c, d.appointment, d.Period, d.knownAt, p.filingCreate); c.Context.Err() != nil {
			return err
		} else if err != nil {
			d.State, d.Reason, d.failed = stateBlocked, words(err), err
			continue
		}
		d.State, d.IsLate = stateDelivered, false
		delivered++
	}
	fmt.Fprintf(p.stderr, "%d filings were delivered\n", delivered)
	p.summary = append(p.summary, "filings_delivered", delivered)
	return alarm(due)
}

// lockFilings keeps two runs of this machine from making the same filings.
func (p *program) lockFilings(c *cli.Context) (*flock.Flock, error) {
	dir, err := privateDir(c.String("warehouse"))
	if err != nil {
		return nil, err
	}
	return lockFile(filepath.Join(dir, "filings.lock"))
}

// alarm is an error that names what is late or blocked.
func alarm(due []dueFiling) error {
	var all error
	for _, d := range due {
		if !d.isAlarm() {
			continue
		}
		late := ""
		if d.IsLate {
			late = "late since " + d.LateAt.Format(time.DateOnly) + ", "
		}
		err := fmt.Errorf("%w: %s of %s: %s%s: %s", errOverdue, d.Template, d.Period, late, d.State, d.reason())
		if d.failed != nil && !errors.Is(d.failed, errUsage) {
			err = because{err, d.failed}
		}
		all = errors.Join(all, err)
	}
	return all
}

// because is an error whose words tell of its cause already.
type because struct {
	error
	cause error
}

func (b because) Unwrap() []error { return []error{b.error, b.cause} }

func (d *dueFiling) reason() string {
	if d.Reason == "" {
		return "kycsync filing run makes it"
	}
	return d.Reason
}

// A standing is what decides how the filings of a calendar stand.
type standing struct {
	now      time.Time
	known    knownTimes
	receipts []filing.Receipt
}

// knownTimes are those between which a warehouse knows something; both zero: there is no warehouse.
type knownTimes struct{ from, until time.Time }

// dueFilings looks at each appointment, in the order of the calendar.
func (p *program) dueFilings(c *cli.Context) ([]dueFiling, error) {
	appointments, err := p.calendar(c)
	if err != nil {
		return nil, err
	}
	l, now, err := p.openToWrite(c)
	if err != nil {
		return nil, err
	}
	defer l.Close()
	at := standing{now: now()}
	if at.receipts, err = filing.NewLedger(l.Bucket()).Receipts(c.Context); err != nil {
		return nil, err
	}
	if at.known, err = p.knownTimes(c); err != nil {
		return nil, err
	}
	var out []dueFiling
	for i := range appointments {
		for deadline := range appointments[i].schedule.Until(at.now) {
			d, err := p.dueFiling(c, &appointments[i], deadline, &at)
			if err != nil {
				return nil, err
			}
			out = append(out, d)
		}
	}
	return out, nil
}

// dueFiling looks at the filing of one period.
func (p *program) dueFiling(c *cli.Context, a *appointment, deadline filing.Deadline, at *standing) (d dueFiling, err error) {
	d = dueFiling{State: stateAhead, Template: a.template, Period: deadline.Period.Name, DueAt: deadline.Due, LateAt: deadline.Late, appointment: a, knownAt: deadline.Due}
	if d.knownAt.Before(at.known.from) {
		d.knownAt = at.known.from
	}
	wrong := p.name(c, &d)
	if wrong != nil {
		d.Reason = words(wrong) // told before the day comes
	}
	switch {
	case deadline.Due.After(at.now):
		return d, nil
	case wrong != nil:
		d.State = stateBlocked
	default:
		err = p.judge(c, &d, at)
	}
	d.IsLate = d.State != stateDelivered && at.now.After(deadline.Late)
	return d, err
}

func (p *program) knownTimes(c *cli.Context) (known knownTimes, err error) {
	r, err := p.openWarehouseAt(c.Context, c, time.Time{})
	if errors.Is(err, errNoWarehouse) {
		return known, nil
	} else if err != nil {
		return known, err
	}
	defer r.Close()
	known.from, err = r.KnownFrom(c.Context)
	if err == nil {
		known.until, err = r.KnownUntil(c.Context)
	}
	return known, asked(err)
}

// name finds out how the filing is called and where it goes.
func (p *program) name(c *cli.Context, d *dueFiling) error {
	return p.asCreate(c, d.appointment, d.Period, d.knownAt, func(create *cli.Context) error {
		o, way, err := p.planned(create)
		if err != nil {
			return err
		}
		defer closeOrder(o)
		o.KnownAt = d.knownAt
		d.ID, d.To = o.ID(), way.where(o.ID())
		return nil
	})
}

// judge says of a filing whose day has come how it stands.
func (p *program) judge(c *cli.Context, d *dueFiling, at *standing) error {
	for _, r := range at.receipts {
		if r.ID == d.ID && r.To == d.To {
			d.State = stateDelivered
			return nil
		}
	}
	if d.knownAt.After(at.known.until) {
		d.State, d.Reason = stateWaiting, "the warehouse knows nothing yet: kycsync sync"
		if !at.known.until.IsZero() {
			d.Reason = fmt.Sprintf("the warehouse knows until %s: kycsync sync", at.known.until.Format(time.RFC3339))
		}
		return nil
	}
	return p.mayLeave(c, d)
}

// mayLeave asks the checks of the data.
func (p *program) mayLeave(c *cli.Context, d *dueFiling) error {
	r, err := p.openWarehouseAt(c.Context, c, d.knownAt)
	if err != nil {
		return err
	}
	defer r.Close()
	d.State = stateDue
	_, err = filing.Checks(c.Context, r)
	if errors.Is(err, filing.ErrChecks) {
		d.State, d.Reason = stateBlocked, err.Error()
		return nil
	}
	return asked(err)
}

func printDue(w io.Writer, due []dueFiling, all, asJSON bool) error {
	shown := []dueFiling{}
	for _, d := range due {
		if all || d.State != stateDelivered {
			shown = append(shown, d)
		}
	}
	if asJSON {
		err := json.MarshalWrite(w, shown, jsontext.WithIndent("  "), json.Deterministic(true))
		fmt.Fprintln(w)
		return err
	}
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(tw, "state\ttemplate\tperiod\tdue\tlate\tto\treason")
	for _, d := range shown {
		state := d.State
		if d.IsLate {
			state = "LATE, " + state
		}
		fmt.Fprintf(tw, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", state, d.Template, d.Period, d.DueAt.Format(time.DateOnly), d.LateAt.Format(time.DateOnly), d.To, d.Reason)
	}
	return tw.Flush()
}
