// Package machine says what a benchmark ran on and what it cost, as the kernel tells it.
package machine

import (
	"bytes"
	"os"
	"strconv"
	"strings"
	"time"
)

// ticks a second of processor time in /proc, fixed by the kernel's interface.
const ticks = 100

// ProcessorTime is what a process has used since it began, by its id or "self"; 0 where
// that cannot be learned.
func ProcessorTime(pid string) time.Duration {
	text, err := os.ReadFile("/proc/" + pid + "/stat")
	if err != nil {
		return 0
	}
	_, after, _ := bytes.Cut(text, []byte(") ")) // the name may hold spaces
	fields := strings.Fields(string(after))
	if len(fields) < 13 {
		return 0
	}
	user, _ := strconv.ParseInt(fields[11], 10, 64)
	system, _ := strconv.ParseInt(fields[12], 10, 64)
	return time.Duration(user+system) * time.Second / ticks
}

// Describe describes the hardware as the system does, and how busy it is.
func Describe() (processor, memory, load string) {
	for line := range strings.Lines(read("/proc/cpuinfo")) {
		if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
			processor = strings.TrimSpace(value)
			break
		}
	}
	for line := range strings.Lines(read("/proc/meminfo")) {
		if rest, ok := strings.CutPrefix(line, "MemTotal:"); ok {
			kB, _ := strconv.Atoi(strings.TrimSuffix(strings.TrimSpace(rest), " kB"))
			memory = strconv.Itoa((kB+1<<19)>>20) + " GiB"
		}
	}
	if fields := strings.Fields(read("/proc/loadavg")); len(fields) > 2 {
		load = strings.Join(fields[:3], " ")
	}
	return processor, memory, load
}

func read(path string) string {
	text, _ := os.ReadFile(path) // what cannot be read is left out of the report
	return string(text)
}
