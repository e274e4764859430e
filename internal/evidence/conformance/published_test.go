package conformance_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/jwtverify/jwtverify/keys"
)

// A documentCase is one JWK Set, or something that was taken for one.
type documentCase struct {
	Name     string `json:"name"`
	Document string `json:"document"`
	Expect   string `json:"expect_document"` // ok, single-jwk or error
	Keys     []struct {
		Usable *bool  `json:"usable"` // when it is published; null: either
		Why    string `json:"why"`
	} `json:"expect_keys"`
}

// A reader reads a document: as a published set, or as a local one.
type reader func(t *testing.T, doc string) ([]*keys.Key, error)

// TestPublishedVectors reads every document, and every key alone, through a
// real server.
func TestPublishedVectors(t *testing.T) {
	t.Parallel()
	server := newPublisher(t, "")
	readDocuments(t, publishedSets, func(t *testing.T, doc string) ([]*keys.Key, error) {
		server.publish(doc)
		r, err := keys.NewRemote(server.URL)
		if err != nil {
			t.Fatal(err)
		}
		err = r.Refresh(t.Context())
		return r.Status().Keys, err
	})
}

// TestLocalVectors reads them with Parse, which takes secrets too: labels
// that only say that a secret must not be published are not for it.
func TestLocalVectors(t *testing.T) {
	readDocuments(t, localSets, func(_ *testing.T, doc string) ([]*keys.Key, error) {
		ks, _, err := keys.Parse([]byte(doc))
		return ks, err
	})
}

func readDocuments(t *testing.T, file string, read reader) {
	t.Helper()
	var doc struct {
		Cases []documentCase `json:"cases"`
	}
	readShared(t, "jwks_documents.json", &doc)
	y := &tally{file: file}
	for _, c := range doc.Cases {
		y.document(t, c, read)
	}
	y.report(t)
}

var never = new(bool)

func (y *tally) document(t *testing.T, c documentCase, read reader) {
	t.Helper()
	whole, err := read(t, c.Document)
	var jwks []json.RawMessage
	switch c.Expect {
	case "error":
		y.settle(due{never, judge(c.Name, err)})
	case "single-jwk": // which only a local reader may take
		if y.file == publishedSets {
			y.settle(due{never, judge(c.Name, err)})
		}
		jwks = []json.RawMessage{json.RawMessage(c.Document)}
	case "ok":
		var set jwkSet
		if err := json.Unmarshal([]byte(c.Document), &set); err != nil {
			t.Fatalf("%s: %v", c.Name, err)
		}
		jwks = set.Keys
	}
	if len(jwks) != len(c.Keys) {
		t.Fatalf("%s: %d keys, and labels for %d", c.Name, len(jwks), len(c.Keys))
	}
	var alone []*keys.Key
	for i, jwk := range jwks {
		want := c.Keys[i].Usable
		if y.file == localSets && strings.HasPrefix(c.Keys[i].Why, "oct key in a fetched JWKS") {
			want = nil
		}
		ks, err := read(t, `{"keys":[`+string(jwk)+`]}`)
		y.settle(due{want, judge(fmt.Sprintf("%s[%d]: %s", c.Name, i, c.Keys[i].Why), err)})
		alone = append(alone, ks...)
	}
	if c.Expect == "ok" && !equalKeys(whole, alone) {
		t.Errorf("%s: the set gives %v, its keys one by one %v: one odd key costs another", c.Name, whole, alone)
	}
}

func equalKeys(a, b []*keys.Key) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if !a[i].Equal(b[i]) {
			return false
		}
	}
	return true
}
