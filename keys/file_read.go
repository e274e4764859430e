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

// A version is what tells a file from what it was.
type version struct {
	os.FileInfo           // nil: it could not be read
	at          time.Time // when it was read
}

// same reports whether info is of what was read. A file that was changed just
// before may have been changed once more within the same tick of its clock, and
// one whose time was set back by hand looks unchanged, so trust in it ends.
func (s version) same(info os.FileInfo) bool {
	const tick, trust = 2 * time.Second, time.Minute
	return s.FileInfo != nil && os.SameFile(s.FileInfo, info) &&
		s.ModTime().Equal(info.ModTime()) && s.Size() == info.Size() &&
		s.at.Sub(info.ModTime()).Abs() > tick && !refresh.Reached(time.Now(), s.at.Add(trust))
}

// reload looks at the file, and reads it when it has changed or must be. The
// lock is held.
func (f *file) reload(now time.Time, must bool) logged {
	before, sum := f.published.Load(), f.sum
	wasBad := f.err != nil
	switch changed, err := f.read(must); {
	case err != nil:
		f.missed(now, err)
	case changed || !wasBad:
		f.found(now)
	default: // it is as bad as it was
		f.missed(now, nil)
	}
	return f.news(wasBad, before.err != nil, sum != f.sum)
}

// read takes the keys of the file, when it has changed.
func (f *file) read(must bool) (changed bool, err error) {
	at := time.Now() // as the file system counts
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

// take makes the keys of doc those of the file, if it has any.
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

// found is for a look that found the keys.
func (f *file) found(now time.Time) {
	f.foundAt, f.looked, f.age, f.err = now.Round(0), now, 0, nil
	f.publish(now)
}

// missed is for a look that did not, because of err, or still not.
func (f *file) missed(now time.Time, err error) {
	const longest = 1 << 62 // the sum must not be more than a Duration
	f.age += min(refresh.Elapsed(f.looked, now), longest-f.age)
	f.looked = now
	if err != nil {
		f.err = fmt.Errorf("%w: file %s: %w", ErrUnavailable, message.Plain(f.path), message.Foreign(err))
	}
	f.publish(now)
}

// publish shows lookups the keys, or that they are too old, and sets the next look.
func (f *file) publish(now time.Time) {
	left := f.config.maxStale - f.age
	v := &fileView{index: f.index, limit: now.Add(max(0, left))}
	wait := lookEvery
	switch {
	case f.err != nil && left <= 0:
		v.index = newIndex(nil, nil)
		v.err = fmt.Errorf("%w; the keys last found, at %s, are too old", f.err, f.foundAt.UTC().Format(time.RFC3339))
	case f.err != nil:
		wait = min(wait, left)
	}
	f.published.Store(v)
	f.look.Store(now.Add(wait).UnixNano())
}

// A logged is one line about a look at the file; the zero one is none.
type logged struct {
	level slog.Level
	text  string
	keys  int
	err   error
}

// news is what to log after a look.
func (f *file) news(wasBad, wasGone, changed bool) logged {
	n := len(f.index.all)
	switch gone := f.published.Load().err != nil; {
	case gone && !wasGone:
		return logged{slog.LevelError, "keys: the file is not used, and its last good keys are too old", n, f.err}
	case f.err != nil && !wasBad:
		return logged{slog.LevelWarn, "keys: the file is not used; using the last good keys", n, f.err}
	case f.err == nil && (wasBad || changed):
		return logged{slog.LevelInfo, "keys: the file was read", n, nil}
	}
	return logged{}
}

func (f *file) log(l logged) {
	if l.text == "" {
		return
	}
	args := []any{"file", message.Short(f.path), "keys", l.keys}
	if l.err != nil {
		args = append(args, "error", l.err)
	}
	f.config.logLine(l.level, l.text, args...)
}
