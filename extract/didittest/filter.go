package didittest

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A filter is what the query of a session list selects by. Nil: everything.
type filter struct {
	from, to   int64 // µs of the day's start; 0: unset
	statuses   []string
	workflows  []uuid
	byWorkflow bool
	text       []func(v *Vendor, x *view) bool // needs the body
}

func (f *filter) all() bool {
	return f.from == 0 && f.to == 0 && f.statuses == nil && !f.byWorkflow && f.text == nil
}

// filtered returns the listed sessions of a kind that pass, ascending.
func (v *Vendor) filtered(kind int, f *filter) []uint32 {
	ids := v.listed(kind)
	if f.all() {
		return ids
	}
	to := f.to
	if to != 0 && kind == 0 {
		to += day // a business list compares with the start of that day
	}
	var keep []uint32
	for _, i := range ids {
		s := &v.sessions[i]
		switch {
		case f.from != 0 && s.created < f.from:
			continue
		case f.to != 0 && (kind == 0 && s.created >= to || kind == 1 && s.created > to):
			continue
		case f.statuses != nil && !slices.Contains(f.statuses, s.status.String()):
			continue
		case f.byWorkflow && !slices.Contains(f.workflows, v.workflowID(int(s.workflow))):
			continue
		}
		if f.text != nil {
			x := viewOf(s, -1)
			if slices.ContainsFunc(f.text, func(pass func(*Vendor, *view) bool) bool { return !pass(v, &x) }) {
				continue
			}
		}
		keep = append(keep, i)
	}
	return keep
}

func filterOf(q url.Values) (*filter, *reply) {
	f := &filter{}
	var bad *reply
	if f.from, f.to, bad = daysOf(q); bad != nil {
		return nil, bad
	}
	if s := q.Get("status"); s != "" {
		f.statuses = strings.Split(s, ",")
	}
	if s := q.Get("workflow_id"); s != "" {
		f.byWorkflow = true
		for one := range strings.SplitSeq(s, ",") {
			if u, ok := parseUUID(one); ok {
				f.workflows = append(f.workflows, u)
			}
		}
	}
	return f, f.readText(q)
}

// daysOf reads date_from and date_to as the starts of UTC days, µs; 0: unset.
func daysOf(q url.Values) (from, to int64, bad *reply) {
	for _, d := range []struct {
		name string
		to   *int64
	}{{"date_from", &from}, {"date_to", &to}} {
		if s := q.Get(d.name); s != "" {
			t, err := time.Parse(time.DateOnly, s)
			if err != nil {
				rp := fieldError(d.name, "Enter a valid date.")
				return 0, 0, &rp
			}
			*d.to = t.UnixMicro()
		}
	}
	return from, to, nil
}

// readText adds the filters that look into bodies.
func (f *filter) readText(q url.Values) *reply {
	if s := q.Get("vendor_data"); s != "" {
		f.text = append(f.text, func(_ *Vendor, x *view) bool { return x.vendorData() == s })
	}
	if s := q.Get("didit_internal_id"); s != "" {
		u, ok := parseUUID(s)
		if !ok {
			rp := fieldError("didit_internal_id", "Enter a valid UUID.")
			return &rp
		}
		f.text = append(f.text, func(_ *Vendor, x *view) bool { return x.business || newUUID(x.person, forEntity) == u })
	}
	if s := q.Get("api_service"); s != "" {
		if !slices.Contains(apiServices, s) {
			rp := fieldError("api_service", "Select a valid choice.")
			return &rp
		}
		f.text = append(f.text, func(_ *Vendor, x *view) bool { return x.business || x.apiService() == s })
	}
	if s := q.Get("session_type"); s != "" && s != "ALL" {
		f.text = append(f.text, func(_ *Vendor, x *view) bool {
			return x.business || slices.Contains(strings.Split(s, ","), origins[x.origin])
		})
	}
	if s := q.Get("country"); s != "" {
		f.text = append(f.text, func(_ *Vendor, x *view) bool {
			c := x.p.place().iso3
			if x.business {
				c = newCompany(x.person).place().iso2
			}
			return slices.Contains(strings.Split(s, ","), c)
		})
	}
	if s := q.Get("document_type"); s != "" {
		f.text = append(f.text, func(_ *Vendor, x *view) bool {
			return x.business || x.ran.has(featID) && slices.Contains(strings.Split(s, ","), x.docCode(0))
		})
	}
	if s := q.Get("search"); s != "" {
		f.text = append(f.text, func(_ *Vendor, x *view) bool { return x.found(s) })
	}
	return nil
}

var apiServices = strings.Fields("ID_VERIFICATION FACE_MATCH AGE_ESTIMATION FACE_SEARCH POA AML KYB_REGISTRY PASSIVE_LIVENESS DATABASE_VALIDATION PHONE_VERIFICATION EMAIL_VERIFICATION")

// apiService is the standalone check that created the session; empty: a hosted flow.
func (x *view) apiService() string {
	if x.origin != viaAPI {
		return ""
	}
	switch {
	case x.wf.features.has(featID):
		return "ID_VERIFICATION"
	case x.wf.features.has(featPhone):
		return "PHONE_VERIFICATION"
	}
	return "AGE_ESTIMATION"
}

// found is the console's search box.
func (x *view) found(s string) bool {
	if u, ok := parseUUID(s); ok {
		return x.id() == u
	}
	if strings.Trim(s, digits) == "" {
		return strings.HasPrefix(strconv.Itoa(int(x.number)), s) || strings.HasPrefix(x.p.phone, s) || x.p.personalNumber == s || x.vendorData() == s
	}
	if strings.Contains(s, "@") {
		return strings.HasPrefix(x.p.email, s)
	}
	name := x.p.full()
	if x.business {
		name = newCompany(x.person).name
	}
	return strings.Contains(strings.ToLower(name), strings.ToLower(s)) || x.vendorData() == s
}
