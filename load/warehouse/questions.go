package warehouse

import "kycsync/sql"

// Questions are examples of what a warehouse can be asked, in words and in SQL.
func Questions() []sql.Question { return sql.Questions() }

// Evidence returns the questions that show whether the newest night missed anything.
func Evidence() []sql.Question { return sql.Evidence() }
