package extract

import (
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"net/url"
	"strings"
	"time"

	"kycsync/schemas"
)

// What a Config's fields default to.
const (
	DefaultBaseURL      = "https://verification.didit.me"
	DefaultPerMinute    = 600
	DefaultPDFPerMinute = 50
	DefaultPageSize     = 200

	usualPageSize = 50 // the vendor's own; it documents no largest one
)

// Config says where the vendor is, who asks and how fast.
type Config struct {
	BaseURL      string       // https, or http on a loopback host. Defaults to DefaultBaseURL
	Key          Secret       // sent as x-api-key. Required
	PerMinute    int          // permitted requests a minute; 0: no limit, for a loopback host only. The vendor's is DefaultPerMinute
	PDFPerMinute int          // permitted requests for PDFs a minute, which are among those of PerMinute, too. Defaults to DefaultPDFPerMinute, on a loopback host to no limit
	PageSize     int          // rows asked for in one page of a list, 10 and up. Defaults to DefaultPageSize
	Workers      int          // requests at the same time. Defaults to what the pace needs at answers of 1.6 s, at least 2, at most 512: 16 at 600 a minute
	UserAgent    string       // Defaults to "kycsync"
	Log          *slog.Logger // Defaults to nothing

	// EmptySince is when a request was last sent with this key, by the clock of this machine (see
	// [Stats.LastRequest]). The vendor may still count it, so the first request waits until it is a
	// minute old. Defaults to never: the vendor's window is known to be empty.
	EmptySince time.Time
	// Now gives the instants that documents were observed at. Pauses follow the machine's clock
	// all the same. Defaults to time.Now.
	Now func() time.Time
	// Gist, if set, is called with the members of each row of the lists of sessions, users, businesses and
	// transactions, at once for several rows. The members are overwritten when it has returned.
	Gist func(schemas.DocumentKind, []schemas.Member) schemas.Digest
	// Transport carries the requests. Defaults to one that dials the host directly.
	Transport http.RoundTripper
	// Backoff is the pause before a request is repeated, where the vendor names none, by the number of
	// attempts so far. Defaults to a random pause of up to 2, 4, 8, 16, 32, 40 seconds.
	Backoff func(attempt int) time.Duration
}

// Validate answers in a sentence what is wrong with the settings.
func (cfg Config) Validate() error {
	_, _, err := cfg.complete()
	return err
}

// complete fills in the defaults.
func (cfg Config) complete() (Config, *url.URL, error) {
	if cfg.BaseURL == "" {
		cfg.BaseURL = DefaultBaseURL
	}
	base, err := parseBase(cfg.BaseURL)
	if err != nil {
		return cfg, nil, err
	}
	switch key := cfg.Key.reveal(); {
	case key == "":
		return cfg, nil, errors.New("there is no API key")
	case strings.Trim(key, keyLetters) != "":
		return cfg, nil, errors.New("the API key holds a character that no key has, such as a space or a line break")
	case cfg.PerMinute < 0:
		return cfg, nil, fmt.Errorf("the number of requests a minute must not be negative, got %d", cfg.PerMinute)
	case cfg.PerMinute == 0 && !loopback(base):
		return cfg, nil, fmt.Errorf("the number of requests a minute must be 1 or more for %s: only a loopback host may be asked without a limit", base.Host)
	case cfg.PDFPerMinute < 0:
		return cfg, nil, fmt.Errorf("the number of PDFs a minute must not be negative, got %d", cfg.PDFPerMinute)
	case cfg.PageSize != 0 && cfg.PageSize < 10:
		return cfg, nil, fmt.Errorf("the page size must be 10 or more, got %d", cfg.PageSize)
	case cfg.Workers < 0:
		return cfg, nil, fmt.Errorf("the number of workers must not be negative, got %d", cfg.Workers)
	}
	if cfg.PDFPerMinute == 0 && !loopback(base) {
		cfg.PDFPerMinute = DefaultPDFPerMinute
	}
	if cfg.PageSize == 0 {
		cfg.PageSize = DefaultPageSize
	}
	if cfg.Workers == 0 {
		cfg.Workers = workersFor(cfg.PerMinute)
	}
	if cfg.UserAgent == "" {
		cfg.UserAgent = "kycsync"
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Gist == nil {
		cfg.Gist = func(schemas.DocumentKind, []schemas.Member) schemas.Digest { return schemas.Digest{} }
	}
	if cfg.Backoff == nil {
		cfg.Backoff = backoff
	}
	return cfg, base, nil
}

const keyLetters = "!\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~"

// workersFor is the number of requests that must be under way to keep the pace while answers take
// up to 0.6 s and now and then a second more.
func workersFor(perMinute int) int {
	if perMinute == 0 {
		return 8 // loopback: answers are immediate
	}
	return min(max(int(math.Ceil(float64(perMinute)/60*1.6)), 2), 512)
}
