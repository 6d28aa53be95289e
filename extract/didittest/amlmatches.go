package didittest

import "strconv"

func pepMatch(w *writer, d *dice, caption string) {
	w.count(nHitMatches)
	w.obj("")
	w.strs("aliases", invent(d))
	w.strs("education", "Law")
	w.str("list_name", "Register of office holders")
	w.str("publisher", "Parliament of "+invent(d))
	w.str("source_url", "https://parliament.example/member/"+d.text(digits, 5))
	w.str("description", "Held office until "+strconv.Itoa(d.between(2005, 2025))+".")
	w.str("matched_name", caption)
	w.str("pep_position", pick(d, []string{"Mayor", "Deputy", "Judge", "Board member of a state company"}))
	w.str("date_of_birth", strconv.Itoa(d.between(1940, 1990)))
	w.strs("other_sources", "https://archive.example/"+d.text(digits, 6))
	w.str("place_of_birth", invent(d))
	w.end()
}

func sanctionMatch(w *writer, d *dice, caption string) {
	w.count(nHitMatches)
	w.obj("")
	w.strs("list_name", "Consolidated list")
	w.str("matched_name", caption)
	w.str("description", "Asset freeze.")
	w.opt("reason", pick(d, []string{"", "Supplied goods under embargo."}))
	w.str("source_url", "https://sanctions.example/"+d.text(digits, 6))
	w.strs("other_sources")
	w.strs("details", "Passport "+d.text(digits, 7))
	w.strs("legal_basis", "Regulation "+d.text(digits, 3)+"/2014")
	w.strs("listed_on", strconv.Itoa(d.between(2010, 2025))+"-03-01")
	w.null("sanction_list")
	w.strs("sanction_program", "PROGRAM-"+d.text(capital, 3))
	w.strs("sanctioning_authority", "Council")
	w.strs("updated_on", "2026-02-01")
	w.obj("additional_data")
	w.end()
	w.end()
}

func warningMatch(w *writer, d *dice, caption string) {
	w.count(nHitMatches)
	w.obj("")
	w.str("list_name", "Supervisor's warnings")
	w.str("matched_name", caption)
	w.str("description", "Offered services without a licence.")
	w.str("publisher", "Securities Commission of "+invent(d))
	w.str("source_url", "https://supervisor.example/"+d.text(digits, 6))
	w.strs("other_sources")
	w.strs("countries", "es", "pt")
	w.str("created_at", "2025-04-11")
	w.null("updated_at")
	w.obj("additional_data")
	w.obj("data")
	w.arr("case_details")
	w.obj("")
	w.str("case_type", pick(d, []string{"Accusation", "Arrest", "Bribery", "Fraud", "Regulatory Enforcement"}))
	w.end()
	w.endArr()
	w.end()
	w.end()
	w.end()
}

// adverse writes the press about a hit, or its empty form.
func adverse(w *writer, d *dice, there bool, caption string, seen int64) {
	if !there {
		w.obj("adverse_media_details")
		w.end()
		w.arr("adverse_media_matches")
		w.endArr()
		return
	}
	n := d.between(1, 3)
	w.obj("adverse_media_details")
	w.str("sentiment", "Negative")
	w.str("entity_type", "person")
	w.int("sentiment_score", -d.between(1, 10))
	w.obj("adverse_keywords")
	w.int("fraud", d.between(1, 9))
	w.int("money laundering", d.between(1, 9))
	w.end()
	w.end()
	w.arr("adverse_media_matches")
	for range n {
		w.count(nHitMatches)
		w.obj("")
		w.str("country", "spain")
		w.str("summary", caption+" is said to have been questioned about the books of a company in "+invent(d)+". The inquiry goes on; no charge was brought.")
		w.str("headline", "Inquiry into \""+invent(d)+"\" widens")
		w.str("sentiment", "Negative")
		w.str("thumbnail", "https://press.example/t/"+d.text(digits, 8)+".jpg")
		w.str("source_url", "https://press.example/a/"+d.text(digits, 8))
		w.opt("author_name", pick(d, []string{"", invent(d) + " " + invent(d)}))
		w.strs("other_sources")
		w.strs("adverse_keywords", "fraud", "money laundering")
		w.int("sentiment_score", -d.between(1, 10))
		w.timeAs("publication_date", seen+int64(d.n(int(100*day))), naive)
		w.end()
	}
	w.endArr()
}
