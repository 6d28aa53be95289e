package didittest

import "fmt"

// ip is the n-th address that the applicant came from.
func (x *view) ip(n int) string {
	from := x.seed
	if x.p.odd.ip && n == 0 {
		from = x.p.odd.family
	}
	d := roll(from, forBlock+uint64(featIP), 50, uint64(n))
	return fmt.Sprintf("%d.%d.%d.%d", d.between(11, 99), d.n(256), d.n(256), d.between(1, 254))
}

func (v *Vendor) ipAnalyses(w *writer, x *view) {
	n := 1
	if x.seed>>16%100 < 15 {
		n = 2
	}
	for _, i := range w.order(n, x.seed+2) {
		v.ipAnalysis(w, x, i)
	}
}

func (v *Vendor) ipAnalysis(w *writer, x *view, n int) {
	d := x.dice(featIP, n)
	c := x.p.network()
	w.count(nIP)
	x.item(w, featIP, nodeIDs[featIP])
	brand := pick(&d, []string{"Apple", "Samsung", "Xiaomi", "Google", "Motorola"})
	w.str("device_brand", brand)
	w.str("device_model", brand+" "+d.text(capital, 1)+d.text(digits, 2))
	w.str("browser_family", pick(&d, []string{"Mobile Safari", "Chrome Mobile", "Chrome", "Firefox", "Edge"}))
	w.str("os_family", pick(&d, []string{"iOS", "Android", "Windows", "Mac OS X"}))
	w.str("platform", pick(&d, []string{"mobile", "mobile", "mobile", "desktop", "tablet"}))
	fingerprint := "didit-fp-" + d.text("0123456789abcdef", 16)
	if x.p.odd.device && n == 0 {
		family := roll(x.p.odd.family, forBlock)
		fingerprint = "didit-fp-" + family.text("0123456789abcdef", 16)
	}
	if d.chance(0.1) {
		w.null("device_fingerprint")
	} else {
		w.str("device_fingerprint", fingerprint)
	}
	w.str("ip_country", c.name)
	w.str("ip_country_code", c.iso2)
	w.str("ip_state", x.p.region)
	w.str("ip_city", x.p.city)
	w.num("latitude", c.lat+d.float(), 4)
	w.num("longitude", c.lng+d.float(), 4)
	w.str("ip_address", x.ip(n))
	w.opt("isp", pick(&d, []string{"Telnova", "Orbitel Fibra", "Claravox", ""}))
	w.opt("organization", pick(&d, []string{"Telnova Networks", "Orbitel", ""}))
	w.bool("is_vpn_or_tor", d.chance(0.04))
	w.bool("is_data_center", d.chance(0.02))
	w.str("time_zone", c.zone)
	w.str("time_zone_offset", c.offset)
	withID, withPOA := x.ran.has(featID), x.ran.has(featPOA)
	spot := func(k string, there bool, a, b string, thereA, thereB bool) {
		w.obj(k)
		if there {
			w.latLng("location", "latitude", "longitude", &x.p, 0)
		} else {
			w.null("location")
		}
		for _, o := range []struct {
			k     string
			there bool
		}{{a, thereA}, {b, thereB}} {
			if there && o.there {
				w.num(o.k, d.float()*x.p.distance(), 2)
			} else {
				w.null(o.k)
			}
		}
		w.end()
	}
	spot("ip", true, "distance_from_id_document", "distance_from_poa_document", withID, withPOA)
	spot("id_document", withID, "distance_from_ip", "distance_from_poa_document", true, withPOA)
	spot("poa_document", withPOA, "distance_from_ip", "distance_from_id_document", true, withID)
	var os []*session
	if n == 0 {
		os = v.others(x, featIP, 0.07, 4)
	}
	w.arr("matches")
	for _, i := range w.order(len(os), x.seed+3) {
		v.deviceMatch(w, x, os[i], fingerprint)
	}
	w.endArr()
	x.endItem(w, featIP, nodeIDs[featIP])
}

func (v *Vendor) deviceMatch(w *writer, x *view, o *session, fingerprint string) {
	d := roll(o.seed, x.seed, 5)
	kind, source := "ip_address", "ip_address"
	value := x.ip(0)
	if d.chance(0.5) {
		kind, value = "device_fingerprint", fingerprint
		source = pick(&d, []string{"persistent_id", "legacy_fp", "recovered_high"})
	}
	w.match(o)
	w.str("match_type", kind)
	w.str("match_source", source)
	w.str("matched_value", value)
	w.str("source", "session")
	w.obj("device_info")
	w.str("device_brand", "Samsung")
	w.str("device_model", "Samsung A"+d.text(digits, 2))
	w.str("browser_family", "Chrome Mobile")
	w.str("os_family", "Android")
	w.str("platform", "mobile")
	w.opt("device_fingerprint", map[bool]string{true: fingerprint}[kind == "device_fingerprint"])
	w.end()
	w.obj("location_info")
	w.str("ip_address", x.ip(0))
	w.str("ip_country", x.p.place().name)
	w.str("ip_country_code", x.p.place().iso2)
	w.null("ip_state")
	w.str("ip_city", x.p.city)
	w.bool("is_vpn_or_tor", false)
	w.bool("is_data_center", false)
	w.end()
	if source == "recovered_high" {
		w.num("confidence", 0.9+d.float()*0.1, 3)
		w.str("match_mode", "probabilistic")
		w.num("recovery_similarity", 0.9+d.float()*0.1, 3)
		w.bool("tls_ja4_corroborated", d.chance(0.5))
		w.str("recovery_gate_reason", "similarity above gate")
	} else {
		w.num("confidence", 1, 0)
		w.str("match_mode", "deterministic")
	}
	w.end()
}
