package main

import (
	"bytes"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// ticks a second of processor time in /proc, fixed by the kernel's interface.
const ticks = 100

// processorTime is what a process has used since it began.
func processorTime(pid string) time.Duration {
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

// memory is a line of a process's status, in KiB. Resident memory counts the
// files it has mapped; RssAnon is without them.
func memory(pid, name string) int64 {
	text, _ := os.ReadFile("/proc/" + pid + "/status")
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, name+":"); ok {
			n, _ := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(rest), " kB"), 10, 64)
			return n
		}
	}
	return 0
}

// machine describes the hardware as the system does.
func machine() (processor, memory, load string) {
	read := func(path string) string {
		text, _ := os.ReadFile(path) // what cannot be read is left out of the report
		return string(text)
	}
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

// allocated is what a file takes on disk; the store maps files larger than that.
func allocated(i os.FileInfo) int64 {
	if s, ok := i.Sys().(*syscall.Stat_t); ok {
		return s.Blocks * 512
	}
	return i.Size()
}
