package issuers

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jwtverify/jwtverify/internal/files"
	"github.com/jwtverify/jwtverify/internal/message"
	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/verifier"
)

const (
	lookEvery = time.Second
	maxFile   = 1 << 20 // bytes
)

// OpenFile is [Open] for the references in a file, one a line. Empty lines and
// lines that begin with # are left out.
//
// The file is looked at again when a token comes, at most once a second, and by
// keys.Run of [Issuer.Keys]. A change is in force at the next look: an issuer that
// was added is accepted, one that was removed is refused, and nothing is
// remembered of it. Issuers whose line is the same keep their keys.
//
// A version with a mistake in any line, an empty one, and a file that is gone or
// cannot be read change nothing: the last good version stays in force. The logger
// and the first of keys.Statuses report the mistakes of all lines.
//
// The file has at most 1 MiB. OpenFile fails where a later version would be
// reported.
func OpenFile(path string, opts ...Option) (*Issuer, error) {
	c, err := newConfig(opts)
	if err != nil {
		return nil, err
	}
	f := &file{path: path, clock: c.clock}
	refs, doc, err := f.read()
	if err != nil {
		return nil, f.named(err)
	}
	g, err := c.generation(context.Background(), refs, nil)
	if err != nil {
		return nil, f.named(err)
	}
	f.doc, f.changed = doc, c.clock()
	f.next.Store(c.clock().Add(lookEvery).UnixNano())
	s := &state{config: c, decides: verifier.NewVar(g.verifier), file: f}
	s.now.Store(g)
	return &Issuer{s}, nil
}

// A file is where the references of an Issuer are.
type file struct {
	path  string
	clock func() time.Time
	next  atomic.Int64 // when to look, in Unix nanoseconds

	looking sync.Mutex // held by who looks

	mu      sync.Mutex
	doc     []byte    // the version in force
	bad     []byte    // the last version that was not taken over, or nil
	changed time.Time // when the version in force was taken over
	err     error     // why the last one was not
}

// look takes over the file if it has changed and it is time to look. It is called
// for every token: all but one a second return at once.
func (s *state) look() {
	f := s.file
	if f == nil {
		return
	}
	now := f.clock()
	wait := f.next.Load() - now.UnixNano()
	if wait > 0 && wait <= int64(lookEvery) || !f.looking.TryLock() { // longer: the clock was set back
		return
	}
	defer f.looking.Unlock()
	f.next.Store(now.Add(lookEvery).UnixNano())
	refs, doc, err := f.read()
	if err == nil && f.known(doc) {
		return
	}
	if err == nil {
		err = s.replace(context.Background(), refs)
	}
	s.report(now, doc, err)
}

// known reports whether doc is the version in force, or one that was refused.
func (f *file) known(doc []byte) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if bytes.Equal(doc, f.doc) {
		f.bad, f.err = nil, nil
		return true
	}
	return f.bad != nil && bytes.Equal(doc, f.bad)
}

// report notes what became of a version, and logs it once.
func (s *state) report(now time.Time, doc []byte, err error) {
	f := s.file
	f.mu.Lock()
	before := f.err
	f.err = err
	if err == nil {
		f.doc, f.bad, f.changed = doc, nil, now
	} else {
		f.bad = doc
	}
	f.mu.Unlock()
	log := s.config.log
	switch {
	case log == nil:
	case err == nil:
		log.Info("issuers: the file has changed; its issuers are in force", "file", message.Plain(f.path), "issuers", len(s.current().entries))
	case before == nil || before.Error() != err.Error():
		log.Error("issuers: the file has a mistake; the last good version stays in force", "file", message.Plain(f.path), "error", err)
	}
}

// read returns the references in the file.
func (f *file) read() ([]placed, []byte, error) {
	doc, _, err := files.Read(f.path, maxFile, nil)
	if err != nil {
		return nil, nil, files.Bare(err)
	}
	var refs []placed
	n := 0
	for line := range strings.Lines(strings.TrimPrefix(string(doc), "\ufeff")) { // editors of Windows write a mark
		n++
		if line = strings.TrimSpace(line); line != "" && line[0] != '#' {
			refs = append(refs, placed{fmt.Sprintf("line %d", n), line})
		}
	}
	if len(refs) == 0 {
		return nil, doc, errors.New("there is no reference in it")
	}
	return refs, doc, nil
}

func (f *file) named(err error) error {
	return fmt.Errorf("issuers: file %s: %w", message.Plain(f.path), message.Join("", err))
}

// status is the state of the file.
func (f *file) status() keys.Status {
	f.mu.Lock()
	defer f.mu.Unlock()
	s := keys.Status{Source: message.Short(f.path), FetchedAt: f.changed, NextRefresh: time.Unix(0, f.next.Load())}
	if f.err != nil {
		s.Err, s.Stale = f.named(f.err), true
	}
	return s
}
