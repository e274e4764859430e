// Command faults plants one fault at a time in a copy of the library and counts the
// worlds of the simulation that see it. Run it from the root of the module:
//
//	go run ./internal/evidence/simulation/faults
//
// It prints a Markdown table. It fails if the text that a fault replaces is not in its
// file exactly once, so that the list keeps up with the library, and if no world sees the
// fault.
package main

import (
	"flag"
	"fmt"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

// A fault replaces a text of one file.
type fault struct {
	what    string // for people
	file    string
	old     string
	planted string
}

func main() {
	log.SetFlags(0)
	seeds := flag.Int("seeds", 300, "how many seeds to run for each fault")
	only := flag.String("only", "", "only faults whose description contains this")
	flag.Parse()
	if _, err := os.Stat("go.mod"); err != nil {
		log.Fatal("run it from the root of the module")
	}
	dir, err := os.MkdirTemp("", "faults")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	if err := os.CopyFS(filepath.Join(dir, "m"), os.DirFS(".")); err != nil {
		log.Fatal(err)
	}
	fmt.Printf("| fault | file | seeds of %d that see it |\n|---|---|---:|\n", *seeds)
	wrong := false
	for _, f := range faults {
		if !strings.Contains(f.what, *only) {
			continue
		}
		n, err := f.run(filepath.Join(dir, "m"), *seeds)
		switch {
		case err != nil:
			log.Printf("%s: %v", f.what, err)
			wrong = true
		case n == 0:
			log.Printf("%s: no world sees it", f.what)
			wrong = true
		}
		fmt.Printf("| %s | %s | %d |\n", f.what, f.file, n)
	}
	if wrong {
		os.RemoveAll(dir)
		os.Exit(1)
	}
}

var failed = regexp.MustCompile(`\d+ seeds, (\d+) failed`)

// run plants f in the module at dir, runs the simulation and takes f out again.
func (f fault) run(dir string, seeds int) (int, error) {
	name := filepath.Join(dir, f.file)
	text, err := os.ReadFile(name)
	if err != nil {
		return 0, err
	}
	if n := strings.Count(string(text), f.old); n != 1 {
		return 0, fmt.Errorf("the text to replace is there %d times in %s, not once", n, f.file)
	}
	if err := os.WriteFile(name, []byte(strings.Replace(string(text), f.old, f.planted, 1)), 0o644); err != nil {
		return 0, err
	}
	defer os.WriteFile(name, text, 0o644)
	cmd := exec.Command("go", "test", "-count=1", "-v", "-run", "^TestSeeds$", "./internal/evidence/simulation",
		"-seeds", strconv.Itoa(seeds), "-failures", strconv.Itoa(seeds+1))
	cmd.Dir = dir
	out, _ := cmd.CombinedOutput() // it fails where a world sees the fault
	m := failed.FindSubmatch(out)
	if m == nil {
		return 0, fmt.Errorf("the simulation did not end: %.400s", out)
	}
	return strconv.Atoi(string(m[1]))
}
