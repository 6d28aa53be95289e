package didittest

import (
	"strconv"
	"strings"
	"time"
)

// A person does not exist: the names are syllables, the addresses lead nowhere.
type person struct {
	seed                uint64
	first, last         string
	nativeFirst, native string // in the script of the country, empty for Latin
	gender              string
	birth               int64 // µs
	at                  int   // index of places
	street, city        string
	region, postal      string
	lat, lng            float64
	personalNumber      string
	phone               string // without prefix
	email               string
	vendorData          string // empty: null
	papers              uint64 // seed of the numbers of documents
	odd                 oddity
}

var (
	heads  = strings.Fields("Al Bre Cor Dan El Fa Gri Hel Is Jor Kal Lu Mar Nor Os Pel Quil Ros Sa Tol Ul Ver Wil Xan Yor Zel Bran Chal Drev Flo")
	middle = strings.Fields("a e i o u an en in or ar el il um es ane ori ela iva ado umi aze ire")
	tails  = strings.Fields("da ra na lia vo ton res dez mir kov sen lle rik ndo tar beth quin sha zar pol vek dor mund lis garde")
	accent = strings.Fields("ña ción é ør øn ü ß ç å ž ő ł")

	// Syllables of other scripts, for the fields that carry the name as printed.
	scripts = map[string][]string{
		"UKR": strings.Fields("Во ло ди мо ре ся ко зі ню ша"),
		"BGR": strings.Fields("Ди ми то ра ве лин ко за ну шо"),
		"SRB": strings.Fields("Ми ло ра до ви ћа ко зо ну ше"),
		"GRC": strings.Fields("Πα να γι ώ της κο ζα νί μου ρα"),
		"EGY": strings.Fields("مح را سا لي كو نا زي دا هو فا"),
		"SAU": strings.Fields("عب را سا لي كو نا زي دا هو فا"),
		"CHN": strings.Fields("林 泽 岚 墨 渊 箬 湛 栩 昶 霁"),
		"JPN": strings.Fields("霧 嶋 凪 紬 漣 澪 椛 雫 岬 鷹"),
		"KOR": strings.Fields("솔 빛 나 루 하 온 별 담 새 울"),
		"IND": strings.Fields("वि रा मा को ने झा सू दी ति लो"),
		"ISR": strings.Fields("של מו רא נו לי כה דו בר זי"),
		"THA": strings.Fields("สม ชา นา รี วิ ไล กา มน ธี"),
	}
)

func invent(d *dice) string {
	s := pick(d, heads) + pick(d, middle)
	if d.chance(0.35) {
		s += pick(d, tails)[:2] + pick(d, middle)
	}
	s += pick(d, tails)
	if d.chance(0.08) {
		s += pick(d, accent)
	}
	return s
}

func newPerson(seed uint64) person {
	d := roll(seed, forPerson)
	p := person{seed: seed, papers: seed}
	p.at = d.weighted(placeWeights)
	odd := oddityOf(seed)
	if odd.family != 0 {
		p.at = odd.home()
	}
	c := &places[p.at]
	p.first, p.last = invent(&d), invent(&d)
	if d.chance(0.3) {
		p.last += " " + invent(&d)
	}
	if d.chance(0.02) {
		p.last = "O'" + p.last
	}
	p.gender = pick(&d, []string{"M", "F", "M", "F", "M", "F", "M", "F", "M", "F", "M", "F", "U"})
	if syllables := scripts[c.iso3]; syllables != nil {
		p.nativeFirst = pick(&d, syllables) + pick(&d, syllables)
		p.native = pick(&d, syllables) + pick(&d, syllables) + pick(&d, syllables)
	}
	p.birth = time.Date(d.between(1945, 2007), time.Month(d.between(1, 12)), d.between(1, 28), 0, 0, 0, 0, time.UTC).UnixMicro()
	p.city, p.region = invent(&d)+" "+pick(&d, []string{"del Mar", "Alto", "Nova", "Sul", "Vale"}), invent(&d)+" Province"
	p.street = pick(&d, []string{"Calle", "Rua", "Via", "Rue", "Avenida", "Strasse"}) + " " + invent(&d) + " " + strconv.Itoa(d.between(1, 199))
	p.postal = d.text(digits, 5)
	p.lat, p.lng = c.lat+d.float()-0.5, c.lng+d.float()-0.5
	p.personalNumber = d.text(digits, 8) + d.text(capital, 1) + d.text(digits, 2)
	p.phone = d.text("6789", 1) + d.text(digits, 8)
	p.email = strings.ToLower(asciiOnly(p.first)+"."+asciiOnly(strings.Fields(p.last)[0])) + strconv.Itoa(d.between(10, 9999)) + "@" + pick(&d, []string{"mail.example", "post.example", "correo.example", "inbox.test"})
	switch x := d.float(); {
	case x < 0.08:
	case x < 0.15:
		p.vendorData = p.email
	case x < 0.17:
		p.vendorData = "cliente/ñ " + d.text(base62, 10)
	default:
		p.vendorData = "user-" + d.text("0123456789abcdef", 10)
	}
	odd.give(&p)
	return p
}

func asciiOnly(s string) string {
	return strings.Map(func(r rune) rune {
		if r < 128 && r != '\'' {
			return r
		}
		return -1
	}, s)
}

func (p person) full() string    { return p.first + " " + p.last }
func (p person) place() *place   { return &places[p.at] }
func (p person) number() string  { return p.place().prefix + p.phone }
func (p person) address() string { return p.street + ", " + p.postal + " " + p.city }
func (p person) formatted() string {
	return p.street + ", " + p.postal + " " + p.city + ", " + p.region + ", " + p.place().name
}

func atoi(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil {
		panic(err)
	}
	return n
}

func atof(s string) float64 {
	f, err := strconv.ParseFloat(s, 64)
	if err != nil {
		panic(err)
	}
	return f
}
