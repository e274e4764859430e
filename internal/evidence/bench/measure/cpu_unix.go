//go:build unix

package measure

import (
	"syscall"
	"time"
)

// CPU is the time that this process has had of all processors, garbage collection
// included. Other processes on the machine do not count in it, so that it says more
// than the time on the wall where the machine is busy. Where the system does not
// report it, it is that time.
func CPU() time.Duration {
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
		return Wall()
	}
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}
