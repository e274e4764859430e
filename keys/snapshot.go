package keys

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/jwtverify/jwtverify/internal/message"
)

// A snapshot is the last good set of an endpoint, as WithSnapshotFile keeps it.
type snapshot struct {
	Source    string         `json:"source"` // for people
	Origin    string         `json:"origin"` // what tells one source from another
	FetchedAt time.Time      `json:"fetched_at"`
	MaxAge    *int64         `json:"max_age,omitempty"` // seconds; absent: not said
	JWKS      jsontext.Value `json:"jwks"`
}

// disk is the state of the snapshot file.
type disk struct {
	sync.Mutex // held to write
	failing    bool
}

var lenient = json.JoinOptions(jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))

// preload takes the keys to start from: the snapshot, else the seed. A seed
// that holds no key is a mistake of the program; a snapshot is only a file.
func (r *Remote) preload() error {
	now := r.config.now()
	var seed []*Key
	if r.config.seed != nil {
		ks, skipped, err := r.config.reading.json(r.config.seed)
		if err != nil {
			return fmt.Errorf("keys: WithSeed: %s", reason(err))
		}
		seed, r.last.skipped, r.config.seed = ks, skipped, nil
	}
	if r.config.snapshot != "" && r.loadSnapshot(now) {
		return nil
	}
	if seed != nil && r.plan.Seed(now, now, -1) {
		r.show(newIndex(seed), now)
	}
	return nil
}

// loadSnapshot starts from the snapshot, if there is one that is good.
func (r *Remote) loadSnapshot(now time.Time) bool {
	file := r.config.snapshot
	s, ks, skipped, err := r.readSnapshot()
	switch {
	case errors.Is(err, os.ErrNotExist):
		return false
	case err != nil:
		r.tell(slog.LevelWarn, "keys: the snapshot is not used", "file", file, "error", err)
		return false
	}
	fresh := time.Duration(-1)
	if s.MaxAge != nil {
		fresh = seconds(uint64(max(0, *s.MaxAge)))
	}
	if !r.plan.Seed(now, s.FetchedAt, fresh) {
		r.tell(slog.LevelWarn, "keys: the snapshot is too old", "file", file, "fetched_at", s.FetchedAt)
		return false
	}
	r.last.skipped, r.last.fetchedAt = skipped, s.FetchedAt
	r.show(newIndex(ks), now)
	r.tell(slog.LevelInfo, "keys: starting from the snapshot", "file", file, "fetched_at", s.FetchedAt, "keys", len(ks))
	return true
}

func (r *Remote) readSnapshot() (s snapshot, ks []*Key, skipped []Skipped, err error) {
	doc, _, err := readFile(r.config.snapshot, 2*maxBody)
	if err != nil {
		return s, nil, nil, pathOnly(err)
	}
	if err := json.Unmarshal(doc, &s, lenient); err != nil {
		return s, nil, nil, errors.New("it is damaged")
	}
	if s.Origin != r.origin.id() {
		return s, nil, nil, fmt.Errorf("it is of another source, %s", message.Quote(redacted(s.Source)))
	}
	if ks, skipped, err = r.config.reading.json(s.JWKS); err != nil {
		err = errors.New(reason(err))
	}
	return s, ks, skipped, err
}

// saveSnapshot writes the last good set, whole or not at all.
func (r *Remote) saveSnapshot() {
	if r.config.snapshot == "" {
		return
	}
	r.disk.Lock()
	defer r.disk.Unlock()
	r.mu.Lock()
	last := r.last
	r.mu.Unlock()
	s := snapshot{Source: r.origin.name(), Origin: r.origin.id(), FetchedAt: last.fetchedAt.UTC(), JWKS: bytes.TrimPrefix(last.body, bom)}
	if last.fresh >= 0 {
		age := int64(last.fresh / time.Second)
		s.MaxAge = &age
	}
	doc, err := json.Marshal(s, lenient)
	if err == nil {
		err = writeFile(r.config.snapshot, doc)
	}
	if err != nil && !r.disk.failing {
		r.tell(slog.LevelWarn, "keys: the snapshot is not written", "file", r.config.snapshot, "error", pathOnly(err))
	}
	r.disk.failing = err != nil
}

// writeFile replaces path at once, readable by its owner alone.
func writeFile(path string, doc []byte) error {
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
