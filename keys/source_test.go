package keys_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/jwtverify/jwtverify/keys"
	"github.com/jwtverify/jwtverify/keys/keystest"
	"github.com/jwtverify/jwtverify/verifier"
)

// transit is what a user writes to get keys from Vault's transit engine.
func transit(addr, token string) func(context.Context) (keys.Fetched, error) {
	return func(ctx context.Context) (keys.Fetched, error) {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, addr+"/v1/transit/keys/jwt", nil)
		if err != nil {
			return keys.Fetched{}, err
		}
		req.Header.Set("X-Vault-Token", token)
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			return keys.Fetched{}, err
		}
		defer resp.Body.Close()
		if resp.StatusCode != http.StatusOK {
			return keys.Fetched{}, fmt.Errorf("vault answered %s", resp.Status)
		}
		var answer struct {
			Data struct {
				Keys map[string]struct {
					PublicKey string `json:"public_key"`
				} `json:"keys"`
			} `json:"data"`
		}
		if err := json.NewDecoder(io.LimitReader(resp.Body, 1<<20)).Decode(&answer); err != nil {
			return keys.Fetched{}, err
		}
		var doc strings.Builder
		for _, version := range answer.Data.Keys {
			doc.WriteString(version.PublicKey + "\n")
		}
		return keys.Fetched{Document: []byte(doc.String()), Fresh: 5 * time.Minute}, nil
	}
}

const (
	vaultPEM   = "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n-----END PUBLIC KEY-----\n"
	edPrivate  = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n-----END PRIVATE KEY-----\n"
	logsAnswer = "INFO keys: the endpoint answers again"
)

// TestK09SourceOfVault: a user's own source, over real HTTP, obeys every rule of a
// Remote.
func TestK09SourceOfVault(t *testing.T) {
	clock := newClock()
	vaultAnswers := func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("X-Vault-Token") != "vaultsecret" {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		json.NewEncoder(w).Encode(map[string]any{"data": map[string]any{"keys": map[string]any{"1": map[string]string{"public_key": vaultPEM}}}})
	}
	s := newSite(t, vaultAnswers)
	j := new(journal)
	src := newSource(t, s.URL+"/v1/transit?token=vaultsecret", transit(s.URL, "vaultsecret"), keys.WithClock(clock.read), j.option())
	h := keys.Hint{Algorithm: keys.EdDSA}
	var wg sync.WaitGroup
	for range 50 { // R13: one fetch for all
		wg.Go(func() {
			if ks, err := src.Find(t.Context(), h); err != nil || len(ks) != 1 {
				t.Errorf("Find = %v, %v", ks, err)
			}
		})
	}
	wg.Wait()
	if n := s.fetches.Load(); n != 1 {
		t.Errorf("%d fetches, want 1", n)
	}
	st := src.Status()
	if st.Source != s.URL+"/v1/transit" || len(st.Keys) != 1 || st.NextRefresh.Sub(clock.read()) > 5*time.Minute {
		t.Errorf("Status = %v", st)
	}
	s.answers(status(500, ""))
	clock.advance(64 * time.Minute)
	if ks := mustFind(t, src, h); len(ks) != 1 {
		t.Errorf("during an outage: %v", ks)
	}
	clock.advance(2 * time.Minute)
	if ks, err := src.Find(t.Context(), h); !errors.Is(err, keys.ErrUnavailable) || !strings.Contains(err.Error(), "vault answered 500") {
		t.Errorf("past the limit: %v, %v", ks, err)
	}
	s.answers(vaultAnswers)
	clock.advance(time.Minute)
	if ks := mustFind(t, src, h); len(ks) != 1 {
		t.Errorf("afterwards: %v", ks)
	}
	if strings.Contains(j.String()+st.String(), "vaultsecret") || !strings.Contains(j.String(), logsAnswer[5:]) {
		t.Errorf("the log: %s", j)
	}
}

// TestK09SourceKeepsTheContract: that of a provider.
func TestK09SourceKeepsTheContract(t *testing.T) {
	keystest.Run(t, func(t *testing.T, ks ...*keys.Key) keys.Provider {
		return newSource(t, "keys", func(context.Context) (keys.Fetched, error) { return keys.Fetched{Keys: ks}, nil })
	})
	keystest.Run(t, func(t *testing.T, ks ...*keys.Key) keys.Provider {
		return newSource(t, "document", func(context.Context) (keys.Fetched, error) { return keys.Fetched{Document: publish(t, ks...)}, nil })
	})
}

