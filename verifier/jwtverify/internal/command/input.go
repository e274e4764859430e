package command

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/jwtverify/jwtverify/internal/files"
	"github.com/jwtverify/jwtverify/verifier/jwtverify/internal/found"
)

// readText returns what is to be explained: of the file if one is named, else of
// standard input, or of a prompt if that is a terminal.
func (e *Env) readText(paths []string, inHistory string) (string, error) {
	switch {
	case inHistory != "" && len(paths) > 0:
		return "", usagef("a file and --token-in-shell-history are given; leave one out")
	case inHistory != "":
		return inHistory, nil
	case len(paths) > 1:
		return "", usagef("%d files are given; give one", len(paths))
	case len(paths) == 1 && looksLikeToken(paths[0]):
		return "", usagef("a token as an argument stays in the shell's history and shows in the list of processes; pipe it in, name a file, or say --token-in-shell-history TOKEN")
	case len(paths) == 1 && paths[0] != "-":
		text, err := readFile(paths[0], found.MaxInput)
		if err != nil {
			return "", usageError{err}
		}
		return text, nil
	case e.Prompt != nil && len(paths) == 0:
		return e.Prompt()
	}
	return readAll(e.Stdin, found.MaxInput)
}

// looksLikeToken reports whether an argument is rather a token than a path.
func looksLikeToken(arg string) bool {
	if _, err := os.Stat(arg); err == nil {
		return false
	}
	return found.In(arg).Token != "" || len(arg) > 255
}

// readAll reads at most one byte more than limit, which found.In reports.
func readAll(r io.Reader, limit int64) (string, error) {
	if r == nil {
		return "", nil
	}
	doc, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err != nil {
		return "", errors.New("standard input cannot be read")
	}
	return string(doc), nil
}

func readFile(path string, limit int64) (string, error) {
	doc, _, err := files.Read(path, limit, nil)
	if err != nil {
		return "", fmt.Errorf("the file %s: %w", strings.ToValidUTF8(path, "?"), files.Bare(err))
	}
	return string(doc), nil
}
