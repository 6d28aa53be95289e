package night

import (
	"fmt"
	"slices"
	"strings"

	"kycsync/schemas"
)

// A typing is one value in a document as DuckDB types it: a structure, a list, a map, or a plain
// type.
type typing struct {
	names   []string // of the members of a structure, in order
	members map[string]*typing
	elem    *typing // of a list
	value   *typing // of a map
	plain   string

	kinds []schemas.Kind // of the columns that read it
	media bool
}

// structure reports whether the place has members.
func (p *typing) structure() bool { return p.members != nil }

func (p *typing) member(name string) *typing {
	if p.members == nil {
		p.members = map[string]*typing{}
	}
	m := p.members[name]
	if m == nil {
		m = &typing{}
		p.members[name], p.names = m, append(p.names, name)
	}
	return m
}

// at returns the place that a path leads to from p, made if need be.
func (p *typing) at(path string) *typing {
	for _, s := range pathSteps(path) {
		if p = p.member(s.name); s.list {
			if p.elem == nil {
				p.elem = &typing{}
			}
			p = p.elem
		}
	}
	return p
}

type pathStep struct {
	name string
	list bool
}

func pathSteps(path string) []pathStep {
	if path == "" {
		return nil
	}
	var out []pathStep
	for s := range strings.SplitSeq(path, ".") {
		name, list := strings.CutSuffix(s, "[]")
		out = append(out, pathStep{name, list})
	}
	return out
}

// explicitTyping returns the document's type as the tables want it.
func explicitTyping() *typing {
	root := &typing{}
	for _, name := range []string{"session_id", "session_kind"} {
		root.at(name).kinds = []schemas.Kind{schemas.Text}
	}
	root.at("session_number").kinds = []schemas.Kind{schemas.Int}
	for i := range schemas.Tables {
		t := &schemas.Tables[i]
		for _, s := range decisionSources(t) {
			levels := levelsOf(s)
			for j := range t.Columns {
				c := &t.Columns[j]
				for _, path := range slices.Concat(pathsOf(c)...) {
					up := strings.Count(path, "../")
					p := root.at(strings.Join(levels[:len(levels)-up], ".")).at(strings.ReplaceAll(path, "../", ""))
					if c.Kind == schemas.Media {
						p.media = true
					} else {
						p.kinds = append(p.kinds, c.Kind)
					}
				}
			}
		}
	}
	root.settle("")
	return root
}

func decisionSources(t *schemas.Table) []*schemas.Source {
	var out []*schemas.Source
	for i := range t.Sources {
		if t.Sources[i].Document == schemas.Decision {
			out = append(out, &t.Sources[i])
		}
	}
	return out
}

// levelsOf cuts a source's path after each of its lists.
func levelsOf(s *schemas.Source) []string {
	if s.Path == "" {
		return nil
	}
	levels := strings.SplitAfter(s.Path, "[]")
	if last := len(levels) - 1; levels[last] != "" {
		panic("source " + s.Path + " does not end with a list")
	}
	levels = levels[:len(levels)-1]
	for i := range levels {
		levels[i] = strings.TrimPrefix(levels[i], ".")
	}
	return levels
}

// pathsOf returns where a column reads the decision: alternatives, each of one or more parts of a
// key. It is empty for a column that DuckDB is spared: what the flattener normalises, counts or
// hashes, the list row's word, and what is never stored.
func pathsOf(c *schemas.Column) [][]string {
	if c.Class == schemas.Secret || c.Norm != schemas.AsIs && c.Norm != schemas.Array || strings.HasPrefix(c.Path, "$") {
		return nil
	}
	var out [][]string
	for alt := range strings.SplitSeq(c.Path, "|") {
		if !strings.Contains(alt, ":") {
			out = append(out, strings.Split(alt, "+"))
		}
	}
	return out
}

// settle fixes the plain types.
func (p *typing) settle(name string) {
	if slices.Contains(p.kinds, schemas.JSON) {
		p.plain, p.members, p.elem = "JSON", nil, nil
		return
	}
	for name, m := range p.members {
		m.settle(name)
	}
	switch {
	case p.elem != nil:
		p.elem.settle(name)
	case p.members != nil:
	case p.media && strings.HasSuffix(name, "files"):
		p.elem = &typing{plain: "VARCHAR"}
	case len(p.kinds) > 0 && len(slices.Compact(slices.Clone(p.kinds))) == 1:
		p.plain = p.kinds[0].DuckDB()
	default: // a link, or read in several ways
		p.plain = "VARCHAR"
	}
}

func (p *typing) String() string {
	switch {
	case p.elem != nil:
		return p.elem.String() + "[]"
	case p.structure():
		var list []string
		for _, name := range p.names {
			list = append(list, quoted(name)+" "+p.members[name].String())
		}
		return "STRUCT(" + strings.Join(list, ", ") + ")"
	}
	return p.plain
}

func quoted(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

func literal(text string) string { return "'" + strings.ReplaceAll(text, "'", "''") + "'" }

// parseTyping reads a type as DuckDB writes it.
func parseTyping(typ string) *typing {
	r := typeReader(typ)
	p := r.typing()
	if r != "" {
		panic(fmt.Sprintf("type %q: %q is left over", typ, r))
	}
	return p
}

// A typeReader is the rest of a type's text.
type typeReader string

func (r *typeReader) skip(prefix string) bool {
	rest, ok := strings.CutPrefix(string(*r), prefix)
	*r = typeReader(rest)
	return ok
}

func (r *typeReader) typing() *typing {
	p := &typing{}
	switch {
	case r.skip("STRUCT("):
		for !r.skip(")") {
			r.skip(", ")
			name := r.name()
			r.skip(" ")
			*p.member(name) = *r.typing()
		}
	case r.skip("MAP("):
		r.typing()
		r.skip(", ")
		p.value = r.typing()
		r.skip(")")
	default:
		n := strings.IndexAny(string(*r), ",)[")
		if n < 0 {
			n = len(*r)
		}
		p.plain, *r = string((*r)[:n]), (*r)[n:]
	}
	for r.skip("[]") {
		p = &typing{elem: p}
	}
	return p
}

func (r *typeReader) name() string {
	if !r.skip(`"`) {
		name, rest, _ := strings.Cut(string(*r), " ")
		*r = typeReader(" " + rest)
		return name
	}
	var name strings.Builder
	for {
		part, rest, _ := strings.Cut(string(*r), `"`)
		name.WriteString(part)
		*r = typeReader(rest)
		if !r.skip(`"`) {
			return name.String()
		}
		name.WriteByte('"')
	}
}