// TestK09WhatASourceBrings: a document is read like a published one, keys are used as
// they are, and everything else is a failure.
func TestK09WhatASourceBrings(t *testing.T) {
	secretKey, ed := newSecret(t, "a", keys.HS256), edSigner(t, "a")
	doc := set(string(ed.JWK()))
	for _, test := range []struct {
		name    string
		fetched keys.Fetched
		err     error
		want    string // in the error; "": one key
	}{
		{"a set", keys.Fetched{Document: []byte(doc)}, nil, ""},
		{"PEM", keys.Fetched{Document: []byte(vaultPEM)}, nil, ""},
		{"keys", keys.Fetched{Keys: []*keys.Key{ed.Key()}}, nil, ""},
		{"a secret", keys.Fetched{Keys: []*keys.Key{secretKey}}, nil, ""},
		{"nothing", keys.Fetched{}, nil, "gave no key"},
		{"an empty document", keys.Fetched{Document: []byte{}}, nil, "gave no key"},
		{"both", keys.Fetched{Document: []byte(doc), Keys: []*keys.Key{ed.Key()}}, nil, "give one of them"},
		{"a nil key", keys.Fetched{Keys: []*keys.Key{ed.Key(), nil}}, nil, "a key that is nil"},
		{"a zero key", keys.Fetched{Keys: []*keys.Key{new(keys.Key)}}, nil, "nil or zero"},
		{"a document with a secret", keys.Fetched{Document: []byte(set(`{"kty":"oct","alg":"HS256","k":"c2VjcmV0"}`))}, nil, "published secret"},
		{"a private key in PEM", keys.Fetched{Document: []byte(edPrivate)}, nil, "a private key in it"},
		{"a raw secret", keys.Fetched{Document: secret}, nil, "not a JWK Set"},
		{"one JWK", keys.Fetched{Document: ed.JWK()}, nil, `no "keys"`},
		{"too much", keys.Fetched{Document: []byte(doc + strings.Repeat(" ", 1<<20))}, nil, "larger than"},
		{"keys and an error", keys.Fetched{Keys: []*keys.Key{ed.Key()}}, errDown, errDown.Error()},
	} {
		t.Run(test.name, func(t *testing.T) {
			src := newSource(t, "my vault", func(context.Context) (keys.Fetched, error) { return test.fetched, test.err })
			err := src.Refresh(t.Context())
			if test.want == "" {
				if ks := src.Status().Keys; err != nil || len(ks) != 1 {
					t.Errorf("Refresh: %v, keys %v", err, ks)
				}
				return
			}
			if !errors.Is(err, keys.ErrUnavailable) || !strings.Contains(err.Error(), test.want) || !strings.Contains(err.Error(), "my vault") || len(src.Status().Keys) > 0 {
				t.Errorf("Refresh: %v; want %q", err, test.want)
			}
			if test.err != nil && !errors.Is(err, test.err) {
				t.Errorf("the cause is not wrapped: %v", err)
			}
		})
	}
}

// TestK09SourceThatMisbehaves: one that panics, ends its goroutine or never returns.
func TestK09SourceThatMisbehaves(t *testing.T) {
	good := keys.Fetched{Keys: []*keys.Key{edKey(t, "a")}}
	for name, bad := range map[string]func(context.Context) (keys.Fetched, error){
		"panicked: boom":         func(context.Context) (keys.Fetched, error) { panic("boom") },
		"ended its goroutine":    func(context.Context) (keys.Fetched, error) { runtime.Goexit(); return good, nil },
		"not end at its timeout": func(context.Context) (keys.Fetched, error) { <-time.After(time.Minute); return good, nil },
		"deadline exceeded":      func(ctx context.Context) (keys.Fetched, error) { <-ctx.Done(); return good, ctx.Err() },
	} {
		bubble(t, func(t *testing.T) {
			var again atomic.Bool
			src := newSource(t, "source", func(ctx context.Context) (keys.Fetched, error) {
				if again.Swap(true) {
					return good, nil
				}
				return bad(ctx)
			})
			if err := src.Refresh(t.Context()); err == nil || !strings.Contains(err.Error(), name) {
				t.Errorf("%s: Refresh: %v", name, err)
			}
			<-time.After(2 * time.Minute)
			if ks := mustFind(t, src, hint("a")); len(ks) != 1 {
				t.Errorf("%s: then %v", name, ks)
			}
			synctest.Wait()
		})
	}
}

