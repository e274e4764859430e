// Package files reads and replaces small files that others may tamper with: it
// never waits for the writer of a pipe, and never reads more than it is told.
package files

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

var errNotRegular = errors.New("it is not a regular file")

// Read reads a regular file of at most limit bytes, and says which one it
// was. When it is as known says, it is opened all the same, to see whether it
// may be, and not read: doc is nil then.
func Read(path string, limit int64, known func(os.FileInfo) bool) (doc []byte, info os.FileInfo, err error) {
	// To open a device may do things, so look before.
	if info, err := os.Stat(path); err != nil || !info.Mode().IsRegular() {
		return nil, nil, cmp.Or(err, errNotRegular)
	}
	f, info, err := Open(path, 0)
	if err != nil {
		return nil, nil, err
	}
	defer f.Close()
	if known != nil && known(info) {
		return nil, info, nil
	}
	doc, err = readAll(f, limit)
	return doc, info, err
}

// ReadTrusted reads a file that says which keys to trust. With owned, nobody
// but the user of the process and root can have written it.
func ReadTrusted(path string, limit int64, owned bool) ([]byte, error) {
	if info, err := os.Lstat(path); err != nil {
		return nil, err
	} else if err := regular(info); err != nil {
		return nil, err
	}
	f, info, err := Open(path, noFollow)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if owned {
		if err := checkOwner(info); err != nil {
			return nil, err
		}
		if err := checkFolder(filepath.Dir(path)); err != nil {
			return nil, err
		}
	}
	return readAll(f, limit)
}

func regular(info os.FileInfo) error {
	switch {
	case info.Mode()&os.ModeSymlink != 0:
		return errors.New("it is a link; give the path of the file itself")
	case !info.Mode().IsRegular():
		return errNotRegular
	}
	return nil
}

// Open opens a regular file. It does not wait for the writer of a pipe
// that was put in its place.
func Open(path string, flags int) (*os.File, os.FileInfo, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|nonBlocking|flags, 0)
	if err != nil {
		return nil, nil, err
	}
	info, err := f.Stat()
	if err == nil {
		err = regular(info)
	}
	if err != nil {
		f.Close()
		return nil, nil, err
	}
	return f, info, nil
}

func readAll(f *os.File, limit int64) ([]byte, error) {
	doc, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err == nil && int64(len(doc)) > limit {
		err = fmt.Errorf("it is larger than %d bytes", limit)
	}
	return doc, err
}

// Replace writes a new file in the place of path in one step, readable by its owner alone.
func Replace(path string, doc []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*") // 0600
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.Write(doc)
	if err == nil {
		err = f.Sync()
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	return err
}

// Bare is err without the path that package os puts in it, which callers
// name themselves.
func Bare(err error) error {
	var pe *os.PathError
	if errors.As(err, &pe) {
		return pe.Err
	}
	return err
}
