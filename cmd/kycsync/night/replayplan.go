package night

import (
	"context"

	"kycsync/load/lake"
	"kycsync/schemas"
)

// A ReplayPlan is what a replay would read and write. It is known from the newest commit alone.
type ReplayPlan struct {
	Newest        int64            `json:"newest_seq"`
	Documents     int64            `json:"documents"`      // to read
	DocumentBytes int64            `json:"document_bytes"` // of their parts
	Versions      map[string]int64 `json:"versions"`       // to make again, by table of the entity
	Tables        []PlannedTable   `json:"tables"`         // whose parts would be replaced
}

// A PlannedTable is what a table has now.
type PlannedTable struct {
	Table string `json:"table"`
	Rows  int64  `json:"rows"`
	Parts int64  `json:"parts"`
	Bytes int64  `json:"bytes"`
}

// PlanReplay tells what Replay would do, and reads no part. Errors are those of Replay.
func PlanReplay(ctx context.Context, l *lake.Lake) (*ReplayPlan, error) {
	plan := &ReplayPlan{Versions: map[string]int64{}, Tables: []PlannedTable{}}
	head, err := replayable(ctx, l)
	if err != nil || head == nil {
		return plan, err
	}
	plan.Newest = head.Seq
	for i := range schemas.Tables {
		t := &schemas.Tables[i]
		p := PlannedTable{Table: t.Name}
		for _, part := range head.Tables[t.Name] {
			p.Rows, p.Parts, p.Bytes = p.Rows+part.Rows, p.Parts+1, p.Bytes+part.Bytes
		}
		switch {
		case t.Name == "raw_documents":
			plan.Documents, plan.DocumentBytes = p.Rows, p.Bytes
		case t.FromDocuments() && p.Parts > 0:
			plan.Tables = append(plan.Tables, p)
			if t.Root() == t.Name {
				plan.Versions[t.Name] = p.Rows
			}
		}
	}
	return plan, nil
}
