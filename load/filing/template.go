package filing

import (
	"fmt"
	"os"
	"path/filepath"

	"kycsync/sql"
)

// Templates returns those that the program comes with, in order of their names.
func Templates() []sql.Filing { return sql.Filings() }

// maxTemplateFile is how long a file of a template may be, in bytes.
const maxTemplateFile = 1 << 20

// ReadTemplates reads a folder whose folders are templates, in order of their names.
func ReadTemplates(dir string) ([]sql.Filing, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var out []sql.Filing
	for _, e := range entries {
		if !e.IsDir() {
			continue
		}
		files, err := readFolder(filepath.Join(dir, e.Name()))
		if err != nil {
			return nil, err
		}
		f, err := sql.ParseFiling(e.Name(), files)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", e.Name(), err)
		}
		out = append(out, *f)
	}
	return out, nil
}

func readFolder(dir string) (map[string][]byte, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	files := map[string][]byte{}
	for _, e := range entries {
		if info, err := e.Info(); err != nil || !info.Mode().IsRegular() || info.Size() > maxTemplateFile {
			return nil, fmt.Errorf("%s: want a file of at most %d bytes", e.Name(), maxTemplateFile)
		}
		if files[e.Name()], err = os.ReadFile(filepath.Join(dir, e.Name())); err != nil {
			return nil, err
		}
	}
	return files, nil
}
