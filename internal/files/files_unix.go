//go:build unix

package files

import (
	"errors"
	"fmt"
	"os"
	"syscall"
)

const (
	nonBlocking = syscall.O_NONBLOCK
	noFollow    = syscall.O_NOFOLLOW
)

// checkOwner reports who else than the user of the process and root may have
// written the file.
func checkOwner(info os.FileInfo) error {
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok || stat.Uid != 0 && int64(stat.Uid) != int64(os.Geteuid()) {
		return errors.New("it belongs to another user")
	}
	if mode := info.Mode().Perm(); mode&0o022 != 0 {
		return fmt.Errorf("others than its owner may write it: its mode is %04o, and should be 0600", mode)
	}
	return nil
}

// checkFolder reports that everybody may replace the files in a folder.
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
