package main_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"unsafe"
)

// A terminal is a pseudo terminal with a process on it. Who reads master sees what a
// person sees.
type terminal struct {
	master, slave *os.File

	mu    sync.Mutex
	shown bytes.Buffer
	grown chan struct{} // has a place for one
}

func newTerminal(t *testing.T) *terminal {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Skipf("there are no pseudo terminals here: %v", err)
	}
	t.Cleanup(func() { master.Close() })
	var unlocked, number int32
	ioctl(t, master, syscall.TIOCSPTLCK, unsafe.Pointer(&unlocked))
	ioctl(t, master, syscall.TIOCGPTN, unsafe.Pointer(&number))
	slave, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { slave.Close() })
	term := &terminal{master: master, slave: slave, grown: make(chan struct{}, 1)}
	go term.read()
	return term
}

// ioctl goes by way of SyscallConn, which leaves the file in the poller, so that Close
// ends a Read.
func ioctl(t *testing.T, f *os.File, request uintptr, arg unsafe.Pointer) {
	t.Helper()
	conn, err := f.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	var errno syscall.Errno
	if err := conn.Control(func(fd uintptr) { _, _, errno = syscall.Syscall(syscall.SYS_IOCTL, fd, request, uintptr(arg)) }); err != nil {
		t.Fatal(err)
	}
	if errno != 0 {
		t.Fatal(errno)
	}
}

func (term *terminal) read() {
	buf := make([]byte, 4096)
	for {
		n, err := term.master.Read(buf)
		term.mu.Lock()
		term.shown.Write(buf[:n])
		term.mu.Unlock()
		select {
		case term.grown <- struct{}{}:
		default:
		}
		if err != nil {
			return
		}
	}
}

func (term *terminal) text() string {
	term.mu.Lock()
	defer term.mu.Unlock()
	return term.shown.String()
}

// await waits until text is shown, which must be before the process ends.
func (term *terminal) await(t *testing.T, text string, ended <-chan error) {
	t.Helper()
	for !strings.Contains(term.text(), text) {
		select {
		case <-term.grown:
		case err := <-ended:
			t.Fatalf("it ended: %v\n%s", err, term.text())
		}
	}
}

// end waits for the process and returns its code and all that was shown.
func (term *terminal) end(t *testing.T, ended <-chan error) (code int, shown string) {
	t.Helper()
	code = codeOf(t, <-ended)
	const last = "that is all" // what was written before it is shown before it
	if _, err := term.slave.WriteString(last); err != nil {
		t.Fatal(err)
	}
	term.await(t, last, nil)
	return code, term.text()
}

// modes returns the modes that the terminal has: whether it shows what is typed, and
// waits for whole lines.
func (term *terminal) modes(t *testing.T) uint32 {
	t.Helper()
	var modes syscall.Termios
	ioctl(t, term.slave, syscall.TCGETS, unsafe.Pointer(&modes))
	return modes.Lflag & (syscall.ECHO | syscall.ICANON)
}

// start runs the command on the terminal, as a shell does.
func (term *terminal) start(t *testing.T, args ...string) (cmd *exec.Cmd, ended chan error) {
	t.Helper()
	cmd = program(t, "", args...)
	cmd.Env = append(cmd.Env, "TERM=xterm", "NO_COLOR=1")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = term.slave, term.slave, term.slave
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended = make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	return cmd, ended
}

const prompt = "(it is not shown), then Enter: "

// TestPromptOnATerminal: what is pasted at the prompt is read and never shown, even if
// it is longer than the line of a terminal, and the terminal is as before.
func TestPromptOnATerminal(t *testing.T) {
	p := newPlace(t)
	for name, raw := range map[string]string{
		"short":                  p.token(nil),
		"longer than 4096 bytes": p.token(map[string]any{"groups": strings.Repeat("group ", 1000)}),
	} {
		t.Run(name, func(t *testing.T) {
			term := newTerminal(t)
			before := term.modes(t)
			if before != syscall.ECHO|syscall.ICANON {
				t.Fatalf("the terminal begins with modes %#x", before)
			}
			_, ended := term.start(t, p.explain()...)
			term.await(t, prompt, ended)
			if modes := term.modes(t); modes != 0 {
				t.Errorf("at the prompt the modes are %#x", modes)
			}
			if _, err := term.master.WriteString(raw + "\r"); err != nil {
				t.Fatal(err)
			}
			code, shown := term.end(t, ended)
			if code != 0 || !strings.Contains(shown, "=> trusted") {
				t.Errorf("code %d\n%s", code, shown)
			}
			for part := range strings.SplitSeq(raw, ".") {
				if strings.Contains(shown, part[:20]) {
					t.Errorf("the token is shown\n%s", shown)
				}
			}
			if after := term.modes(t); after != before {
				t.Errorf("modes %#x before and %#x after", before, after)
			}
		})
	}
}

// TestPromptInterrupted: Ctrl-C at the prompt ends the command, and what is typed shows
// again.
func TestPromptInterrupted(t *testing.T) {
	term := newTerminal(t)
	before := term.modes(t)
	_, ended := term.start(t, newPlace(t).explain()...)
	term.await(t, prompt, ended)
	if _, err := term.master.WriteString("eyJhbGciOi\x03"); err != nil {
		t.Fatal(err)
	}
	code, shown := term.end(t, ended)
	if code != 4 || !strings.Contains(shown, "interrupted") {
		t.Errorf("code %d\n%s", code, shown)
	}
	if after := term.modes(t); after != before {
		t.Errorf("modes %#x before and %#x after", before, after)
	}
}
