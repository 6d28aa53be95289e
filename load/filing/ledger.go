package filing

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"iter"
	"path"
	"regexp"
	"strconv"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"kycsync/load/lake"
	"kycsync/sql"
)

// ledgerPrefix is where the ledger is in the store of a lake.
const ledgerPrefix = "filings/ledger/"

// An Entry is a line of the ledger: a filing that was made, or the receipt of one that arrived. It holds no value of a
// person but the name of who made it.
type Entry struct {
	N      int64     `json:"n"`      // 1 and up, without gaps
	Before string    `json:"before"` // SHA-256 of the line before; of the first it is empty
	At     time.Time `json:"at"`
	Who    string    `json:"who"`

	Purpose    string `json:"purpose,omitzero"`
	LegalBasis string `json:"legal_basis,omitzero"`
	To         string `json:"to,omitzero"` // the file that it was put into

	ID         string            `json:"id,omitzero"`
	Template   named             `json:"template,omitzero"`
	Entity     string            `json:"entity,omitzero"`
	Period     string            `json:"period,omitzero"`
	KnownAt    time.Time         `json:"known_at,omitzero"`
	Audience   Audience          `json:"audience,omitzero"`
	Profile    string            `json:"profile,omitzero"`
	Status     Status            `json:"status,omitzero"`
	Version    int               `json:"version,omitzero"`
	Supersedes string            `json:"supersedes,omitzero"`
	Reason     string            `json:"reason,omitzero"`
	Sample     *Sample           `json:"sample,omitzero"`
	Knowledge  knowledge         `json:"knowledge,omitzero"`
	Definition string            `json:"definition,omitzero"`
	Policy     policy            `json:"policy,omitzero"`
	Program    Program           `json:"program,omitzero"`
	Rows       map[string]int64  `json:"rows,omitzero"`
	SHA256     string            `json:"sha256,omitzero"`      // of the archive
	FileSHA256 string            `json:"file_sha256,omitzero"` // of the file that left, which is the archive or holds it encrypted
	Bytes      int64             `json:"bytes,omitzero"`       // of that file
	Content    string            `json:"content,omitzero"`     // of tagmanifest-sha256.txt
	Files      map[string]string `json:"files,omitzero"`       // SHA-256 by name; not of a filing about one person
	Signer     string            `json:"signer,omitzero"`      // fingerprint of the key
	Recipients []string          `json:"recipients,omitzero"`  // fingerprints of the keys that it was encrypted to

	Receipt *Receipt `json:"receipt,omitzero"` // nil: it is a filing that was made
}

// A Receipt says of a line that its filing is where it was to go.
type Receipt struct {
	Of         int64  `json:"of"` // the number of the line
	ID         string `json:"id"`
	To         string `json:"to"`
	FileSHA256 string `json:"file_sha256"`
	Bytes      int64  `json:"bytes"`
}

// Entry returns the line of the package. What it does not know of is left empty.
func (p *Package) Entry() (Entry, error) {
	o := p.Order
	template, err := templateSHA256(o.Template)
	e := Entry{ID: p.ID, Template: named{o.Template.Name, template}, Entity: o.Entity, Period: o.Period.Name, KnownAt: o.KnownAt.UTC(), Audience: o.Audience, Profile: o.Profile,
		Status: o.Status(), Version: o.Version(), Reason: o.Reason, Sample: o.Sample, Knowledge: p.knowledge(), Definition: definition(), Policy: o.policy(), Program: o.Program,
		Rows: p.Rows, Content: p.Content, Files: p.Files()}
	if o.Previous != nil {
		e.Supersedes = o.Previous.SHA256
	}
	if o.Subject != nil {
		e.Files, e.Rows = nil, map[string]int64{sql.FilingPopulation: p.Rows[sql.FilingPopulation]} // nothing by which one could try whose it is
	}
	if o.Key != nil {
		e.Signer = o.Key.Fingerprint()
	}
	return e, err
}

// A Ledger remembers every filing that was ever made: numbered objects in the store of the lake, created only if absent,
// each of which has the hash of the one before.
type Ledger struct{ store lake.Bucket }

// NewLedger returns the ledger in a store, which need not have one yet.
func NewLedger(store lake.Bucket) *Ledger { return &Ledger{store} }

// A Line is an entry as it is stored.
type Line struct {
	Entry
	SHA256OfLine string `json:"line_sha256"`
}

var entryNameRE = regexp.MustCompile(`^([0-9]{12})\.json$`)

func entryName(n int64) string { return fmt.Sprintf("%s%012d.json", ledgerPrefix, n) }

// maxEntry is how long a line may be, in bytes.
const maxEntry = 1 << 20

// Lines yields the lines in order. An error that wraps lake.ErrDamaged tells of a line that is missing, was altered, or
// does not belong there; the lines behind it follow.
func (l *Ledger) Lines(ctx context.Context) iter.Seq2[Line, error] {
	return func(yield func(Line, error) bool) {
		var n int64
		before := ""
		for name, err := range l.store.List(ctx, ledgerPrefix) {
			if err != nil {
				yield(Line{}, fmt.Errorf("list the ledger: %w", err))
				return
			}
			m := entryNameRE.FindStringSubmatch(path.Base(name))
			if m == nil {
				if !yield(Line{}, fmt.Errorf("%w: %q is no line of the ledger", lake.ErrDamaged, name)) {
					return
				}
				continue
			}
			number, _ := strconv.ParseInt(m[1], 10, 64)
			if number != n+1 && !yield(Line{}, missing(n+1, number-1)) {
				return
			}
			n = number
			line, err := l.line(ctx, n, before)
			if !yield(line, err) || err != nil && !errors.Is(err, lake.ErrDamaged) {
				return
			}
			before = line.SHA256OfLine
		}
	}
}

