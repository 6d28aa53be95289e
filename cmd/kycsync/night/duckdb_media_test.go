package night

import (
	"fmt"
	"strings"

	"kycsync/schemas"
)

// mediaColumns are those that the two sides can both give.
func mediaColumns(t *schemas.Table) []schemas.Column {
	var out []schemas.Column
	for _, c := range t.Stored() {
		if c.Path != schemas.EnvCode {
			out = append(out, c)
		}
	}
	return out
}

// mediaQuery gives one row for each link: those of one element in one go, then lists of links.
func mediaQuery(root *typing) string {
	var all []string
	for i := range schemas.Tables {
		t := &schemas.Tables[i]
		for _, s := range decisionSources(t) {
			lone := "["
			for _, c := range t.Columns {
				if c.Kind != schemas.Media || strings.Contains(c.Path, ":") {
					continue
				}
				q, ok := selectFrom(root, s)
				if !ok {
					continue
				}
				v, ok := q.value(0, c.Path)
				if !ok || v.of.plain == "\"NULL\"" {
					continue
				}
				kind := literal(c.Name)
				if v.of.elem == nil && v.of.plain != "JSON" {
					lone += fmt.Sprintf("{'media_kind': %s, 'file_ordinal': 0::BIGINT, 'link': %s::VARCHAR}, ", kind, v.sql)
					continue
				}
				list := v.sql + "::VARCHAR[]"
				if v.of.plain == "JSON" {
					list = fmt.Sprintf("json_extract_string(%s, '$[*]')", v.sql)
				}
				all = append(all, q.links(s, fmt.Sprintf("unnest(%s) AS link, unnest(range(len(%[1]s))) AS file_ordinal, %s AS media_kind", list, kind)))
			}
			if lone != "[" {
				q, _ := selectFrom(root, s)
				all = append(all, q.links(s, fmt.Sprintf("unnest(%s], recursive := true)", strings.TrimSuffix(lone, ", "))))
			}
		}
	}
	return strings.Join(all, " UNION ALL BY NAME ")
}

// links completes a selection that opens links.
func (q *selection) links(s *schemas.Source, open string) string {
	block := "session"
	if len(q.levels) > 0 {
		block, _, _ = strings.Cut(s.Path, "[]")
	}
	list := append(q.shared(), open, literal(block)+" AS block")
	for i, name := range []string{"block_ordinal", "item_ordinal", "sub_ordinal"} {
		if i < len(q.levels) {
			list = append(list, fmt.Sprintf("i%d AS %s", i, name))
		} else {
			list = append(list, "NULL::BIGINT AS "+name)
		}
	}
	const path = `regexp_extract(link, '^(?:[a-zA-Z]+://[^/]*)?([^?#]*)', 1) AS path`
	return "SELECT * EXCLUDE (link), " + path + " FROM (" + q.query(list) + ") WHERE link IS NOT NULL"
}
