package keys

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/jwtverify/jwtverify/internal/fetch"
	"github.com/jwtverify/jwtverify/internal/files"
	"github.com/jwtverify/jwtverify/internal/message"
	"github.com/jwtverify/jwtverify/internal/refresh"
)

// A version identifies the content of a file without reading it.
type version struct {
	os.FileInfo           // nil: the file could not be read
	at          time.Time // when it was read
}

// same reports whether info is that of the content that was read. Two doubts make
// it say no, so that the file is read again: a file changed shortly before it was
// read may have changed once more within the same tick of the file system's
// clock, and one whose time was set back by hand looks unchanged for ever.
func (s version) same(info os.FileInfo) bool {
	const (
		tick  = 2 * time.Second // the coarsest clock in use, of FAT
		trust = time.Minute     // how long an equal version is believed
	)
	return s.FileInfo != nil && os.SameFile(s.FileInfo, info) &&
		s.ModTime().Equal(info.ModTime()) && s.Size() == info.Size() &&
		s.at.Sub(info.ModTime()).Abs() > tick && !refresh.Reached(time.Now(), s.at.Add(trust))
}

// reload checks the file, and reads it when it has changed or must is true. It
// returns what to log. The lock is held.
func (f *file) reload(now time.Time, must bool) fileEvent {
	before, sum, keys, began := f.view.Load(), f.sum, f.index, time.Now()
	wasBad := f.err != nil
	changed, err := f.read(must)
	switch {
	case err != nil:
		f.missed(now, err)
	case changed || !wasBad:
		f.found(now)
	default: // unchanged, and as bad as before
		f.missed(now, nil)
	}
	e := f.event(wasBad, before.err != nil, sum != f.sum)
	if changed {
		e.refresh = f.refreshed(began, keys)
	}
	return e
}

// read reads the file and takes its keys, when it has changed or must is true.
func (f *file) read(must bool) (changed bool, err error) {
	at := time.Now() // not the clock of WithClock: it is compared with file times
	known := f.seen.same
	if must {
		known = nil
	}
	doc, info, err := files.Read(f.path, fetch.MaxBody, known)
	switch {
	case err != nil:
		f.seen = version{}
		return true, files.Bare(err)
	case doc == nil:
		return false, nil
	}
	f.seen = version{info, at}
	if err := f.take(doc); err != nil {
		return true, errors.New(message.Bare(err))
	}
	return true, nil
}

// take makes the keys of doc the keys of the file. When it fails, they stay as
// they are. A document equal to the last good one keeps its keys, pointers
// included, so caches of verified tokens stay warm.
func (f *file) take(doc []byte) error {
	sum := sha256.Sum256(doc)
	if f.sum != nil && sum == *f.sum {
		return nil
	}
	var ks []*Key
	var skipped []Skipped
	var err error
	if f.raw {
		ks, err = f.config.parser.rawSecret(doc)
	} else {
		ks, skipped, err = f.config.parser.document(doc)
	}
	if err != nil {
		return err
	}
	f.index, f.sum = newIndex(ks, skipped), &sum
	return nil
}

// found records a check that found the keys.
func (f *file) found(now time.Time) {
	f.foundAt, f.checked, f.age, f.err = now.Round(0), now, 0, nil
	f.setView(now)
}

// missed records a check that did not find them, because of err; nil means for
// the same reason as before. The age is the sum of the steps between checks, so
// that setting the clock back does not make the keys younger.
func (f *file) missed(now time.Time, err error) {
	const longest = 1 << 62 // keeps the sum from overflowing a Duration
	f.age += min(refresh.Elapsed(f.checked, now), longest-f.age)
	f.checked = now
	if err != nil {
		f.err = fmt.Errorf("%w: file %s: %w", ErrUnavailable, message.Plain(f.path), message.Foreign(err))
	}
	f.setView(now)
}

// setView shows lookups the keys, or that they are too old, and sets the time of
// the next check: in time for the moment when the keys get too old.
func (f *file) setView(now time.Time) {
	left := f.config.maxStale - f.age
	v := &fileView{index: f.index, limit: now.Add(max(0, left))}
	wait := checkEvery
	switch {
	case f.err != nil && left <= 0:
		v.index = newIndex(nil, nil)
		v.err = fmt.Errorf("%w; the last good keys, found at %s, are too old", f.err, f.foundAt.UTC().Format(time.RFC3339))
	case f.err != nil:
		wait = min(wait, left)
	}
	f.view.Store(v)
	f.nextCheck.Store(now.Add(wait).UnixNano())
}

// A fileEvent is what a check changed, as one log line. The zero fileEvent is
// not logged.
type fileEvent struct {
	level slog.Level
	text  string
	keys  int
	err   error

	refresh *RefreshEvent // nil without an observer, or if the file was not read
}

// refreshed returns the event of a reading that began then. The lock is held, or not
// needed yet.
func (f *file) refreshed(began time.Time, before *index) *RefreshEvent {
	return f.config.refreshed(message.Short(f.path), began, f.err, before, f.index)
}

// event returns what to log after a check: only what has changed, so that a file
// that stays broken is logged once.
func (f *file) event(wasBad, wasGone, changed bool) fileEvent {
	n := len(f.index.all)
	switch gone := f.view.Load().err != nil; {
	case gone && !wasGone:
		return fileEvent{level: slog.LevelError, text: "keys: the file is not used, and its last good keys are too old", keys: n, err: f.err}
	case f.err != nil && !wasBad:
		return fileEvent{level: slog.LevelWarn, text: "keys: the file is not used; using the last good keys", keys: n, err: f.err}
	case f.err == nil && (wasBad || changed):
		return fileEvent{level: slog.LevelInfo, text: "keys: the file was read", keys: n}
	}
	return fileEvent{}
}

// log writes e, if there is anything to write, and reports it. The lock is not held.
func (f *file) log(e fileEvent) {
	defer f.config.observed(e.refresh)
	if e.text == "" {
		return
	}
	args := []any{"file", message.Short(f.path), "keys", e.keys}
	if e.err != nil {
		args = append(args, "error", e.err)
	}
	f.config.logLine(e.level, e.text, args...)
}
