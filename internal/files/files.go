// Package files reads and replaces small files that others may tamper with. It
// never waits for the writer of a pipe, never reads more than a limit, and never
// leaves half a file behind.
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

// Read reads a regular file of at most limit bytes, and returns its info, taken
// when it was open. Links are followed. When known reports true for that info, the
// file is not read and doc is nil; it is still opened, so that a file whose
// permission was withdrawn is an error. A nil known knows no file.
func Read(path string, limit int64, known func(os.FileInfo) bool) (doc []byte, info os.FileInfo, err error) {
	// Opening a device may have effects, such as rewinding a tape: check first.
	if info, err := os.Stat(path); err != nil || !info.Mode().IsRegular() {
		return nil, nil, cmp.Or(err, errNotRegular)
	}
	// Read what was opened: between check and opening the file may have changed.
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

// ReadTrusted reads a regular file of at most limit bytes that says which keys to
// trust. It follows no link, which another user may have placed. With owned it
// fails unless only the user of the process and root can have written the file.
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
	// Check what was opened, not the path: it may lead elsewhere by now.
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

// regular returns an error for anything but a regular file.
func regular(info os.FileInfo) error {
	switch {
	case info.Mode()&os.ModeSymlink != 0:
		return errors.New("it is a link; give the path of the file itself")
	case !info.Mode().IsRegular():
		return errNotRegular
	}
	return nil
}

// Open opens a regular file with additional flags of package os. It does not wait
// for the writer of a pipe: one may have been put in the place of the file since it
// was checked.
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

// readAll reads one byte more than limit to find out that there is more: the size
// in the info may have changed since.
func readAll(f *os.File, limit int64) ([]byte, error) {
	doc, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err == nil && int64(len(doc)) > limit {
		err = fmt.Errorf("it is larger than %d bytes", limit)
	}
	return doc, err
}

// Replace writes a new file to the place of path in one step: a reader sees the old
// content or the new, even after a crash. Only its owner can read it.
func Replace(path string, doc []byte) error {
	// In the same folder, since a rename does not cross file systems. Its mode is
	// 0600.
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // fails once it is renamed
	_, err = f.Write(doc)
	if err == nil {
		err = f.Sync() // before the rename, or a crash may leave an empty file
	}
	// Some file systems report a failed write only here.
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	return err
}

// Bare returns err without the path that package os puts in it: callers name the
// path themselves, or must not show it.
func Bare(err error) error {
	var pe *os.PathError
	if errors.As(err, &pe) {
		return pe.Err
	}
	return err
}
