package didittest

// sessionToken is the secret part of the hosted link.
func (s *session) token() string {
	d := roll(s.seed, forToken)
	return d.text(base62, 12)
}

func (s *session) url() string { return "https://verify.didit.example/session/" + s.token() }

var docNames = map[string]string{"P": "Passport", "ID": "Identity Card", "DL": "Driver's License", "RP": "Residence Permit", "HIC": "Health Insurance Card", "TC": "Tax Card"}

// docCode is the kind of document of the n-th reading.
func (s *session) docCode(node int) string {
	d := roll(s.seed, forBlock+uint64(featID), uint64(node))
	codes := []string{"ID", "P", "DL", "RP", "HIC", "TC", "SSC", "WP", "VISA", "OTHER"}
	return codes[d.weighted([]int{500, 220, 180, 70, 6, 6, 6, 4, 4, 4})]
}

// row writes a row of the session list.
func (x *view) row(w *writer) {
	w.obj("")
	w.uuid("session_id", x.id())
	if x.business {
		x.businessRow(w)
		w.end()
		return
	}
	w.str("session_kind", "user")
	w.int("session_number", int(x.number))
	w.str("session_url", x.url())
	withID := x.ran.has(featID)
	switch {
	case x.ran.has(featNFC):
		w.media("portrait_image", x.file("chip_portrait", ".jpg"))
	case withID:
		w.media("portrait_image", x.file("portrait", ".jpg"))
	case x.ran.has(featLiveness):
		w.media("portrait_image", x.file("liveness", ".jpg"))
	default:
		w.null("portrait_image")
	}
	if withID {
		w.opt("document_type", docNames[x.docCode(0)])
	} else {
		w.null("document_type")
	}
	name, country := "", ""
	if withID || x.ran.has(featPOA) || x.expectedName() {
		name = x.p.full()
	}
	if withID || x.ran.has(featPhone) {
		country = x.p.place().iso3
	}
	w.opt("full_name", name)
	w.opt("country", country)
	w.str("status", x.status.String())
	w.opt("vendor_data", x.vendorData())
	w.uuid("didit_internal_id", newUUID(x.person, forEntity))
	w.time("created_at", x.created)
	w.arr("features")
	for _, f := range x.wf.features.list() {
		if featureInRow[f] == "" {
			continue
		}
		w.obj("")
		w.str("feature", featureInRow[f])
		st := x.fst[f]
		if st == featExpired {
			st = featDeclined
		}
		w.str("status", st.String())
		w.end()
	}
	w.endArr()
	if x.ran.has(featPhone) {
		w.obj("phone_number")
		w.str("number", x.p.number())
		w.bool("is_verified", x.fst[featPhone] == featApproved)
		w.end()
	} else {
		w.null("phone_number")
	}
	if x.ran.has(featEmail) {
		w.obj("email_address")
		w.str("email", x.p.email)
		w.bool("is_verified", x.fst[featEmail] == featApproved)
		w.end()
	} else {
		w.null("email_address")
	}
	x.details(w)
	w.end()
}

func (x *view) details(w *writer) {
	if x.ran&set(featAML, featDB, featPOA, featLiveness, featFace, featPhone, featEmail) == 0 {
		w.null("additional_details")
		return
	}
	w.obj("additional_details")
	if w.narrow {
		w.end()
		return
	}
	if x.ran.has(featAML) {
		w.obj("aml")
		w.int("total_hits", len(x.hits))
		w.str("entity_type", "person")
		w.bool("is_adverse_media_fetched", true)
		w.obj("screened_data")
		w.str("nationality", x.p.place().iso2)
		w.str("document_number", x.docNumber(0))
		w.date("date_of_birth", x.p.birth)
		w.end()
		w.end()
	}
	if x.ran.has(featDB) {
		w.obj("database_validation")
		w.str("validation_type", "DOCUMENT_VALIDATION")
		w.str("match_type", map[bool]string{true: "FULL_MATCH", false: "PARTIAL_MATCH"}[x.fst[featDB] == featApproved])
		w.str("identification_number", x.p.personalNumber)
		w.end()
	}
	if x.ran.has(featPOA) {
		w.obj("poa")
		w.str("document_type", x.poaType())
		w.str("issuer", x.poaIssuer())
		w.str("address", x.p.address())
		w.str("name_on_document", x.p.billName())
		w.end()
	}
	if x.ran.has(featLiveness) {
		w.obj("liveness")
		w.str("method", x.livenessMethod())
		w.num("score", x.livenessScore()/100, 4)
		w.end()
	}
	if x.ran.has(featFace) {
		w.obj("face_match")
		w.num("score", x.faceScore()/100, 4)
		w.media("source_image", x.file("face_source", ".jpg"))
		w.media("target_image", x.file("face_target", ".jpg"))
		w.end()
	}
	if x.ran.has(featPhone) {
		w.obj("phone_verification")
		w.str("country_code", x.p.place().iso2)
		w.bool("is_temporary", x.seed%41 == 0)
		w.bool("is_ported", x.seed%7 == 0)
		w.bool("is_blocked", false)
		w.end()
	}
	if x.ran.has(featEmail) {
		w.obj("email_verification")
		w.bool("is_breached", x.breached())
		w.bool("is_disposable", x.seed%37 == 0)
		w.bool("is_undeliverable", false)
		w.bool("is_blocklisted", false)
		w.end()
	}
	w.end()
}

// vendorData is the customer's name for the person; now and then in another case.
func (x *view) vendorData() string {
	if x.business {
		return newCompany(x.person).vendorData
	}
	if s := x.p.vendorData; x.seed%29 != 0 || s == "" {
		return s
	}
	return asciiUpper(x.p.vendorData)
}

func asciiUpper(s string) string {
	b := []byte(s)
	for i, c := range b {
		if 'a' <= c && c <= 'z' {
			b[i] = c - 'a' + 'A'
		}
	}
	return string(b)
}

func (x *view) expectedName() bool { return x.seed%11 == 0 }

// docNumber is the number of the n-th document.
func (x *view) docNumber(node int) string {
	d := roll(x.p.papers, forPerson, uint64(node), 7)
	return d.text(capital, 2) + d.text(digits, 7)
}

// file names a media file; a redone step has new files.
func (x *view) file(base, ext string) string {
	if x.captures == 0 {
		return base + ext
	}
	return base + "-" + string(rune('1'+x.captures)) + ext
}
