package lake

import (
	"io"
	"io/fs"
	"os"
)

// A tree is what a Dir needs of its directory; names are relative to it. Tests have one whose operations fail.
type tree interface {
	Open(name string) (handle, error)
	OpenFile(name string, flag int, perm fs.FileMode) (handle, error)
	Mkdir(name string, perm fs.FileMode) error
	Chmod(name string, mode fs.FileMode) error
	Link(old, new string) error   // fails where new is taken
	Rename(old, new string) error // takes its place
	Remove(name string) error
	RemoveAll(name string) error
	FS() fs.FS
	Close() error
}

type handle interface {
	io.ReadWriteCloser
	Stat() (fs.FileInfo, error)
	Chmod(fs.FileMode) error
	Sync() error
}

// rooted is a directory of the system, which no name leaves.
type rooted struct{ *os.Root }

func (r rooted) Open(name string) (handle, error) {
	f, err := r.Root.Open(name)
	if err != nil {
		return nil, err
	}
	return f, nil
}

func (r rooted) OpenFile(name string, flag int, perm fs.FileMode) (handle, error) {
	f, err := r.Root.OpenFile(name, flag, perm)
	if err != nil {
		return nil, err
	}
	return f, nil
}
