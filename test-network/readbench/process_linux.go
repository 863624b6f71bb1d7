package main

import (
	"os"
	"strconv"
	"strings"
	"syscall"
)

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

// allocated is what a file takes on disk; the store maps files larger than that.
func allocated(i os.FileInfo) int64 {
	if s, ok := i.Sys().(*syscall.Stat_t); ok {
		return s.Blocks * 512
	}
	return i.Size()
}
