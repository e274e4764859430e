package keys

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jwtverify/jwtverify/internal/message"
)

// A File provides the keys in a file: a JWK Set, a JWK, PEM, or a raw secret.
//
// It looks at the file at most once a second, when a key is asked for, and
// reads it again when it has changed, also when it was renamed into place or
// is behind a link that was. A file that then cannot be read or has no usable
// key leaves the last good ones serving and is told in Status. What was a
// document never turns into a raw secret, or the reverse. Goroutines may share
// a File; it starts none.
type File struct {
	path   string
	config *config
	index  atomic.Pointer[index]
	look   atomic.Int64 // when to look again, in Unix nanoseconds

	mu     sync.Mutex
	raw    bool     // the file is a raw secret
	seen   sighting // of what was read last, good or not
	sum    [32]byte // of what the keys were read from
	status Status
}

// A sighting is what tells a file from what it was.
type sighting struct {
	os.FileInfo           // nil: it could not be read
	at          time.Time // when it was read
}

const lookEvery = time.Second

// NewFile reads the keys in the file at path, as [ParseSet] does. A file that
// is neither JSON nor PEM may hold a raw secret where WithSecretAlgorithm says
// so; one line end after it is left out. A file that cannot be read or has no
// usable key is an error. Certificates must be valid when the file is read: one
// that expires later serves until the file is read again.
func NewFile(path string, opts ...FileOption) (*File, error) {
	c, err := newConfig(opts)
	if err != nil {
		return nil, err
	}
	f := &File{path: path, config: c, status: Status{Source: path}}
	at := time.Now()
	doc, info, err := readFile(path, maxBody)
	if err != nil {
		return nil, fmt.Errorf("keys: file %s: %w", message.Plain(path), pathOnly(err))
	}
	f.raw, f.seen = !isJSON(doc) && !isPEM(doc), sighting{info, at}
	if err := f.take(doc); err != nil {
		return nil, fmt.Errorf("keys: file %s: %s", message.Plain(path), reason(err))
	}
	f.look.Store(c.now().UnixNano())
	return f, nil
}

// Find implements [Provider]. It never fails.
func (f *File) Find(_ context.Context, h Hint) ([]*Key, error) {
	ks, _ := f.findNow(h)
	return ks, nil
}

func (f *File) findNow(h Hint) ([]*Key, bool) {
	if now := f.config.now(); f.isTime(now) && f.mu.TryLock() { // else somebody is looking
		f.lookOnce(now)()
	}
	return f.index.Load().find(h), true
}

// isTime reports whether to look. A clock that was set back must not keep us
// from it.
func (f *File) isTime(now time.Time) bool {
	wait := f.look.Load() - now.UnixNano()
	return wait <= 0 || wait > int64(lookEvery)
}

// lookOnce looks unless another did meanwhile. It frees the lock, and returns
// what is to be told after.
func (f *File) lookOnce(now time.Time) (tell func()) {
	defer f.mu.Unlock()
	if !f.isTime(now) {
		return func() {}
	}
	return f.reload(now, false)
}

// Refresh reads the file now. The error wraps [ErrUnavailable].
func (f *File) Refresh(context.Context) error {
	f.mu.Lock()
	tell := f.reload(f.config.now(), true)
	err := f.status.Err
	f.mu.Unlock()
	tell()
	return err
}

// Status tells how the file is doing.
func (f *File) Status() Status {
	f.mu.Lock()
	defer f.mu.Unlock()
	s := f.status
	s.Keys = slices.Clone(f.index.Load().all)
	s.Skipped = slices.Clone(s.Skipped)
	s.NextRefresh = time.Unix(0, f.look.Load())
	return s
}

// reload looks at the file, and reads it when it has changed or must be. The
// lock is held.
func (f *File) reload(now time.Time, must bool) (tell func()) {
	f.look.Store(now.Add(lookEvery).UnixNano())
	at := time.Now() // as the file system counts
	info, err := os.Stat(f.path)
	if err == nil && !must && f.seen.same(info) {
		return func() {}
	}
	var doc []byte
	if err == nil {
		doc, info, err = readFile(f.path, maxBody)
	}
	before, sum := f.status.Err, f.sum
	if err != nil {
		f.seen, err = sighting{}, pathOnly(err)
	} else {
		f.seen = sighting{info, at}
		if err = f.take(doc); err != nil {
			err = errors.New(reason(err))
		}
	}
	f.status.Stale, f.status.Err = err != nil, nil
	if err != nil {
		f.status.Err = fmt.Errorf("%w: file %s: %w", ErrUnavailable, message.Plain(f.path), err)
	}
	n, changed := len(f.index.Load().all), sum != f.sum
	return func() {
		switch {
		case err != nil && before == nil:
			f.config.log.Warn("keys: the file is not used; the last good keys serve", "file", f.path, "keys", n, "error", err)
		case err == nil && (before != nil || changed):
			f.config.log.Info("keys: the file was read", "file", f.path, "keys", n)
		}
	}
}

// same reports whether info is of what was read. A file that was changed just
// before may have been changed once more within the same tick of its clock.
func (s sighting) same(info os.FileInfo) bool {
	const tick = 2 * time.Second
	return s.FileInfo != nil && os.SameFile(s.FileInfo, info) &&
		s.ModTime().Equal(info.ModTime()) && s.Size() == info.Size() &&
		s.at.Sub(info.ModTime()).Abs() > tick
}

// take makes the keys of doc those of the File, if it has any.
func (f *File) take(doc []byte) error {
	sum := sha256.Sum256(doc)
	if sum != f.sum {
		var ks []*Key
		var skipped []Skipped
		var err error
		if f.raw {
			ks, err = f.config.reading.rawSecret(doc)
		} else {
			ks, skipped, err = f.config.reading.document(doc)
		}
		if err != nil {
			return err
		}
		f.index.Store(newIndex(ks))
		f.sum, f.status.Skipped = sum, skipped
	}
	f.status.FetchedAt = f.config.now()
	return nil
}

var errNotRegular = errors.New("it is not a regular file")

// readFile reads a regular file of at most limit bytes, and tells which one.
func readFile(path string, limit int64) ([]byte, os.FileInfo, error) {
	// To open a pipe would wait for its writer.
	if info, err := os.Stat(path); err != nil || !info.Mode().IsRegular() {
		return nil, nil, cmp.Or(err, errNotRegular)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, nil, errNotRegular
	}
	doc, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err == nil && int64(len(doc)) > limit {
		err = fmt.Errorf("it is larger than %d bytes", limit)
	}
	return doc, info, err
}
