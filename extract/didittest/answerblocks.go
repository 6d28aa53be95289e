package didittest

import "strconv"

var questions = []struct{ kind, title string }{
	{"SHORT_TEXT", "What is your occupation?"},
	{"SINGLE_CHOICE", "Where does your income come from?"},
	{"MULTIPLE_CHOICE", "Which services will you use?"},
	{"NUMBER", "Expected monthly volume"},
	{"CONSENT", "I act on my own behalf"},
	{"DATE_PICKER", "Since when?"},
	{"FILE_UPLOAD", "Proof of income"},
}

func (v *Vendor) questionnaires(w *writer, x *view) {
	d := x.dice(featQuestionnaire, 0)
	w.count(nQuestionnaires)
	x.item(w, featQuestionnaire, nodeIDs[featQuestionnaire])
	w.str("questionnaire_id", newUUID(forWorkflow, 50).String())
	w.str("title", "Source of funds")
	w.str("description", "Questions that the law wants asked")
	w.strs("languages", "en", "es")
	w.str("default_language", "en")
	w.bool("is_active", true)
	w.bool("is_simple_questionnaire", false)
	w.uuid("questionnaire_group_id", newUUID(forWorkflow, 51))
	w.int("version", 3)
	w.raw("published_at", `"2025-01-15T09:00:00.000000Z"`)
	w.arr("sections")
	for s := range 2 {
		w.obj("")
		w.opt("title", []string{"You", ""}[s])
		w.null("description")
		w.arr("items")
		for i := s * 4; i < min(s*4+4, len(questions)); i++ {
			x.question(w, &d, i)
		}
		w.endArr()
		w.end()
	}
	w.endArr()
	x.endItem(w, featQuestionnaire, nodeIDs[featQuestionnaire])
}

func (x *view) question(w *writer, d *dice, i int) {
	q := questions[i]
	w.count(nAnswers)
	w.obj("")
	w.uuid("uuid", newUUID(forWorkflow, 60, uint64(i)))
	w.null("value")
	w.str("element_type", q.kind)
	w.bool("is_required", i < 3)
	w.str("title", q.title)
	w.null("description")
	w.null("placeholder")
	options := []string{"salary", "business", "savings", "other"}
	if q.kind == "SINGLE_CHOICE" || q.kind == "MULTIPLE_CHOICE" {
		w.arr("choices")
		for _, o := range options {
			w.obj("")
			w.str("label", "From "+o)
			w.str("value", o)
			w.bool("requires_text_input", o == "other")
			w.end()
		}
		w.endArr()
	} else {
		w.null("choices")
	}
	if q.kind == "FILE_UPLOAD" {
		w.int("max_files", 2)
	} else {
		w.null("max_files")
	}
	w.obj("answer")
	value, text, files := "", "", 0
	switch q.kind {
	case "SHORT_TEXT":
		value = pick(d, []string{"baker", "engineer", "teacher", "retired", "tailor"})
	case "SINGLE_CHOICE":
		if value = pick(d, options); value == "other" {
			text = "sale of a boat"
		}
	case "MULTIPLE_CHOICE":
		value = "salary,savings"
	case "NUMBER":
		value = strconv.Itoa(d.between(1, 90) * 100)
	case "CONSENT":
		value = "true"
	case "DATE_PICKER":
		value = date(x.created - int64(d.between(100, 4000))*day)
	case "FILE_UPLOAD":
		files = d.n(3)
	}
	w.opt("value", value)
	w.opt("text", text)
	if files == 0 {
		w.null("files")
	} else {
		w.medias("files", []string{x.file("answer1", ".pdf"), x.file("answer2", ".pdf")}[:files]...)
	}
	w.end()
	w.null("required_if")
	w.null("repeatable_config")
	w.end()
}

func (v *Vendor) documentAI(w *writer, x *view) {
	d := x.dice(featDocumentAI, 0)
	w.count(nDocumentAI)
	x.item(w, featDocumentAI, nodeIDs[featDocumentAI])
	w.arr("items")
	for i := range d.between(1, 2) {
		w.count(nDocumentAIItems)
		w.obj("")
		w.uuid("uuid", newUUID(x.seed, forBlock+uint64(featDocumentAI), uint64(i), uint64(x.captures)))
		w.str("node_id", nodeIDs[featDocumentAI])
		w.str("document_key", "payslip_"+strconv.Itoa(i+1))
		w.str("original_filename", "scan "+strconv.Itoa(i+1)+".pdf")
		w.int("file_size", d.between(40000, 900000))
		w.media("file_url", x.file("document_ai_"+strconv.Itoa(i+1), ".pdf"))
		w.str("status", x.fst[featDocumentAI].String())
		w.obj("extracted_data")
		w.str("employer", invent(&d)+" S.A.")
		w.num("net_pay", 900+d.float()*4000, 2)
		w.null("bonus")
		w.end()
		w.arr("fields")
		for _, f := range [][2]string{{"employer", "text"}, {"net_pay", "number"}, {"bonus", "number"}} {
			w.count(nDocumentAIFields)
			w.obj("")
			w.str("key", f[0])
			w.str("name", sentence(f[0]))
			w.str("instruction", "Read the "+sentence(f[0])+".")
			w.str("type", f[1])
			w.bool("required", f[0] != "bonus")
			w.end()
		}
		w.endArr()
		w.null("document_metadata")
		w.null("cross_check_result")
		w.time("created_at", x.created+10*minute)
		w.end()
	}
	w.endArr()
	x.endItem(w, featDocumentAI, nodeIDs[featDocumentAI])
}
