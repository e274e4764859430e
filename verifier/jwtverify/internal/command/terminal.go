package command

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"

	"github.com/jwtverify/jwtverify/verifier/jwtverify/internal/found"
)

// IsTerminal reports whether f is a terminal.
func IsTerminal(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0 && f.Name() != os.DevNull && !isNull(info)
}

// isNull reports whether a device is the null device, which is not a terminal.
func isNull(info os.FileInfo) bool {
	null, err := os.Stat(os.DevNull)
	return err == nil && os.SameFile(info, null)
}

// ShowsColour reports whether colours are wanted on f (no-color.org).
func ShowsColour(f *os.File) bool {
	return os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb" && IsTerminal(f)
}

// Prompt asks for a token on a terminal. What is pasted is not shown, so that it is
// not in the scrollback either. A terminal cuts lines at 4096 bytes unless it is told
// otherwise, which stty does.
func Prompt(ctx context.Context, in *os.File, out io.Writer) (string, error) {
	ask := "Paste the token (it shows, since there is no stty), then Enter: "
	if saved, err := stty(in, "-g"); err == nil {
		if _, err := stty(in, "-echo", "-icanon", "min", "1"); err == nil {
			ask = "Paste the token (it is not shown), then Enter: "
			defer stty(in, strings.TrimSpace(saved))
		}
	}
	fmt.Fprint(out, ask) // not before, or a quick paste would be shown
	defer fmt.Fprintln(out)
	type line struct {
		text string
		err  error
	}
	read := make(chan line, 1)
	go func() { // a read of a terminal cannot be ended; the process can
		text, err := bufio.NewReader(io.LimitReader(in, found.MaxInput+1)).ReadString('\n')
		if err == io.EOF {
			err = nil
		}
		read <- line{text, err}
	}()
	select {
	case l := <-read:
		return l.text, l.err
	case <-ctx.Done():
		return "", errInterrupted
	}
}

func stty(in *os.File, args ...string) (string, error) {
	cmd := exec.Command("stty", args...)
	cmd.Stdin = in
	out, err := cmd.Output()
	return string(out), err
}
