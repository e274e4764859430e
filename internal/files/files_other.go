//go:build !unix

package files

import "os"

// These systems have no such flags, or package syscall does not name them. Their
// access control lists are not read either: see WithSnapshotFile in package keys.
const (
	nonBlocking = 0
	noFollow    = 0
)

func checkOwner(os.FileInfo) error { return nil }
func checkFolder(string) error     { return nil }