// TestK09SecretsOfASource: they verify HS256 tokens and rotate.
func TestK09SecretsOfASource(t *testing.T) {
	clock := newClock()
	var current atomic.Pointer[keys.Key]
	current.Store(newSecret(t, "1", keys.HS256))
	src := newSource(t, "vault", func(context.Context) (keys.Fetched, error) {
		return keys.Fetched{Keys: []*keys.Key{current.Load()}, Fresh: time.Minute}, nil
	}, keys.WithClock(clock.read))
	if _, err := verifier.New(src); err != nil {
		t.Fatal(err)
	}
	h := func(id string) keys.Hint { return keys.Hint{KeyID: id, Algorithm: keys.HS256} }
	if ks := mustFind(t, src, h("1")); len(ks) != 1 {
		t.Errorf("Find = %v", ks)
	}
	current.Store(newSecret(t, "2", keys.HS256))
	if ks := mustFind(t, src, h("2")); len(ks) != 1 {
		t.Errorf("rotated: Find = %v", ks)
	}
	if ks := mustFind(t, src, h("1")); len(ks) > 0 {
		t.Errorf("the old one: Find = %v", ks)
	}
}

func TestK09SnapshotOfASource(t *testing.T) {
	for name, doc := range map[string]string{"a set": set(string(edSigner(t, "a").JWK())), "PEM": "odd \"text\"\n" + vaultPEM} {
		file := filepath.Join(t.TempDir(), "keys.json")
		up := func(context.Context) (keys.Fetched, error) { return keys.Fetched{Document: []byte(doc)}, nil }
		j := new(journal)
		if err := newSource(t, "vault", up, keys.WithSnapshotFile(file), j.option()).Refresh(t.Context()); err != nil {
			t.Fatal(err)
		}
		if ks := newSource(t, "vault", nil, keys.WithSnapshotFile(file), j.option()).Status().Keys; len(ks) != 1 {
			t.Errorf("%s: started with %v\n%s", name, ks, j)
		}
		if ks := newSource(t, "another", nil, keys.WithSnapshotFile(file)).Status().Keys; len(ks) > 0 {
			t.Errorf("%s: another source started with %v", name, ks)
		}
	}
	file := filepath.Join(t.TempDir(), "keys.json")
	j := new(journal)
	src := newSource(t, "vault", func(context.Context) (keys.Fetched, error) {
		return keys.Fetched{Keys: []*keys.Key{newSecret(t, "a", keys.HS256)}}, nil
	}, keys.WithSnapshotFile(file), j.option())
	if err := src.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(file); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("keys that are ready were written: %v", err)
	}
	if diff := cmp.Diff([]string{logChanged, logNotWritten}, j.take()); diff != "" {
		t.Errorf("log (-want +got)\n%s", diff)
	}
}

func TestK09SourceRefuses(t *testing.T) {
	fetch := func(context.Context) (keys.Fetched, error) { return keys.Fetched{}, nil }
	for want, opt := range map[string]keys.Option{
		"WithHTTPClient means nothing":      keys.WithHTTPClient(new(http.Client)),
		"WithInsecureHTTP means nothing":    keys.WithInsecureHTTP(),
		"WithMetadataURL means nothing":     keys.WithMetadataURL("https://a.example/"),
		"WithSecretAlgorithm means nothing": keys.WithSecretAlgorithm(keys.HS512),
		"WithTimeout: 0s":                   keys.WithTimeout(0),
	} {
		if src, err := keys.NewSource("vault", fetch, opt); src != nil || err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("NewSource = %v, %v; want %q", src, err, want)
		}
	}
	src, err := keys.NewSource("", nil, keys.WithInsecureHTTP())
	for _, want := range []string{"the name is empty", "fetch is nil", "WithInsecureHTTP"} {
		if src != nil || err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("NewSource = %v, %v; want %q", src, err, want)
		}
	}
	if _, err := keys.NewSource("vault", fetch, keys.WithSeed([]byte(vaultPEM)), keys.WithRefresh(time.Hour), keys.WithDefaultAlgorithm(keys.PS256)); err != nil {
		t.Error(err)
	}
}
