package strictjson_test

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"

	"kycsync/schemas/strictjson"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/go-cmp/cmp"
)

// walk writes down all that a Reader says of a text; false: it was in doubt.
func walk(text []byte) (out []string, sure bool) {
	var r strictjson.Reader
	r.Reset(text)
	var value func(path string)
	value = func(path string) {
		switch r.Kind() {
		case '{':
			whole := r.Object(func(name []byte) { value(path + "." + string(name)) })
			out = append(out, path+" "+string(whole))
		case '[':
			i := 0
			r.Array(func() { value(fmt.Sprintf("%s[%d]", path, i)); i++ })
		default:
			out = append(out, path+" "+string(r.Value()))
		}
	}
	value("")
	return out, r.End()
}

// judge is walk by the strict decoder.
func judge(text []byte) (out []string, err error) {
	d := jsontext.NewDecoder(bytes.NewReader(text))
	var value func(path string) error
	value = func(path string) error {
		switch d.PeekKind() {
		case '{':
			_, err := d.ReadToken()
			start := d.InputOffset() - 1
			for err == nil && d.PeekKind() != '}' {
				var name jsontext.Token
				if name, err = d.ReadToken(); err == nil {
					err = value(path + "." + name.String())
				}
			}
			if err == nil {
				_, err = d.ReadToken()
			}
			if err == nil {
				out = append(out, path+" "+string(text[start:d.InputOffset()]))
			}
			return err
		case '[':
			_, err := d.ReadToken()
			for i := 0; err == nil && d.PeekKind() != ']'; i++ {
				err = value(fmt.Sprintf("%s[%d]", path, i))
			}
			if err == nil {
				_, err = d.ReadToken()
			}
			return err
		}
		v, err := d.ReadValue()
		out = append(out, path+" "+string(v))
		return err
	}
	if err = value(""); err == nil {
		if _, err = d.ReadToken(); err == io.EOF {
			return out, nil
		}
		err = fmt.Errorf("more after the end: %w", err)
	}
	return out, err
}

