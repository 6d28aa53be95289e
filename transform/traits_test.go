package transform

import (
	"testing"
	"time"

	"kycsync/schemas"
)

func TestTraitsOf(t *testing.T) {
	day := func(y int, m time.Month, d int) time.Time { return time.Date(y, m, d, 0, 0, 0, 0, time.UTC) }
	for _, c := range []struct {
		name, in string
		want     Traits
	}{
		{"nothing", `{}`, Traits{}},
		{"monitored", `{"aml_screenings":[{"is_ongoing_monitoring_enabled":false,"hits":[{"is_ongoing_monitoring_enabled":true}]},{"is_ongoing_monitoring_enabled":true}]}`, Traits{Monitored: true}},
		{"not monitored", `{"aml_screenings":[{"is_ongoing_monitoring_enabled":false},{"hits":[{"is_ongoing_monitoring_enabled":true}]},{}]}`, Traits{}},
		{"lone objects", `{"aml_screenings":{"is_ongoing_monitoring_enabled":true},"id_verifications":{"expiration_date":"2030-01-02"}}`, Traits{Monitored: true, Fullness: schemas.Fullness{Identities: 1}, DocumentExpires: day(2030, 1, 2)}},
		{"the first to expire", `{"id_verifications":[{"expiration_date":"2031-01-02"},{"expiration_date":"2029-12-31","status":"Declined"},{"expiration_date":"2030-01-02"}]}`, Traits{Fullness: schemas.Fullness{Identities: 3}, DocumentExpires: day(2029, 12, 31)}},
		{"a time", `{"id_verifications":[{"expiration_date":"2031-01-02T23:30:00-08:00"}]}`, Traits{Fullness: schemas.Fullness{Identities: 1}, DocumentExpires: day(2031, 1, 2)}},
		{"not dates", `{"id_verifications":[{"expiration_date":"31/12/2020"},{"expiration_date":null},{"expiration_date":{"year":2020}},{"expiration_date":["2020-01-01"]},"2020-01-01",null,{"expiration_date":"2031-01-02"}]}`, Traits{Fullness: schemas.Fullness{Identities: 5}, DocumentExpires: day(2031, 1, 2)}},
		{"blocks that never ran", `{"aml_screenings":null,"id_verifications":null}`, Traits{}},
		{"what the key may see", `{"id_verifications":[{"document_number":"X1","front_image":"/a.jpg"},{"document_number":"","front_image":null},{"document_number":"X2"},{}]}`, Traits{Fullness: schemas.Fullness{Identities: 4, Numbered: 2, Pictured: 1}}},
		{"a list", `[{"id_verifications":[{}]}]`, Traits{}},
		{"cut off", `{"id_verifications":[{"expiration_date":"2031-01-02"}],"status":"x`, Traits{Fullness: schemas.Fullness{Identities: 1}, DocumentExpires: day(2031, 1, 2)}},
		{"empty", ``, Traits{}},
	} {
		if got := TraitsOf([]byte(c.in)); got != c.want {
			t.Errorf("%s: got %+v, want %+v", c.name, got, c.want)
		}
	}
}
