package didittest

import (
	"fmt"
	"strings"
)

func (v *Vendor) idVerifications(w *writer, x *view) {
	for node := range x.wf.ocrNodes {
		v.idVerification(w, x, node)
	}
}

func (v *Vendor) idVerification(w *writer, x *view, node int) {
	id := fmt.Sprintf("feature_ocr_%d", node+1)
	d := x.dice(featID, node)
	c, p := x.p.place(), &x.p
	code := x.docCode(node)
	w.count(nID)
	x.item(w, featID, id)
	name := docNames[code]
	if name == "" {
		name = map[string]string{"SSC": "Social Security Card", "WP": "Work Permit", "VISA": "Visa", "OTHER": "Other"}[code]
	}
	w.str("document_type", name)
	if code == "ID" {
		w.str("document_subtype", "ID_CARD_GENERIC")
	} else {
		w.null("document_subtype")
	}
	w.str("document_number", x.docNumber(node))
	w.str("personal_number", p.personalNumber)
	w.str("issuing_state", c.iso3)
	w.str("issuing_state_name", c.name)
	expiry := int64(x.docExpiry) * day
	w.date("date_of_issue", expiry-10*365*day)
	w.date("expiration_date", expiry)
	w.str("first_name", p.first)
	w.str("last_name", p.last)
	w.str("full_name", p.full())
	w.date("date_of_birth", p.birth)
	if w.stable {
		w.int("age", 0)
	} else {
		w.int("age", age(p.birth, w.now))
	}
	w.str("gender", p.gender)
	w.str("nationality", c.iso3)
	if x.birthplace != 0 {
		bd := dice(x.birthplace)
		w.str("place_of_birth", invent(&bd))
	} else {
		w.str("place_of_birth", p.city)
	}
	w.str("marital_status", pick(&d, []string{"SINGLE", "MARRIED", "DIVORCED", "WIDOWED", "UNKNOWN", "Single"}))
	w.str("address", p.address())
	w.str("formatted_address", p.formatted())
	x.idAddress(w, &d)
	sides := 2
	if code == "P" || code == "VISA" {
		sides = 1
	}
	suffix := ""
	if node > 0 {
		suffix = "_b"
	}
	w.media("portrait_image", x.file("portrait"+suffix, ".jpg"))
	w.media("front_image", x.file("front"+suffix, ".jpg"))
	w.media("front_video", x.file("front_video"+suffix, ".mp4"))
	if sides == 2 {
		w.media("back_image", x.file("back"+suffix, ".jpg"))
		w.media("back_video", x.file("back_video"+suffix, ".mp4"))
		w.media("full_back_image", x.file("full_back"+suffix, ".jpg"))
	}
	w.media("full_front_image", x.file("full_front"+suffix, ".jpg"))
	if d.chance(0.15) {
		w.media("front_image_camera_front", x.file("front_camera"+suffix, ".jpg"))
		w.num("front_image_camera_front_face_match_score", 60+d.float()*40, 2)
		w.media("back_image_camera_front", x.file("back_camera"+suffix, ".jpg"))
		w.null("back_image_camera_front_face_match_score")
	} else {
		w.null("front_image_camera_front_face_match_score")
		w.null("back_image_camera_front_face_match_score")
	}
	if d.chance(0.1) {
		w.medias("extra_files", x.file("extra1"+suffix, ".jpg"), x.file("extra2"+suffix, ".pdf"))
	} else {
		w.medias("extra_files")
	}
	quality(w, "front_image_quality_score", &d)
	if sides == 2 {
		quality(w, "back_image_quality_score", &d)
	} else {
		w.null("back_image_quality_score")
	}
	x.extraFields(w, &d, code)
	if code == "P" || code == "ID" || code == "RP" {
		x.mrz(w, node, code, expiry)
	} else {
		w.null("mrz")
	}
	os := v.others(x, featID, 0.06, 5)
	w.arr("matches")
	for _, i := range w.order(len(os), x.seed) {
		w.match(os[i])
		w.obj("user_details")
		w.str("name", p.full())
		w.str("document_type", code)
		w.str("document_number", x.docNumber(node))
		w.end()
		w.media("front_image_url", "match_front_"+os[i].id().String()+".jpg")
		w.end()
	}
	w.endArr()
	x.endItem(w, featID, id)
}

func age(birth, now int64) int {
	b, n := at(birth), at(now)
	y := n.Year() - b.Year()
	if n.Month() < b.Month() || n.Month() == b.Month() && n.Day() < b.Day() {
		y--
	}
	return y
}

func quality(w *writer, k string, d *dice) {
	focus, light, res := 50+d.float()*50, 40+d.float()*60, 60+d.float()*40
	w.obj(k)
	w.num("focus_score", focus, 1)
	w.num("brightness_score", light, 1)
	w.str("brightness_issue", pick(d, []string{"ok", "ok", "ok", "ok", "too_dark", "too_bright"}))
	w.bool("is_document_fully_visible", d.chance(0.95))
	w.num("resolution_score", res, 1)
	w.num("overall_score", 0.45*focus+0.30*light+0.25*res, 1)
	w.end()
}

