package measure_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/jwtverify/jwtverify/internal/evidence/bench/measure"
)

// TestTimes: the ratio is taken within each round, so that a drift of the machine
// cancels out.
func TestTimes(t *testing.T) {
	slow := &measure.Turn{Each: []float64{2000, 4000, 9000, 16000}}
	fast := &measure.Turn{Each: []float64{1000, 2000, 3000, 8000}}
	got := []float64{slow.Nanos(), slow.Micros(), slow.Times(fast), slow.More(fast)}
	if diff := cmp.Diff([]float64{6500, 6.5, 2, 4}, got); diff != "" {
		t.Errorf("Nanos, Micros, Times, More (-want +got):\n%s", diff)
	}
}

func TestInterleave(t *testing.T) {
	ran := 0
	good := &measure.Turn{Run: func() error { ran++; return nil }}
	if err := measure.Interleave(measure.Wall, 3, time.Microsecond, []*measure.Turn{good}); err != nil || len(good.Each) != 3 || ran < 3 {
		t.Errorf("%d rounds, %d runs, %v; want 3 rounds", len(good.Each), ran, err)
	}
	refused := errors.New("refused")
	bad := &measure.Turn{Name: "bad", Run: func() error { return refused }}
	if err := measure.Interleave(measure.Wall, 3, time.Microsecond, []*measure.Turn{bad}); !errors.Is(err, refused) || !strings.Contains(err.Error(), "bad") {
		t.Errorf("a run that fails: %v", err)
	}
	if _, err := measure.Throughput(time.Microsecond, good.Run, bad.Run); !errors.Is(err, refused) {
		t.Errorf("a run that fails on one of two processors: %v", err)
	}
}

func TestPut(t *testing.T) {
	file := filepath.Join(t.TempDir(), "page.md")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("before\n<!-- begin x -->\nold\n<!-- end x -->\nafter\n")
	for range 2 { // the second time the same
		if err := measure.Put(file, "x", []byte("new\n")); err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff("before\n<!-- begin x -->\n\nnew\n\n<!-- end x -->\nafter\n", string(got)); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
	}
	for _, page := range []string{"", "<!-- begin x -->\n", "<!-- end x -->\n<!-- begin x -->\n", "<!-- begin x -->\n<!-- begin x -->\n<!-- end x -->\n"} {
		write(page)
		if err := measure.Put(file, "x", []byte("new")); err == nil {
			t.Errorf("%q: no error", page)
		}
		if got, _ := os.ReadFile(file); string(got) != page {
			t.Errorf("%q became %q", page, got)
		}
	}
}

// TestOthers: others can take no more than there is.
func TestOthers(t *testing.T) {
	others, start := measure.Others(), measure.CPU()
	for measure.CPU()-start < 50*time.Millisecond {
	}
	said := others()
	if said == "" {
		t.Skip("skipped: the system does not report it")
	}
	var n float64
	if _, err := fmt.Sscanf(said, "Other processes took %f processors", &n); err != nil || n < 0 || n > float64(runtime.NumCPU())+1 {
		t.Errorf("it says %q: %v", said, err)
	}
}
