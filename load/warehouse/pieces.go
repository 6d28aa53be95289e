package warehouse

import "context"

// A piece of a build is what must be done in one transaction, or not at all.
type piece struct {
	size int64 // of what the transaction has to keep
	do   func() error
}

// inTransactions does all pieces in their order, several in one transaction: of at most a size, or one alone. Each
// transaction waits for the disk, and what it has not written yet it keeps in memory, or spills. Where memory does
// not suffice for several, which is estimated, each of them is done alone.
func (b *build) inTransactions(ctx context.Context, pieces []piece, most int64) error {
	for _, some := range grouped(pieces, most) {
		err := b.inOne(ctx, some)
		if len(some) > 1 && isLackOfMemory(err) {
			for i := range some {
				if err = b.inOne(ctx, some[i:i+1]); err != nil {
					break
				}
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// inOne does pieces in one transaction.
func (b *build) inOne(ctx context.Context, pieces []piece) error {
	err := b.in.transaction(ctx, func() error {
		for _, p := range pieces {
			if err := p.do(); err != nil {
				return err
			}
		}
		b.cfg.Step(stepLoad)
		return nil
	})
	if err == nil {
		b.cfg.Step(stepLoaded)
	}
	return err
}

// grouped splits pieces into those of at most a size, or of one piece.
func grouped(pieces []piece, most int64) (out [][]piece) {
	from, size := 0, int64(0)
	for i, p := range pieces {
		if i > from && size+p.size > most {
			out = append(out, pieces[from:i])
			from, size = i, 0
		}
		size += p.size
	}
	if from < len(pieces) {
		out = append(out, pieces[from:])
	}
	return out
}
