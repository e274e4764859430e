package keys

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"sync/atomic"
	"time"
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
	raw    bool        // the file is a raw secret
	seen   os.FileInfo // of what was read last, good or not
	status Status
}

const lookEvery = time.Second

// NewFile reads the keys in the file at path, as [ParseSet] does. A file that
// is neither JSON nor PEM is a raw secret for HS256, or as WithSecretAlgorithm
// says; one line end after it is left out. A file that cannot be read or has
// no usable key is an error.
func NewFile(path string, opts ...FileOption) (*File, error) {
	c, err := newConfig(opts)
	if err != nil {
		return nil, err
	}
	f := &File{path: path, config: c, status: Status{Source: path}}
	doc, info, err := readFile(path, maxBody)
	if err != nil {
		return nil, fmt.Errorf("keys: file %s: %w", path, pathOnly(err))
	}
	f.raw = !isJSON(doc) && !isPEM(doc)
	if err := f.take(doc, info); err != nil {
		return nil, err
	}
	return f, nil
}

// Find implements [Provider]. It never fails.
func (f *File) Find(_ context.Context, h Hint) ([]*Key, error) {
	ks, _ := f.findNow(h)
	return ks, nil
}

func (f *File) findNow(h Hint) ([]*Key, bool) {
	now := f.config.now()
	// A clock that was set back must not keep us from looking.
	if at := f.look.Load(); now.UnixNano() >= at || at-now.UnixNano() > int64(lookEvery) {
		f.reload(now, false)
	}
	return f.index.Load().find(h), true
}

// Refresh reads the file now. The error wraps [ErrUnavailable].
func (f *File) Refresh(context.Context) error { return f.reload(f.config.now(), true) }

// Status tells how the file is doing.
func (f *File) Status() Status {
	f.mu.Lock()
	defer f.mu.Unlock()
	s := f.status
	s.Keys = append([]*Key(nil), f.index.Load().all...)
	s.NextRefresh = time.Unix(0, f.look.Load())
	return s
}

// reload looks at the file, and reads it when it has changed or must be.
func (f *File) reload(now time.Time, must bool) error {
	if must {
		f.mu.Lock()
	} else if !f.mu.TryLock() {
		return nil // somebody is looking; the keys at hand serve
	}
	defer f.mu.Unlock()
	f.look.Store(now.Add(lookEvery).UnixNano())
	info, err := os.Stat(f.path)
	if err == nil && !must && f.same(info) {
		return nil
	}
	var doc []byte
	if err == nil {
		doc, info, err = readFile(f.path, maxBody)
	}
	before := f.status.Err
	if err != nil {
		f.seen = nil
		f.status.Err = fmt.Errorf("%w: file %s: %w", ErrUnavailable, f.path, pathOnly(err))
	} else if err := f.take(doc, info); err != nil {
		f.status.Err = fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	f.status.Stale = f.status.Err != nil
	switch {
	case f.status.Err != nil && before == nil:
		f.config.log.Warn("keys: the file is not used; the last good keys serve", "file", f.path, "error", f.status.Err)
	case f.status.Err == nil:
		f.config.log.Info("keys: the file was read", "file", f.path, "keys", len(f.index.Load().all))
	}
	return f.status.Err
}

// same reports whether info is of what was read last.
func (f *File) same(info os.FileInfo) bool {
	return f.seen != nil && os.SameFile(f.seen, info) &&
		f.seen.ModTime().Equal(info.ModTime()) && f.seen.Size() == info.Size()
}

// take makes the keys of doc those of the File, if it has any.
func (f *File) take(doc []byte, info os.FileInfo) error {
	f.seen = info
	var ks []*Key
	var skipped []Skipped
	var err error
	if f.raw {
		ks, err = f.config.reading.rawSecret(doc)
	} else {
		ks, skipped, err = f.config.reading.document(doc)
	}
	if err != nil {
		return fmt.Errorf("keys: file %s: %s", f.path, reason(err))
	}
	f.index.Store(newIndex(ks))
	f.status.Skipped, f.status.FetchedAt, f.status.Err = skipped, f.config.now(), nil
	return nil
}

// document is ParseSet with the reading's own choices.
func (r reading) document(doc []byte) ([]*Key, []Skipped, error) {
	if isPEM(doc) && !isJSON(doc) {
		return r.pem(doc)
	}
	return r.json(doc)
}

// rawSecret is the whole of doc but for one line end.
func (r reading) rawSecret(doc []byte) ([]*Key, error) {
	secret := bytes.TrimSuffix(bytes.TrimSuffix(doc, []byte("\n")), []byte("\r"))
	if isJSON(secret) || bytes.HasPrefix(secret, []byte("-----")) {
		return nil, errors.New("keys: it was a raw secret before and is something else now")
	}
	k, err := NewSecret("", r.secret, secret)
	if err != nil {
		return nil, err
	}
	return []*Key{k}, nil
}

// readFile reads a regular file of at most limit bytes, and tells which one.
func readFile(path string, limit int64) ([]byte, os.FileInfo, error) {
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
		return nil, nil, errors.New("it is not a regular file")
	}
	doc, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err == nil && int64(len(doc)) > limit {
		err = fmt.Errorf("it is larger than %d bytes", limit)
	}
	return doc, info, err
}
