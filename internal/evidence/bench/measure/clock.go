package measure

import "time"

// A Clock says how much time has passed since some moment.
type Clock func() time.Duration

var began = time.Now()

// Wall is the time on the wall.
func Wall() time.Duration { return time.Since(began) }
