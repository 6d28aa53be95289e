package didittest

import "strings"

// entityTags writes the tags of an entity: plain ones, or links that tell who put them on and when.
func (v *Vendor) entityTags(w *writer, e entity, st standing, links bool) {
	w.arr("tags")
	for n, when := range st.tagged {
		if when == 0 {
			continue
		}
		w.obj("")
		if links {
			w.uuid("uuid", newUUID(e.person, forUser, uint64(n)+1, uint64(when)))
			w.obj("tag")
		}
		w.uuid("uuid", newUUID(forUser, uint64(n)+1))
		w.str("name", tags[n].name)
		w.str("color", tags[n].color)
		if links {
			w.null("description")
			w.str("source", "custom")
			w.raw("created_at", `"2025-02-03T10:00:00.000000Z"`)
			w.raw("updated_at", `"2025-02-03T10:00:00.000000Z"`)
			w.end()
			w.null("added_by_email")
			w.null("added_by_name")
			w.time("created_at", when)
		}
		w.end()
	}
	w.endArr()
}

// comment writes what an edit left in the comments of a user.
func (d done) comment(w *writer, person uint64) {
	r := roll(d.seed, forEdits, 1)
	w.obj("")
	w.uuid("uuid", newUUID(person, forEdits, uint64(d.at)))
	w.str("comment_type", editNames[d.kind])
	text := ""
	if d.kind == editComment {
		text = pick(&r, comments[1:])
	}
	w.opt("comment", text)
	email, name := reviewer(&r), ""
	if strings.Contains(email, "@") {
		name, _, _ = strings.Cut(email, "@")
	} else {
		email = ""
	}
	w.opt("actor_email", email)
	w.opt("actor_name", name)
	from, to := d.from, d.to
	if d.kind == editStatus {
		w.str("previous_status", from)
		w.str("new_status", to)
		from, to = "", ""
	} else {
		w.null("previous_status")
		w.null("new_status")
	}
	field := map[editKind]string{editTag: "tag", editUntag: "tag", editMetadata: "segment", editProfile: "display_name"}[d.kind]
	value := func(k, s string) {
		if s == "" {
			w.null(k)
			return
		}
		w.obj(k)
		w.str(field, s)
		w.end()
	}
	value("previous_value", from)
	value("new_value", to)
	switch d.kind {
	case editMetadata:
		w.strs("changed_fields", "metadata")
	case editProfile:
		w.strs("changed_fields", "display_name")
	default:
		w.strs("changed_fields")
	}
	w.null("metadata")
	if d.kind == editComment && r.chance(0.2) {
		w.strs("mentioned_emails", "analyst3@customer.example")
	} else {
		w.strs("mentioned_emails")
	}
	w.time("created_at", d.at)
	w.end()
}
