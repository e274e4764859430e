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
// It checks the file when a key is looked up, at most once a second, and reads it
// again when it has changed. A file that was renamed into place counts as
// changed, and so does the target of a link, so a mounted Kubernetes secret can
// be rotated.
//
// When the file then cannot be read or has no usable key, the last good keys are
// used until [WithMaxStale] (one hour by default) past the last check that found
// them. From then on Find fails. Status reports either. A document never turns
// into a raw secret, or the reverse.
//
// Goroutines may share a File; it starts none. Every method of a nil or zero File
// fails with [ErrUnavailable].
type File struct{ state *file }

// NewFile provides the keys in the file at path, which it reads before it
// returns. The file holds at most 1 MiB of what [Parse] reads: a JWK Set, a JWK
// or PEM. With [WithSecretAlgorithm] it may hold a raw secret instead; one line
// end after the secret is dropped.
//
// NewFile fails when the file cannot be read, is not a regular file, or has no
// usable key. The error wraps that of the file system, such as [os.ErrNotExist].
// Options that have no meaning for a file, such as [WithTimeout], are an error
// too, and all invalid options are reported in one error.
//
// Certificates must be valid when the file is read. One that expires later is
// used until the file is read again.
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
	// Decided once: a later version of the file must not choose.
	f.raw, f.seen = !isJSON(doc) && !isPEM(doc), version{info, at}
	if err := f.take(doc); err != nil {
		return nil, fmt.Errorf("keys: file %s: %s", message.Plain(path), message.Bare(err))
	}
	f.found(c.now())
	f.log(fileEvent{refresh: f.refreshed(at, newIndex(nil, nil))})
	return &File{f}, nil
}

// Find implements [Provider]. It fails only when the file has been missing or
// broken for longer than [WithMaxStale] allows; the error wraps [ErrUnavailable]
// and the cause. Once a second one lookup checks the file, and reads it when it
// has changed; the others do not wait for it.
func (f *File) Find(_ context.Context, h Hint) ([]*Key, error) {
	if f.isZero() {
		return nil, errZeroFile
	}
	v := f.state.upToDate()
	if v.err != nil {
		return nil, v.err
	}
	return v.find(h), nil
}

// Refresh reads the file now, changed or not. Its error wraps [ErrUnavailable]
// and the cause; the last good keys are still used as long as they may be.
func (f *File) Refresh(context.Context) error {
	if f.isZero() {
		return errZeroFile
	}
	return f.state.refresh()
}

// Status returns the state of the file as of the last check. Without keys in it,
// Find fails.
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
	v := f.state.upToDate() // reading a file counts as memory: it is local
	return v.find(h), v.err == nil
}

func (f *File) atHand(h Hint) []*Key {
	if f.isZero() {
		return nil
	}
	return f.state.view.Load().find(h)
}

func (f *File) boundTo() []string { return nil }

func (f *File) unused(keyID string) (string, bool) {
	if f.isZero() {
		return "", false
	}
	return f.state.view.Load().unused(keyID)
}

// A file is the state of a File, behind a pointer so that a File is not copied.
type file struct {
	path      string
	config    *config
	view      atomic.Pointer[fileView] // what lookups see
	nextCheck atomic.Int64             // in Unix nanoseconds

	mu      sync.Mutex    // held to check the file
	raw     bool          // the file is a raw secret
	seen    version       // of what was read last, good or not
	sum     *[32]byte     // SHA-256 of the document that the keys are from
	index   *index        // those keys
	foundAt time.Time     // when they were last found, in time of day
	checked time.Time     // when the file was last checked
	age     time.Duration // of the keys at that check; 0 when it found them
	err     error         // why it did not; nil when it did
}

// A fileView is one state of the keys. It is never changed.
type fileView struct {
	*index           // empty when the keys are too old
	err    error     // nil unless they are
	limit  time.Time // when they will be, unless a check finds them before
}

// checkEvery bounds how often lookups call stat, and how long a changed file goes
// unnoticed.
const checkEvery = time.Second

// upToDate returns what lookups see, once it has checked the file if it is time to.
// Lookups that come meanwhile use the keys at hand, unless those may be too old by
// now: then they wait.
func (f *file) upToDate() *fileView {
	now := f.config.now()
	if !f.isTime(now) {
		return f.view.Load()
	}
	if refresh.Reached(now, f.view.Load().limit) {
		f.mu.Lock()
	} else if !f.mu.TryLock() {
		return f.view.Load()
	}
	f.log(f.checkOnce(now))
	return f.view.Load()
}

// isTime reports whether to check the file. A next check that is further away
// than checkEvery means that the clock was set back.
func (f *file) isTime(now time.Time) bool {
	wait := f.nextCheck.Load() - now.UnixNano()
	return wait <= 0 || wait > int64(checkEvery)
}

// checkOnce checks the file unless another lookup did so meanwhile. It releases the
// lock, and returns what to log after that: a logger may be slow.
func (f *file) checkOnce(now time.Time) fileEvent {
	defer f.mu.Unlock()
	if !f.isTime(now) {
		return fileEvent{}
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
		Keys:        slices.Clone(f.view.Load().all),
		Skipped:     slices.Clone(f.index.skipped),
		FetchedAt:   f.foundAt,
		NextRefresh: time.Unix(0, f.nextCheck.Load()),
		Stale:       f.err != nil,
		Err:         f.err,
	}
}
