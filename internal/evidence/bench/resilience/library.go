package resilience

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"
)

// A Library is one that verifies tokens with the published keys of an issuer, set
// up as its own documentation does for production.
type Library interface {
	Name() string
	// Modules are the paths of the modules that it consists of; none for jwtverify.
	Modules() []string
	// Open sets it up. ctx lasts until Close of the result. It returns ErrCannot
	// for a setting that the library has no way to serve.
	Open(ctx context.Context, s Setting) (Verifier, error)
}

// A Verifier is a library that has been set up.
type Verifier struct {
	// Verify returns nil for a token that is to be trusted.
	Verify func(ctx context.Context, raw string) error
	// Unavailable reports whether an error of Verify says that the keys could not
	// be had, by a documented value or type. Nil: the documentation has none.
	Unavailable func(err error) bool
	// Close ends what runs in the background. It may be nil.
	Close func()
}

// A Setting is what a library is set up for.
type Setting struct {
	Issuers []Issuer
	// Refresh is how often keys are to be fetched again, by the option that the
	// library documents for it. Zero leaves it as the documentation shows.
	Refresh time.Duration
}

// An Issuer is one whose tokens are good.
type Issuer struct {
	URL      string // its "iss", where the OpenID discovery document is
	JWKS     string // where its key set is
	Audience string
}

// ErrCannot is returned by Open for what a library has no way to do.
var ErrCannot = errors.New("the library has no way to do this")

var (
	errStarting = errors.New("resilience: the library has not started yet")
	errGivenUp  = errors.New("resilience: no answer, and nobody waits any longer")
)

// A service is a program that uses a library. It has started when Open has
// returned, which some libraries delay until they have keys.
type service struct {
	opened atomic.Pointer[Verifier]
	failed atomic.Pointer[error] // why it does not start

	cancel context.CancelFunc
	done   sync.WaitGroup
}

// start starts the service, and waits for it until the limit at most.
func start(ctx context.Context, lib Library, set Setting, limit time.Duration) *service {
	ctx, cancel := context.WithCancel(ctx)
	s := &service{cancel: cancel}
	started := make(chan struct{})
	s.done.Go(func() {
		defer close(started)
		v, err := lib.Open(ctx, set)
		if err != nil {
			s.failed.Store(&err)
			return
		}
		s.opened.Store(&v)
	})
	select {
	case <-started:
	case <-time.After(limit):
	}
	return s
}

// err is why it does not start; nil if it has started, or may still.
func (s *service) err() error {
	if err := s.failed.Load(); err != nil {
		return *err
	}
	return nil
}

// verify verifies one token for a caller who gives up after the deadline. A
// library that does not heed the context is left alone after patience.
func (s *service) verify(raw string, deadline, patience time.Duration) error {
	v := s.opened.Load()
	if v == nil {
		if err := s.err(); err != nil {
			return err
		}
		return errStarting
	}
	ctx, cancel := context.WithTimeout(context.Background(), deadline)
	defer cancel()
	answer := make(chan error, 1)
	go func() { answer <- v.Verify(ctx, raw) }()
	limit := time.NewTimer(patience)
	defer limit.Stop()
	select {
	case err := <-answer:
		return err
	case <-limit.C:
		return errGivenUp
	}
}

// close ends the service. A start that hangs ends with the site; it is not waited
// for.
func (s *service) close() {
	s.cancel()
	if v := s.opened.Load(); v != nil && v.Close != nil {
		v.Close()
	}
}
