//go:build !unix

package keys_test

import "os"

// mkfifo makes a directory: where there are no named pipes, that is the closest
// thing that is not a regular file.
func mkfifo(path string) error { return os.Mkdir(path, 0o700) }
