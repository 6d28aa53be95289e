package night

import (
	"testing"

	"kycsync/extract"
	"kycsync/extract/didittest"
	"kycsync/schemas"
)

// Rows that nobody was thought to ask for are not kept. If somebody does after all, what is stored is as
// if they had been.
func TestAnAnswerWithoutAKeptRowIsStoredWithTheStoredOne(t *testing.T) {
	v, err := didittest.New(didittest.Options{Seed: 7, Sessions: 60, Start: firstNight, PerMinute: -1, Restless: 12})
	if err != nil {
		t.Fatal(err)
	}
	d := deskOf(t, v)
	d.night(t, 0, func(c *Config) { c.Promises = promisesOf(farAway) })
	kept := 0
	s := d.night(t, 6, func(c *Config) {
		c.Promises = promisesOf(farAway)
		c.rules.plan = func(view extract.View) []extract.Task {
			tasks := extract.Plan(view)
			asked := map[schemas.SessionID]bool{}
			for _, task := range tasks {
				asked[task.ID] = true
			}
			for _, row := range view.Listed {
				if !asked[row.ID] {
					kept++
					tasks = append(tasks, extract.Task{ID: row.ID, Kind: row.Kind, Number: row.Number, Reason: extract.ReasonDue, Class: extract.ClassSettled})
				}
			}
			return tasks
		}
	})
	silent := s.Versions - s.Planned[extract.ReasonNew] - s.Planned[extract.ReasonChanged]
	if kept < 20 || silent < 1 {
		t.Fatalf("%d rows were not kept, %d sessions had changed silently: want both", kept, silent)
	}
	fresh := deskOf(t, v)
	fresh.night(t, 6, nil)
	sameNow(t, d, fresh)
	hashesHold(t, d.lake)
}
