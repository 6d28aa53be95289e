package schemas

import (
	"iter"
	"maps"
	"slices"
	"strings"
	"sync"

	"golang.org/x/text/language"
	"golang.org/x/text/language/display"
)

// countryAliases are codes and names, in the form of [nameKey], that the tables of Unicode do not
// have: codes of travel documents, and names as registers and newspapers write them.
var countryAliases = map[string]string{
	"D": "DEU", "GBD": "GBR", "GBN": "GBR", "GBO": "GBR", "GBP": "GBR", "GBS": "GBR", "RKS": "XKX", "XKX": "XKX",
	"ROM": "ROU", "ZAR": "COD", "TMP": "TLS", "UK": "GBR",
	"UNITEDKINGDOMOFGREATBRITAINANDNORTHERNIRELAND": "GBR", "GREATBRITAIN": "GBR", "BRITAIN": "GBR",
	"ENGLAND": "GBR", "SCOTLAND": "GBR", "WALES": "GBR", "NORTHERNIRELAND": "GBR",
	"UNITEDSTATESOFAMERICA": "USA", "USOFAMERICA": "USA",
	"RUSSIANFEDERATION": "RUS", "CZECHREPUBLIC": "CZE", "SLOVAKREPUBLIC": "SVK", "TÜRKIYE": "TUR", "TURKIYE": "TUR",
	"NORTHMACEDONIA": "MKD", "REPUBLICOFNORTHMACEDONIA": "MKD", "REPUBLICOFMOLDOVA": "MDA", "MOLDOVAREPUBLICOF": "MDA",
	"REPUBLICOFKOREA": "KOR", "KOREAREPUBLICOF": "KOR", "DEMOCRATICPEOPLESREPUBLICOFKOREA": "PRK",
	"KOREADEMOCRATICPEOPLESREPUBLICOF": "PRK", "HONGKONG": "HKG", "MACAU": "MAC", "MACAO": "MAC",
	"TAIWANPROVINCEOFCHINA": "TWN", "PEOPLESREPUBLICOFCHINA": "CHN", "VIETNAM": "VNM",
	"LAOPEOPLESDEMOCRATICREPUBLIC": "LAO", "BRUNEIDARUSSALAM": "BRN", "MYANMAR": "MMR", "BURMA": "MMR",
	"IRANISLAMICREPUBLICOF": "IRN", "ISLAMICREPUBLICOFIRAN": "IRN", "SYRIANARABREPUBLIC": "SYR",
	"PALESTINE": "PSE", "STATEOFPALESTINE": "PSE", "PALESTINESTATEOF": "PSE",
	"BOLIVIAPLURINATIONALSTATEOF": "BOL", "VENEZUELABOLIVARIANREPUBLICOF": "VEN",
	"CABOVERDE": "CPV", "IVORYCOAST": "CIV", "COTEDIVOIRE": "CIV", "ESWATINI": "SWZ", "KINGDOMOFESWATINI": "SWZ",
	"DEMOCRATICREPUBLICOFTHECONGO": "COD", "CONGODEMOCRATICREPUBLICOFTHE": "COD", "DRCONGO": "COD",
	"REPUBLICOFTHECONGO": "COG", "CONGO": "COG", "TANZANIAUNITEDREPUBLICOF": "TZA", "UNITEDREPUBLICOFTANZANIA": "TZA",
	"MICRONESIAFEDERATEDSTATESOF": "FSM", "HOLYSEE": "VAT", "VATICAN": "VAT", "HOLLAND": "NLD",
	"THENETHERLANDS": "NLD", "THEBAHAMAS": "BHS", "THEGAMBIA": "GMB", "EASTTIMOR": "TLS", "CURACAO": "CUW",
	"REUNION": "REU", "SAOTOMEANDPRINCIPE": "STP", "ALANDISLANDS": "ALA", "SAINTBARTHELEMY": "BLM",
}

// reserved are codes that ISO reserves for others than countries.
var reserved = map[string]bool{"ASC": true, "CPT": true, "DGA": true, "TAA": true, "ZZZ": true}

// CountryISO3 returns the ISO 3166-1 alpha-3 code of a country that is given by its alpha-2 or
// alpha-3 code, by its code in a travel document, by its English name, or by country and region
// (US-CA). Case does not matter. It returns "" for anything else: states that are no more, too.
// Kosovo, which ISO does not list, is XKX.
func CountryISO3(raw string) string {
	table := countries()
	if iso, ok := table[raw]; ok { // almost always
		return iso
	}
	if iso, ok := table[nameKey(raw)]; ok {
		return iso
	}
	country, region, ok := strings.Cut(strings.TrimSpace(raw), "-")
	if ok && len(country) == 2 && len(region) <= 3 {
		return table[wordKey(country)]
	}
	return ""
}

// countries maps codes and names, in the form of [nameKey], to alpha-3 codes.
var countries = sync.OnceValue(func() map[string]string {
	out := maps.Clone(countryAliases)
	for alpha2, c := range regions() {
		out[alpha2], out[c.ISO3], out[nameKey(c.Name)] = c.ISO3, c.ISO3, c.ISO3
	}
	return out
})

// A Country is a code that [CountryISO3] returns, with its English name by Unicode.
type Country struct{ ISO3, Name string }

// Countries returns all of them, in order of their codes.
func Countries() []Country {
	var out []Country
	for _, c := range regions() {
		out = append(out, c)
	}
	slices.SortFunc(out, func(a, b Country) int { return strings.Compare(a.ISO3, b.ISO3) })
	return out
}

// regions yields the countries that Unicode knows, by their alpha-2 codes.
func regions() iter.Seq2[string, Country] {
	return func(yield func(string, Country) bool) {
		names := display.English.Regions()
		for a := 'A'; a <= 'Z'; a++ {
			for b := 'A'; b <= 'Z'; b++ {
				r, err := language.ParseRegion(string([]rune{a, b}))
				if err != nil || !r.IsCountry() || r.Canonicalize() != r {
					continue
				}
				iso := r.ISO3()
				if reserved[iso] || names.Name(r) == "" { // former states have no name
					continue
				}
				if iso == "XKK" { // Unicode's own
					iso = "XKX"
				}
				if !yield(r.String(), Country{iso, names.Name(r)}) {
					return
				}
			}
		}
	}
}

// nameKey is a country's name as [wordKey], with its abbreviations written out.
func nameKey(name string) string {
	name, _, _ = strings.Cut(name, "(")
	return wordKey(abbreviations.Replace(name))
}

var abbreviations = strings.NewReplacer("&", " and ", "St.", "Saint", "st.", "saint", "SAR China", "")