func (w *writer) latLng(k, lat, lng string, p *person, d float64) {
	w.obj(k)
	w.num(lat, p.lat+d, 7)
	w.num(lng, p.lng+d, 7)
	w.end()
}

func (x *view) idAddress(w *writer, d *dice) {
	p := &x.p
	c := p.place()
	w.obj("parsed_address")
	w.str("city", p.city)
	w.str("label", "Street address")
	w.str("region", p.region)
	w.str("country", c.iso2)
	w.str("category", "building.residential")
	w.str("street_1", p.street)
	w.null("street_2")
	w.bool("is_verified", d.chance(0.9))
	w.str("postal_code", p.postal)
	w.str("address_type", "street_address")
	w.str("formatted_address", p.formatted())
	w.latLng("document_location", "latitude", "longitude", p, 0)
	w.obj("raw_results")
	w.strs("types", "street_address")
	w.obj("geometry")
	w.latLng("location", "lat", "lng", p, 0)
	w.obj("viewport")
	w.latLng("northeast", "lat", "lng", p, 0.00134)
	w.latLng("southwest", "lat", "lng", p, -0.00134)
	w.end()
	w.str("location_type", "ROOFTOP")
	w.end()
	w.str("place_id", "ChIJ"+d.text(base62, 23))
	w.str("formatted_address", p.formatted())
	w.arr("navigation_points")
	w.obj("")
	w.latLng("location", "latitude", "longitude", p, 0.00002)
	w.end()
	w.endArr()
	w.arr("address_components")
	for _, part := range [][3]string{{p.street, p.street, "route"}, {p.city, p.city, "locality"}, {p.region, p.region, "administrative_area_level_1"}, {c.name, c.iso2, "country"}, {p.postal, p.postal, "postal_code"}} {
		w.obj("")
		w.strs("types", part[2], "political")
		w.str("long_name", part[0])
		w.str("short_name", part[1])
		w.end()
	}
	w.endArr()
	w.end()
	w.end()
}

// extraFields is an open map: a key is there only when it was read.
func (x *view) extraFields(w *writer, d *dice, code string) {
	w.obj("extra_fields")
	if code == "DL" {
		w.strs("dl_categories", "B", "AM")
		w.opt("blood_group", pick(d, []string{"", "A+", "O-"}))
		w.date("dl_class_code_b_from", x.p.birth+19*365*day)
		w.date("dl_class_code_b_to", int64(x.docExpiry)*day)
		w.str("dl_class_code_b_notes", "01.06")
	}
	if code == "RP" {
		w.str("sponsor", invent(d)+" S.L.")
		w.str("employer", invent(d)+" GmbH")
	}
	if x.p.native != "" {
		w.str("first_name_non_latin", x.p.nativeFirst)
		w.str("last_name_non_latin", x.p.native)
		w.str("full_name_non_latin", x.p.nativeFirst+" "+x.p.native)
		for _, k := range [][2]string{{"first_name", x.p.first}, {"last_name", x.p.last}, {"full_name", x.p.full()}, {"middle_name", "Ia"}, {"address", x.p.address()}, {"place_of_birth", x.p.city}} {
			w.str(k[0]+"_latin", k[1])
		}
		if d.chance(0.5) {
			w.str("middle_name_non_latin", x.p.nativeFirst)
			w.str("address_non_latin", x.p.native+" 12, "+x.p.nativeFirst)
			w.str("place_of_birth_non_latin", x.p.native)
		}
	}
	w.end()
}

func (x *view) mrz(w *writer, node int, code string, expiry int64) {
	p := &x.p
	c := p.place()
	number := x.docNumber(node)
	surname, given := strings.ToUpper(asciiOnly(p.last)), strings.ToUpper(asciiOnly(p.first))
	birth, until := at(p.birth).Format("060102"), at(expiry).Format("060102")
	sex := map[string]string{"M": "M", "F": "F", "U": "<"}[p.gender]
	kind, letter := "TD1", "I"
	if code == "P" {
		kind, letter = "TD3", "P"
	}
	w.obj("mrz")
	w.str("surname", surname)
	w.str("name", given)
	w.str("country", c.iso3)
	w.str("nationality", c.iso3)
	w.str("birth_date", birth)
	w.str("expiry_date", until)
	w.str("sex", sex)
	w.str("document_type", letter)
	w.str("document_number", number)
	w.str("optional_data", p.personalNumber)
	w.str("optional_data_2", "")
	w.str("birth_date_hash", "7")
	w.str("expiry_date_hash", "3")
	w.str("document_number_hash", "9")
	w.str("final_hash", "4")
	w.str("personal_number", p.personalNumber)
	w.strs("warnings")
	w.strs("errors")
	w.str("mrz_type", kind)
	filler := func(s string, n int) string {
		s = strings.ReplaceAll(s, " ", "<")
		if len(s) >= n {
			return s[:n]
		}
		return s + strings.Repeat("<", n-len(s))
	}
	line1 := filler(letter+"<"+c.iso3+number+"9"+p.personalNumber, 30)
	line2 := filler(birth+"7"+sex+until+"3"+c.iso3, 29) + "4"
	w.str("mrz_string", line1+"\n"+line2+"\n"+filler(surname+"<<"+given, 30))
	w.str("mrz_key", number+"9"+birth+"7"+until+"3")
	w.end()
}
