// Elsewhere measures libraries of other languages, which verify the same tokens with
// the same keys and checks in a process of their own, in turn with jwtverify:
//
//	go run ./elsewhere                     # five minutes
//	go run ./elsewhere -write README.md    # and put the tables between the markers of that page
//
// Node needs its packages (npm ci --ignore-scripts in this folder), and Python those
// of PyJWT, python-jose and cryptography. What is not installed is left out, with a
// line that says so. Everything runs on one processor if taskset is installed.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"time"

	"github.com/jwtverify/jwtverify/internal/evidence/bench/measure"
)

func main() {
	p := plan{err: os.Stderr}
	flag.IntVar(&p.rounds, "rounds", 40, "how often everyone has a turn")
	flag.DurationVar(&p.slice, "slice", 50*time.Millisecond, "how long a turn is")
	flag.DurationVar(&p.warm, "warm", time.Second, "how long everyone warms up for each case")
	flag.StringVar(&p.dir, "dir", "elsewhere", "the `folder` with the scripts")
	core := flag.String("core", "0", "run on this processor; empty: on all")
	write := flag.String("write", "", "put the tables into `file`, between its markers")
	flag.Parse()
	err := onCore(*core)
	if err == nil {
		err = p.run(os.Stdout, *write)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "elsewhere:", err)
		os.Exit(2)
	}
}

// pinned is set in the process that runs on one processor.
const pinned = "JWTVERIFY_ELSEWHERE_PINNED"

// onCore starts this program once more on one processor, and ends with it. It returns
// nil if it runs there already, or if taskset is not installed.
func onCore(core string) error {
	taskset, err := exec.LookPath("taskset")
	if core == "" || err != nil || os.Getenv(pinned) != "" {
		return nil
	}
	if exec.Command(taskset, "-c", core, "true").Run() != nil {
		return fmt.Errorf("processor %s is not to be had; choose another with -core", core)
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	c := exec.Command(taskset, append([]string{"-c", core, self}, os.Args[1:]...)...)
	c.Stdin, c.Stdout, c.Stderr = os.Stdin, os.Stdout, os.Stderr
	c.Env = append(os.Environ(), pinned+"=1")
	err = c.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return err
	}
	os.Exit(c.ProcessState.ExitCode())
	return nil
}

// A plan says how much is measured.
type plan struct {
	rounds      int
	slice, warm time.Duration
	dir         string
	err         io.Writer // for what is left out
}

// run measures and prints.
func (p plan) run(w io.Writer, write string) error {
	if p.rounds < 1 || p.slice < time.Millisecond {
		return fmt.Errorf("%d rounds of %v measure nothing", p.rounds, p.slice)
	}
	all, err := newExam()
	if err != nil {
		return err
	}
	rows, runtimes, err := p.contenders(all)
	if err != nil {
		return err
	}
	defer func() {
		for _, r := range rows {
			r.close()
		}
	}()
	others := measure.Others()
	if err := p.measure(all, rows); err != nil {
		return err
	}
	page := fmt.Sprintf("%s; %s. Medians of %d interleaved rounds of %v each, after %v of warming up; a time is that which the process had of the processor, garbage collection and compilation included. %s\n\n",
		measure.Machine(), runtimes, p.rounds, p.slice, p.warm, others())
	for _, group := range all.groups() {
		page += table(all, rows, group).Markdown()
	}
	if _, err := io.WriteString(w, page); err != nil || write == "" {
		return err
	}
	return measure.Put(write, "elsewhere", []byte(page))
}
