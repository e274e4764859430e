package resilience

import (
	"fmt"
	"time"
)

// A Metric is one of the figures of a run.
type Metric string

// The metrics. A token is good when the issuer has signed it with a key that it
// publishes at that time, and bad otherwise.
const (
	Failed   Metric = "good tokens failed"
	Accepted Metric = "bad tokens accepted"
	Fetches  Metric = "fetches"
	Longest  Metric = "longest wait"
	P99      Metric = "p99 wait"
	Ready    Metric = "first right answer after"
	Written  Metric = "bytes sent"
	Held     Metric = "bytes held"
	Tells    Metric = "by a documented error"
)

// Figures are what one run has measured. Only those that the scenario shows mean
// anything.
type Figures struct {
	Cannot bool `json:"cannot,omitempty"` // the library has no way to do this

	Good     int `json:"good"`
	Failed   int `json:"failed"`
	Bad      int `json:"bad"`
	Accepted int `json:"accepted"`
	// Fetches counts requests for the key set, from when the scenario begins.
	Fetches int           `json:"fetches"`
	Longest time.Duration `json:"longest_ns"` // of a good token
	P99     time.Duration `json:"p99_ns"`
	// Ready is after how long the answer was the right one; Late that it was not
	// until then.
	Ready time.Duration `json:"ready_ns"`
	Late  bool          `json:"late,omitempty"`
	// Written are the bytes of key sets that the endpoint got rid of, and Held by
	// how much the heap had grown at most.
	Written int64 `json:"written"`
	Held    int64 `json:"held"`
	Tells   bool  `json:"tells"`
	// Note is why the service did not start, or what an error was.
	Note string `json:"note,omitempty"`
}

// count adds what became of good tokens.
func (f *Figures) count(t *tally) {
	f.Good += t.sent
	f.Failed += t.failed()
	f.Longest = max(f.Longest, t.longest())
	f.P99 = max(f.P99, t.p99())
}

// attack adds what became of bad ones.
func (f *Figures) attack(t *tally) {
	f.Bad += t.sent
	f.Accepted += t.accepted
}

// Text is a figure as a table shows it.
func (f Figures) Text(m Metric) string {
	switch m {
	case Failed:
		return fmt.Sprintf("%d/%d", f.Failed, f.Good)
	case Accepted:
		return fmt.Sprintf("%d/%d", f.Accepted, f.Bad)
	case Fetches:
		return fmt.Sprint(f.Fetches)
	case Longest:
		return span(f.Longest)
	case P99:
		return span(f.P99)
	case Ready:
		if f.Late {
			return "> " + span(f.Ready)
		}
		return span(f.Ready)
	case Written:
		return size(f.Written)
	case Held:
		return size(f.Held)
	case Tells:
		if f.Tells {
			return "yes"
		}
		return "no"
	}
	return ""
}

func span(d time.Duration) string {
	switch {
	case d < 10*time.Millisecond:
		return fmt.Sprintf("%.1f ms", d.Seconds()*1e3)
	case d < time.Second:
		return fmt.Sprintf("%.0f ms", d.Seconds()*1e3)
	}
	return fmt.Sprintf("%.1f s", d.Seconds())
}

func size(n int64) string {
	const kib, mib = 1 << 10, 1 << 20
	switch {
	case n >= 10*mib:
		return fmt.Sprintf("%.0f MiB", float64(n)/mib)
	case n >= mib/10:
		return fmt.Sprintf("%.1f MiB", float64(n)/mib)
	}
	return fmt.Sprintf("%.1f KiB", float64(n)/kib)
}

// A Level ranks a figure, so that a picture can show it.
type Level int

// The levels. What they mean for each metric is in Means.
const (
	None Level = iota // the library has no way to do this
	Worst
	Middle
	Best
)

const (
	fewBytes  = 16 << 20
	manyBytes = 128 << 20
)

// Means says when a metric is Best, Middle and Worst. budget is that of the
// scenario.
var Means = map[Metric][3]string{
	Failed:   {"none failed", "less than half failed", "half or more failed"},
	Accepted: {"none accepted", "", "any accepted"},
	Fetches:  {"at most as many as the row says", "up to ten times that", "more"},
	Ready:    {"in time", "", "not in the time given"},
	Held:     {"at most 16 MiB", "up to 128 MiB", "more"},
	Tells:    {"yes", "", "no"},
}

// level ranks one metric.
func (f Figures) level(m Metric, budget int) Level {
	middle := func(best, mid bool) Level {
		switch {
		case best:
			return Best
		case mid:
			return Middle
		}
		return Worst
	}
	switch m {
	case Failed:
		return middle(f.Failed == 0, 2*f.Failed < f.Good)
	case Accepted:
		return middle(f.Accepted == 0, false)
	case Fetches:
		return middle(f.Fetches <= budget, f.Fetches <= 10*budget)
	case Ready:
		return middle(!f.Late, false)
	case Held:
		return middle(f.Held <= fewBytes, f.Held <= manyBytes)
	case Tells:
		return middle(f.Tells, false)
	}
	return Best
}
