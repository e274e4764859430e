package refresh

import "time"

// A clock adds up how much time has passed between readings of the time of day,
// which may be set back. It never runs backwards.
//
// Of two readings the time of day may show less than has passed, when it was
// set back, and so may the monotonic clock of package time, which stands still
// while the machine sleeps. Whichever shows more counts.
type clock struct {
	at    time.Time // in the time of the Schedule
	seen  time.Time // the reading that it is of; zero: none
	steps int       // how often the time of day was set back
}

func (c *clock) read(now time.Time) time.Time {
	if c.seen.IsZero() {
		c.at, c.seen = now.Round(0), now
		return c.at
	}
	passed, byDay := between(c.seen, now)
	switch {
	case passed < 0 && passed >= -stepBack: // goroutines out of order
		return c.at
	case byDay < -stepBack:
		c.steps++
	}
	c.at = c.at.Add(max(passed, byDay, 0))
	c.seen = now
	return c.at
}

// shift turns a time of day into the time of the Schedule.
func (c *clock) shift(t time.Time) time.Time {
	return c.at.Add(t.Round(0).Sub(c.seen.Round(0)))
}

// unshift turns it back. The result has no monotonic reading.
func (c *clock) unshift(t time.Time) time.Time {
	if t.IsZero() || c.seen.IsZero() {
		return t
	}
	return c.seen.Round(0).Add(t.Sub(c.at))
}

// between is how much time has passed, as package time counts it and by the time
// of day.
func between(earlier, later time.Time) (passed, byDay time.Duration) {
	return later.Sub(earlier), later.Round(0).Sub(earlier.Round(0))
}

// Elapsed is how much time has passed, by the clock that shows more; never
// negative.
func Elapsed(earlier, later time.Time) time.Duration {
	passed, byDay := between(earlier, later)
	return max(passed, byDay, 0)
}

// Reached reports whether t has come by now: by the time of day, which counts
// the sleep of the machine, or by the monotonic clock, which nobody sets back.
// It is for a time from which on something is no longer trusted.
func Reached(now, t time.Time) bool {
	return !now.Before(t) || !now.Round(0).Before(t.Round(0))
}
