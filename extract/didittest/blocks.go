package didittest

// A block is one array of a decision.
type block struct {
	key      string
	feature  feature
	write    func(v *Vendor, w *writer, x *view)
	personal bool // part of the decision of a person
	firm     bool // part of the decision of a company
}

var blockTable = [...]block{
	{"registry_checks", featRegistry, (*Vendor).registryChecks, false, true},
	{"document_verifications", featKYBDocuments, (*Vendor).kybDocuments, false, true},
	{"key_people_checks", featKeyPeople, (*Vendor).keyPeople, false, true},
	{"id_verifications", featID, (*Vendor).idVerifications, true, false},
	{"nfc_verifications", featNFC, (*Vendor).nfcVerifications, true, false},
	{"liveness_checks", featLiveness, (*Vendor).livenessChecks, true, false},
	{"face_matches", featFace, (*Vendor).faceMatches, true, false},
	{"phone_verifications", featPhone, (*Vendor).phoneVerifications, true, true},
	{"email_verifications", featEmail, (*Vendor).emailVerifications, true, true},
	{"poa_verifications", featPOA, (*Vendor).poaVerifications, true, false},
	{"aml_screenings", featAML, (*Vendor).amlScreenings, true, true},
	{"ip_analyses", featIP, (*Vendor).ipAnalyses, true, true},
	{"database_validations", featDB, (*Vendor).databaseValidations, true, false},
	{"questionnaire_responses", featQuestionnaire, (*Vendor).questionnaires, true, true},
	{"document_ai_documents", featDocumentAI, (*Vendor).documentAI, true, false},
}

// blocks writes every block: an array, or null for a feature that never ran.
func (v *Vendor) blocks(w *writer, x *view) {
	lost := -1
	if strikes(w.fault.nullBlocks, 1, x.seed) {
		lost = 0
	}
	asObject := strikes(w.fault.objectBlock, 2, x.seed)
	for i := range blockTable {
		b := &blockTable[i]
		if x.business && !b.firm || !x.business && !b.personal {
			continue
		}
		if !x.ran.has(b.feature) {
			w.null(b.key)
			continue
		}
		if lost >= 0 && lost < 3 {
			switch lost {
			case 0:
				w.null(b.key)
			case 2:
				w.arr(b.key)
				w.endArr()
			}
			lost++
			continue
		}
		w.arr(b.key)
		from := len(w.b) - 1
		b.write(v, w, x)
		w.endArr()
		if asObject && (b.feature == featLiveness || b.feature == featPhone || b.feature == featRegistry) {
			asObject = false
			copy(w.b[from:], w.b[from+1:len(w.b)-1])
			w.b = w.b[:len(w.b)-2]
		}
	}
}

// item opens an element of a block. What follows is null where attributes are restricted.
func (x *view) item(w *writer, f feature, node string) {
	w.obj("")
	w.str("node_id", node)
	st := x.fst[f].String()
	switch {
	case x.fst[f] == featExpired && f != featID:
		st = featDeclined.String()
	case strikes(w.fault.unknownEnum, 3, x.seed) && (f == featID || f == featPhone || f == featRegistry):
		st = "Needs Attention"
	}
	w.str("status", st)
	w.restricted = w.narrow || strikes(w.fault.restrict, 4, x.seed)
}

// endItem writes the warnings and closes the element.
func (x *view) endItem(w *writer, f feature, node string) {
	w.restricted = false
	x.warnings(w, f, node)
	w.end()
}

// dice returns the generator of one block as it is after the latest redoing.
func (x *view) dice(f feature, node int) dice {
	return roll(x.seed, forBlock+uint64(f), uint64(node), uint64(x.captures))
}

