//go:build !unix

package measure

import "time"

// CPU is the time on the wall, since the system does not report that of a process.
func CPU() time.Duration { return Wall() }
