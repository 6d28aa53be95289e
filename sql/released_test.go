package sql

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite the golden files")

const releasedFile = "testdata/released.json"

// A shape is what others build on of a view: its name stands before it.
type shape struct {
	Macro   bool              `json:"macro,omitempty"`
	Params  []releasedParam   `json:"params,omitempty"`
	Columns map[string]string `json:"columns"` // name to type
}

type releasedParam struct {
	Name     string `json:"name"`
	Optional bool   `json:"optional,omitempty"`
}

// TestNothingReleasedBreaks holds the views to those of the release: what others have built on them goes on working.
// -update adds what is new. It takes nothing away: that is done by hand, and told in the notes of the release.
func TestNothingReleasedBreaks(t *testing.T) {
	text, err := os.ReadFile(releasedFile)
	if err != nil {
		t.Fatal(err)
	}
	released := map[string]shape{}
	if err := json.Unmarshal(text, &released); err != nil {
		t.Fatalf("%s: %v", releasedFile, err)
	}
	now := shapes(Views)
	broken := breaks(released, now)
	for _, b := range broken {
		t.Error(b)
	}
	if !*update || len(broken) > 0 {
		return
	}
	out, err := json.MarshalIndent(now, "", "\t")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(releasedFile, append(out, '\n'), 0o644); err != nil {
		t.Fatal(err)
	}
}

func shapes(views []View) map[string]shape {
	out := map[string]shape{}
	for _, v := range views {
		s := shape{Macro: v.Macro, Columns: map[string]string{}}
		for _, p := range v.Params {
			s.Params = append(s.Params, releasedParam{p.Name, p.Optional})
		}
		for _, c := range v.Columns {
			s.Columns[c.Name] = c.Type
		}
		out[v.Name] = s
	}
	return out
}

// breaks returns what worked with the released views and does not with those of now, sorted. More views, more columns
// and more parameters that may be left out, behind the others, are none.
func breaks(released, now map[string]shape) []string {
	var out []string
	for name, was := range released {
		is, ok := now[name]
		switch {
		case !ok:
			out = append(out, fmt.Sprintf("view %s is gone", name))
			continue
		case is.Macro != was.Macro:
			out = append(out, fmt.Sprintf("view %s was called in another way: macro %t, now %t", name, was.Macro, is.Macro))
		}
		for column, kind := range was.Columns {
			if got, ok := is.Columns[column]; !ok {
				out = append(out, fmt.Sprintf("view %s: column %s is gone", name, column))
			} else if got != kind {
				out = append(out, fmt.Sprintf("view %s: column %s is %s, was %s", name, column, got, kind))
			}
		}
		out = append(out, brokenCalls(name, was.Params, is.Params)...)
	}
	slices.Sort(out)
	return out
}

// brokenCalls compares the parameters of a macro. They are given by place or by name.
func brokenCalls(name string, was, is []releasedParam) []string {
	var out []string
	for i, p := range was {
		at := slices.IndexFunc(is, func(q releasedParam) bool { return q.Name == p.Name })
		switch {
		case at < 0:
			out = append(out, fmt.Sprintf("view %s: parameter %s is gone", name, p.Name))
		case at != i:
			out = append(out, fmt.Sprintf("view %s: parameter %s is the %d., was the %d.", name, p.Name, at+1, i+1))
		case p.Optional && !is[at].Optional:
			out = append(out, fmt.Sprintf("view %s: parameter %s has no default any more", name, p.Name))
		}
	}
	for _, q := range is {
		if !q.Optional && !slices.ContainsFunc(was, func(p releasedParam) bool { return p.Name == q.Name }) {
			out = append(out, fmt.Sprintf("view %s: parameter %s is new and has no default", name, q.Name))
		}
	}
	return out
}

func TestBreaks(t *testing.T) {
	due := func(params []releasedParam, columns ...string) map[string]shape {
		s := shape{Macro: true, Params: params, Columns: map[string]string{}}
		for _, c := range columns {
			name, kind, _ := strings.Cut(c, " ")
			s.Columns[name] = kind
		}
		return map[string]shape{"due": s}
	}
	days, all := releasedParam{Name: "days"}, releasedParam{Name: "with_all", Optional: true}
	was := due([]releasedParam{days, all}, "user VARCHAR", "due_on DATE")
	more := due([]releasedParam{days, all, {Name: "more", Optional: true}}, "user VARCHAR", "due_on DATE", "overdue BOOLEAN")
	more["other"] = shape{}
	tests := []struct {
		name string
		now  map[string]shape
		want []string
	}{
		{"the same", was, nil},
		{"more of everything", more, nil},
		{"no view", nil, []string{"view due is gone"}},
		{"no macro any more", map[string]shape{"due": {Columns: was["due"].Columns, Params: was["due"].Params}}, []string{"view due was called in another way: macro true, now false"}},
		{"a column less", due([]releasedParam{days, all}, "user VARCHAR"), []string{"view due: column due_on is gone"}},
		{"a column of another type", due([]releasedParam{days, all}, "user VARCHAR", "due_on TIMESTAMP"), []string{"view due: column due_on is TIMESTAMP, was DATE"}},
		{"a parameter less", due([]releasedParam{days}, "user VARCHAR", "due_on DATE"), []string{"view due: parameter with_all is gone"}},
		{"a parameter that must be given", due([]releasedParam{days, all, {Name: "more"}}, "user VARCHAR", "due_on DATE"), []string{"view due: parameter more is new and has no default"}},
		{"a default less", due([]releasedParam{days, {Name: "with_all"}}, "user VARCHAR", "due_on DATE"), []string{"view due: parameter with_all has no default any more"}},
		{"a new one before the others", due([]releasedParam{{Name: "more", Optional: true}, days, all}, "user VARCHAR", "due_on DATE"),
			[]string{"view due: parameter days is the 2., was the 1.", "view due: parameter with_all is the 3., was the 2."}},
	}
	for _, tt := range tests {
		if got := breaks(was, tt.now); !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
	}
}
