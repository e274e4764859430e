package refresh

import "time"

// Succeeded reports that the fetch brought a good set, or that the set has not
// changed. fresh is how long the response lets it be kept; negative if it does
// not say.
func (s *Schedule) Succeeded(now time.Time, fresh time.Duration) {
	s.SucceededAfter(now, 0, fresh)
}

// SucceededAfter is Succeeded for a fetch that took a while. The set may be as
// old as the request (RFC 9111 §4.2.3), which is hours if the machine slept.
func (s *Schedule) SucceededAfter(now time.Time, took, fresh time.Duration) {
	t := s.now(now).Add(-max(0, took))
	fresh = s.freshFor(fresh)
	ahead := 0.8 * (0.9 + 0.2*s.policy.Random()) // R1: 80 % ± 10 % of it
	s.due = t.Add(time.Duration(ahead * float64(fresh)))
	s.stale = t.Add(fresh)
	s.expiry = s.stale.Add(s.policy.MaxStale) // R3
	s.loaded, s.fetching, s.failures, s.probing = true, false, 0, nil
	s.retry, s.wanted = time.Time{}, time.Time{}
}

// freshFor returns how long a set is fresh whose response allows said (R1).
func (s *Schedule) freshFor(said time.Duration) time.Duration {
	switch {
	case s.policy.Every > 0:
		return s.policy.Every
	case said < 0:
		return defaultFresh
	}
	return min(max(said, minFresh), maxFresh)
}

// Failed reports that the fetch brought no set. retryAfter is how long the
// response asks to wait before the next one; 0 if it does not say.
func (s *Schedule) Failed(now time.Time, retryAfter time.Duration) {
	t := s.now(now)
	if s.charged { // R6
		s.budget.refund()
	}
	for _, id := range s.probing { // R9: a failed fetch is not a probe
		s.probed.forget(id)
	}
	delay := lastRetry
	if s.failures < 6 { // 2^6 s is more than lastRetry, and a larger shift may overflow
		delay = firstRetry << s.failures
	}
	delay = time.Duration(float64(min(delay, lastRetry)) * (0.5 + 0.5*s.policy.Random()))
	s.retry = t.Add(max(delay, min(retryAfter, s.longestRetryAfter(t))))
	s.fetching, s.probing = false, nil
	s.failures++
}

// longestRetryAfter returns for how long the source may put off the next fetch
// (R4): an hour, but not until there has been no set to use for longer than a
// backoff takes.
func (s *Schedule) longestRetryAfter(t time.Time) time.Duration {
	if !s.loaded {
		return lastRetry
	}
	return max(lastRetry, min(maxRetryAfter, s.expiry.Sub(t)+lastRetry))
}

// Missing reports that a fetch succeeded and found no key of that ID (R7).
func (s *Schedule) Missing(now time.Time, keyID string) {
	s.missing.add(s.now(now), keyID)
}

// Next returns when the next fetch is due without a lookup that asks for one.
func (s *Schedule) Next() time.Time {
	next := s.due
	if !s.wanted.IsZero() && s.wanted.Before(next) {
		next = s.wanted
	}
	if next.Before(s.retry) {
		next = s.retry
	}
	return s.clock.toDay(next)
}

// Quiet returns until when lookups of known keys need no decision: each would be
// Serve, without a fetch. That keeps them from taking a lock (R13).
func (s *Schedule) Quiet() time.Time {
	quiet := s.clock.toSchedule(s.Next())
	if s.fetching {
		quiet = s.stale
	}
	if s.expiry.Before(quiet) {
		quiet = s.expiry
	}
	return s.clock.toDay(quiet)
}

// Stale returns from when the set is past its freshness; zero without a set.
func (s *Schedule) Stale() time.Time { return s.clock.toDay(s.stale) }

// Expiry returns from when the set may not be used; zero without a set.
func (s *Schedule) Expiry() time.Time { return s.clock.toDay(s.expiry) }
