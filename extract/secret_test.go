package extract

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
)

func TestSecretIsNeverPrinted(t *testing.T) {
	secret := NewSecret(" " + canary + "\n")
	if secret.reveal() != canary {
		t.Fatalf("got another text than was wrapped")
	}
	cfg := Config{Key: secret}
	client := testClient(t, nil, 1)
	client.pin.key = secret
	hidden := struct{ s Secret }{secret}
	var out bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%p", "%T"} {
		for _, v := range []any{secret, &secret, cfg, &cfg, hidden, &hidden, []Secret{secret}, map[string]Secret{"k": secret}, *client.pin, client.pin} {
			fmt.Fprintf(&out, verb+"\n", v)
		}
	}
	for _, h := range []slog.Handler{slog.NewTextHandler(&out, nil), slog.NewJSONHandler(&out, nil)} {
		slog.New(h).Info("key", "key", secret, "config", cfg, "hidden", hidden)
	}
	if b, err := json.Marshal(map[string]any{"key": secret, "hidden": hidden}); err == nil {
		out.Write(b)
	}
	if b, err := yaml.Marshal(map[string]any{"key": secret}); err == nil {
		out.Write(b)
	}
	for _, form := range []string{canary, fmt.Sprintf("%x", canary), fmt.Sprintf("%X", canary), fmt.Sprint([]byte(canary))} {
		if strings.Contains(out.String(), form) {
			t.Errorf("the secret was printed as %q", form)
		}
	}
	if !strings.Contains(out.String(), redacted) {
		t.Error("nothing was printed in its place")
	}
}
