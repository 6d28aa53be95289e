package filing

import (
	"slices"
	"strings"
	"sync"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/go-json-experiment/json"

	"kycsync/schemas"
)

// eachValue calls use with the place of each value, and appends a null where there is none.
func eachValue(from arrow.Array, b array.Builder, use func(i int)) {
	b.Reserve(from.Len())
	for i := range from.Len() {
		if from.IsNull(i) {
			b.AppendNull()
			continue
		}
		use(i)
	}
}

// texts returns what of makes of each value of a column, as a text; false: nothing. The caller releases it.
func texts(c *schemas.Column, from arrow.Array, of func(string) (string, bool, error)) (arrow.Array, error) {
	b := array.NewStringBuilder(memory.DefaultAllocator)
	defer b.Release()
	var text []byte
	var failed error
	eachValue(from, b, func(i int) {
		text = appendCell(text[:0], c, true, from, i)
		out, kept, err := of(string(text))
		if err != nil {
			failed = err
		}
		if !kept {
			b.AppendNull()
			return
		}
		b.Append(out)
	})
	return b.NewArray(), failed
}

// knownWords leaves a text that is none of the words out: nobody knows what it is.
func knownWords(c *schemas.Column, words []string, from arrow.Array) (arrow.Array, error) {
	return texts(c, from, func(text string) (string, bool, error) { return text, slices.Contains(words, text), nil })
}

// knownTerms leaves a JSON value out that is not a list of words of the dictionary.
func knownTerms(c *schemas.Column, from arrow.Array) (arrow.Array, error) {
	return texts(c, from, func(text string) (string, bool, error) {
		var list []string
		if json.Unmarshal([]byte(text), &list) != nil {
			return "", false, nil
		}
		unknown := func(word string) bool { return !dictionaryTerms()[word] }
		return text, !slices.ContainsFunc(list, unknown), nil
	})
}

// dictionaryTerms are the names of all columns, the members that they are read from, and the words that they may have.
var dictionaryTerms = sync.OnceValue(func() map[string]bool {
	out := map[string]bool{}
	for i := range schemas.Tables {
		for _, c := range schemas.Tables[i].Columns {
			out[c.Name] = true
			for _, word := range c.Words {
				out[word] = true
			}
			for member := range strings.FieldsFuncSeq(c.Path, func(r rune) bool { return strings.ContainsRune(".[]|:/", r) }) {
				out[member] = true
			}
		}
	}
	return out
})

// pseudonyms returns those of a column's values; where tells where they were taken from, as in sessions.vendor_data.
func (p *Pseudonymizer) pseudonyms(c *schemas.Column, where string, from arrow.Array) (arrow.Array, error) {
	return texts(c, from, func(text string) (string, bool, error) {
		out, err := p.pseudonymOf(c.Name, where, text)
		return out, true, err
	})
}
