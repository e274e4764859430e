package simulation_test

import (
	"crypto/fips140"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"strconv"
	"testing"
	"time"

	"github.com/jwtverify/jwtverify/internal/refresh"
)

var (
	seeds = flag.Int("seeds", 0, "how many seeds to run")
	from  = flag.Uint64("from", 1, "the first of them")
	most  = flag.Int("failures", 20, "stop after that many")
	small = flag.Bool("shrink", false, "with -seed, print the smallest world that fails in the same way")
	seed  = flag.Uint64("seed", 0, "run this seed alone; -v prints its events")
)

func parseFlags() {
	flag.Parse()
	if *seeds == 0 {
		*seeds, _ = strconv.Atoi(os.Getenv("SIMULATION_SEEDS"))
	}
	if *seeds == 0 {
		*seeds = 60
	}
}

// seedJitter makes the chance by which refreshes and retries are moved depend on seed and
// on the time in the bubble alone, not on the order in which goroutines come.
func seedJitter(seed uint64) {
	refresh.Random = func() float64 {
		return rand.New(rand.NewPCG(seed, uint64(time.Now().UnixNano()))).Float64()
	}
}

// skip skips a test in FIPS mode: random numbers come from an entropy source that times
// the processor there, and the clock of a bubble stands still.
func skip(t *testing.T) {
	t.Helper()
	if fips140.Enabled() {
		t.Skip("FIPS mode has no random numbers in a synctest bubble")
	}
}

// TestSeeds runs the worlds of many seeds.
func TestSeeds(t *testing.T) {
	skip(t)
	first, n := *from, *seeds
	if *seed != 0 {
		first, n = *seed, 1
	}
	var all tally
	failed, began := 0, time.Now()
	run(t, generate(first)) // the runtime opens files of its own
	goroutines, files, heap := runtime.NumGoroutine(), openFiles(), liveHeap()
	for s := first; s < first+uint64(n); s++ {
		w := run(t, generate(s))
		all.add(w.tally)
		if *seed != 0 && testing.Verbose() {
			fmt.Println(w.plan)
			for _, l := range w.log() {
				fmt.Println(l)
			}
		}
		if len(w.wrong) > 0 {
			failed++
			t.Errorf("seed %d: %v", s, w.wrong[0])
			if *small {
				p := shrink(t, w.plan)
				fmt.Printf("%v\n", p)
				for _, l := range run(t, p).log() {
					fmt.Println(l)
				}
			}
			if failed >= *most {
				t.Fatal("too many failures")
			}
		}
		if again := (s-first)%50 == 0; again { // I7
			if x := run(t, generate(s)); x.hash() != w.hash() {
				t.Errorf("seed %d: I7: it makes another run the second time: %s", s, difference(w.log(), x.log()))
			}
		}
	}
	// A goroutine that has ended counts for a moment longer.
	for end := time.Now().Add(10 * time.Second); runtime.NumGoroutine() > goroutines && time.Now().Before(end); {
		runtime.Gosched()
	}
	if left := runtime.NumGoroutine(); left > goroutines { // I6
		t.Errorf("I6: %d goroutines are left", left-goroutines)
	}
	if left := openFiles(); left > files { // I6
		t.Errorf("I6: %d files are left open", left-files)
	}
	// What the worlds leave in memory does not depend on their number.
	const room = 4 << 20
	if now := liveHeap(); now > heap+room { // I6
		t.Errorf("I6: %d KiB more are in memory than after the first world", (now-heap)>>10)
	}
	t.Logf("%d seeds, %d failed: %d events, %d fetches, %d tokens trusted, %d invalid, %d undecided, %d streams, in %v",
		n, failed, all.events, all.tries, all.trusted, all.invalid, all.undecided, all.streamed, time.Since(began).Round(time.Millisecond))
}

// liveHeap returns how many bytes are in use, without the tokens of the pool.
func liveHeap() uint64 {
	material().forget()
	runtime.GC()
	runtime.GC() // what sync.Pool holds goes with the second
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// openFiles counts the descriptors of the process, where the system shows them.
func openFiles() int {
	list, _ := os.ReadDir("/proc/self/fd")
	return len(list)
}

func difference(a, b []string) string {
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return fmt.Sprintf("line %d is %q, and then %q", i, a[i], b[i])
		}
	}
	return fmt.Sprintf("%d lines, and then %d", len(a), len(b))
}
