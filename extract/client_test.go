package extract

import (
	"strings"
	"testing"
)

func TestConfigIsRefused(t *testing.T) {
	good := Config{Key: NewSecret("k"), PerMinute: DefaultPerMinute}
	for _, tc := range []struct {
		name string
		set  func(*Config)
		want string
	}{
		{"no key", func(c *Config) { c.Key = Secret{} }, "there is no API key"},
		{"key of white space", func(c *Config) { c.Key = NewSecret(" \n") }, "there is no API key"},
		{"line break in the key", func(c *Config) { c.Key = NewSecret("a\nb") }, "holds a character"},
		{"http", func(c *Config) { c.BaseURL = "http://verification.didit.me" }, "must begin with https://"},
		{"http and a host that begins like loopback", func(c *Config) { c.BaseURL = "http://localhost.example.org" }, "must begin with https://"},
		{"another scheme", func(c *Config) { c.BaseURL = "file:///etc/passwd" }, "must name a host"},
		{"no scheme", func(c *Config) { c.BaseURL = "verification.didit.me" }, "must name a host"},
		{"user", func(c *Config) { c.BaseURL = "https://user:hunter2@example.org" }, "must not hold a user"},
		{"query", func(c *Config) { c.BaseURL = "https://example.org/?a=b" }, "must not hold a query"},
		{"no limit", func(c *Config) { c.PerMinute = 0 }, "only a loopback host"},
		{"negative limit", func(c *Config) { c.PerMinute = -1 }, "must not be negative"},
		{"small pages", func(c *Config) { c.PageSize = 9 }, "must be 10 or more"},
		{"negative workers", func(c *Config) { c.Workers = -1 }, "must not be negative"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			cfg := good
			tc.set(&cfg)
			err := cfg.Validate()
			if err == nil || !strings.Contains(err.Error(), tc.want) || strings.Contains(err.Error(), "hunter2") {
				t.Errorf("got %v, want %q", err, tc.want)
			}
			if _, newErr := New(cfg); newErr == nil {
				t.Error("New takes it")
			}
		})
	}
}

func TestConfigIsTaken(t *testing.T) {
	for _, cfg := range []Config{
		{Key: NewSecret("k"), PerMinute: 600},
		{Key: NewSecret("k"), BaseURL: "http://127.0.0.1:8080"},
		{Key: NewSecret("k"), BaseURL: "http://[::1]:8080/"},
		{Key: NewSecret("k"), BaseURL: "http://localhost"},
		{Key: NewSecret("k"), BaseURL: "https://gateway.example.org/didit/", PerMinute: 1},
	} {
		if err := cfg.Validate(); err != nil {
			t.Errorf("%s: %v", cfg.BaseURL, err)
		}
	}
}

func TestWorkersFollowThePace(t *testing.T) {
	for perMinute, want := range map[int]int{1: 2, 60: 2, 300: 8, 600: 16, 6000: 160, 60_000: 512} {
		if got := workersFor(perMinute); got != want {
			t.Errorf("%d a minute: got %d workers, want %d", perMinute, got, want)
		}
	}
}
