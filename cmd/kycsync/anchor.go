package main

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"kycsync/load/lake"
	"kycsync/load/seal"

	"github.com/urfave/cli/v2"
)

// anchorNamespace is what signatures of anchors are for. The message is the anchor's line with its newline.
const anchorNamespace seal.Namespace = "kycsync-anchor@v1"

// An anchoring is how a command keeps anchors.
type anchoring struct {
	place string    // empty: they are only told
	key   *seal.Key // that signs them; nil: nobody does
	mail  *messenger
	step  func(string)
}

func anchorFlag() cli.Flag {
	return text("anchor", "", "keep the hash of each published commit outside of the lake: in a file or gs://bucket/prefix (`PLACE`)")
}

// anchorFlags are those of a command that keeps anchors.
func anchorFlags() []cli.Flag {
	return []cli.Flag{anchorFlag(),
		text("anchor-sign-key", "", "sign each anchor with this SSH private key, or with the one that the ssh-agent has for a .pub file (`FILE`)"),
		text("anchor-command", "", "start this program with each anchor and its signature on stdin: a path and arguments with spaces between, no shell (`CMD`)"),
	}
}

// anchoring reads the settings, before the command does anything. The caller closes it.
func (p *program) anchoring(c *cli.Context) (_ *anchoring, err error) {
	s := &anchoring{place: c.String("anchor"), step: p.at}
	if s.mail, err = newMessenger("anchor-command", c.String("anchor-command")); err != nil {
		return nil, err
	}
	file := c.String("anchor-sign-key")
	switch {
	case file == "":
		return s, nil
	case s.place == "" && s.mail == nil:
		return nil, usagef("--anchor-sign-key goes with --anchor or --anchor-command: a signature must go somewhere")
	}
	if s.key, err = seal.OpenKey(file, p.getenv("SSH_AUTH_SOCK")); err != nil {
		return nil, usagef("--anchor-sign-key %s: %v", file, cause(err))
	}
	return s, nil
}

func (s *anchoring) close() {
	if s.key != nil {
		_ = s.key.Close()
	}
}

// holdsAnchor refuses a lake that is not, or no longer, the one whose newest anchor was kept. It returns that
// anchor's number, 0 if there is none. others: there are anchors, and none of this lake.
func holdsAnchor(ctx context.Context, kept anchorPlace, l *lake.Lake) (seq int64, others bool, err error) {
	newest, others, err := kept.newest(ctx, l.ID())
	if err != nil {
		return 0, false, fmt.Errorf("read the anchors: %w", err)
	}
	if newest == nil {
		return 0, others, nil
	}
	return newest.Seq, false, l.Holds(ctx, *newest)
}

// checkAnchor is asked before a run: on a lake whose history is another one nothing must be built.
func (p *program) checkAnchor(ctx context.Context, place string, l *lake.Lake) error {
	if place == "" {
		return nil
	}
	kept, err := openAnchors(ctx, place)
	if err != nil {
		return err
	}
	defer closeAnchors(kept)
	_, others, err := holdsAnchor(ctx, kept, l)
	if others {
		p.log.Warn("there are anchors, and none of this lake: is it the one that it was?", "place", place, "lake_id", l.ID())
	}
	return err
}

// anchor tells the newest commit's hash, and keeps it outside if there is a place for it.
func (p *program) anchor(ctx context.Context, s *anchoring, l *lake.Lake) error {
	head, err := l.Head(ctx)
	if err != nil {
		return err
	}
	a := l.Anchor(head)
	if p.jsonLog {
		p.summary = append(p.summary, "anchor", a.String())
	} else {
		fmt.Fprintf(p.stdout, "anchor %s\n", a)
	}
	return s.keep(ctx, a, func(kept anchorPlace) (bool, error) {
		newest, _, err := holdsAnchor(ctx, kept, l)
		return newest == a.Seq, err
	})
}

// keep signs an anchor, stores it and sends it. held tells whether it is stored already; nothing is sent then, nor
// of a lake that is damaged.
func (s *anchoring) keep(ctx context.Context, a lake.Anchor, held func(anchorPlace) (bool, error)) error {
	if s.place == "" {
		return s.send(ctx, a, nil)
	}
	kept, err := openAnchors(ctx, s.place)
	if err != nil {
		return errors.Join(fmt.Errorf("%w: %w", errNoAnchor, err), s.send(ctx, a, nil))
	}
	defer closeAnchors(kept)
	if is, err := held(kept); errors.Is(err, lake.ErrDamaged) || err == nil && is {
		return err
	} else if err != nil {
		return errors.Join(fmt.Errorf("%w: %w", errNoAnchor, err), s.send(ctx, a, nil))
	}
	s.step("anchor")
	signature, err := s.store(ctx, kept, a)
	if err != nil {
		return errors.Join(fmt.Errorf("%w: %w", errNoAnchor, err), s.send(ctx, a, signature))
	}
	s.step("anchored")
	return s.send(ctx, a, signature)
}

// store puts the signature into its place, and then the anchor: a run that is killed in between leaves no anchor
// without a signature. One that is there from such a run stays, if it is of the same key and line.
func (s *anchoring) store(ctx context.Context, kept anchorPlace, a lake.Anchor) (signature []byte, err error) {
	if s.key != nil {
		if signature, err = kept.signature(ctx, a); err != nil {
			return nil, err
		}
		if signature != nil {
			err = s.key.Check(anchorNamespace, sealed(a), signature)
		} else if signature, err = s.sign(a); err == nil {
			err = kept.putSignature(ctx, a, signature)
		}
		if err != nil {
			return nil, fmt.Errorf("signature of the anchor of commit %d: %w", a.Seq, err)
		}
		s.step("signed")
	}
	return signature, kept.put(ctx, a)
}

func (s *anchoring) sign(a lake.Anchor) ([]byte, error) {
	return s.key.Sign(anchorNamespace, sealed(a))
}

// send lets the program know that was named for it. signature may be nil: it is made, if there is a key.
func (s *anchoring) send(ctx context.Context, a lake.Anchor, signature []byte) (err error) {
	if s.mail == nil {
		return nil
	}
	if signature == nil && s.key != nil {
		if signature, err = s.sign(a); err != nil {
			return fmt.Errorf("%w: %w", errUnsent, err)
		}
	}
	if err := s.mail.send(ctx, slices.Concat(sealed(a), signature)); err != nil {
		return fmt.Errorf("%w: %w", errUnsent, err)
	}
	return nil
}

// sealed is what the signature of an anchor is of.
func sealed(a lake.Anchor) []byte { return []byte(a.String() + "\n") }
