package main

import (
	"reflect"
	"strings"
	"testing"
)

func TestFlagsMayStandBehindArgumentsOfFilings(t *testing.T) {
	p := &program{}
	for _, tt := range []struct{ name, in, want string }{
		{"a value and none", "kycsync filing create kyc --period 2026-10 --to=x", "kycsync filing create --period 2026-10 --to=x kyc"},
		{"a toggle takes no value", "kycsync filing verify --json a.zip --allow-unsigned", "kycsync filing verify --json --allow-unsigned a.zip"},
		{"flags first", "kycsync filing create --period 2026-10 kyc", "kycsync filing create --period 2026-10 kyc"},
		{"what follows two dashes", "kycsync filing verify -- --json", "kycsync filing verify -- --json"},
		{"a value is missing", "kycsync filing create kyc --period", "kycsync filing create --period"},
		{"commands of commands", "kycsync filing ledger verify --head x", "kycsync filing ledger verify --head x"},
		{"other commands", "kycsync query SELECT --format csv", "kycsync query SELECT --format csv"},
		{"no such command", "kycsync filing make kyc --to x", "kycsync filing make kyc --to x"},
	} {
		if got := p.flagsBefore(strings.Fields(tt.in)); !reflect.DeepEqual(got, strings.Fields(tt.want)) {
			t.Errorf("%s: got %q, want %q", tt.name, strings.Join(got, " "), tt.want)
		}
	}
}
