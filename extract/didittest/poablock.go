package didittest

func (x *view) poaType() string {
	d := roll(x.seed, forRow, 3, uint64(x.captures))
	return pick(&d, []string{"UTILITY_BILL", "BANK_STATEMENT", "GOVERNMENT_ISSUED_DOCUMENT", "OTHER_POA_DOCUMENT"})
}

func (x *view) poaIssuer() string {
	d := roll(x.seed, forRow, 4, uint64(x.captures), uint64(x.issuer))
	return invent(&d) + " Energia"
}

func (v *Vendor) poaVerifications(w *writer, x *view) {
	d := x.dice(featPOA, 0)
	p := &x.p
	c := p.place()
	w.count(nPOA)
	x.item(w, featPOA, nodeIDs[featPOA])
	w.media("document_file", x.file("poa", ".pdf"))
	if d.chance(0.15) {
		w.medias("extra_files", x.file("poa_extra", ".pdf"))
	} else {
		w.medias("extra_files")
	}
	w.str("issuing_state", c.iso2)
	w.str("document_type", x.poaType())
	w.null("document_subtype")
	w.str("document_language", pick(&d, []string{"ES", "EN", "PT", "DE"}))
	w.obj("document_metadata")
	w.fileMetadata(&d, x.created)
	w.str("issuer", x.poaIssuer())
	w.date("issue_date", x.created-int64(d.between(5, 80))*day)
	w.null("expiration_date")
	w.str("poa_address", p.address())
	w.str("poa_formatted_address", p.formatted())
	w.obj("poa_parsed_address")
	w.str("address_type", "street_address")
	w.str("street_1", p.street)
	w.null("street_2")
	w.str("city", p.city)
	w.str("region", p.region)
	w.str("country", c.iso2)
	w.str("postal_code", p.postal)
	w.latLng("document_location", "latitude", "longitude", p, 0)
	w.end()
	w.str("name_on_document", p.billName())
	w.null("name_match_score_expected_details")
	w.num("name_match_score_id_verification", 70+d.float()*30, 2)
	w.null("expected_details_address")
	w.null("expected_details_formatted_address")
	w.obj("expected_details_parsed_address")
	w.end()
	w.obj("extra_fields")
	if x.poaType() == "BANK_STATEMENT" {
		w.str("bank_account_number", d.text(digits, 10))
		w.str("bank_iban", c.iso2+d.text(digits, 22))
		w.null("bank_sort_code")
		w.null("bank_routing_number")
		w.str("bank_swift_bic", d.text(capital, 8))
		w.null("bank_branch_name")
		w.null("bank_branch_address")
	}
	w.null("document_phone_number")
	w.strs("additional_names")
	if d.chance(0.2) {
		w.raw("contract_power_kw", "4.60")
	}
	w.end()
	x.endItem(w, featPOA, nodeIDs[featPOA])
}

// fileMetadata fills and closes an object with the properties of an uploaded file.
func (w *writer) fileMetadata(d *dice, created int64) {
	made := created - int64(d.between(1, 60))*day
	w.int("file_size", d.between(40000, 4000000))
	w.str("content_type", "application/pdf")
	w.date("creation_date", made)
	w.date("modified_date", made)
	w.opt("creator", pick(d, []string{"", "Billing 4.2"}))
	w.opt("producer", pick(d, []string{"", "PDF Library 1.7"}))
	w.null("software")
	w.null("encryption")
	w.bool("is_signed", d.chance(0.1))
	w.bool("is_tampered", d.chance(0.02))
	w.null("signature_info")
	w.null("exif_original_date")
	w.null("exif_digitized_date")
	w.bool("processed_by_known_editor", d.chance(0.03))
	w.bool("has_different_creation_mod_date", d.chance(0.1))
	if d.chance(0.1) {
		w.obj("overlay_manipulation")
		w.bool("detected", true)
		w.bool("analyzed", true)
		w.strs("signals", "white_box_over_text")
		w.arr("manipulated_regions")
		w.obj("")
		w.int("page", 1)
		w.num("x", d.float()*500, 1)
		w.num("y", d.float()*700, 1)
		w.num("width", 80, 0)
		w.num("height", 12.5, 1)
		w.num("page_width", 595.3, 1)
		w.num("page_height", 841.9, 1)
		w.end()
		w.endArr()
		w.end()
	} else {
		w.null("overlay_manipulation")
	}
	w.end()
}
