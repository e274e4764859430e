package keys_test

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/jwtverify/jwtverify/keys"
)

// byID returns a document of PEM by key ID, from pairs of both.
func byID(t *testing.T, pairs ...string) []byte {
	t.Helper()
	var members []string
	for i := 0; i < len(pairs); i += 2 {
		id, err := json.Marshal(pairs[i])
		if err != nil {
			t.Fatal(err)
		}
		text, err := json.Marshal(pairs[i+1])
		if err != nil {
			t.Fatal(err)
		}
		members = append(members, string(id)+":"+string(text))
	}
	return []byte("{" + strings.Join(members, ",") + "}")
}

// TestCertificatesByID: Google's form of publishing certificates is read wherever a
// JWK Set is, with the rules of certificates.
func TestCertificatesByID(t *testing.T) {
	clock := newClock()
	clock.set(certTime)
	ca := certify(t, "ca", nil, func(c *x509.Certificate) { c.IsCA = true })
	leaf, old := certify(t, "leaf", ca), certify(t, "old", nil, func(c *x509.Certificate) { c.NotAfter = certTime.Add(-time.Minute) })
	plain := publicPEM(t, edSigner(t, ""))
	doc := byID(t, "one", certify(t, "one", nil).pem, "chain", leaf.pem+ca.pem, "old", old.pem, "ca", ca.pem, "plain", plain,
		"private", edPrivate, "odd", "text", "damaged", leaf.pem[:80], "two", plain+publicPEM(t, edSigner(t, "")), "", plain, strings.Repeat("x", 1025), plain)
	file := filepath.Join(t.TempDir(), "keys.json")
	snapshot := filepath.Join(t.TempDir(), "snapshot.json")
	if err := rewrite(string(doc))(file); err != nil {
		t.Fatal(err)
	}
	local, err := keys.NewFile(file, keys.WithClock(clock.read))
	if err != nil {
		t.Fatal(err)
	}
	remote := newRemote(t, serve(t, doc), keys.WithClock(clock.read), keys.WithSnapshotFile(snapshot), keys.WithThumbprintIDs())
	source := newSource(t, "s", func(context.Context) (keys.Fetched, error) { return keys.Fetched{Document: doc}, nil }, keys.WithClock(clock.read))
	seeded := newRemote(t, "https://keys.example/", keys.WithSeed(doc), keys.WithClock(clock.read))
	for name, p := range map[string]interface {
		keys.Provider
		Status() keys.Status
	}{"NewFile": local, "NewRemote": remote, "NewSource": source, "WithSeed": seeded} {
		if name != "WithSeed" {
			if err := keys.Refresh(t.Context(), p); err != nil {
				t.Fatal(err)
			}
		}
		want := []string{"one", "chain", "plain"}
		reasons := map[string]string{"old": "it expired at", "ca": "certificate of a CA", "private": "private half", "odd": "no key in it", "damaged": "cut off", "two": "several keys", "": "key ID is"}
		if name == "NewFile" { // local: the public half of a private key is used
			want = append(want, "private")
			delete(reasons, "private")
		}
		if diff := cmp.Diff(want, ids(p.Status().Keys)); diff != "" {
			t.Errorf("%s: keys (-want +got)\n%s", name, diff)
		}
		for _, s := range p.Status().Skipped {
			if reason, there := reasons[s.KeyID]; !there || !strings.Contains(s.Reason, reason) && s.KeyID != "odd" {
				t.Errorf("%s: %q is skipped: %s", name, s.KeyID, s.Reason)
			}
		}
	}
	again := newRemote(t, remoteURL(remote), keys.WithClock(clock.read), keys.WithSnapshotFile(snapshot))
	if got := ids(again.Status().Keys); len(got) != 3 {
		t.Errorf("from the snapshot: %v", got)
	}
}

func remoteURL(r *keys.Remote) string { return r.Status().Source }

// TestCertificatesByIDAreNotGuessed: a document with "keys" is a JWK Set always, and
// one with "kty" a JWK.
func TestCertificatesByIDAreNotGuessed(t *testing.T) {
	plain := publicPEM(t, edSigner(t, ""))
	quoted := strings.Trim(string(byID(t, "a", plain)), "{}")
	for name, test := range map[string]struct {
		doc  string
		want string // the error of a Remote
	}{
		"keys too":          {`{"keys":[],` + quoted + `}`, "no key in it"},
		"keys after it":     {`{` + quoted + `,"keys":[]}`, "no key in it"},
		"keys not an array": {`{` + quoted + `,"keys":"x"}`, "not an array"},
		"keys is a key ID":  {string(byID(t, "keys", plain)), "not an array"},
		"kty too":           {`{"kty":"OKP",` + quoted + `}`, `no "keys"`},
		"no PEM":            {`{"a":"b"}`, `no "keys"`},
		"empty":             {`{}`, `no "keys"`},
		"nested":            {`{"a":{` + quoted + `}}`, `no "keys"`},
		"cut off":           {`{` + quoted, "not valid JSON"},
		"only odd ones":     {string(byID(t, "a", "-----BEGIN CERTIFICATE-----\nx")), "the only key is unusable"},
	} {
		err := newRemote(t, serve(t, []byte(test.doc))).Refresh(t.Context())
		if !errors.Is(err, keys.ErrUnavailable) || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v; want %q", name, err, test.want)
		}
		isShort(t, name, err.Error(), 700)
	}
	ks, skipped, err := keys.Parse([]byte(`{"a":1,` + strings.Replace(quoted, `"a"`, `"b"`, 1) + `}`))
	if err != nil || len(ks) != 1 || ks[0].ID() != "b" || len(skipped) != 1 || skipped[0].KeyID != "a" {
		t.Errorf("Parse = %v, %v, %v", ks, skipped, err)
	}
}
