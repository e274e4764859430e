package simulation_test

import (
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
	"unsafe"
)

// A clockLog is how far the time of day of a host was from the time since the world
// began, which is what its monotonic clock shows. Both advance alike between jumps. It
// is a part of the model.
type clockLog struct{ jumps []jump }

type jump struct{ at, by time.Duration }

// offset returns how far the time of day was ahead.
func (c *clockLog) offset(at time.Duration) (ahead time.Duration) {
	for _, j := range c.jumps {
		if j.at <= at {
			ahead += j.by
		}
	}
	return ahead
}

// least returns how much time had passed for sure: by the clock that showed more.
func (c *clockLog) least(from, to time.Duration) time.Duration {
	return max(0, to-from, to-from+c.offset(to)-c.offset(from))
}

// most returns how much may have passed for whoever read both clocks all the time.
func (c *clockLog) most(from, to time.Duration) time.Duration {
	passed := to - from
	for _, j := range c.jumps {
		if j.at > from && j.at <= to {
			passed += max(0, j.by)
		}
	}
	return max(0, passed)
}

// setBack reports whether the time of day was set back in that time.
func (c *clockLog) setBack(from, to time.Duration) bool {
	return slices.ContainsFunc(c.jumps, func(j jump) bool { return from < j.at && j.at <= to && j.by < 0 })
}

// A hostClock is what the library reads.
type hostClock struct {
	mu    sync.Mutex
	ahead time.Duration // in whole seconds
	log   clockLog
}

func (c *hostClock) jump(at, by time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ahead += by
	c.log.jumps = append(c.log.jumps, jump{at, by})
}

// anchor is a time of the real machine: times of a bubble have no monotonic reading.
var anchor = time.Now()

// now returns what time.Now does where somebody set the clock or the machine slept: the
// time of day is ahead, and the monotonic reading is not.
func (c *hostClock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	bubble := time.Now()
	t := anchor.Add(bubble.Sub(time.Unix(epoch, 0)))
	const to1885, monotonic = 2682288000, 1 << 63 // seconds to 1970, as package time counts them
	seconds := uint64(bubble.Unix() + to1885 + int64(c.ahead/time.Second))
	*(*uint64)(unsafe.Pointer(&t)) = monotonic | seconds<<30 | uint64(bubble.Nanosecond())
	return t
}

// TestHostClock shows that now makes times of both readings.
func TestHostClock(t *testing.T) {
	skip(t)
	synctest.Test(t, func(t *testing.T) {
		var c hostClock
		first, day := c.now(), time.Now()
		if !first.Round(0).Equal(day) {
			t.Errorf("the time of day is %v, want %v", first, day)
		}
		<-time.After(time.Minute + 1)
		c.jump(time.Minute, -time.Hour)
		then := c.now()
		if d := then.Sub(first); d != time.Minute+1 {
			t.Errorf("the monotonic clock advanced by %v", d)
		}
		if d := then.Round(0).Sub(first.Round(0)); d != time.Minute+1-time.Hour {
			t.Errorf("the time of day advanced by %v", d)
		}
	})
}
