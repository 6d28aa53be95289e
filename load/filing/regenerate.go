package filing

import (
	"maps"
	"slices"
	"strings"

	"kycsync/load/filing/bag"
	"kycsync/load/warehouse"
)

func definition() string { return warehouse.Definition() }

func (p *Package) knowledge() knowledge {
	return knowledge{p.Stand.Seq, p.Stand.SHA256, p.Stand.CommittedAt.UTC().Format(timeForm), p.Stand.RunID}
}

func (o *Order) policy() policy {
	out := policy{Audience: o.Audience, Version: policyVersion}
	if o.Pseudonyms != nil {
		out.KeyID = o.Pseudonyms.keyID
	}
	return out
}

// A Difference is a file of a filing that is another one when it is made again, and why.
type Difference struct {
	File  string
	Cause string
}

// naming are the files that name the program that made them, and those that have their hashes.
var naming = []string{statementFile, bag.InfoFile, bag.Manifest, bag.TagManifest, bag.Signature}

// Differences returns the files that are others than when the filing of a line of the ledger was made, in order of their
// names. explained: they are others only in that they name another program or another signer.
func (p *Package) Differences(of Entry) (out []Difference, explained bool, err error) {
	now, err := p.Entry()
	if err != nil {
		return nil, false, err
	}
	now.Files = p.Files() // of which the line of a filing about one person has none
	all := maps.Clone(of.Files)
	maps.Copy(all, now.Files)
	delete(all, bag.Timestamp) // each is of another time
	explained = true
	cause := causeOf(of, now)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		was, is := of.Files[name], now.Files[name]
		if was == is {
			continue
		}
		d := Difference{File: name, Cause: cause}
		byName := slices.Contains(naming, name) && of.Program != now.Program
		switch {
		case name == bag.Signature && of.Signer != now.Signer:
			d.Cause = "it was signed by " + who(of.Signer) + ", now by " + who(now.Signer)
		case name == readmeFile && of.Signer != now.Signer, byName:
			d.Cause = "it names " + what(of, now)
		case slices.Contains(naming, name) && of.Signer != now.Signer:
			d.Cause = "it has the hash, or the size, of a file that names the signer"
		default:
			explained = false
		}
		if was == "" || is == "" {
			explained = explained && name == bag.Signature
		}
		out = append(out, d)
	}
	return out, explained, nil
}

func who(fingerprint string) string {
	if fingerprint == "" {
		return "nobody"
	}
	return fingerprint
}

// what says which names are others.
func what(of, now Entry) string {
	var out []string
	if of.Signer != now.Signer {
		out = append(out, "another signer")
	}
	if of.Program != now.Program {
		out = append(out, "another program: kycsync "+of.Program.Version+" then, "+now.Program.Version+" now")
	}
	return strings.Join(out, " and ")
}

// causeOf says why content can be another one.
func causeOf(of, now Entry) string {
	switch {
	case of.Knowledge != now.Knowledge:
		return "the lake has another history: what was known then is another commit now"
	case of.Template != now.Template:
		return "the template was altered since"
	case of.Policy != now.Policy:
		return "the policy of the audience, or the key of its pseudonyms, is another one"
	case of.Supersedes != now.Supersedes:
		return "it replaces another filing"
	case of.Definition != now.Definition:
		return "the tables or views of the warehouse are defined otherwise since"
	case of.Program != now.Program:
		return "the program is another one"
	}
	return "not explained: the warehouse or the lake may be damaged, kycsync verify says"
}
