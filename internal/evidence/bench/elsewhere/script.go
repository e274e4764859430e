package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// A language has a script that verifies tokens.
type language struct {
	name, script, remedy string
	commands             []string // the first that has all libraries is taken
}

var languages = []language{
	{"Node", "verify.mjs", "run npm ci --ignore-scripts in internal/evidence/bench/elsewhere", []string{"node"}},
	{"Python", "verify.py", "install Debian's python3-jwt, python3-jose and python3-cryptography", []string{"python3", "/usr/bin/python3"}},
}

// A script is a running one.
type script struct {
	Runtime    string
	Contenders []contender
	Missing    []string // libraries

	command *exec.Cmd
	in      io.WriteCloser
	out     *bufio.Scanner
}

// A contender is one way to verify tokens in a script.
type contender struct {
	ID, Library, Version string

	Again bool // it remembers tokens
	Cases []string
}

// start runs the script of l with the command that has most of its libraries.
func (l language) start(dir string, all *exam) (best *script, err error) {
	var errs []error
	for _, command := range l.commands {
		s, err := l.startWith(command, dir, all)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		if best == nil || len(s.Contenders) > len(best.Contenders) {
			best, s = s, best
		}
		s.close()
	}
	if best == nil {
		return nil, fmt.Errorf("%s is left out: %s; %s", l.name, joined(errs), l.remedy)
	}
	return best, nil
}

func (l language) startWith(command, dir string, all *exam) (*script, error) {
	s := &script{command: exec.Command(command, filepath.Join(dir, l.script))}
	var stderr bytes.Buffer
	s.command.Stderr = &stderr
	out, err := s.command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if s.in, err = s.command.StdinPipe(); err != nil {
		return nil, err
	}
	if err := s.command.Start(); err != nil {
		return nil, err
	}
	s.out = bufio.NewScanner(out)
	if err := s.ask(all, s); err != nil {
		s.close()
		return nil, fmt.Errorf("%s: %w", command, reason(stderr.String(), err))
	}
	if len(s.Contenders) == 0 {
		s.close()
		return nil, fmt.Errorf("%s: %s", command, strings.Join(s.Missing, ", "))
	}
	return s, nil
}

// joined returns the texts of errs in one line.
func joined(errs []error) string {
	var texts []string
	for _, err := range errs {
		texts = append(texts, err.Error())
	}
	return strings.Join(texts, "; ")
}

// reason returns the line of what a script wrote that says most: Node and Python both
// name the error in a line of its own.
func reason(stderr string, err error) error {
	for line := range strings.Lines(stderr) {
		if strings.Contains(line, "Error") {
			return errors.New(strings.TrimSpace(line))
		}
	}
	return err
}

// ask writes a question and reads the answer.
func (s *script) ask(question, answer any) error {
	line, err := json.Marshal(question)
	if err != nil {
		return err
	}
	if _, err := s.in.Write(append(line, '\n')); err != nil {
		return err
	}
	if !s.out.Scan() {
		return errors.Join(errors.New("the script has ended"), s.out.Err())
	}
	return json.Unmarshal(s.out.Bytes(), answer)
}

// close ends the script. s may be nil.
func (s *script) close() {
	if s != nil {
		s.in.Close()
		s.command.Wait()
	}
}

type question struct {
	Op        string `json:"op"`
	Contender string `json:"contender"`
	Case      string `json:"case"`
	Token     string `json:"token,omitempty"`
	Millis    int64  `json:"ms,omitempty"`
}

// time verifies the token of a case for that long, and returns the ns
// of the processor for one run.
func (s *script) time(contender, name string, long time.Duration) (float64, error) {
	var a struct {
		NS, Runs float64
		Error    string
	}
	err := s.ask(question{Op: "time", Contender: contender, Case: name, Millis: long.Milliseconds()}, &a)
	if err == nil && a.Error != "" {
		err = fmt.Errorf("%s, %s: %s", contender, name, a.Error)
	}
	return a.NS / a.Runs, err
}

// check returns the claims of a token, or why it is refused.
func (s *script) check(contender, name, raw string) (claims map[string]any, refused string, err error) {
	var a struct {
		Claims         map[string]any
		Refused, Error string
	}
	err = s.ask(question{Op: "check", Contender: contender, Case: name, Token: raw}, &a)
	if a.Error != "" {
		err = errors.New(a.Error)
	}
	return a.Claims, a.Refused, err
}
