package refresh

import "time"

// A clock turns readings of time.Now into a time that never runs backwards, the
// time of the Schedule.
//
// Two clocks are read, and each may show less than the time that has passed: the
// time of day when somebody set it back (R10), the monotonic clock of package
// time because it stands still while the machine sleeps (R11). The one that
// shows more counts.
type clock struct {
	at    time.Time // the time of the Schedule at the last reading
	seen  time.Time // the last reading; zero: none yet
	steps int       // how often the time of day was set back
}

func (c *clock) read(now time.Time) time.Time {
	if c.seen.IsZero() {
		c.at, c.seen = now.Round(0), now
		return c.at
	}
	monotonic, day := between(c.seen, now)
	switch {
	case monotonic < 0 && monotonic >= -stepBack: // goroutines out of order
		return c.at
	case day < -stepBack:
		c.steps++
	}
	c.at = c.at.Add(max(monotonic, day, 0))
	c.seen = now
	return c.at
}

// toSchedule turns a time of day into the time of the Schedule.
func (c *clock) toSchedule(t time.Time) time.Time {
	return c.at.Add(t.Round(0).Sub(c.seen.Round(0)))
}

// toDay turns a time of the Schedule into a time of day, without a monotonic
// reading. A zero time stays zero.
func (c *clock) toDay(t time.Time) time.Time {
	if t.IsZero() || c.seen.IsZero() {
		return t
	}
	return c.seen.Round(0).Add(t.Sub(c.at))
}

// between returns how much time has passed by the monotonic clock, as far as
// both times have a reading of it, and by the time of day.
func between(earlier, later time.Time) (monotonic, day time.Duration) {
	return later.Sub(earlier), later.Round(0).Sub(earlier.Round(0))
}

// Elapsed returns how much time has passed, by whichever clock shows more (R11).
// It is never negative.
func Elapsed(earlier, later time.Time) time.Duration {
	monotonic, day := between(earlier, later)
	return max(monotonic, day, 0)
}

// Reached reports whether it is t or later by either clock: the time of day
// counts the sleep of the machine, and the monotonic clock cannot be set back
// (R11). Use it for the end of trust in something: it errs towards too early.
func Reached(now, t time.Time) bool {
	return !now.Before(t) || !now.Round(0).Before(t.Round(0))
}
