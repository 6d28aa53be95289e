package didittest

// An otp is a one-time code that an applicant typed. Real ones are six digits; these have
// letters too, so that a test can look for them without finding other numbers.
func (x *view) otp(f feature, try int) string {
	d := roll(x.seed, forToken, uint64(f), uint64(try), uint64(x.captures))
	return d.text(digits+capital, 10)
}

// tries is how often the applicant typed a code.
func (x *view) tries(f feature) int {
	d := roll(x.seed, forToken, uint64(f), uint64(x.captures))
	return 1 + d.weighted([]int{85, 10, 5})
}

const offsetStamp = "2006-01-02T15:04:05.000000+00:00"

// lifecycle writes what happened to a phone or e-mail check, in order.
func (x *view) lifecycle(w *writer, f feature, channel string) {
	word := "PHONE"
	if f == featEmail {
		word = "EMAIL"
	}
	t := max(x.created, x.captured-20*minute)
	event := func(kind string, fee float64, details func()) {
		t += 41 * second
		w.count(nContactEvents)
		w.obj("")
		w.str("type", kind)
		w.timeAs("timestamp", t, offsetStamp)
		if details == nil {
			w.null("details")
		} else {
			w.obj("details")
			details()
			w.end()
		}
		w.num("fee", fee, 4)
		w.end()
	}
	w.arr("lifecycle")
	event(word+"_VERIFICATION_MESSAGE_SENT", 0.0425, func() {
		w.str("status", "Success")
		w.null("reason")
		if channel != "" {
			w.str("channel", channel)
			w.str("actual_channel", channel)
		}
	})
	n := x.tries(f)
	for try := range n {
		last := try == n-1 && x.fst[f] != featDeclined
		kind, st := "INVALID_CODE_ENTERED", "Failed"
		if last {
			kind, st = "VALID_CODE_ENTERED", "Approved"
		}
		event(kind, 0, func() {
			w.str("status", st)
			if last {
				w.null("reason")
			} else {
				w.str("reason", "code does not match")
			}
			w.str("code_tried", x.otp(f, try))
		})
	}
	if x.fst[f] == featDeclined {
		event(word+"_VERIFICATION_DECLINED", 0, func() {
			w.str("status", "Declined")
			w.str("reason", risks[f][0])
		})
	} else {
		event(word+"_VERIFICATION_APPROVED", 0, nil)
	}
	w.endArr()
}

// contactMatches writes the sessions which share a number or address.
func (v *Vendor) contactMatches(w *writer, x *view, f feature, key, value string) {
	os := v.others(x, f, 0.08, 5)
	w.arr("matches")
	for _, i := range w.order(len(os), x.seed+uint64(f)) {
		w.match(os[i])
		w.str(key, value)
		w.str("source", "session")
		w.end()
	}
	w.endArr()
}

func (v *Vendor) phoneVerifications(w *writer, x *view) {
	d := x.dice(featPhone, 0)
	c := x.p.place()
	w.count(nPhone)
	x.item(w, featPhone, nodeIDs[featPhone])
	w.str("phone_number_prefix", c.prefix)
	w.str("phone_number", x.p.phone)
	w.str("full_number", x.p.number())
	w.str("country_code", c.iso2)
	w.str("country_name", c.name)
	w.obj("carrier")
	w.str("name", pick(&d, []string{"Telnova", "Movicel", "Orbitel", "Claravox", "Vodanet"}))
	w.str("type", pick(&d, []string{"mobile", "mobile", "mobile", "voip", "fixed_line"}))
	w.end()
	w.bool("is_disposable", x.seed%41 == 0)
	w.bool("is_virtual", x.seed%43 == 0)
	method := pick(&d, []string{"sms", "sms", "sms", "whatsapp", "telegram", "voice"})
	w.str("verification_method", method)
	w.int("verification_attempts", x.tries(featPhone))
	w.time("verified_at", x.created+4*minute)
	x.lifecycle(w, featPhone, method)
	v.contactMatches(w, x, featPhone, "phone_number", x.p.number())
	x.endItem(w, featPhone, nodeIDs[featPhone])
}

func (x *view) breached() bool { return x.seed%5 == 0 }

func (v *Vendor) emailVerifications(w *writer, x *view) {
	d := x.dice(featEmail, 0)
	w.count(nEmail)
	x.item(w, featEmail, nodeIDs[featEmail])
	w.str("email", x.p.email)
	w.bool("is_breached", x.breached())
	w.bool("is_disposable", x.seed%37 == 0)
	w.bool("is_undeliverable", false)
	w.arr("breaches")
	if x.breached() {
		for range d.between(1, 3) {
			site := invent(&d)
			w.count(nBreaches)
			w.obj("")
			w.str("name", site)
			w.str("domain", asciiLower(site)+".example")
			w.str("logo_path", "https://logos.breaches.example/"+asciiLower(site)+".png")
			w.date("breach_date", x.created-int64(d.between(100, 3000))*day)
			w.str("description", "In that year, <a href=\"https://news.example\" rel=\"noopener\">"+site+"</a> lost the records of its members &mdash; among them <em>e-mail addresses</em>.")
			w.bool("is_verified", d.chance(0.9))
			w.strs("data_classes", "Email addresses", "Passwords", "Usernames")
			w.int("breach_emails_count", d.between(1000, 90000000))
			w.end()
		}
	}
	w.endArr()
	w.int("verification_attempts", x.tries(featEmail))
	w.time("verified_at", x.created+6*minute)
	x.lifecycle(w, featEmail, "")
	v.contactMatches(w, x, featEmail, "email", x.p.email)
	x.endItem(w, featEmail, nodeIDs[featEmail])
}

func asciiLower(s string) string {
	b := []byte(asciiOnly(s))
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			b[i] = c - 'A' + 'a'
		}
	}
	return string(b)
}
