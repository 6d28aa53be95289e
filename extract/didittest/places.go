package didittest

import "strings"

// A place is a country as the vendor's several vocabularies name it.
type place struct {
	iso3, iso2, name, prefix, zone, offset string
	weight                                 int
	lat, lng                               float64
}

var (
	places       = parsePlaces()
	placeWeights = weightsOf(places)
)

// iso3 iso2 prefix weight lat lng zone offset name
const placeTable = `
ESP ES 34 140 40.4 -3.7 Europe/Madrid +0100 Spain
BRA BR 55 120 -23.5 -46.6 America/Sao_Paulo -0300 Brazil
MEX MX 52 100 19.4 -99.1 America/Mexico_City -0600 Mexico
ARG AR 54 80 -34.6 -58.4 America/Argentina/Buenos_Aires -0300 Argentina
COL CO 57 70 4.7 -74.1 America/Bogota -0500 Colombia
GBR GB 44 70 51.5 -0.1 Europe/London +0000 United Kingdom
USA US 1 70 40.7 -74.0 America/New_York -0500 United States
DEU DE 49 60 52.5 13.4 Europe/Berlin +0100 Germany
FRA FR 33 50 48.9 2.4 Europe/Paris +0100 France
ITA IT 39 50 41.9 12.5 Europe/Rome +0100 Italy
IND IN 91 40 28.6 77.2 Asia/Kolkata +0530 India
NGA NG 234 30 6.5 3.4 Africa/Lagos +0100 Nigeria
PHL PH 63 30 14.6 121.0 Asia/Manila +0800 Philippines
PRT PT 351 8 38.7 -9.1 Europe/Lisbon +0000 Portugal
NLD NL 31 8 52.4 4.9 Europe/Amsterdam +0100 Netherlands
BEL BE 32 5 50.8 4.4 Europe/Brussels +0100 Belgium
CHE CH 41 5 47.4 8.5 Europe/Zurich +0100 Switzerland
AUT AT 43 5 48.2 16.4 Europe/Vienna +0100 Austria
POL PL 48 6 52.2 21.0 Europe/Warsaw +0100 Poland
ROU RO 40 6 44.4 26.1 Europe/Bucharest +0200 Romania
GRC GR 30 5 38.0 23.7 Europe/Athens +0200 Greece
UKR UA 380 6 50.5 30.5 Europe/Kyiv +0200 Ukraine
SWE SE 46 4 59.3 18.1 Europe/Stockholm +0100 Sweden
NOR NO 47 3 59.9 10.8 Europe/Oslo +0100 Norway
DNK DK 45 3 55.7 12.6 Europe/Copenhagen +0100 Denmark
FIN FI 358 3 60.2 24.9 Europe/Helsinki +0200 Finland
IRL IE 353 4 53.3 -6.3 Europe/Dublin +0000 Ireland
CZE CZ 420 3 50.1 14.4 Europe/Prague +0100 Czechia
HUN HU 36 3 47.5 19.0 Europe/Budapest +0100 Hungary
BGR BG 359 3 42.7 23.3 Europe/Sofia +0200 Bulgaria
HRV HR 385 2 45.8 16.0 Europe/Zagreb +0100 Croatia
SRB RS 381 2 44.8 20.5 Europe/Belgrade +0100 Serbia
TUR TR 90 6 41.0 29.0 Europe/Istanbul +0300 Turkey
ISR IL 972 3 32.1 34.8 Asia/Jerusalem +0200 Israel
ARE AE 971 4 25.2 55.3 Asia/Dubai +0400 United Arab Emirates
SAU SA 966 3 24.7 46.7 Asia/Riyadh +0300 Saudi Arabia
EGY EG 20 4 30.0 31.2 Africa/Cairo +0200 Egypt
MAR MA 212 4 33.6 -7.6 Africa/Casablanca +0100 Morocco
DZA DZ 213 2 36.8 3.1 Africa/Algiers +0100 Algeria
TUN TN 216 2 36.8 10.2 Africa/Tunis +0100 Tunisia
GHA GH 233 3 5.6 -0.2 Africa/Accra +0000 Ghana
KEN KE 254 4 -1.3 36.8 Africa/Nairobi +0300 Kenya
ZAF ZA 27 5 -26.2 28.0 Africa/Johannesburg +0200 South Africa
ETH ET 251 2 9.0 38.7 Africa/Addis_Ababa +0300 Ethiopia
SEN SN 221 2 14.7 -17.5 Africa/Dakar +0000 Senegal
CMR CM 237 2 4.1 9.7 Africa/Douala +0100 Cameroon
PAK PK 92 4 24.9 67.0 Asia/Karachi +0500 Pakistan
BGD BD 880 4 23.8 90.4 Asia/Dhaka +0600 Bangladesh
LKA LK 94 2 6.9 79.9 Asia/Colombo +0530 Sri Lanka
IDN ID 62 6 -6.2 106.8 Asia/Jakarta +0700 Indonesia
MYS MY 60 3 3.1 101.7 Asia/Kuala_Lumpur +0800 Malaysia
SGP SG 65 3 1.4 103.8 Asia/Singapore +0800 Singapore
THA TH 66 3 13.8 100.5 Asia/Bangkok +0700 Thailand
VNM VN 84 4 10.8 106.7 Asia/Ho_Chi_Minh +0700 Vietnam
JPN JP 81 4 35.7 139.7 Asia/Tokyo +0900 Japan
KOR KR 82 3 37.6 127.0 Asia/Seoul +0900 South Korea
CHN CN 86 4 31.2 121.5 Asia/Shanghai +0800 China
HKG HK 852 2 22.3 114.2 Asia/Hong_Kong +0800 Hong Kong
TWN TW 886 2 25.0 121.6 Asia/Taipei +0800 Taiwan
AUS AU 61 4 -33.9 151.2 Australia/Sydney +1100 Australia
NZL NZ 64 2 -36.8 174.8 Pacific/Auckland +1300 New Zealand
CAN CA 1 5 43.7 -79.4 America/Toronto -0500 Canada
CHL CL 56 8 -33.4 -70.7 America/Santiago -0300 Chile
PER PE 51 8 -12.0 -77.0 America/Lima -0500 Peru
ECU EC 593 6 -0.2 -78.5 America/Guayaquil -0500 Ecuador
VEN VE 58 5 10.5 -66.9 America/Caracas -0400 Venezuela
BOL BO 591 3 -16.5 -68.1 America/La_Paz -0400 Bolivia
PRY PY 595 2 -25.3 -57.6 America/Asuncion -0300 Paraguay
URY UY 598 2 -34.9 -56.2 America/Montevideo -0300 Uruguay
DOM DO 1809 3 18.5 -69.9 America/Santo_Domingo -0400 Dominican Republic
PAN PA 507 2 9.0 -79.5 America/Panama -0500 Panama
CRI CR 506 2 9.9 -84.1 America/Costa_Rica -0600 Costa Rica
GTM GT 502 2 14.6 -90.5 America/Guatemala -0600 Guatemala
`

func parsePlaces() []place {
	var ps []place
	for line := range strings.Lines(placeTable) {
		f := strings.Fields(line)
		if len(f) == 0 {
			continue
		}
		ps = append(ps, place{
			iso3: f[0], iso2: f[1], prefix: "+" + f[2], weight: atoi(f[3]),
			lat: atof(f[4]), lng: atof(f[5]), zone: f[6], offset: f[7],
			name: strings.Join(f[8:], " "),
		})
	}
	return ps
}

func weightsOf(ps []place) []int {
	ws := make([]int, len(ps))
	for i, p := range ps {
		ws[i] = p.weight
	}
	return ws
}
