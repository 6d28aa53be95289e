package didittest

import (
	"slices"
	"strconv"
	"strings"
)

func (v *Vendor) amlScreenings(w *writer, x *view) {
	w.count(nAML)
	x.item(w, featAML, nodeIDs[featAML])
	w.int("total_hits", len(x.hits))
	kind, name := "person", x.p.full()
	if x.business {
		kind, name = "company", x.companyName()
	}
	w.str("entity_type", kind)
	top := 0.0
	for _, h := range x.hits {
		top = max(top, h.risk())
	}
	if len(x.hits) == 0 {
		w.null("score")
	} else {
		w.num("score", top, 1)
	}
	w.obj("screened_data")
	w.str("full_name", name)
	if x.business {
		w.str("nationality", newCompany(x.person).place().iso2)
		w.null("document_number")
	} else {
		w.str("nationality", x.p.place().iso2)
		w.date("date_of_birth", x.p.birth)
		w.str("document_number", x.docNumber(0))
	}
	w.end()
	monitored := x.status == approved && x.seed%3 != 0
	w.bool("is_ongoing_monitoring_enabled", monitored)
	switch {
	case !monitored:
		w.null("next_ongoing_monitoring_bill_date")
	case w.stable:
		w.str("next_ongoing_monitoring_bill_date", "monitored")
	default:
		next := at(w.now).AddDate(0, 1, 1-at(w.now).Day())
		w.date("next_ongoing_monitoring_bill_date", next.UnixMicro())
		w.time("ongoing_monitoring_last_check", w.now-w.now%day-int64(x.seed%uint64(6*hour)))
	}
	w.arr("hits")
	for _, i := range w.order(len(x.hits), x.seed+4) {
		x.hit(w, &x.hits[i])
	}
	w.endArr()
	x.endItem(w, featAML, nodeIDs[featAML])
}

var hitKinds = [...]string{"Adverse Media", "PEP", "Sanctions", "Warnings and Regulatory Enforcement", "SIP"}

// kind is the main data set of a hit: an index of hitKinds.
func (h *hit) kind() int {
	d := roll(h.seed, 1)
	return d.weighted([]int{45, 35, 5, 8, 7})
}

func (h *hit) risk() float64 {
	d := roll(h.seed, 2)
	r := 20 + d.float()*78
	return min(100, r+float64(h.rescores))
}

func (h *hit) matchScore() float64 {
	d := roll(h.seed, 3)
	return max(75, 75+d.float()*25-float64(h.rescores))
}

// hit writes one possible match of a watch list.
func (x *view) hit(w *writer, h *hit) {
	d := roll(h.seed, 4)
	caption := invent(&d) + " " + strings.Fields(x.p.last)[0]
	w.count(nHits)
	w.obj("")
	w.str("id", d.text(base62, 22))
	w.str("url", "https://lists.example/entity/"+d.text(base62, 10))
	w.str("caption", caption)
	w.str("rca_name", pick(&d, []string{"", "", "", invent(&d)}))
	w.bool("match", h.matchScore() > 93)
	if d.chance(0.3) {
		w.null("target")
	} else {
		w.bool("target", d.chance(0.5))
	}
	w.num("score", h.matchScore()/100, 4)
	w.num("match_score", h.matchScore(), 2)
	w.num("risk_score", h.risk(), 2)
	w.str("review_status", judgements[h.judgement])
	kind := h.kind()
	sets := []string{hitKinds[kind]}
	switch {
	case kind == 1:
		sets = append(sets, "PEP Level "+d.text("1234", 1))
	case kind == 4:
		sets = []string{pick(&d, []string{"SIP", "SIE", "Insolvency", "Fitness and Probity"})}
	case d.chance(0.2):
		sets = append(sets, "Adverse Media")
	}
	slices.Sort(sets)
	w.strs("datasets", slices.Compact(sets)...)
	w.null("features")
	seen := x.created - int64(d.between(50, 3000))*day
	w.timeAs("first_seen", seen, naive)
	w.timeAs("last_seen", seen+int64(d.n(int(30*day))), naive)
	riskView(w, &d)
	h.properties(w, &d, caption, x)
	h.breakdown(w, &d)
	w.arr("pep_matches")
	if kind == 1 {
		for range d.between(1, 2) {
			pepMatch(w, &d, caption)
		}
	}
	w.endArr()
	w.arr("sanction_matches")
	if kind == 2 {
		sanctionMatch(w, &d, caption)
	}
	w.endArr()
	w.arr("warning_matches")
	if kind == 3 {
		warningMatch(w, &d, caption)
	}
	w.endArr()
	adverse(w, &d, kind == 0, caption, seen)
	w.arr("linked_entities")
	if d.chance(0.3) {
		w.obj("")
		w.strs("name", invent(&d)+" "+invent(&d))
		w.strs("active", "true")
		w.strs("status", "Active")
		w.strs("details", "Board member")
		w.strs("relation", pick(&d, []string{"spouse", "associate", "child"}))
		w.end()
	}
	w.endArr()
	w.obj("additional_information")
	w.end()
	w.end()
}