func missing(from, to int64) error {
	if from == to {
		return fmt.Errorf("%w: line %d of the ledger is missing", lake.ErrDamaged, from)
	}
	return fmt.Errorf("%w: lines %d to %d of the ledger are missing", lake.ErrDamaged, from, to)
}

// line reads a line and holds it against the one before, whose hash this is.
func (l *Ledger) line(ctx context.Context, n int64, before string) (line Line, err error) {
	body, err := l.read(ctx, n)
	if err != nil {
		return line, err
	}
	sum := sha256.Sum256(body)
	line.SHA256OfLine = hex.EncodeToString(sum[:])
	if err := json.Unmarshal(body, &line.Entry, json.RejectUnknownMembers(true)); err != nil {
		return line, fmt.Errorf("%w: line %d of the ledger cannot be read", lake.ErrDamaged, n)
	}
	switch {
	case line.N != n:
		return line, fmt.Errorf("%w: line %d of the ledger says that it is line %d", lake.ErrDamaged, n, line.N)
	case line.Before != before:
		return line, fmt.Errorf("%w: line %d of the ledger was altered, or taken away, after line %d was written", lake.ErrDamaged, n-1, n)
	}
	return line, nil
}

func (l *Ledger) read(ctx context.Context, n int64) ([]byte, error) {
	r, err := l.store.Open(ctx, entryName(n))
	if err != nil {
		return nil, fmt.Errorf("read line %d of the ledger: %w", n, err)
	}
	body, err := io.ReadAll(io.LimitReader(r, maxEntry))
	if err := errors.Join(err, r.Close()); err != nil {
		return nil, fmt.Errorf("read line %d of the ledger: %w", n, err)
	}
	return body, nil
}

// appendTries is how often another writer may be faster.
const appendTries = 20

// Append writes an entry behind the last line, and returns the line. Two writers cannot write the same one.
func (l *Ledger) Append(ctx context.Context, e Entry) (Line, error) {
	for range appendTries {
		n, err := l.last(ctx)
		if err != nil {
			return Line{}, err
		}
		e.N, e.Before = n+1, ""
		if n > 0 {
			body, err := l.read(ctx, n)
			if err != nil {
				return Line{}, err
			}
			sum := sha256.Sum256(body)
			e.Before = hex.EncodeToString(sum[:])
		}
		body, err := json.Marshal(e, json.Deterministic(true), jsontext.Multiline(false))
		if err != nil {
			return Line{}, fmt.Errorf("write line %d of the ledger: %w", e.N, err)
		}
		body = append(body, '\n')
		err = l.store.Create(ctx, entryName(e.N), bytes.NewReader(body))
		if errors.Is(err, lake.ErrExist) {
			continue
		}
		sum := sha256.Sum256(body)
		if err != nil {
			return Line{}, fmt.Errorf("write line %d of the ledger: %w", e.N, err)
		}
		return Line{e, hex.EncodeToString(sum[:])}, nil
	}
	return Line{}, fmt.Errorf("write a line of the ledger: %w", lake.ErrConflict)
}

// last returns the number of the last line, 0 if there is none.
func (l *Ledger) last(ctx context.Context) (n int64, err error) {
	for name, err := range l.store.List(ctx, ledgerPrefix) {
		if err != nil {
			return 0, fmt.Errorf("list the ledger: %w", err)
		}
		if m := entryNameRE.FindStringSubmatch(path.Base(name)); m != nil {
			n, _ = strconv.ParseInt(m[1], 10, 64)
		}
	}
	return n, nil
}

// Receipts returns what arrived, in the order of the lines. Damage of a line is an error: without it nobody knows what arrived.
func (l *Ledger) Receipts(ctx context.Context) (out []Receipt, err error) {
	for line, err := range l.Lines(ctx) {
		if err != nil {
			return nil, err
		}
		if line.Receipt != nil {
			out = append(out, *line.Receipt)
		}
	}
	return out, nil
}

// Find returns the newest line of a filing. The error wraps lake.ErrNotExist where there is none.
func (l *Ledger) Find(ctx context.Context, id string) (Line, error) {
	return l.newest(ctx, fmt.Sprintf("filing %q", id), func(e *Entry) bool { return e.ID == id })
}

// Sent returns the line of a package by the hash of the file that it left in. The error wraps lake.ErrNotExist where
// there is none.
func (l *Ledger) Sent(ctx context.Context, id, content, fileSum string) (Line, error) {
	return l.newest(ctx, fmt.Sprintf("file of filing %q with SHA-256 %s", id, fileSum), func(e *Entry) bool {
		return e.ID == id && e.Content == content && e.FileSHA256 == fileSum
	})
}

// newest returns the last line that is wanted. Damage of other lines is no reason not to find it.
func (l *Ledger) newest(ctx context.Context, what string, wanted func(*Entry) bool) (found Line, err error) {
	for line, err := range l.Lines(ctx) {
		if err != nil && !errors.Is(err, lake.ErrDamaged) {
			return Line{}, err
		}
		if wanted(&line.Entry) {
			found = line
		}
	}
	if found.N == 0 {
		return Line{}, fmt.Errorf("the ledger has no %s: %w", what, lake.ErrNotExist)
	}
	return found, nil
}
