package refresh

import "time"

// A clock turns the time of day, which may be set back, into one that never
// runs backwards.
type clock struct {
	offset time.Duration // what the steps back add up to
	latest time.Time
	steps  int
}

func (c *clock) read(now time.Time) time.Time {
	t := c.shift(now)
	if back := c.latest.Sub(t); back > stepBack {
		c.offset += back
		c.steps++
	}
	if t.Before(c.latest) {
		t = c.latest
	}
	c.latest = t
	return t
}

func (c *clock) shift(t time.Time) time.Time { return t.Add(c.offset) }

func (c *clock) unshift(t time.Time) time.Time {
	if t.IsZero() {
		return t
	}
	return t.Add(-c.offset)
}
