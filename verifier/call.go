package verifier

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jwtverify/jwtverify/internal/absent"
	"github.com/jwtverify/jwtverify/internal/message"
)

// A call asks to for the verifier of one choice, on behalf of every token that
// waits for it. The mutex of the tenants guards it, but for choice and the
// channels.
type call struct {
	choice  string
	places  chan struct{} // a place in it is needed to run
	begun   chan struct{} // closed when it runs
	done    chan struct{} // closed when tenant or err is set
	waiting int

	tenant *tenant
	err    error
}

var (
	errNoAnswer    = fmt.Errorf("Route got no verifier: to has not returned within %v", callTime)
	errNilVerifier = errors.New("Route got no verifier: to returned a nil pointer in the interface; for a choice that is not one of yours, return nil")
	errGone        = errors.New("Route got no verifier: to ended its goroutine")
)

// join returns the call for choice that tokens wait for, or a new one. It is called
// under the lock.
func (s *tenants) join(choice string) *call {
	c := s.calls[choice]
	if c == nil {
		choice = strings.Clone(choice) // it is part of a token
		c = &call{choice: choice, places: s.unknown, begun: make(chan struct{}), done: make(chan struct{})}
		// Those who can only write tokens cannot take the places of tenants that
		// have signed some.
		if _, ok := s.proven.find(choice); ok {
			c.places = s.returning
		}
		s.calls[choice] = c
	}
	c.waiting++
	return c
}

// wait returns the tenant of c. One of the tokens that wait starts the call, as
// soon as there is a place; a call for which nobody waits is never started.
func (s *tenants) wait(ctx context.Context, c *call) (*tenant, error) {
	timer := time.NewTimer(callTime)
	defer timer.Stop()
	begun, places := c.begun, c.places
	for ctx.Err() == nil {
		select {
		case <-c.done:
			return c.tenant, c.err
		case <-begun:
			begun, places = nil, nil
		case places <- struct{}{}:
			s.begin(c)
		case <-timer.C:
			s.giveUp(c)
			return nil, errNoAnswer
		case <-ctx.Done():
		}
	}
	s.giveUp(c)
	return nil, ctx.Err()
}

// begin runs c, whose place is taken, unless it has begun already.
func (s *tenants) begin(c *call) {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case <-c.begun:
		<-c.places
	default:
		close(c.begun)
		go s.run(c)
	}
}

// giveUp is called for a token that waits no longer.
func (s *tenants) giveUp(c *call) {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case <-c.done:
		if c.tenant != nil {
			s.leave(c.tenant)
		}
		return
	default:
	}
	c.waiting--
	select {
	case <-c.begun:
	default:
		if c.waiting == 0 && s.calls[c.choice] == c {
			delete(s.calls, c.choice)
		}
	}
}

// run asks to, and gives the place of c back when that has returned.
func (s *tenants) run(c *call) {
	defer func() { <-c.places }()
	// Deferred, since to may end the goroutine instead of returning.
	v, err := Verifier(nil), errGone
	defer func() { s.finish(c, v, err) }()
	v, err = s.ask(c.choice)
}

// finish gives the answer to all that wait.
func (s *tenants) finish(c *call, v Verifier, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	defer close(c.done)
	current := s.calls[c.choice] == c
	if current {
		delete(s.calls, c.choice)
	}
	switch {
	case err != nil:
		c.err = err
	case !current:
		c.err = errForgotten
	case v == nil:
		c.err = errNoVerifier
		s.refused.add(c.choice)
		s.forgotten.remove(c.choice)
	default:
		s.forgotten.remove(c.choice)
		t := &tenant{choice: c.choice, v: v, users: c.waiting}
		c.tenant, s.trial[c.choice] = t, t
		if t.users == 0 {
			s.rest(t)
		}
	}
}

// ask calls to, which may be anybody's code. The context is that of no token, since
// the answer is for all. A nil Verifier and a nil error mean that the choice is not
// one of ours.
func (s *tenants) ask(choice string) (v Verifier, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), callTime)
	defer cancel()
	v, err = s.callTo(ctx, choice)
	switch {
	case err != nil:
		// Reworded in any case: what it wraps must not be taken for an error of ours.
		return nil, message.Reword(err, message.Short("Route got no verifier: "+message.Bare(err)))
	case v != nil && absent.Is(v):
		return nil, errNilVerifier
	}
	return v, nil
}

// callTo turns a panic into an error.
func (s *tenants) callTo(ctx context.Context, choice string) (v Verifier, err error) {
	defer func() {
		if p := recover(); p != nil {
			v, err = nil, fmt.Errorf("to panicked: %s", panicked(p))
		}
	}()
	return s.to(ctx, choice)
}
