package keys

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// A snapshot is the last good set of an endpoint, as WithSnapshotFile keeps it.
type snapshot struct {
	Source    string         `json:"source"`
	FetchedAt time.Time      `json:"fetched_at"`
	JWKS      jsontext.Value `json:"jwks"`
}

// preload takes the keys to start from: the snapshot, else the seed. A seed
// that holds no key is a mistake of the program; a snapshot is only a file.
func (r *Remote) preload() error {
	now := r.config.now()
	var seed []*Key
	if r.config.seed != nil {
		ks, _, err := r.config.reading.json(r.config.seed)
		if err != nil {
			return fmt.Errorf("keys: WithSeed: %s", reason(err))
		}
		seed = ks
	}
	if r.config.snapshot != "" {
		s, ks, skipped, err := r.loadSnapshot()
		switch {
		case errors.Is(err, os.ErrNotExist):
		case err != nil:
			r.config.log.Warn("keys: the snapshot is not used", "file", r.config.snapshot, "error", err)
		case !r.plan.Seed(now, s.FetchedAt):
			r.config.log.Warn("keys: the snapshot is too old", "file", r.config.snapshot, "fetched_at", s.FetchedAt)
		default:
			r.last.skipped, r.last.fetchedAt = skipped, s.FetchedAt
			r.show(newIndex(ks), now)
			return nil
		}
	}
	if seed != nil && r.plan.Seed(now, now) {
		r.show(newIndex(seed), now)
	}
	return nil
}

func (r *Remote) loadSnapshot() (s snapshot, ks []*Key, skipped []Skipped, err error) {
	doc, _, err := readFile(r.config.snapshot, 2*maxBody)
	if err != nil {
		return s, nil, nil, err
	}
	if err := json.Unmarshal(doc, &s, jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true)); err != nil {
		return s, nil, nil, errors.New("it is damaged")
	}
	if s.Source != r.origin.name() {
		return s, nil, nil, fmt.Errorf("it is of %s", quoteShort(s.Source))
	}
	ks, skipped, err = r.config.reading.json(s.JWKS)
	return s, ks, skipped, err
}

// saveSnapshot writes the set that is at its source now, whole or not at all.
func (r *Remote) saveSnapshot(jwks []byte) {
	if r.config.snapshot == "" {
		return
	}
	s := snapshot{Source: r.origin.name(), FetchedAt: r.config.now().UTC(), JWKS: jwks}
	doc, err := json.Marshal(s, jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	if err == nil {
		err = writeFile(r.config.snapshot, doc)
	}
	if err != nil {
		r.config.log.Warn("keys: the snapshot is not written", "file", r.config.snapshot, "error", err)
	}
}

// writeFile replaces path at once, readable by its owner alone.
func writeFile(path string, doc []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*") // 0600
	if err != nil {
		return pathOnly(err)
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
