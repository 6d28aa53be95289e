package lake

import (
	"context"
	"fmt"
	"maps"
	"slices"
)

// findStrangers looks, where commits are lost, for those before them that the ones after them did not go on from: a
// writer that slept while the disk lost the newest commits stored its own under the number of one of them. It is told
// by a part that a later commit says was added by that number, and was not.
func (s *Survey) findStrangers(ctx context.Context) error {
	for seq := s.Last; seq > 2; seq-- {
		if !s.sound(seq) || s.sound(seq-1) {
			continue
		}
		c, err := s.at(ctx, seq)
		if err != nil {
			return err
		}
		first, err := s.firstStranger(ctx, c)
		if err != nil {
			return err
		}
		for i := first; first > 0 && i < seq; i++ {
			if e := &s.entries[i-1]; e.err == nil {
				e.err = fmt.Errorf("commit %s: %w: commit %d was made after another one of this number", commitName(i), ErrDamaged, seq)
			}
		}
	}
	return nil
}

// firstStranger returns the number of the oldest commit that has not got what c says of it, 0 if there is none. What a
// witness knows is no stranger.
func (s *Survey) firstStranger(ctx context.Context, c *Commit) (int64, error) {
	added := map[int64]map[string][]Part{} // by number and table
	for table := range c.Tables {
		for _, p := range c.InOrder(table) {
			if added[p.AddedBySeq] == nil {
				added[p.AddedBySeq] = map[string][]Part{}
			}
			added[p.AddedBySeq][table] = append(added[p.AddedBySeq][table], p)
		}
	}
	for _, seq := range slices.Sorted(maps.Keys(added)) {
		if !s.sound(seq) || s.entries[seq-1].kind == StandIn || s.entries[seq-1].witness == s.entries[seq-1].sha256 {
			continue
		}
		by, err := s.at(ctx, seq)
		if err != nil {
			return 0, err
		}
		for table, parts := range added[seq] {
			if !by.has(table, parts) {
				return seq, nil
			}
		}
	}
	return 0, nil
}
