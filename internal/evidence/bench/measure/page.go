package measure

import (
	"bytes"
	"fmt"
	"os"
	"runtime"
	"strings"
	"time"
)

// Machine says what figures are from: processor, cores, Go and date.
func Machine() string {
	return fmt.Sprintf("%s, %d cores in use, %s, %s/%s, %s",
		cpu(), runtime.GOMAXPROCS(0), runtime.Version(), runtime.GOOS, runtime.GOARCH, time.Now().UTC().Format(time.DateOnly))
}

// cpu returns the name of the processor, where the system reports it.
func cpu() string {
	info, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return "unknown CPU"
	}
	for line := range strings.Lines(string(info)) {
		if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return "unknown CPU"
}

// Put writes text into a file between the lines <!-- begin NAME --> and
// <!-- end NAME -->, in place of what is there. It fails if the file does not have
// exactly one of each, in this order.
func Put(file, name string, text []byte) error {
	page, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	begin, end := []byte("<!-- begin "+name+" -->\n"), []byte("<!-- end "+name+" -->\n")
	from, to := bytes.Index(page, begin), bytes.Index(page, end)
	if bytes.Count(page, begin) != 1 || bytes.Count(page, end) != 1 || to < from {
		return fmt.Errorf("%s needs the lines %q and %q once each, in this order", file, bytes.TrimSpace(begin), bytes.TrimSpace(end))
	}
	from += len(begin)
	return os.WriteFile(file, bytes.Join([][]byte{page[:from], []byte("\n"), bytes.TrimSpace(text), []byte("\n\n"), page[to:]}, nil), 0o644)
}

// A Table is one table of a page.
type Table struct {
	Title, Text string
	Head        []string
	Rows        [][]string
}

// Markdown returns the table under a heading. The first column holds names and the
// others figures.
func (t *Table) Markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "### %s\n\n%s\n\n| %s |\n|---|%s\n", t.Title, t.Text, strings.Join(t.Head, " | "), strings.Repeat("---:|", len(t.Head)-1))
	for _, row := range t.Rows {
		fmt.Fprintf(&b, "| %s |\n", strings.Join(row, " | "))
	}
	return b.String() + "\n"
}
