//go:build unix

package files

import (
	"errors"
	"fmt"
	"os"
	"syscall"
)

// Flags of open(2).
const (
	nonBlocking = syscall.O_NONBLOCK // opening a pipe does not wait for a writer
	noFollow    = syscall.O_NOFOLLOW // opening a link fails
)

// checkOwner returns an error when anyone but the user of the process and root can
// have written the file: it belongs to another user, or its mode lets others write.
func checkOwner(info os.FileInfo) error {
	stat, ok := info.Sys().(*syscall.Stat_t)
	// The effective user is the one whose files the process writes.
	if !ok || stat.Uid != 0 && int64(stat.Uid) != int64(os.Geteuid()) {
		return errors.New("it belongs to another user")
	}
	if mode := info.Mode().Perm(); mode&0o022 != 0 { // group and others
		return fmt.Errorf("others can write to it: its mode is %04o and should be 0600", mode)
	}
	return nil
}

// checkFolder returns an error when everybody may replace the files in a folder:
// it is writable by all and not sticky, as /tmp is.
func checkFolder(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if mode := info.Mode(); mode.Perm()&0o002 != 0 && mode&os.ModeSticky == 0 {
		return fmt.Errorf("everybody may replace it: the mode of its folder is %04o", mode.Perm())
	}
	return nil
}
