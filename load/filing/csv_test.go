package filing

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

func TestFields(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{"a", "a"}, {"", `""`}, {"a,b", `"a,b"`}, {`"`, `""""`}, {"a\nb", "\"a\nb\""}, {"a\rb", "\"a\rb\""}, {" a ", " a "}, {"ä", "ä"},
	} {
		if got := string(appendField(nil, []byte(tt.in))); got != tt.want {
			t.Errorf("%q: got %q, want %q", tt.in, got, tt.want)
		}
	}
}

func TestRowsThatAreNotWrittenAsTheyMustBe(t *testing.T) {
	for name, in := range map[string]string{
		"no end": "a,b", "LF alone": "a,b\n", "a quote within": "a\"b\r\n", "quotes without need": "\"a\"\r\n", "text behind quotes": "\"a,\"b\r\n",
		"an open quote": "\"a,b\r\n", "CR within": "a\rb\r\n", "quotes around nothing but a quote": "\"\"\"\r\n",
	} {
		if row, _, err := newRowReader(strings.NewReader(in)).next(); !errors.Is(err, errCSV) {
			t.Errorf("%s: got %v, %v", name, row, err)
		}
	}
}

// What is written reads back equal, with null and the empty text told apart; another reader of CSV reads the same but for
// these, and for CR LF within a text, which it takes for LF.
func TestRowsComeBack(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		rows := rapid.SliceOfN(rapid.SliceOfN(rapid.Ptr(rapid.String(), true), 2, 5), 0, 5).Draw(rt, "rows")
		spread := rapid.Bool().Draw(rt, "spreadsheet")
		var out []byte
		for _, row := range rows {
			for i, cell := range row {
				if i > 0 {
					out = append(out, ',')
				}
				if cell == nil {
					continue
				}
				text := []byte(*cell)
				if spread {
					text = escape(text)
				}
				if first, _ := utf8.DecodeRune(text); spread && strings.ContainsRune(strings.TrimSuffix(triggers, "'"), first) && len(text) > 0 {
					rt.Fatalf("%q begins like a formula", text)
				}
				out = appendField(out, text)
			}
			out = append(out, '\r', '\n')
		}
		other := csv.NewReader(bytes.NewReader(out))
		other.FieldsPerRecord = -1
		r := newRowReader(bytes.NewReader(out))
		for _, row := range rows {
			got, _, err := r.next()
			if err != nil || len(got) != len(row) {
				rt.Fatalf("got %d cells, %v, want %d", len(got), err, len(row))
			}
			theirs, err := other.Read()
			if err != nil {
				rt.Fatal(err)
			}
			for i, want := range row {
				text := got[i].text
				if !spread && theirs[i] != strings.ReplaceAll(text, "\r\n", "\n") {
					rt.Fatalf("another reader got %q of %q", theirs[i], text)
				}
				if spread {
					text = unescape(text)
				}
				if got[i].null != (want == nil) || want != nil && text != *want {
					rt.Fatalf("got %q, null %t, want %v", text, got[i].null, want)
				}
			}
		}
		if _, _, err := r.next(); err != io.EOF {
			rt.Fatalf("after all rows: %v", err)
		}
	})
}

// FuzzRows: what is not refused is written again as it was.
func FuzzRows(f *testing.F) {
	for _, s := range []string{"a,b\r\n", "\"\",,\"a\"\"b\"\r\n", "\r\n", "\"a\r\nb\",c\r\n"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		r := newRowReader(bytes.NewReader(body))
		var again []byte
		for {
			row, _, err := r.next()
			if err == io.EOF {
				break
			}
			if err != nil {
				return
			}
			for i, cell := range row {
				if i > 0 {
					again = append(again, ',')
				}
				if !cell.null {
					again = appendField(again, []byte(cell.text))
				}
			}
			again = append(again, '\r', '\n')
		}
		if !bytes.Equal(again, body) {
			t.Fatalf("%q is written again as %q", body, again)
		}
	})
}
