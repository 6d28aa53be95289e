package filing

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strings"
	"unicode/utf8"
)

// CSV files are those of RFC 4180: commas, lines that end in CR LF, a header, UTF-8 without a mark. Null is empty and an
// empty text is "". Quotes stand only where a text has a comma, a quote, CR or LF. So there is one spelling of each row.

// A profile is who the CSV files are for.
type profile string

const (
	plain       profile = "plain"       // programs: every text is as it is
	spreadsheet profile = "spreadsheet" // people with a spreadsheet, which would take some texts for formulas
)

// triggers are the first signs of a text that a spreadsheet may take for a formula, those of full width too, and the
// apostrophe itself.
const triggers = "=+-@\t\r\n\x00\uff1d\uff0b\uff0d\uff20'"

// escape puts an apostrophe before a text that begins with a trigger, so that taking the first apostrophe away gives every
// text back.
func escape(text []byte) []byte {
	if first, n := utf8.DecodeRune(text); n > 0 && strings.ContainsRune(triggers, first) {
		return append([]byte("'"), text...)
	}
	return text
}

// unescape undoes escape.
func unescape(text string) string { return strings.TrimPrefix(text, "'") }

// appendField appends a field that is not null.
func appendField(b, text []byte) []byte {
	if len(text) > 0 && !bytes.ContainsAny(text, "\",\r\n") {
		return append(b, text...)
	}
	b = append(b, '"')
	for {
		at := bytes.IndexByte(text, '"')
		if at < 0 {
			break
		}
		b = append(append(b, text[:at+1]...), '"')
		text = text[at+1:]
	}
	return append(append(b, text...), '"')
}

// header is the first line of a file.
func header(names []string) []byte { return []byte(strings.Join(names, ",") + "\r\n") }

// A field is a value of a row that was read.
type field struct {
	text string
	null bool
}

// maxLine is how many bytes a row that is read may have.
const maxLine = 64 << 20

var errCSV = errors.New("it is not the CSV that a filing has")

// A rowReader reads the rows of a CSV file. Not safe for concurrent use.
type rowReader struct {
	r    *bufio.Reader
	line []byte
	row  []field
}

func newRowReader(r io.Reader) *rowReader { return &rowReader{r: bufio.NewReaderSize(r, 256<<10)} }

// next returns the next row, valid until the one after it, and its bytes. At the end the error is io.EOF; one that wraps
// errCSV means that the file is not written as it must be.
func (r *rowReader) next() ([]field, []byte, error) {
	r.line, r.row = r.line[:0], r.row[:0]
	for quotes := 0; ; {
		part, err := r.r.ReadSlice('\n')
		r.line = append(r.line, part...)
		quotes += bytes.Count(part, []byte{'"'})
		switch {
		case len(r.line) > maxLine:
			return nil, nil, errCSV
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case err == io.EOF && len(r.line) == 0:
			return nil, nil, io.EOF
		case err == io.EOF:
			return nil, nil, errCSV
		case err != nil:
			return nil, nil, err
		}
		if quotes%2 == 0 && bytes.HasSuffix(r.line, []byte("\r\n")) {
			break
		}
		if quotes%2 == 0 {
			return nil, nil, errCSV
		}
	}
	err := r.split(r.line[:len(r.line)-2])
	return r.row, r.line, err
}

// split takes a line apart.
func (r *rowReader) split(line []byte) error {
	for {
		var f field
		if len(line) > 0 && line[0] == '"' {
			end, text := 1, strings.Builder{}
			for {
				at := bytes.IndexByte(line[end:], '"')
				if at < 0 {
					return errCSV
				}
				text.Write(line[end : end+at])
				if end += at + 1; end == len(line) || line[end] != '"' {
					break
				}
				text.WriteByte('"')
				end++
			}
			f.text, line = text.String(), line[end:]
			if f.text != "" && !strings.ContainsAny(f.text, "\",\r\n") {
				return errCSV // quotes that it does not need
			}
		} else {
			end := bytes.IndexByte(line, ',')
			if end < 0 {
				end = len(line)
			}
			f.text, f.null = string(line[:end]), end == 0
			if line = line[end:]; strings.ContainsAny(f.text, "\"\r\n") {
				return errCSV
			}
		}
		r.row = append(r.row, f)
		if len(line) == 0 {
			return nil
		}
		if line[0] != ',' {
			return errCSV
		}
		line = line[1:]
		if len(line) == 0 {
			r.row = append(r.row, field{null: true})
			return nil
		}
	}
}
