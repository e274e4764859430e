package refresh

import "time"

// This file has what differs where each key ID has a fetch of its own (R20).

// Single reports whether the fetch under way is for the key ID of the lookup that started
// it alone. One that is due, or that a clock set back makes wanted (R10), is for all keys.
func (s *Schedule) Single() bool { return s.fetching && s.single }

// FoundOne reports that a fetch for one key ID, which took a while, found the key.
// The set is due when the key is, if that is earlier.
func (s *Schedule) FoundOne(now time.Time, took, fresh time.Duration) {
	t := s.tick(now).Add(-max(0, took))
	due, stale := s.span(t, s.freshFor(fresh))
	if due.Before(s.due) {
		s.due = due
	}
	if stale.Before(s.stale) {
		s.stale, s.expiry = stale, stale.Add(s.policy.MaxStale)
	}
	s.fetching, s.probing = false, nil
}

// FoundNone reports that a fetch for one key ID found that there is no such key.
func (s *Schedule) FoundNone(now time.Time) {
	s.tick(now)
	s.fetching, s.probing = false, nil
}

// FailedOne reports that a fetch for one key ID failed. It is not refunded and
// causes no backoff: whoever chose the ID would otherwise delay the refresh of the
// known keys. retryAfter is heeded as long as a backoff takes.
func (s *Schedule) FailedOne(now time.Time, retryAfter time.Duration) {
	t := s.tick(now)
	for _, id := range s.probing { // R9
		s.probed.forget(id)
	}
	if until := t.Add(min(retryAfter, lastRetry)); retryAfter > 0 && s.retry.Before(until) {
		s.retry = until
	}
	s.fetching, s.probing = false, nil
}
