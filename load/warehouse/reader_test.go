package warehouse

import (
	"bytes"
	"testing"
)

func TestX(t *testing.T) {
	w := newWorld(t)
	w.commit(map[string][]row{"sessions": {{"session_id": "a", "status": "Approved"}}})
	w.update()
	r, err := OpenReader(t.Context(), w.cfg.Path)
	if err != nil {
		t.Fatal(err, detail(err))
	}
	defer r.Close()
	for _, q := range []string{
		`SELECT 1 AS a, 2 AS a, 3 AS a_2, NULL AS n, 'x' AS s, '{"a": 12345678901234567890, "b":1.10}'::JSON AS j, [{'x':'[1.10, 2]'::JSON,'y':1.50}] as l, map{'a':1::hugeint} m, row(1,2) r, 1.50::decimal(9,2) d, -0.05::decimal(9,2) d2, TIMESTAMPTZ '2026-01-01 00:00:00.5+00' t, DATE '2026-01-02' dt, TIME '01:02:03' tm, INTERVAL '1 month 2 days 3.5 seconds' iv, 170141183460469231731687303715884105727::HUGEINT h, uuid '00000000-0000-0000-0000-000000000001' u, 'ab'::BLOB bl, 'NaN'::double f, 1e300 g, 0.1::float f4, '101'::BIT bt, 'infinity'::timestamptz inf, 'infinity'::date infd, union_value(k := 1.5) un, 'a'::ENUM('a','b') en, [1,2]::INT[2] ar`,
		`SELECT $1 AS x, '{"a":1.50}'::JSON FROM sessions; -- ?`, `SELECT extra_json, '{"a":12345678901234567890}'::JSON FROM sessions; -- comment`,
	} {
		for _, f := range []string{"json", "csv", "table"} {
			var args []any
			if bytes.Contains([]byte(q), []byte("?")) {
				args = append(args, "val")
			}
			res, err := r.Query(t.Context(), q, args...)
			if err != nil {
				t.Log(q, err, detail(err))
				continue
			}
			var b bytes.Buffer
			if err := res.Write(&b, f); err != nil {
				t.Log(err, detail(err))
			}
			res.Close()
			s := b.String()
			if len(s) > 3000 {
				s = s[:3000]
			}
			t.Logf("%s\n%s", q, s)
		}
	}
}
