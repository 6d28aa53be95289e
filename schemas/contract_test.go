package schemas

import (
	"encoding/json"
	"errors"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
)

// TestEveryPathOfTheContractIsRead holds the tables against the vendor's published schema, where
// it is at hand: whatever a document may hold is read by a column or lies in a JSON column.
func TestEveryPathOfTheContractIsRead(t *testing.T) {
	c := openContract(t)
	for _, doc := range []struct {
		kind     DocumentKind
		endpoint string
		row      string // where in the response the document stands
	}{
		{Decision, "/v3/session/{sessionId}/decision/", ""},
		{ListRow, "/v3/sessions/", "results[]."},
		{Workflow, "/v3/workflows/", "results[]."},
		{Activity, "/v3/sessions/{session_id}/reviews/", ""},
		{UserRow, "/v3/users/", "results[]."},
		{User, "/v3/users/{vendor_data}/", ""},
		{BusinessRow, "/v3/businesses/", "results[]."},
		{Business, "/v3/businesses/{vendor_data}/", ""},
		{TransactionRow, "/v3/transactions/", "results[]."},
		{Transaction, "/v3/transactions/{transaction_id}/", ""},
	} {
		read := readPaths(doc.kind)
		leaves := c.leaves(t, doc.endpoint)
		n := 0
		for _, leaf := range leaves {
			path, ok := strings.CutPrefix(leaf, doc.row)
			if !ok || doc.kind == Activity && !strings.HasPrefix(path, "results[]") {
				continue // the envelope of a list
			}
			n++
			if !covered(read, path) {
				t.Errorf("%s: no column reads %s", doc.kind, path)
			}
		}
		if n == 0 {
			t.Errorf("%s: the contract has no path", doc.kind)
		}
		t.Logf("%s: %d paths of the contract", doc.kind, n)
	}
}

// readPaths are the places in a document that some column reads. The value says whether the
// column takes all that lies below, too.
func readPaths(kind DocumentKind) map[string]bool {
	out := map[string]bool{}
	for _, name := range Given[kind] {
		out[name] = false
	}
	for _, table := range Tables {
		for _, s := range table.Sources {
			for _, c := range table.Columns {
				for _, path := range strings.FieldsFunc(c.Path, func(r rune) bool { return r == '|' || r == '+' }) {
					if doc, at := absolute(s, path); doc == kind && at != "" {
						out[at] = out[at] || c.Kind == JSON || c.Class == Secret
					}
				}
			}
		}
	}
	return out
}

// absolute is a column's path from the document's root, and the document that it leads into.
func absolute(s Source, path string) (DocumentKind, string) {
	if strings.HasPrefix(path, "$") {
		return "", ""
	}
	if doc, rest, ok := strings.Cut(path, ":"); ok {
		return DocumentKind(doc), rest
	}
	base := s.Path
	for strings.HasPrefix(path, "../") {
		path = path[3:]
		base = strings.TrimSuffix(base, "[]")
		base = base[:strings.LastIndex(base, "[]")+len("[]")]
	}
	switch {
	case path == ".":
		return s.Document, base
	case base == "":
		return s.Document, path
	}
	return s.Document, base + "." + path
}

// covered reports whether a column reads the path, its elements, or, as JSON, something above it.
// An open map may also be a list of rows: then its unknown members go to the row's extra column.
func covered(read map[string]bool, path string) bool {
	if _, ok := read[path]; ok {
		return true
	}
	if _, ok := read[strings.TrimSuffix(path, "[]")]; ok {
		return true
	}
	for above, whole := range read {
		if whole && (strings.HasPrefix(path, above+".") || strings.HasPrefix(path, above+"[]")) {
			return true
		}
		if strings.HasSuffix(path, "[]") && strings.HasPrefix(above, path+".") {
			return true
		}
	}
	return false
}

func TestCovered(t *testing.T) {
	read := readPaths(Decision)
	for path, want := range map[string]bool{
		"aml_screenings[].hits[].id":                           true,
		"aml_screenings[].hits[].properties.alias[]":           true, // JSON
		"aml_screenings[].hits[].pep_matches[].publisher":      true, // union of sources
		"id_verifications[].parsed_address.raw_results.types":  true, // below JSON
		"id_verifications[].extra_files[]":                     true, // media
		"phone_verifications[].lifecycle[].details.code_tried": true, // secret
		"document_ai_documents[].warnings[]":                   true, // open maps that rows are made of
		"key_people_checks[].ubo_kyc_summary.total":            true,
		"aml_screenings[].hits[].mood":                         false,
		"aml_screenings[].mood[]":                              false,
		"id_verifications[].parsed_address.mood":               false,
		"mood":                                                 false,
	} {
		if got := covered(read, path); got != want {
			t.Errorf("covered(%q) = %v, want %v", path, got, want)
		}
	}
}

// A contract is the vendor's OpenAPI document.
type contract struct {
	Paths map[string]map[string]struct {
		Responses map[string]struct {
			Content map[string]struct{ Schema *shape }
		}
	}
	Components struct{ Schemas map[string]*shape }
}

// A shape is the part of a JSON schema that says which members there are.
type shape struct {
	Ref        string `json:"$ref"`
	Properties map[string]*shape
	Items      *shape
	OneOf      []*shape
	AnyOf      []*shape
	AllOf      []*shape
}

func openContract(t *testing.T) *contract {
	t.Helper()
	name := os.Getenv("KYCSYNC_CONTRACT")
	if name == "" {
		name = "../../shared/contract/didit-openapi.json"
	}
	b, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		t.Skip("the vendor's schema is not at hand; KYCSYNC_CONTRACT names its file")
	}
	if err != nil {
		t.Fatal(err)
	}
	var c contract
	if err := json.Unmarshal(b, &c); err != nil {
		t.Fatal(err)
	}
	return &c
}

// leaves are the paths of the values in the endpoint's response, each once, in order.
func (c *contract) leaves(t *testing.T, endpoint string) []string {
	t.Helper()
	root := c.Paths[endpoint]["get"].Responses["200"].Content["application/json"].Schema
	if root == nil {
		t.Fatalf("the contract has no response for %s", endpoint)
	}
	found := map[string]bool{}
	c.walk(root, "", nil, found)
	return slices.Sorted(maps.Keys(found))
}

func (c *contract) walk(s *shape, path string, within []string, found map[string]bool) {
	if name, ok := strings.CutPrefix(s.Ref, "#/components/schemas/"); ok {
		if slices.Contains(within, name) {
			found[path] = true
			return
		}
		c.walk(c.Components.Schemas[name], path, append(slices.Clone(within), name), found)
		return
	}
	parts := slices.Concat(s.OneOf, s.AnyOf, s.AllOf)
	for _, part := range parts {
		c.walk(part, path, within, found)
	}
	for name, member := range s.Properties {
		c.walk(member, strings.TrimPrefix(path+"."+name, "."), within, found)
	}
	if s.Items != nil {
		c.walk(s.Items, path+"[]", within, found)
	}
	if len(parts) == 0 && len(s.Properties) == 0 && s.Items == nil {
		found[path] = true
	}
}
