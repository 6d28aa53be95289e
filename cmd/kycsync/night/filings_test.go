package night

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"kycsync/extract/didittest"
	"kycsync/load/filing"
	"kycsync/load/lake"
	"kycsync/load/lake/gcstest"
	"kycsync/load/warehouse"

	"github.com/google/go-cmp/cmp"
)

// file makes a filing of the house's warehouse and returns its archive.
func (h *house) file(t *testing.T, o filing.Order) []byte {
	t.Helper()
	r, err := warehouse.OpenPast(context.Background(), h.warehouse().Path, o.KnownAt)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	o.Lake = h.lake
	made, err := filing.Make(context.Background(), r, o)
	if err != nil {
		t.Fatal(err)
	}
	defer made.Close()
	var out bytes.Buffer
	if err := made.WriteZip(&out); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// known returns until when the house's warehouse knows.
func (h *house) known(t *testing.T) time.Time {
	t.Helper()
	r, err := warehouse.OpenReader(context.Background(), h.warehouse().Path)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	until, err := r.KnownUntil(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return until
}

// randomOrder is any filing that can be made as of an instant.
func randomOrder(t *testing.T, dice *rand.Rand, at time.Time) filing.Order {
	t.Helper()
	templates := filing.Templates()
	o := filing.Order{Template: &templates[dice.IntN(len(templates))], KnownAt: at, Entity: "acme", Audience: filing.Regulator, Profile: []string{"plain", "spreadsheet"}[dice.IntN(2)]}
	var err error
	if o.Period, err = filing.ParsePeriod([]string{"2026", "2026-Q4", "2026-10", "2026-11"}[dice.IntN(4)]); err != nil {
		t.Fatal(err)
	}
	if len(o.Period.Name) != len("2026-10") || o.Period.Name == "2026-Q4" { // a report a month takes long
		short := *o.Template
		short.Report = false
		o.Template = &short
	}
	if dice.IntN(2) == 0 {
		o.Audience = filing.Auditor
		if o.Pseudonyms, err = filing.NewPseudonymizer(o.Audience, bytes.Repeat([]byte{9}, 32)); err != nil {
			t.Fatal(err)
		}
	}
	if dice.IntN(2) == 0 {
		o.Sample = &filing.Sample{Size: 1 + dice.IntN(30), Seed: dice.Int64N(100), By: []string{"", "application"}[dice.IntN(2)]}
	}
	return o
}

// personOrder is a filing about one of the people of a house.
func (h *house) personOrder(t *testing.T, dice *rand.Rand, at time.Time) filing.Order {
	t.Helper()
	ids := h.rows(t, "SELECT DISTINCT vendor_data FROM sessions WHERE vendor_data IS NOT NULL ORDER BY 1")
	variants := filing.PersonVariants()
	o := filing.Order{Template: filing.PersonFile(variants[dice.IntN(len(variants))]), KnownAt: at, Entity: "acme", Audience: filing.Regulator, Profile: "plain",
		Subject: &filing.Subject{VendorData: []string{strings.ToUpper(ids[dice.IntN(len(ids))][0].(string))}, Nonce: filing.NewNonce()}}
	var err error
	if o.Period, err = filing.Case("case-1"); err != nil {
		t.Fatal(err)
	}
	return o
}

// A madeFiling is one that was made, and what it was.
type madeFiling struct {
	order filing.Order
	body  []byte
}

// fileNights has a few nights with filings after each of them, and then nights until so many versions came after them all.
func (h *house) fileNights(t *testing.T, wanted, later int) (all []madeFiling) {
	t.Helper()
	const nights = 4
	dice := rand.New(rand.NewPCG(77, uint64(wanted)))
	merged, samples, after := 0, 0, 0
	for n := 0; n < nights || after < later; n++ {
		h.vendor.Advance(firstNight.AddDate(0, 0, n))
		cfg := h.config(t)
		cfg.Merge = 3
		cfg.Accept = map[string]string{gateMissing: "a test"}
		s, err := Run(context.Background(), cfg)
		if err != nil {
			t.Fatal(err)
		}
		if merged += s.Merged; n >= nights {
			after += int(s.Versions + s.EntityVersions)
			continue
		}
		if n == 0 { // later nights may find versions whose PDF nobody asked for
			h.archive(t, h.noPauses(t), nil)
			h.build(t)
		}
		if n == 1 {
			o := h.personOrder(t, dice, h.known(t))
			all = append(all, madeFiling{o, h.file(t, o)})
		}
		for range (wanted + nights - 1) / nights {
			o := randomOrder(t, dice, h.known(t))
			all = append(all, madeFiling{o, h.file(t, o)})
			if o.Sample != nil {
				samples++
			}
		}
	}
	if merged == 0 || samples == 0 {
		t.Errorf("%d times something was merged, and %d samples were drawn: nothing of one proves less", merged, samples)
	}
	t.Logf("%d filings; %d versions of sessions and others came after them, and %d parts were merged", len(all), after, merged)
	return all
}

// copied is a house whose lake is a copy in another kind of store, and whose warehouse is built from that alone.
func (h *house) copied(t *testing.T, vendorURL string) *house {
	t.Helper()
	ctx, gcs := context.Background(), gcstest.Start(t)
	other := newHouse(t, h.vendor, vendorURL, gcs.URI("made"), lake.Config{GCSOptions: gcs.Options()})
	store, err := lake.OpenBucket(ctx, gcs.URI("copy"), lake.Config{Create: true, GCSOptions: gcs.Options()})
	if err == nil {
		_, err = h.lake.Copy(ctx, store, t.TempDir())
	}
	if err == nil {
		other.lake, err = lake.Open(ctx, gcs.URI("copy"), lake.Config{GCSOptions: gcs.Options(), Now: h.vendor.Clock})
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = other.lake.Close() })
	other.build(t)
	return other
}

// TestFilingsAreTheSameEverywhere makes filings night after night, and again in the end: of the lake with all that
// changed since and was compacted, and of a copy in another store whose warehouse is built from nothing. The bytes are the
// same. What an auditor receives holds none of the people. KYCSYNC_TEST_FILINGS is for more of them; with a hundred and
// more ten thousand versions come after them.
func TestFilingsAreTheSameEverywhere(t *testing.T) {
	if testing.Short() {
		t.Skip("many nights")
	}
	wanted, sessions, later := searched("FILINGS", 4), 60, 1
	if wanted >= 100 {
		sessions, later = 600, 10_000
	}
	v, url := newVendor(t, didittest.Options{Seed: 77, Sessions: sessions, Restless: 20})
	h := newHouse(t, v, url, "", lake.Config{})
	all := h.fileNights(t, wanted, later)
	other := h.copied(t, url)
	planted := h.people(t)
	for i, m := range all {
		t.Run(fmt.Sprintf("%d-%s", i+1, m.order.ID()), func(t *testing.T) {
			t.Parallel()
			for _, place := range []*house{h, other} {
				body := place.file(t, m.order)
				if !bytes.Equal(body, m.body) {
					t.Errorf("in %s it is another one than on the night itself: %s", place.lake.Bucket().URI(), firstOther(t, m.body, body))
				}
				if n := known(body, planted); n > 0 && m.order.Audience != filing.Regulator {
					t.Errorf("%d values of people, of %d", n, len(planted))
				}
			}
		})
	}
}

// known returns how many of the values stand in a file.
func known(body []byte, values []string) (n int) {
	for _, value := range values {
		if bytes.Contains(body, []byte(value)) {
			n++
		}
	}
	return n
}

// firstOther tells of the first file of a package that is another one in a second package.
func firstOther(t *testing.T, first, second []byte) string {
	t.Helper()
	was, is := unpacked(t, first), unpacked(t, second)
	for _, name := range slices.Sorted(maps.Keys(was)) {
		if was[name] != is[name] && strings.Contains(name, "/data/") && !strings.HasSuffix(name, ".parquet") {
			return name + "\n" + cmp.Diff(strings.Split(was[name], "\r\n"), strings.Split(is[name], "\r\n"))
		}
	}
	return "files were added, or are gone"
}

// unpacked returns the files of a package.
func unpacked(t *testing.T, body []byte) map[string]string {
	t.Helper()
	r, err := zip.NewReader(bytes.NewReader(body), int64(len(body)))
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, f := range r.File {
		from, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(from)
		if err != nil {
			t.Fatal(err)
		}
		out[f.Name] = string(text)
	}
	return out
}

// people returns what nobody but a regulator may read of them, in plain text.
func (h *house) people(t *testing.T) (values []string) {
	t.Helper()
	var asked []string
	for _, of := range []string{"sessions.session_id", "sessions.vendor_data", "sessions.full_name", "id_verifications.document_number", "id_verifications.formatted_address", "id_verifications.last_name",
		"phone_verifications.full_number", "email_verifications.email", "aml_hits.caption", "activity.actor_email"} {
		table, column, _ := strings.Cut(of, ".")
		asked = append(asked, fmt.Sprintf("SELECT DISTINCT CAST(%s AS VARCHAR) FROM %s_versions WHERE length(CAST(%[1]s AS VARCHAR)) > 5", column, table))
	}
	for _, row := range h.rows(t, strings.Join(asked, " UNION ")) {
		values = append(values, row[0].(string))
	}
	if len(values) < 200 {
		t.Errorf("only %d values are looked for", len(values))
	}
	return values
}

// TestNoFilingOfDamagedData: a critical check that fails holds a filing back, and so does a population that is not whole.
func TestNoFilingOfDamagedData(t *testing.T) {
	if testing.Short() {
		t.Skip("a night")
	}
	v, url := newVendor(t, didittest.Options{Seed: 78, Sessions: 30})
	h := newHouse(t, v, url, "", lake.Config{})
	v.Advance(firstNight)
	h.night(t)
	o := randomOrder(t, rand.New(rand.NewPCG(1, 1)), h.known(t))
	h.alter(t, "UPDATE id_verifications SET session_id = 'nobody'; UPDATE id_verifications_replaced SET session_id = 'nobody'")
	r, err := warehouse.OpenPast(context.Background(), h.warehouse().Path, o.KnownAt)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if made, err := filing.Make(context.Background(), r, o); !errors.Is(err, filing.ErrChecks) || !strings.Contains(err.Error(), "parents.id_verifications") {
		t.Errorf("got %v, %v, want a refusal", made, err)
	}
}
