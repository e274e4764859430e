package measure

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
)

// Others begins to watch what other processes take of the processors. The function
// that it returns says it in a sentence, or says nothing where the system does not
// report it. Processes that this one starts count among the others.
func Others() func() string {
	from, ok := busySeconds()
	wall, own := Wall(), CPU()
	return func() string {
		to, again := busySeconds()
		if !ok || !again {
			return ""
		}
		others := max(0, to-from-(CPU()-own).Seconds()) / (Wall() - wall).Seconds()
		return fmt.Sprintf("Other processes took %.1f processors meanwhile.", others)
	}
}

// busySeconds is the time that all processors have been busy, from the first line of
// /proc/stat: cpu user nice system idle iowait irq softirq, in hundredths.
func busySeconds() (float64, bool) {
	stat, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0, false
	}
	line, _, _ := bytes.Cut(stat, []byte("\n"))
	fields := bytes.Fields(line)
	if len(fields) < 8 || string(fields[0]) != "cpu" {
		return 0, false
	}
	sum := 0.0
	for i, field := range fields[1:8] {
		n, err := strconv.ParseFloat(string(field), 64)
		if err != nil {
			return 0, false
		}
		if i != 3 && i != 4 { // idle, iowait
			sum += n
		}
	}
	return sum / 100, true
}
