package schemas

import "testing"

func TestStatusWord(t *testing.T) {
	for _, c := range []struct {
		in, want string
		known    bool
	}{
		{"In Review", "In Review", true},
		{"IN_REVIEW", "In Review", true},
		{"APPROVED", "Approved", true},
		{"Kyc Expired", "Kyc Expired", true},
		{"KYC_EXPIRED", "Kyc Expired", true},
		{"not-finished", "Not Finished", true},
		{"Resub Requested", "Resub Requested", true},
		{"Pending", "Pending", true},
		{"Escalated", "Escalated", false},
		{"", "", false},
	} {
		if got, known := StatusWord(c.in); got != c.want || known != c.known {
			t.Errorf("StatusWord(%q) = %q, %v; want %q, %v", c.in, got, known, c.want, c.known)
		}
	}
}

func TestNormalFeature(t *testing.T) {
	for _, c := range []struct {
		in, want string
		known    bool
	}{
		{"ID_VERIFICATION", "ID_VERIFICATION", true},
		{"OCR", "ID_VERIFICATION", true},
		{"KYC", "ID_VERIFICATION", true},
		{"Face", "LIVENESS", true},
		{"FaceMatch", "FACE_MATCH", true},
		{"FACEMATCH", "FACE_MATCH", true},
		{"PROOF_OF_ADDRESS", "POA", true},
		{"EMAIL", "EMAIL_VERIFICATION", true},
		{"PHONE_VERIFICATION", "PHONE", true},
		{"LOCATION", "IP_ANALYSIS", true},
		{"id_verification", "ID_VERIFICATION", true},
		{"poa_verifications", "POA", true},
		{"KYB_REGISTRY", "KYB_REGISTRY", true},
		{"IRIS", "IRIS", false},
	} {
		if got, known := NormalFeature(c.in); got != c.want || known != c.known {
			t.Errorf("NormalFeature(%q) = %q, %v; want %q, %v", c.in, got, known, c.want, c.known)
		}
	}
}

func TestNoTwoFeaturesShareAName(t *testing.T) {
	seen := map[string]string{}
	for f, aliases := range featureAliases {
		for _, a := range append([]string{f}, aliases...) {
			if other, ok := seen[wordKey(a)]; ok && other != f {
				t.Errorf("%s is a name of %s and of %s", a, f, other)
			}
			seen[wordKey(a)] = f
		}
	}
	for _, b := range Blocks {
		if got, known := NormalFeature(b.Feature); !known || got != b.Feature {
			t.Errorf("block %s: feature %s is not in the list's spelling", b.Name, b.Feature)
		}
	}
}

func TestCountryISO3(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"ESP", "ESP"}, {"ES", "ESP"}, {"es", "ESP"}, {"Spain", "ESP"}, {"spain", "ESP"}, {" SPAIN ", "ESP"},
		{"D", "DEU"}, {"GBD", "GBR"}, {"UK", "GBR"}, {"united kingdom", "GBR"},
		{"US", "USA"}, {"US-CA", "USA"}, {"United States", "USA"}, {"united states of america", "USA"},
		{"XK", "XKX"}, {"RKS", "XKX"}, {"Kosovo", "XKX"}, {"ZAR", "COD"}, {"ROM", "ROU"},
		{"Bosnia and Herzegovina", "BIH"}, {"Saint Kitts and Nevis", "KNA"}, {"Hong Kong", "HKG"},
		{"Côte d’Ivoire", "CIV"}, {"Cote d'Ivoire", "CIV"}, {"Czech Republic", "CZE"}, {"Türkiye", "TUR"},
		{"Viet Nam", "VNM"}, {"Korea, Republic of", "KOR"}, {"Russian Federation", "RUS"},
		{"Guinea-Bissau", "GNB"}, {"Timor-Leste", "TLS"}, {"North Macedonia", "MKD"},
		{"", ""}, {"ZZ", ""}, {"XXA", ""}, {"UN", ""}, {"EU", ""}, {"AC", ""}, {"SUN", ""}, {"YUG", ""}, {"724", ""},
		{"Atlantis", ""}, {"1990", ""}, {"a-b", ""}, {"Unknown Region", ""},
	} {
		if got := CountryISO3(c.in); got != c.want {
			t.Errorf("CountryISO3(%q) = %q, want %q", c.in, got, c.want)
		}
	}
}

func TestEveryCountryIsKnownByEachOfItsNames(t *testing.T) {
	codes := map[string]bool{}
	for name, iso := range countries() {
		codes[iso] = true
		if got := CountryISO3(iso); got != iso {
			t.Errorf("CountryISO3(%q) = %q, named %q", iso, got, name)
		}
	}
	if len(codes) != 250 { // ISO 3166-1 has 249, and Kosovo
		t.Errorf("%d countries, want 250", len(codes))
	}
}

func TestWordIn(t *testing.T) {
	words := []string{"OPEN", "PENDING_SAR", "unhostedWallet"}
	for _, c := range []struct {
		in, want string
		known    bool
	}{
		{"OPEN", "OPEN", true},
		{"open", "OPEN", true},
		{"Pending Sar", "PENDING_SAR", true},
		{"unhosted_wallet", "unhostedWallet", true},
		{"Closed", "Closed", false},
		{"", "", false},
	} {
		if got, known := WordIn(words, c.in); got != c.want || known != c.known {
			t.Errorf("WordIn(%q) = %q, %v; want %q, %v", c.in, got, known, c.want, c.known)
		}
	}
}
