// Package process lets each library run in a process of its own, so that its
// memory and its modules are its own. The report writes the ID of a scenario on a
// line, and the process answers with the figures on a line.
package process

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime/debug"
	"slices"

	"github.com/jwtverify/jwtverify/internal/evidence/bench/resilience"
)

// A Hello is the first line of a process.
type Hello struct {
	Name     string   `json:"name"`
	Versions []string `json:"versions,omitempty"` // of its modules, in their order
}

type answer struct {
	Figures resilience.Figures `json:"figures"`
	Err     string             `json:"err,omitempty"`
}

// Serve runs scenarios with one library until in ends.
func Serve(ctx context.Context, lib resilience.Library, in io.Reader, out io.Writer) error {
	k, err := resilience.NewKit()
	if err != nil {
		return err
	}
	enc := json.NewEncoder(out)
	if err := enc.Encode(Hello{lib.Name(), versions(lib.Modules())}); err != nil {
		return err
	}
	all := resilience.Scenarios()
	for lines := bufio.NewScanner(in); lines.Scan(); {
		i := slices.IndexFunc(all, func(sc resilience.Scenario) bool { return sc.ID == lines.Text() })
		if i < 0 {
			return fmt.Errorf("process: there is no scenario %q", lines.Text())
		}
		var a answer
		if a.Figures, err = all[i].Run(ctx, k, lib); err != nil {
			a.Err = err.Error()
		}
		if err := enc.Encode(a); err != nil {
			return err
		}
	}
	return nil
}

// versions are those of modules in this program; "" where one is not known.
func versions(modules []string) (vs []string) {
	info, ok := debug.ReadBuildInfo()
	for _, path := range modules {
		v := ""
		if ok {
			if i := slices.IndexFunc(info.Deps, func(m *debug.Module) bool { return m.Path == path }); i >= 0 {
				v = info.Deps[i].Version
			}
		}
		vs = append(vs, v)
	}
	return vs
}

// A Process is one that serves.
type Process struct {
	Hello
	cmd *exec.Cmd
	in  io.WriteCloser
	out *json.Decoder
}

// Start starts a program that serves.
func Start(ctx context.Context, program string, args ...string) (*Process, error) {
	p := &Process{cmd: exec.CommandContext(ctx, program, args...)}
	p.cmd.Stderr = os.Stderr
	in, err := p.cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	p.in, p.out = in, json.NewDecoder(out)
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	if err := p.out.Decode(&p.Hello); err != nil {
		return nil, errors.Join(fmt.Errorf("process: %s does not serve: %w", program, err), p.Close())
	}
	return p, nil
}

// Run runs one scenario.
func (p *Process) Run(scenario string) (resilience.Figures, error) {
	if _, err := fmt.Fprintln(p.in, scenario); err != nil {
		return resilience.Figures{}, err
	}
	var a answer
	if err := p.out.Decode(&a); err != nil {
		return a.Figures, err
	}
	if a.Err != "" {
		return a.Figures, errors.New(a.Err)
	}
	return a.Figures, nil
}

// Close ends the process.
func (p *Process) Close() error {
	p.in.Close()
	return p.cmd.Wait()
}
