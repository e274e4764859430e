// Report tries every library in every scenario of package resilience, and writes
// what it has measured:
//
//	go run ./report                        # a table, on standard output
//	go run ./report -dir ..                # README.md, resilience.json and resilience.svg in a folder
//	go run ./report -dir .. -again         # the same of the run that is in resilience.json
//	go run ./report -only flood,jwx        # a part of it
//
// Each library is a process of its own, and all run at the same time; scenarios
// that would disturb others come last, one at a time. Run it in the folder of the
// module: it builds the process of jwx from there.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"

	"github.com/jwtverify/jwtverify/internal/evidence/bench/resilience/libraries"
	"github.com/jwtverify/jwtverify/internal/evidence/bench/resilience/process"
)

func main() {
	dir := flag.String("dir", "", "write README.md between its markers, resilience.json and resilience.svg in `folder`")
	serve := flag.String("serve", "", "serve as the process of one `library`; for the report itself")
	again := flag.Bool("again", false, "measure nothing: take resilience.json")
	only := flag.String("only", "", "run only these scenarios and libraries, such as `flood,jwx`; a beginning is enough")
	flag.Parse()
	if *serve != "" {
		serveOne(*serve)
		return
	}
	if err := report(*dir, *only, *again); err != nil {
		fmt.Fprintln(os.Stderr, "report:", err)
		os.Exit(1)
	}
}

func report(dir, only string, again bool) error {
	if dir == "" && again || dir != "" && only != "" {
		return fmt.Errorf("-again needs -dir, and -only goes without it")
	}
	data := filepath.Join(dir, "resilience.json")
	var r *results
	var err error
	if again {
		r, err = load(data)
	} else {
		r, err = measure(context.Background(), only)
	}
	if err != nil {
		return err
	}
	if dir == "" {
		_, err = os.Stdout.WriteString(table(r))
		return err
	}
	if !again {
		if err := r.save(data); err != nil {
			return err
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "resilience.svg"), heatMap(r), 0o644); err != nil {
		return err
	}
	return insert(filepath.Join(dir, "README.md"), table(r))
}

// serveOne is the process of a library of this module.
func serveOne(name string) {
	for _, lib := range libraries.All() {
		if lib.Name() == name {
			if err := process.Serve(context.Background(), lib, os.Stdin, os.Stdout); err != nil {
				fmt.Fprintln(os.Stderr, "report:", err)
				os.Exit(1)
			}
		}
	}
}
