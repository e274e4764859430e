package refresh

import "time"

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
