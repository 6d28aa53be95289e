package night

import (
	"slices"
	"strings"
	"time"
)

// An item is something that another session may have, too.
type item struct{ kind, value string }

// items may name one several times.
func (d *dossier) items() (all []item) {
	b := d.now().body
	add := func(kind, value string) {
		if value != "" {
			all = append(all, item{kind, value})
		}
	}
	number := strings.NewReplacer(" ", "", "-", "", ".", "", "/", "")
	for _, x := range b.Documents {
		add("document", x.State+":"+strings.ToUpper(number.Replace(x.Number)))
		add("personal number", x.State+":"+strings.ToUpper(number.Replace(x.Personal)))
	}
	for _, x := range b.Phones {
		add("phone", x.Number)
	}
	for _, x := range b.Emails {
		add("email", strings.ToLower(x.Address))
	}
	for _, x := range b.Networks {
		if x.Fingerprint != nil {
			add("device", *x.Fingerprint)
		}
		add("ip", x.IP)
	}
	return all
}

// holders are the sessions of each user that have an item, oldest first, where several users have it.
func (w *life) holders() map[item]map[string][]*dossier {
	all := map[item]map[string][]*dossier{}
	for _, d := range w.people {
		if d.key() == "" {
			continue
		}
		for _, x := range d.items() {
			if all[x] == nil {
				all[x] = map[string][]*dossier{}
			}
			if ds := all[x][d.key()]; !slices.Contains(ds, d) {
				all[x][d.key()] = append(ds, d)
			}
		}
	}
	for x, users := range all {
		if len(users) < 2 {
			delete(all, x)
		}
		for _, ds := range users {
			slices.SortFunc(ds, func(a, b *dossier) int { return a.created.Compare(b.created) })
		}
	}
	return all
}

func (w *life) sharedAnswers() []answer {
	each := answer{view: "session_items", columns: "session_id, kind, item", from: "session_items WHERE session_id IN (SELECT session_id FROM live_sessions)"}
	for _, d := range w.people {
		for _, x := range d.items() {
			each.rows = append(each.rows, []any{d.id, x.kind, x.value})
		}
	}
	columns := "kind, item, vendor_data_key, users, sessions, first_created_at, last_created_at, approved_sessions"
	items, documents, contacts := answer{view: "shared_items", columns: columns}, answer{view: "shared_documents", columns: columns}, answer{view: "shared_contacts", columns: columns}
	left := answer{view: "clusters_left_out", from: "clusters_left_out(max_users := 2)", columns: "kind, items, most_users"}
	leftItems, leftMost := map[string]int{}, map[string]int{}
	for x, users := range w.holders() {
		for key, ds := range users {
			approved := 0
			for _, d := range ds {
				count(&approved, isApproved(d.status()))
			}
			row := []any{x.kind, x.value, key, len(users), len(ds), ds[0].created, ds[len(ds)-1].created, approved}
			items.rows = append(items.rows, row)
			if x.kind == "document" || x.kind == "personal number" {
				documents.rows = append(documents.rows, row)
			} else {
				contacts.rows = append(contacts.rows, row)
			}
		}
		if len(users) > 2 {
			leftItems[x.kind]++
			leftMost[x.kind] = max(leftMost[x.kind], len(users))
		}
	}
	for kind, n := range leftItems {
		left.rows = append(left.rows, []any{kind, n, leftMost[kind]})
	}
	return []answer{each, items, documents, contacts, left, w.clusters("clusters()", 50, false), w.clusters("clusters(max_users := 3, with_ip := true)", 3, true), w.faces()}
}

func (w *life) clusters(call string, most int, ip bool) answer {
	group := map[string]string{} // a smaller name of the same cluster
	var find func(string) string
	find = func(key string) string {
		if to, ok := group[key]; ok && to != key {
			return find(to)
		}
		return key
	}
	shared, kinds := map[string]int{}, map[string][]string{}
	for x, users := range w.holders() {
		if len(users) > most || x.kind == "ip" && !ip {
			continue
		}
		one := ""
		for key := range users {
			shared[key]++
			kinds[key] = append(kinds[key], x.kind)
			if one == "" {
				one = key
			}
			if a, b := find(one), find(key); a < b {
				group[b] = a
			} else {
				group[a] = b
			}
		}
	}
	size := map[string]int{}
	for key := range shared {
		size[find(key)]++
	}
	a := answer{view: "clusters", from: call, columns: "cluster, users, vendor_data_key, shared_items, kinds, is_complete"}
	for key, n := range shared {
		slices.Sort(kinds[key])
		a.rows = append(a.rows, []any{find(key), size[find(key)], key, n, strings.Join(slices.Compact(kinds[key]), ", "), true})
	}
	return a
}

func (w *life) faces() answer {
	type pair struct{ user, other, source string }
	type figures struct {
		sessions, others map[string]bool
		similarity       float64
		blocked          bool
		last             time.Time
	}
	pairs := map[pair]*figures{}
	for _, d := range w.people {
		for _, x := range d.now().body.Liveness {
			for _, m := range x.Matches {
				p := pair{d.key(), keyOf(m.VendorData), *m.Source}
				if p.user == p.other {
					continue
				}
				if pairs[p] == nil {
					pairs[p] = &figures{sessions: map[string]bool{}, others: map[string]bool{}}
				}
				f := pairs[p]
				f.sessions[d.id], f.others[m.Session] = true, true
				f.similarity = max(f.similarity, *m.Similarity)
				f.blocked = f.blocked || m.Blocked
				if d.created.After(f.last) {
					f.last = d.created
				}
			}
		}
	}
	a := answer{view: "shared_faces", columns: "vendor_data_key, matched_user, source, sessions, matched_sessions, similarity, is_blocklisted, last_created_at"}
	for p, f := range pairs {
		a.rows = append(a.rows, []any{orNone(p.user), orNone(p.other), p.source, len(f.sessions), len(f.others), f.similarity, f.blocked, f.last})
	}
	return a
}
