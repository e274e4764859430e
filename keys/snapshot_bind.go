package keys

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// A boundSnapshot is a snapshot with the HMAC-SHA256 of its bytes.
type boundSnapshot struct {
	MAC      string         `json:"mac"` // hexadecimal
	Snapshot jsontext.Value `json:"snapshot"`
}

// bind puts the MAC of doc beside it; without a key, doc stays as it is.
func bind(doc, key []byte) []byte {
	if key == nil {
		return doc
	}
	return fmt.Appendf(nil, `{"mac":"%x","snapshot":%s}`, macOf(doc, key), doc)
}

// unbind is what bind was given, when it was given the same key.
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
		return nil, errors.New("it was written with another key, or changed since")
	}
	return bound.Snapshot, nil
}

func macOf(doc, key []byte) []byte {
	h := hmac.New(sha256.New, key)
	h.Write(doc)
	return h.Sum(nil)
}