// agree fails where the Reader is sure of what jsontext refuses or reads in another way.
func agree(t *testing.T, text []byte) (sure bool) {
	t.Helper()
	got, sure := walk(text)
	var r strictjson.Reader
	r.Reset(text)
	if whole := r.Value(); r.End() != sure {
		t.Fatalf("%q: walked %v, read at once %v", text, sure, r.End())
	} else if sure && !bytes.Equal(whole, bytes.Trim(text, " \t\r\n")) {
		t.Fatalf("%q: read %q", text, whole)
	}
	if !sure {
		return false
	}
	want, err := judge(text)
	if err != nil {
		t.Fatalf("%q: the Reader is sure, jsontext says: %v", text, err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("%q (-jsontext +Reader):\n%s", text, diff)
	}
	return true
}

// sound texts are such as vendors send: of these the Reader must be sure.
var sound = []string{
	`{}`, `[]`, `""`, `0`, `-0`, `1.5e-7`, `1E+2`, `-12.0e3`, `true`, `false`, `null`,
	" {\"a\" : 1 ,\r\n\t\"b\":[ ] } \n", `[[],{},[[]]]`, `{"":0}`, `{"a":{"a":{"a":1}},"b":1}`,
	`"eight by"`, `"eight byt"`, `"\"\\\/\b\f\n\r\t"`, `"\u00e9\ud83d\ude00\u0000"`, `"é😀"`, `"` + strings.Repeat("x", 100) + `\n"`,
	`{"é":1,"e":2}`, `{"created_at":1,"created_by":2,"updated_at":3}`, `"` + "\u007f\u0080\u2028" + `"`,
	`{"aaaaaaaabbbbbbbbcccccccc":1,"aaaaaaaaxbbbbbbbcccccccc":2}`, // equal ends and lengths
}

// unsound texts are not strict JSON.
var unsound = []string{
	``, ` `, `{`, `}`, `[`, `]`, `"`, `"\`, `"\"`, `"\u`, `"\u12`, `"\u12"`, `"\u12g4"`, `"\x"`, `"\ud800"`, `"\udc00"`, `"\ud800\ud800"`, `"\ud800x"`,
	`{"a"}`, `{"a":}`, `{"a":1,}`, `{,}`, `{"a":1 "b":2}`, `{"a" 1}`, `{a:1}`, `{1:1}`, `{null:1}`, `[1,]`, `[,1]`, `[1 2]`, `[1,,2]`, `[1}`, `{"a":1]`,
	`00`, `01`, `-`, `-a`, `+1`, `.5`, `1.`, `1.e3`, `1e`, `1e+`, `0x1`, `1_000`, `Infinity`, `NaN`, `-Infinity`, `tru`, `truee`, `True`, `nul`, `nullnull`, `fals`,
	`{} {}`, `1 2`, `[] ,`, `{}x`, "{}\x00", "\x00", "\ufeff{}", "\xef\xbb", `'a'`, "\"\t\"", "\"\n\"", "\"\x1f\"", "\"\x00\"", "\"12345678\x01\"", "\"\xff\"", "\"\xc3\"", "\"\xc0\x80\"",
	"\"\xed\xa0\x80\"", "\"\xf4\x90\x80\x80\"", "{\"\xff\":1}", `{"a":1,"a":2}`, `[{"b":{"a":1,"c":2,"a":3}}]`, `{"aaaaaaaabbbbbbbb":1,"aaaaaaaabbbbbbbb":1}`,
	"[1\f]", "[1\v]", "\u00a01", "[1]//", "/**/1", `{"a":1}}`, `[[]`, `]`, "1\n2",
}

// doubtful texts are strict JSON, and left to jsontext.
var doubtful = []string{
	`{"\u0061":1}`, `{"a\n":1}`, strings.Repeat("[", 100) + strings.Repeat("]", 100), many(1000),
}

func many(n int) string {
	var members []string
	for i := range n {
		members = append(members, fmt.Sprintf(`"m%d":%d`, i, i))
	}
	return "{" + strings.Join(members, ",") + "}"
}

func TestReader(t *testing.T) {
	for _, text := range append(sound, many(150), strings.Repeat("[", 20)+strings.Repeat("]", 20)) {
		if !agree(t, []byte(text)) {
			t.Errorf("%q: in doubt", text)
		}
		if text == "" || text[0] != '{' && text[0] != '[' && text[0] != '"' {
			continue
		}
		for end := range len(text) { // nothing that is cut off is whole
			cut := strings.TrimRight(text[:end], " \t\r\n")
			if agree(t, []byte(cut)) && end < len(strings.TrimRight(text, " \t\r\n")) {
				t.Errorf("%q: sure of a part", cut)
			}
		}
	}
	for _, text := range append(unsound, doubtful...) {
		if agree(t, []byte(text)) {
			t.Errorf("%q: sure of it", text)
		}
	}
}

// After a doubt nobody is called any more.
func TestReaderStops(t *testing.T) {
	var r strictjson.Reader
	for _, text := range []string{`{"a":01,"b":2}`, `{"a":"\ud800","b":2}`} {
		r.Reset([]byte(text))
		var names []string
		if r.Object(func(name []byte) { names = append(names, string(name)); r.Value() }) != nil || r.Kind() != 0 || r.End() {
			t.Errorf("%s: sure of it", text)
		}
		if diff := cmp.Diff([]string{"a"}, names); diff != "" {
			t.Errorf("%s: names (-want +got):\n%s", text, diff)
		}
	}
	r.Reset([]byte(`[1]`))
	if r.Object(func([]byte) {}) != nil || r.End() {
		t.Error("an array was read as an object")
	}
	r.Reset([]byte(`{}`))
	if r.Array(func() {}) || r.End() {
		t.Error("an object was read as an array")
	}
}

func FuzzReader(f *testing.F) {
	for _, list := range [][]string{sound, unsound, doubtful} {
		for _, text := range list {
			f.Add([]byte(text))
		}
	}
	f.Fuzz(func(t *testing.T, text []byte) { agree(t, text) })
}

// Most random changes of a sound text are unsound, and those that are not are read alike.
func TestReaderOnChangedTexts(t *testing.T) {
	base := `{"session_id":"5b1c","n":[1,-2.5e3,{"f":"AML","s":null}],"name":"Zoë \"x\" \u00e9","ok":true,"t":"2026-01-01T00:00:00Z"}`
	for i := range len(base) {
		for c := range 256 {
			text := []byte(base)
			text[i] = byte(c)
			agree(t, text)
		}
		agree(t, []byte(base[:i]+base[i+1:]))
		agree(t, []byte(base[:i]+base[i:i+1]+base[i:]))
	}
}

func BenchmarkReader(b *testing.B) {
	row := `{"session_id":"94cb2112-191d-45bc-a18a-e83b2c1e581e","session_kind":"user","session_number":105494,"portrait_image":null,"full_name":"Verasha Uloripol","country":"ESP","status":"Approved","vendor_data":"user-291c0521a9","created_at":"2026-11-28T21:56:57.046288Z","features":[{"feature":"ID_VERIFICATION","status":"Approved"},{"feature":"LIVENESS","status":"Approved"}],"phone_number":null}`
	page := []byte("[" + strings.Repeat(row+",", 99) + row + "]")
	// Each member of each row, as a list is read, with the names that stand twice refused.
	b.Run("strictjson", func(b *testing.B) {
		b.SetBytes(int64(len(page)))
		var r strictjson.Reader
		for b.Loop() {
			r.Reset(page)
			if r.Array(func() { r.Object(func([]byte) { r.Value() }) }); !r.End() {
				b.Fatal("in doubt")
			}
		}
	})
	b.Run("jsontext", func(b *testing.B) {
		b.SetBytes(int64(len(page)))
		var d jsontext.Decoder
		read := func(_ any, err error) {
			if err != nil {
				b.Fatal(err)
			}
		}
		for b.Loop() {
			d.Reset(bytes.NewBuffer(page))
			read(d.ReadToken())
			for d.PeekKind() != ']' {
				read(d.ReadToken())
				for d.PeekKind() != '}' {
					read(d.ReadValue())
					read(d.ReadValue())
				}
				read(d.ReadToken())
			}
		}
	})
}
