package keys

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jwtverify/jwtverify/internal/fetch"
	"github.com/jwtverify/jwtverify/internal/files"
	"github.com/jwtverify/jwtverify/internal/message"
	"github.com/jwtverify/jwtverify/internal/refresh"
)

// A File provides the keys in a file: a JWK Set, a JWK, PEM, or a raw secret.
//
// It looks at the file at most once a second, when a key is asked for, and
// reads it again when it has changed, also when it was renamed into place or
// is behind a link that was. When it then cannot be read or has no usable key,
// the last good ones are used until [WithMaxStale] past the last look that
// found them, one hour if not given; from then on Find fails. Status reports
// both. What was a document never turns into a raw secret, or the reverse.
//
// Goroutines may share a File; it starts none. The zero File, and a nil one,
// cannot look.
type File struct{ state *file }

// NewFile reads the keys in the file at path, as [Parse] does. A file that
// is neither JSON nor PEM may hold a raw secret where WithSecretAlgorithm says
// so; one line end after it is left out. A file that cannot be read or has no
// usable key is an error. Certificates must be valid when the file is read: one
// that expires later serves until the file is read again.
func NewFile(path string, opts ...Option) (*File, error) {
	c, err := newConfig(opts)
	if err = message.Join("keys: ", err, c.meaningless("a file", forHTTP, forFetch, forOIDC)); err != nil {
		return nil, err
	}
	f := &file{path: path, config: c}
	at := time.Now()
	doc, info, err := files.Read(path, fetch.MaxBody, nil)
	if err != nil {
		return nil, fmt.Errorf("keys: file %s: %w", message.Plain(path), files.Bare(err))
	}
	f.raw, f.seen = !isJSON(doc) && !isPEM(doc), version{info, at}
	if err := f.take(doc); err != nil {
		return nil, fmt.Errorf("keys: file %s: %s", message.Plain(path), message.Bare(err))
	}
	f.found(c.now())
	return &File{f}, nil
}

// Find implements [Provider]. It fails only when the file is missing or broken
// and was so for too long; the error wraps [ErrUnavailable] and the cause.
func (f *File) Find(_ context.Context, h Hint) ([]*Key, error) {
	if f.isZero() {
		return nil, errZeroFile
	}
	v := f.state.current()
	if v.err != nil {
		return nil, v.err
	}
	return v.find(h), nil
}

// Refresh reads the file now. The error wraps [ErrUnavailable].
func (f *File) Refresh(context.Context) error {
	if f.isZero() {
		return errZeroFile
	}
	return f.state.refresh()
}

// Status reports how the file is doing. Without keys in it, Find fails.
func (f *File) Status() Status {
	if f.isZero() {
		return Status{Err: errZeroFile}
	}
	return f.state.status()
}

var errZeroFile = fmt.Errorf("%w: the File is nil or zero; make it with NewFile", ErrUnavailable)

func (f *File) isZero() bool { return f == nil || f.state == nil }

func (f *File) findNow(h Hint) ([]*Key, bool) {
	if f.isZero() {
		return nil, false
	}
	v := f.state.current()
	return v.find(h), v.err == nil
}

func (f *File) atHand(h Hint) []*Key {
	if f.isZero() {
		return nil
	}
	return f.state.published.Load().find(h)
}

func (f *File) boundTo() []string { return nil }

func (f *File) unused(keyID string) (string, bool) {
	if f.isZero() {
		return "", false
	}
	return f.state.published.Load().unused(keyID)
}

// A file is the machinery of a File.
type file struct {
	path      string
	config    *config
	published atomic.Pointer[fileView]
	look      atomic.Int64 // when to look again, in Unix nanoseconds

	mu      sync.Mutex
	raw     bool          // the file is a raw secret
	seen    version       // of what was read last, good or not
	sum     *[32]byte     // of what the keys were read from
	index   *index        // those keys
	foundAt time.Time     // when they were last found
	looked  time.Time     // when the last look was
	age     time.Duration // how long before it they were last found
	err     error         // what is wrong since then
}

// A fileView is one state of the keys, never changed.
type fileView struct {
	*index           // empty when they are too old
	err    error     // and this is why
	limit  time.Time // when they will be, unless a look finds them before
}

const lookEvery = time.Second

// current looks when it is time. Whoever comes meanwhile goes on with the keys
// there are, unless those may be too old by now.
func (f *file) current() *fileView {
	now := f.config.now()
	if !f.isTime(now) {
		return f.published.Load()
	}
	if refresh.Reached(now, f.published.Load().limit) {
		f.mu.Lock()
	} else if !f.mu.TryLock() {
		return f.published.Load()
	}
	f.log(f.lookOnce(now))
	return f.published.Load()
}

// isTime reports whether to look. A clock that was set back must not keep us
// from it.
func (f *file) isTime(now time.Time) bool {
	wait := f.look.Load() - now.UnixNano()
	return wait <= 0 || wait > int64(lookEvery)
}

// lookOnce looks unless another did meanwhile. It frees the lock, and returns
// what to log then.
func (f *file) lookOnce(now time.Time) logged {
	defer f.mu.Unlock()
	if !f.isTime(now) {
		return logged{}
	}
	return f.reload(now, false)
}

func (f *file) refresh() error {
	f.mu.Lock()
	l := f.reload(f.config.now(), true)
	err := f.err
	f.mu.Unlock()
	f.log(l)
	return err
}

func (f *file) status() Status {
	f.mu.Lock()
	defer f.mu.Unlock()
	return Status{
		Source:      message.Short(f.path),
		Keys:        slices.Clone(f.published.Load().all),
		Skipped:     slices.Clone(f.index.skipped),
		FetchedAt:   f.foundAt,
		NextRefresh: time.Unix(0, f.look.Load()),
		Stale:       f.err != nil,
		Err:         f.err,
	}
}
