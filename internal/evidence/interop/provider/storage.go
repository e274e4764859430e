package main

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/zitadel/oidc/v3/example/server/storage"
	"github.com/zitadel/oidc/v3/pkg/op"

	"github.com/jwtverify/jwtverify/keys"
)

// A rotating storage is that of the example server with keys that change.
type rotating struct {
	*storage.Storage

	mu   sync.Mutex
	made int
	keys []key // published; the last one signs
}

var (
	_ op.Storage                  = (*rotating)(nil)
	_ op.ClientCredentialsStorage = (*rotating)(nil)
)

func newRotating(s *storage.Storage, alg keys.Algorithm) (*rotating, error) {
	r := &rotating{Storage: s}
	_, err := r.rotate(alg)
	return r, err
}

func (r *rotating) rotate(alg keys.Algorithm) (kid string, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	k, err := newKey(fmt.Sprintf("key-%d", r.made+1), alg)
	if err != nil {
		return "", err
	}
	r.made++
	r.keys = append(slices.Clip(r.keys), k)
	return k.id, nil
}

func (r *rotating) replace(alg keys.Algorithm) (kid string, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	last := len(r.keys) - 1
	k, err := newKey(r.keys[last].id, alg)
	if err != nil {
		return "", err
	}
	r.keys = append(slices.Clip(r.keys[:last]), k)
	return k.id, nil
}

func (r *rotating) retire() (kid string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.keys = r.keys[len(r.keys)-1:]
	return r.keys[0].id
}

func (r *rotating) published() []key {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.keys
}

// SigningKey implements op.Storage.
func (r *rotating) SigningKey(context.Context) (op.SigningKey, error) {
	ks := r.published()
	return signingKey{ks[len(ks)-1]}, nil
}

// SignatureAlgorithms implements op.Storage.
func (r *rotating) SignatureAlgorithms(context.Context) (algs []keys.Algorithm, err error) {
	for _, k := range r.published() {
		algs = append(algs, k.alg)
	}
	return algs, nil
}

// KeySet implements op.Storage.
func (r *rotating) KeySet(context.Context) (set []op.Key, err error) {
	for _, k := range r.published() {
		set = append(set, publicKey{k})
	}
	return set, nil
}

// GetClientByClientID implements op.Storage.
func (r *rotating) GetClientByClientID(ctx context.Context, id string) (op.Client, error) {
	return withJWT(r.Storage.GetClientByClientID(ctx, id))
}

// ClientCredentials implements op.ClientCredentialsStorage.
func (r *rotating) ClientCredentials(ctx context.Context, id, secret string) (op.Client, error) {
	return withJWT(r.Storage.ClientCredentials(ctx, id, secret))
}

func withJWT(c op.Client, err error) (op.Client, error) {
	if err != nil {
		return nil, err
	}
	return jwtClient{c}, nil
}

// A jwtClient gets JWTs for access tokens; those of the example are opaque.
type jwtClient struct{ op.Client }

func (jwtClient) AccessTokenType() op.AccessTokenType { return op.AccessTokenTypeJWT }
