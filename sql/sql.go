// Package sql holds the program's SQL texts: the views of the warehouse. They are files, so that an
// analyst can read, copy and change them without knowing Go.
//
// The package is a leaf: it imports no other package of the program.
package sql

import (
	"embed"
	"fmt"
)

//go:embed views/*.sql
var files embed.FS

// A View is a view of the warehouse. SQL is the statement that creates or replaces it.
type View struct {
	Name string
	SQL  string
}

// Views is every view, each after those that it reads.
var Views = []View{
	view("user_features"),
}

// view reads views/<name>.sql. It panics when the file is not there, which only a build can cause.
func view(name string) View {
	text, err := files.ReadFile("views/" + name + ".sql")
	if err != nil {
		panic(fmt.Sprintf("sql: view %s: %v", name, err))
	}
	return View{Name: name, SQL: string(text)}
}
