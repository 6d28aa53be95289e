package night

import (
	"testing"

	"kycsync/extract"
	"kycsync/schemas"
)

func TestListing(t *testing.T) {
	l, err := newListing(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	known := schemas.NewSessions(0)
	known.Put("known", schemas.Known{SessionID: "known", VersionSeq: 3})
	r := &run{listing: l, known: known, batch: newBatch(), staged: map[schemas.SessionID]schemas.Fullness{}}
	defer r.forget()

	// A session that both lists show is one session, as it was shown first.
	for _, body := range []string{`{"status":"Approved"}`, `{"status":"Declined"}`} {
		if rejects, err := l.add([]extract.Row{{ID: "a", Body: []byte(body)}}, false, func(*extract.Row) bool { return false }); err != nil || len(rejects) > 0 {
			t.Fatalf("got %v, %v", rejects, err)
		}
	}
	_, doc, err := l.row("a")
	if err != nil || string(doc.JSON) != `{"status":"Approved"}` || len(l.rows) != 1 {
		t.Errorf("got %d rows, %s, %v; want the one that came first", len(l.rows), doc.JSON, err)
	}

	// A row that cannot be read is a reject, and a session known from before is stale.
	rejects, err := l.add([]extract.Row{{ID: "known", Body: []byte(`{"status":"a","status":"b"}`)}}, false, func(*extract.Row) bool { return false })
	if err != nil || len(rejects) != 1 || rejects[0].Reason != "duplicate member name" || rejects[0].SessionID != "known" {
		t.Fatalf("got %+v, %v", rejects, err)
	}
	r.unlisted("known")
	r.unlisted("unknown")
	if c := r.batch.changed(); len(c) != 1 || !r.known.Get("known").Stale || r.known.Get("known").VersionSeq != 3 {
		t.Errorf("got %v, %+v; want the known session alone, stale", c, r.known.Get("known"))
	}
}
