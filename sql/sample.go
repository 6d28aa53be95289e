package sql

// The tables of a sample, which a filing has where one is drawn from its population.
const (
	FilingSample = "sample" // the sessions that were drawn
	FilingStrata = "strata" // what they were drawn of
)

// Sample is the table of the sessions that were drawn. It asks the list drawn.
func Sample() FilingTable { return controlTable(FilingSample) }

// Strata is the table of what they were drawn of. It asks the list strata.
func Strata() FilingTable { return controlTable(FilingStrata) }

// controlTable reads a table that filings have beside those of their templates.
func controlTable(name string) FilingTable {
	file := name + filingSuffix
	text, err := controlFiles.ReadFile("control/" + file)
	if err != nil {
		panic("sql: control: " + err.Error())
	}
	t, err := parseFilingTable(name, string(text))
	if err != nil {
		panic("sql: control: " + file + ": " + err.Error())
	}
	return t
}
