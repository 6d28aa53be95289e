package schemas

import "testing"

var quoted = Table{
	Name: "order", Doc: "One person's order.",
	Columns: []Column{
		{ID: 1, Name: "id", Kind: Int, Class: Internal},
		{ID: 2, Name: "group", Kind: Text, Null: true, Class: PII, Doc: "the customer's group"},
		{ID: 3, Name: "photo", Kind: Media, Null: true, Class: Biometric},
		{ID: 4, Name: "token", Kind: Text, Null: true, Class: Secret},
	},
}

func TestCreateTable(t *testing.T) {
	want := `CREATE TABLE "order""s" (
	"id" BIGINT NOT NULL,
	"group" VARCHAR
);
`
	if got := quoted.CreateTable(`order"s`); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestComments(t *testing.T) {
	want := `COMMENT ON TABLE "order" IS 'One person''s order.';
COMMENT ON COLUMN "order"."id" IS 'internal';
COMMENT ON COLUMN "order"."group" IS 'pii: the customer''s group';
`
	if got := quoted.Comments("order"); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestEveryTableHasAnArrowSchema(t *testing.T) {
	for _, table := range Tables {
		if got, want := table.Arrow().NumFields(), len(table.Stored()); got != want || want == 0 {
			t.Errorf("%s: %d fields, want %d", table.Name, got, want)
		}
	}
}
