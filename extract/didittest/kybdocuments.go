package didittest

import "strconv"

func (v *Vendor) kybDocuments(w *writer, x *view) {
	d := x.dice(featKYBDocuments, 0)
	groups := []string{"LEGAL_PRESENCE", "COMPANY_DETAILS", "OWNERSHIP_STRUCTURE"}
	w.count(nKYBDocuments)
	x.item(w, featKYBDocuments, nodeIDs[featKYBDocuments])
	w.arr("items")
	for i, g := range groups {
		w.count(nKYBDocumentItems)
		w.obj("")
		w.uuid("uuid", newUUID(x.seed, forBlock+uint64(featKYBDocuments), uint64(i), uint64(x.captures)))
		w.str("document_type", g)
		w.str("document_group", g)
		w.str("document_subtype", pick(&d, []string{"certificate_of_incorporation", "register_extract", "share_register"}))
		w.media("file_url", x.file("kyb_"+strconv.Itoa(i), ".pdf"))
		w.str("original_filename", "company document "+strconv.Itoa(i+1)+".pdf")
		w.int("file_size", d.between(90000, 3000000))
		w.str("status", x.fst[featKYBDocuments].String())
		w.time("created_at", x.created+hour)
		w.obj("cross_check_result")
		w.raw("critical", "[]")
		w.raw("non_critical", `[{"field":"registered_address","match":false}]`)
		w.raw("people", "[]")
		w.end()
		w.obj("document_metadata")
		w.fileMetadata(&d, x.created)
		w.null("description")
		w.bool("is_requested", i > 0)
		w.obj("ocr_data")
		w.str("company_name", newCompany(x.person).name)
		w.end()
		w.bool("is_console_upload", false)
		w.bool("is_confirmed", true)
		w.end()
	}
	w.endArr()
	w.obj("groups")
	for _, g := range groups {
		w.obj(g)
		for _, k := range []string{"total", "approved", "pending", "declined", "in_review", "other", "missing"} {
			w.int(k, map[string]int{"total": 1, "approved": 1}[k])
		}
		w.end()
	}
	w.end()
	w.strs("required_groups", groups[:2]...)
	x.endItem(w, featKYBDocuments, nodeIDs[featKYBDocuments])
}
