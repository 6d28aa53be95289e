package warehouse

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/go-json-experiment/json"

	"kycsync/sql"
)

// ErrOtherTables means that a warehouse file was made for other tables or views than those of this program.
var ErrOtherTables = errors.New("the warehouse was made by another version of this program")

// Checked is how a check came out.
type Checked struct {
	Check     string   `json:"check"`
	Severity  string   `json:"severity"`
	Owner     string   `json:"owner"`
	Dimension string   `json:"dimension"`
	Failures  int64    `json:"failures"`
	Examples  []string `json:"examples"`         // ids, up to five
	Detail    string   `json:"detail,omitempty"` // of the first
	Waived    *Waived  `json:"waived,omitempty"`
	Seconds   float64  `json:"seconds"`
}

// Waived is somebody's decision that a check may fail for a while.
type Waived struct {
	Until  time.Time `json:"until"`
	Reason string    `json:"reason"`
}

// Counts reports whether the failure is one that a warehouse is held back for.
func (c *Checked) Counts() bool {
	return c.Failures > 0 && c.Severity == sql.Critical && c.Waived == nil
}

// Check asks all checks of a published file as of an instant, and returns the results in order of their names.
// ErrOtherTables means that this program's checks do not fit the file.
func (r *Reader) Check(ctx context.Context, at time.Time) ([]Checked, error) {
	if err := r.fits(ctx); err != nil {
		return nil, err
	}
	e, err := r.in.ledger(ctx)
	if err != nil {
		return nil, err
	}
	results, err := r.in.askAll(ctx, e.seq, at, allOf)
	if err != nil {
		return nil, err
	}
	return checked(results)
}

func checked(results []*result) ([]Checked, error) {
	out := make([]Checked, len(results))
	for i, res := range results {
		c := &out[i]
		*c = Checked{Check: res.check.Name, Severity: res.check.Severity, Owner: res.check.Owner, Dimension: res.check.Dimension,
			Failures: res.failures, Detail: res.detail.String, Seconds: res.seconds}
		if err := json.Unmarshal([]byte(res.examples), &c.Examples); err != nil {
			return nil, fmt.Errorf("check %s: examples: %w", c.Check, err)
		}
		if res.waiver != nil {
			c.Waived = &Waived{res.waiver.until, res.waiver.reason}
		}
	}
	return out, nil
}

// Failing runs one check of a published file as of an instant, for all that it finds: columns id and detail.
func (r *Reader) Failing(ctx context.Context, name string, at time.Time) (*Result, error) {
	if err := r.fits(ctx); err != nil {
		return nil, err
	}
	for _, c := range checks() {
		if c.Name == name {
			return r.Query(ctx, "SELECT id, detail FROM (\n"+c.asOf(at, sinceStart)+"\n) ORDER BY ALL")
		}
	}
	return nil, fmt.Errorf("no check %q", name)
}

// fits holds the definitions in the file against this program's.
func (r *Reader) fits(ctx context.Context) error {
	var same bool
	err := r.in.row(ctx, "read the file's facts", fmt.Sprintf("SELECT coalesce(ddl_sha256 = %s AND views_sha256 = %s, false) FROM %s", literal(ddlSHA256()), literal(viewsSHA256()), factsTable), &same)
	if err == nil && !same {
		err = ErrOtherTables
	}
	return err
}
