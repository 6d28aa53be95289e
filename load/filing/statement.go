package filing

const (
	statementType = "https://in-toto.io/Statement/v1"
	predicateType = "urn:kycsync:filing:v1"
)

// A statement says of every file of the package what made it of what. It is an in-toto Statement.
//
// Source: in-toto attestation framework, spec/v1/statement.md.
type statement struct {
	Type          string    `json:"_type"`
	Subject       []subject `json:"subject"`
	PredicateType string    `json:"predicateType"`
	Predicate     predicate `json:"predicate"`
}

type subject struct {
	Name   string            `json:"name"`
	Digest map[string]string `json:"digest"`
}

// A predicate has no secret and nothing of the clock.
type predicate struct {
	Program    Program           `json:"program"`
	Template   named             `json:"template"`
	Parameters map[string]string `json:"parameters"`
	Knowledge  knowledge         `json:"knowledge"`
	// Definition identifies the tables and views that the statements were asked of.
	Definition string           `json:"definition"`
	Policy     policy           `json:"policy"`
	Rows       map[string]int64 `json:"rows"`
	Source     map[string]int64 `json:"source"` // sessions of the period by application
}

type named struct {
	Name   string `json:"name"`
	SHA256 string `json:"sha256"`
}

// knowledge is the commit of the lake that everything was read from.
type knowledge struct {
	Seq         int64  `json:"seq"`
	SHA256      string `json:"sha256"`
	CommittedAt string `json:"committed_at"`
	RunID       string `json:"run_id"`
}

type policy struct {
	Audience Audience `json:"audience"`
	Version  int      `json:"version"`
	KeyID    string   `json:"pseudonym_key_id,omitempty"`
}

func (m *maker) addStatement() error {
	o := m.Order
	template, err := templateSHA256(o.Template)
	if err != nil {
		return err
	}
	s := statement{Type: statementType, PredicateType: predicateType, Predicate: predicate{
		Program: o.Program, Template: named{o.Template.Name, template}, Parameters: map[string]string{"entity": o.Entity, "profile": o.Profile, "period": o.Period.Name},
		Knowledge:  m.knowledge(),
		Definition: definition(), Policy: o.policy(), Rows: m.Rows, Source: map[string]int64{},
	}}
	for _, t := range m.terms() {
		s.Predicate.Parameters[t.label] = t.value
	}
	for _, b := range m.balance {
		s.Predicate.Source[b.application] = b.source
	}
	for _, name := range m.bag.Names() {
		s.Subject = append(s.Subject, subject{name, map[string]string{"sha256": m.bag.File(name).SHA256}})
	}
	return m.addJSON(statementFile, s)
}