const naive = "2006-01-02T15:04:05"

func riskView(w *writer, d *dice) {
	w.obj("risk_view")
	for i, k := range []string{"crimes", "countries", "categories"} {
		score := d.n(101)
		w.obj(k)
		w.int("score", score)
		w.int("weightage", []int{20, 30, 50}[i])
		w.str("risk_level", []string{"Low", "Medium", "High"}[min(2, score/34)])
		w.obj("risk_scores")
		w.int(pick(d, []string{"fraud", "ES", "PEP", "corruption"}), score)
		w.end()
		w.end()
	}
	w.obj("custom_list")
	w.end()
	w.end()
}

func (h *hit) properties(w *writer, d *dice, caption string, x *view) {
	names := strings.Fields(caption)
	w.obj("properties")
	w.strs("name", caption)
	w.strs("alias", invent(d)+" "+names[1])
	w.strs("notes", "Mentioned in public registers.")
	w.strs("gender", "male")
	w.strs("lastName", names[1])
	w.strs("firstName", names[0])
	w.strs("birthDate", strconv.Itoa(d.between(1940, 2000)))
	w.strs("birthPlace", invent(d))
	w.strs("education")
	for _, k := range []string{"title", "height", "topics", "weight", "address", "country", "website", "eyeColor", "keywords", "position", "religion", "ethnicity", "hairColor", "weakAlias", "modifiedAt", "wikidataId", "citizenship", "nationality"} {
		switch k {
		case "country", "nationality":
			w.str(k, strings.ToLower(x.p.place().iso2))
		case "position":
			w.str(k, "Councillor of "+invent(d))
		default:
			w.null(k)
		}
	}
	w.end()
}

func (h *hit) breakdown(w *writer, d *dice) {
	name, dob, country := int(h.matchScore()), d.between(-100, 100), d.between(-100, 100)
	w.obj("score_breakdown")
	w.int("name_score", name)
	w.int("name_weight", 60)
	w.int("name_weight_normalized", 60)
	w.num("name_contribution", float64(name)*0.6, 2)
	w.int("dob_score", dob)
	w.int("dob_weight", 25)
	w.int("dob_weight_normalized", 25)
	w.num("dob_contribution", float64(dob)*0.25, 2)
	w.int("country_score", country)
	w.int("country_weight", 15)
	w.int("country_weight_normalized", 15)
	w.num("country_contribution", float64(country)*0.15, 2)
	w.str("document_number_match_type", pick(d, []string{"NEUTRAL", "NEUTRAL", "MATCH", "HARD_MISMATCH"}))
	w.str("document_number_effect", "none")
	w.int("total_score", name)
	w.end()
}
