package keys

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/jwtverify/jwtverify/internal/fetch"
	"github.com/jwtverify/jwtverify/internal/files"
	"github.com/jwtverify/jwtverify/internal/message"
)

// A snapshot is the last good set of an origin, as WithSnapshotFile keeps it.
type snapshot struct {
	Source    string         `json:"source"`            // for people
	Origin    string         `json:"origin"`            // the id of the origin
	FetchedAt time.Time      `json:"fetched_at"`        // in UTC
	MaxAge    *int64         `json:"max_age,omitempty"` // in seconds; absent: not said
	JWKS      jsontext.Value `json:"jwks"`              // a JWK Set, or PEM as a string
}

// disk is the state of the snapshot file.
type disk struct {
	sync.Mutex      // held to write; not the lock of the remote, since disks are slow
	failing    bool // the last write failed, which was logged
}

// lenient reads what endpoints really publish: the keys are checked one by one.
var lenient = json.JoinOptions(jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))

// preload takes the keys to start from: the snapshot, else the seed. A seed
// without a usable key is a mistake in the program and an error; an unusable
// snapshot is not, since any process may have damaged it.
func (r *remote) preload() error {
	now := r.config.now()
	var seed *index
	if r.config.seed != nil {
		ks, skipped, err := r.config.readPublished(r.config.seed)
		if err == nil && len(ks) == 0 { // as WithEmptySetRevoking allows
			err = errNoKey
		}
		if err != nil {
			return fmt.Errorf("keys: WithSeed: %s", message.Bare(err))
		}
		seed, r.config.seed = newIndex(ks, skipped), nil // frees the document
	}
	if r.config.snapshot != "" && r.loadSnapshot(now) {
		return nil
	}
	if seed != nil && r.schedule.Seed(now, now, -1) {
		r.setView(seed, now)
	}
	return nil
}

// loadSnapshot starts from the snapshot, if there is a usable one. It reports
// whether there was, and logs why not.
func (r *remote) loadSnapshot(now time.Time) bool {
	file := message.Short(r.config.snapshot)
	s, x, err := r.readSnapshot(now)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return false
	case err != nil:
		r.logLine(slog.LevelWarn, "keys: the snapshot is not used", "file", file, "error", err)
		return false
	}
	fresh := time.Duration(-1)
	if s.MaxAge != nil {
		fresh = fetch.Seconds(uint64(max(0, *s.MaxAge)))
	}
	if !r.schedule.Seed(now, s.FetchedAt, fresh) {
		r.logLine(slog.LevelWarn, "keys: the snapshot is too old", "file", file, "fetched_at", s.FetchedAt)
		return false
	}
	r.last.fetchedAt = s.FetchedAt
	r.setView(x, now)
	r.logLine(slog.LevelInfo, "keys: starting from the snapshot", "file", file, "fetched_at", s.FetchedAt, "keys", len(x.all))
	return true
}

// skew is how far the clock of the machine that wrote a snapshot may be ahead. A
// time further in the future would keep keys fresh for longer than the endpoint
// said.
const skew = time.Minute

// readSnapshot reads the snapshot and checks who wrote it, whose it is and when.
func (r *remote) readSnapshot(now time.Time) (s snapshot, x *index, err error) {
	// A set of MaxBody may double in size as PEM in a JSON string.
	doc, err := files.ReadTrusted(r.config.snapshot, 2*fetch.MaxBody+1024, r.config.bindKey == nil)
	if err != nil {
		return s, nil, files.Bare(err)
	}
	if doc, err = unbind(doc, r.config.bindKey); err != nil {
		return s, nil, err
	}
	if err := json.Unmarshal(doc, &s, lenient); err != nil {
		return s, nil, errors.New("it is damaged")
	}
	switch {
	case s.Origin != r.origin.id():
		return s, nil, fmt.Errorf("it is of another source, %s", message.Quote(fetch.Redacted(s.Source)))
	case s.FetchedAt.After(now.Add(skew)):
		return s, nil, errors.New("it is from the future: set the clock right, or remove it")
	}
	set := []byte(s.JWKS)
	if s.JWKS.Kind() == '"' { // PEM
		var text string
		if err := json.Unmarshal(s.JWKS, &text, lenient); err != nil {
			return s, nil, errors.New("it is damaged")
		}
		set = []byte(text)
	}
	ks, skipped, err := r.config.readPublished(set)
	if err != nil {
		return s, nil, errors.New(message.Bare(err))
	}
	return s, newIndex(ks, skipped), nil
}

// saveSnapshot writes the last good set, whole or not at all. It logs the first of
// several failures; verifying does not depend on it.
func (r *remote) saveSnapshot() {
	r.disk.Lock()
	defer r.disk.Unlock()
	r.mu.Lock()
	last := *r.last
	r.mu.Unlock()
	doc, err := r.snapshot(last)
	if err == nil {
		err = files.Replace(r.config.snapshot, bind(doc, r.config.bindKey))
	}
	if err != nil && !r.disk.failing {
		r.logLine(slog.LevelWarn, "keys: the snapshot is not written", "file", message.Short(r.config.snapshot), "error", files.Bare(err))
	}
	r.disk.failing = err != nil
}

// snapshot returns the document to write.
func (r *remote) snapshot(last fetchState) ([]byte, error) {
	if last.body == nil {
		return nil, errors.New("the source gives keys, not a document")
	}
	s := snapshot{Source: r.origin.name(), Origin: r.origin.id(), FetchedAt: last.fetchedAt.UTC(), JWKS: bytes.TrimPrefix(last.body, bom)}
	if isPEM(last.body) && !isJSON(last.body) {
		text, err := json.Marshal(string(last.body), lenient)
		if err != nil {
			return nil, err
		}
		s.JWKS = text
	}
	if last.fresh >= 0 {
		age := int64(last.fresh / time.Second)
		s.MaxAge = &age
	}
	return json.Marshal(s, lenient)
}

// A boundSnapshot is a snapshot with the HMAC-SHA256 (RFC 2104) of its bytes.
type boundSnapshot struct {
	MAC      string         `json:"mac"` // hexadecimal
	Snapshot jsontext.Value `json:"snapshot"`
}

// bind adds the MAC of doc. Without a key it returns doc.
func bind(doc, key []byte) []byte {
	if key == nil {
		return doc
	}
	return fmt.Appendf(nil, `{"mac":"%x","snapshot":%s}`, macOf(doc, key), doc)
}

// unbind returns what bind was given, when bind had the same key. It compares in
// constant time, since the file may come from an attacker.
func unbind(doc, key []byte) ([]byte, error) {
	if key == nil {
		return doc, nil
	}
	var bound boundSnapshot
	if err := json.Unmarshal(doc, &bound, lenient); err != nil || bound.MAC == "" {
		return nil, errors.New("it is damaged, or was written without WithSnapshotKey")
	}
	mac, err := hex.DecodeString(bound.MAC)
	if err != nil || subtle.ConstantTimeCompare(mac, macOf(bound.Snapshot, key)) != 1 {
		return nil, errors.New("it was written with another key, or has changed since")
	}
	return bound.Snapshot, nil
}

func macOf(doc, key []byte) []byte {
	h := hmac.New(sha256.New, key)
	h.Write(doc)
	return h.Sum(nil)
}
