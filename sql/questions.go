package sql

import (
	"embed"
	"path"
	"strings"
)

//go:embed questions/*.sql evidence/*.sql
var questionFiles embed.FS

// A Question is an example of what the warehouse can be asked.
type Question struct {
	Name  string // of the file
	Title string // the question in words: the file's first line
	SQL   string // without the title
}

// Questions are the examples, in the order of their file names.
func Questions() []Question { return questionsIn("questions") }

// Evidence are the questions that show whether the newest night missed anything.
func Evidence() []Question { return questionsIn("evidence") }

func questionsIn(dir string) []Question {
	entries, err := questionFiles.ReadDir(dir)
	if err != nil {
		panic("sql: questions: " + err.Error())
	}
	var out []Question
	for _, e := range entries {
		text, err := questionFiles.ReadFile(path.Join(dir, e.Name()))
		if err != nil {
			panic("sql: questions: " + err.Error())
		}
		title, query, _ := strings.Cut(string(text), "\n")
		out = append(out, Question{Name: strings.TrimSuffix(e.Name(), ".sql"), Title: strings.TrimPrefix(title, "-- "), SQL: strings.TrimSpace(query)})
	}
	return out
}