var risks = [nFeatures][]string{
	featID:            {"POSSIBLE_DUPLICATED_USER", "QR_NOT_DETECTED", "BARCODE_NOT_DETECTED", "MRZ_NOT_DETECTED", "MRZ_VALIDATION_FAILED", "DATA_INCONSISTENT", "DOCUMENT_EXPIRED", "SCREEN_CAPTURE_DETECTED", "PRINTED_COPY_DETECTED", "NAME_NOT_DETECTED", "DOCUMENT_SIDES_MISMATCH"},
	featNFC:           {"SKIPPED_NFC_VALIDATION", "NFC_CHIP_NOT_VERIFIED", "NFC_TRUST_ANCHOR_MISSING", "NFC_AND_OCR_DATA_NOT_SAME", "DSC_CERTIFICATE_EXPIRED"},
	featLiveness:      {"LOW_LIVENESS_SCORE", "LIVENESS_FACE_ATTACK", "POSSIBLE_DUPLICATED_FACE", "MULTIPLE_FACES_DETECTED", "LOW_FACE_QUALITY", "LOW_FACE_LUMINANCE"},
	featFace:          {"LOW_FACE_MATCH_SIMILARITY", "NO_REFERENCE_IMAGE"},
	featPOA:           {"POA_DOCUMENT_EXPIRED", "NAME_MISMATCH_ID_VERIFICATION", "POOR_DOCUMENT_QUALITY", "ISSUER_NOT_IDENTIFIED", "DOCUMENT_METADATA_MISMATCH"},
	featPhone:         {"VOIP_NUMBER_DETECTED", "DISPOSABLE_NUMBER_DETECTED", "DUPLICATED_PHONE_NUMBER", "VERIFICATION_CODE_ATTEMPTS_EXCEEDED"},
	featEmail:         {"BREACHED_EMAIL_DETECTED", "DISPOSABLE_EMAIL_DETECTED", "DUPLICATED_EMAIL", "EMAIL_CODE_ATTEMPTS_EXCEEDED"},
	featAML:           {"POSSIBLE_MATCH_FOUND", "COULD_NOT_PERFORM_AML_SCREENING"},
	featIP:            {"PRIVATE_NETWORK_DETECTED", "COUNTRY_FROM_DOCUMENT_DOES_NOT_MATCH_COUNTRY_FROM_IP", "DUPLICATED_IP_ADDRESS", "DUPLICATED_DEVICE_FINGERPRINT"},
	featDB:            {"DATABASE_VALIDATION_PARTIAL_MATCH", "DATABASE_VALIDATION_NO_MATCH", "COULD_NOT_PERFORM_DATABASE_VALIDATION"},
	featQuestionnaire: {"QUESTIONNAIRE_REVIEW_REQUIRED"},
	featAge:           {"AGE_BELOW_MINIMUM", "AGE_NOT_DETECTED"},
	featDocumentAI:    {"DOCUMENT_AI_FIELD_MISSING"},
	featRegistry:      {"KYB_COMPANY_NOT_ACTIVE", "KYB_OFFICERS_DATA_NOT_FOUND", "KYB_OWNERSHIP_DATA_NOT_FOUND"},
	featKYBDocuments:  {"KYB_CROSS_DOCUMENT_MISMATCH"},
	featKeyPeople:     {"KYB_BENEFICIAL_OWNERSHIP_NOT_DERIVABLE"},
}

// warnings writes what the checks of one feature found. It is a set: its order moves.
func (x *view) warnings(w *writer, f feature, node string) {
	type warning struct{ risk, level string }
	var ws []warning
	d := roll(x.seed, forBlock+uint64(f), 99, uint64(x.captures))
	if d.chance(0.2) {
		ws = append(ws, warning{pick(&d, risks[f]), "information"})
	}
	if d.chance(0.04) {
		ws = append(ws, warning{pick(&d, risks[f]), "information"})
	}
	if f == featAML && len(x.hits) > 0 {
		ws = append(ws, warning{"POSSIBLE_MATCH_FOUND", "information"})
	}
	switch x.fst[f] {
	case featDeclined:
		ws = append(ws, warning{pick(&d, risks[f]), "error"})
	case featInReview:
		ws = append(ws, warning{pick(&d, risks[f]), "warning"})
	case featExpired:
		ws = append(ws, warning{"DOCUMENT_EXPIRED", "error"})
	}
	w.arr("warnings")
	for _, i := range w.order(len(ws), x.seed^uint64(f)) {
		w.count(nWarnings)
		w.obj("")
		name := featureInWarning[f]
		if strikes(w.fault.unknownEnum, 3, x.seed) {
			name = "VOICE_PRINT"
		}
		w.str("feature", name)
		w.str("risk", ws[i].risk)
		switch {
		case ws[i].risk == "SKIPPED_NFC_VALIDATION":
			w.obj("additional_data")
			w.str("skip_reason", "device without reader")
			w.end()
		case x.seed%3 == 0:
			w.obj("additional_data")
			w.int("duplicated_session_number", int(x.seed%9000)+1)
			w.end()
		default:
			w.null("additional_data")
		}
		w.str("log_type", ws[i].level)
		w.str("short_description", sentence(ws[i].risk))
		w.str("long_description", "The check reported \""+sentence(ws[i].risk)+"\" and the workflow's rule for it was applied.")
		w.str("node_id", node)
		w.end()
	}
	w.endArr()
}

// sentence turns a code into words.
func sentence(code string) string {
	b := []byte(code)
	for i, c := range b {
		switch {
		case c == '_':
			b[i] = ' '
		case i > 0 && 'A' <= c && c <= 'Z':
			b[i] = c - 'A' + 'a'
		}
	}
	return string(b)
}

// others returns up to max sessions of the initial population that resemble this one.
func (v *Vendor) others(x *view, f feature, share float64, max int) []*session {
	d := roll(x.seed, forMatches, uint64(f))
	if !d.chance(share) {
		return nil
	}
	var out []*session
	for range d.between(1, max) {
		s := &v.sessions[d.n(min(v.size, len(v.sessions)))]
		if s.seed != x.seed && !s.business {
			out = append(out, s)
		}
	}
	return out
}

// match opens an element of matches with what all kinds of match share. The state of the
// other session is its state now, which is no change of this one.
func (w *writer) match(o *session) {
	w.count(nMatches)
	w.obj("")
	w.uuid("session_id", o.id())
	w.int("session_number", int(o.number))
	w.opt("vendor_data", newPerson(o.person).vendorData)
	w.time("verification_date", o.created+20*minute)
	if w.stable || w.sent {
		w.str("status", approved.String())
	} else {
		w.str("status", o.status.String())
	}
	w.bool("is_blocklisted", o.seed%50 == 0)
	if o.origin == viaAPI {
		w.str("api_service", "ID_VERIFICATION")
	} else {
		w.null("api_service")
	}
}
