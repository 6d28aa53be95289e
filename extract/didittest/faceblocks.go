package didittest

import "time"

func (v *Vendor) nfcVerifications(w *writer, x *view) {
	d := x.dice(featNFC, 0)
	p := &x.p
	c := p.place()
	w.count(nNFC)
	x.item(w, featNFC, nodeIDs[featNFC])
	w.media("portrait_image", x.file("chip_portrait", ".jpg"))
	w.media("signature_image", x.file("chip_signature", ".jpg"))
	if c.iso3 == "JPN" { // its card answers another protocol: nothing of the passport kind
		w.str("chip_protocol", "jpki")
		w.obj("jpki")
		w.bool("certificate_valid", true)
		w.bool("signature_valid", true)
		w.str("revocation_status", "unchecked")
		w.bool("holder_match", d.chance(0.98))
		w.end()
		x.endItem(w, featNFC, nodeIDs[featNFC])
		return
	}
	w.obj("chip_data")
	w.str("document_type", x.docCode(0))
	w.str("issuing_country", c.iso3)
	w.str("document_number", x.docNumber(0))
	w.date("expiration_date", int64(x.docExpiry)*day)
	w.str("first_name", p.first)
	w.str("last_name", p.chipName())
	w.date("birth_date", p.birth)
	w.str("gender", p.gender)
	w.str("nationality", c.iso3)
	w.str("address", p.address())
	w.str("place_of_birth", p.city)
	w.end()
	w.obj("authenticity")
	w.bool("sod_integrity", d.chance(0.98))
	w.bool("dg_integrity", d.chance(0.98))
	w.end()
	w.obj("certificate_summary")
	w.str("issuer", "Common Name: CSCA "+c.iso2+", Organization: Ministry of the Interior")
	w.str("subject", "Common Name: Document Signer "+d.text(digits, 4))
	w.str("serial_number", "1"+d.text(digits, 37))
	w.timeAs("not_valid_after", x.created+1500*day, time.DateTime)
	w.timeAs("not_valid_before", x.created-1500*day, time.DateTime)
	w.end()
	x.endItem(w, featNFC, nodeIDs[featNFC])
}

func (x *view) livenessMethod() string {
	return [...]string{"PASSIVE", "PASSIVE", "ACTIVE_3D", "FLASHING"}[x.seed>>8&3]
}

func (x *view) livenessScore() float64 {
	d := roll(x.seed, forRow, 1, uint64(x.captures))
	if x.fst[featLiveness] == featDeclined {
		return 5 + d.float()*40
	}
	return 75 + d.float()*25
}

func (x *view) faceScore() float64 {
	d := roll(x.seed, forRow, 2, uint64(x.captures))
	if x.fst[featFace] == featDeclined {
		return 5 + d.float()*40
	}
	return 70 + d.float()*30
}

func (v *Vendor) livenessChecks(w *writer, x *view) {
	d := x.dice(featLiveness, 0)
	w.count(nLiveness)
	x.item(w, featLiveness, nodeIDs[featLiveness])
	w.str("method", x.livenessMethod())
	w.num("score", x.livenessScore(), 2)
	w.media("reference_image", x.file("liveness", ".jpg"))
	w.media("video_url", x.file("liveness", ".mp4"))
	w.num("age_estimation", 18+d.float()*50, 2)
	if x.livenessMethod() == "PASSIVE" {
		w.num("face_quality", 50+d.float()*50, 2)
		w.num("face_luminance", 30+d.float()*60, 2)
	} else {
		w.null("face_quality")
		w.null("face_luminance")
	}
	os := v.others(x, featLiveness, 0.08, 4)
	w.arr("matches")
	for _, i := range w.order(len(os), x.seed+1) {
		o := newPerson(os[i].person)
		w.match(os[i])
		md := roll(os[i].seed, x.seed)
		w.num("similarity_percentage", 80+md.float()*20, 2)
		w.obj("user_details")
		w.str("full_name", o.full())
		w.null("document_type")
		w.null("document_number")
		w.end()
		w.media("match_image_url", "match_face_"+os[i].id().String()+".jpg")
		w.bool("is_allowlisted", false)
		w.str("source", "session")
		w.end()
	}
	w.endArr()
	x.endItem(w, featLiveness, nodeIDs[featLiveness])
}

func (v *Vendor) faceMatches(w *writer, x *view) {
	w.count(nFace)
	x.item(w, featFace, nodeIDs[featFace])
	w.num("score", x.faceScore(), 2)
	if x.seed%13 == 0 {
		w.uuid("source_image_session_id", x.id())
	} else {
		w.null("source_image_session_id")
	}
	w.media("source_image", x.file("face_source", ".jpg"))
	w.media("target_image", x.file("face_target", ".jpg"))
	x.endItem(w, featFace, nodeIDs[featFace])
}
