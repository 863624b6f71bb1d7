package network

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

const tcpListen = "0A" // state column of /proc/net/tcp

// holders names the processes that listen on port, as far as this user may see.
func holders(port int) []string {
	inodes := listeners(port)
	if len(inodes) == 0 {
		return nil
	}
	links, _ := filepath.Glob("/proc/[0-9]*/fd/*") // other users' stay hidden
	var found []string
	seen := map[string]bool{}
	for _, link := range links {
		target, err := os.Readlink(link)
		if err != nil || !inodes[strings.TrimSuffix(strings.TrimPrefix(target, "socket:["), "]")] {
			continue
		}
		pid := strings.Split(link, "/")[2]
		if seen[pid] {
			continue
		}
		seen[pid] = true
		name, _ := os.ReadFile("/proc/" + pid + "/comm")
		found = append(found, fmt.Sprintf("%s (pid %s)", strings.TrimSpace(string(name)), pid))
	}
	return found
}

// listeners are the socket inodes that listen on port.
func listeners(port int) map[string]bool {
	inodes := map[string]bool{}
	suffix := ":" + fmt.Sprintf("%04X", port)
	for _, table := range []string{"/proc/net/tcp", "/proc/net/tcp6"} {
		file, err := os.Open(table)
		if err != nil {
			continue
		}
		for lines := bufio.NewScanner(file); lines.Scan(); {
			fields := strings.Fields(lines.Text())
			if len(fields) > 9 && fields[3] == tcpListen && strings.HasSuffix(fields[1], suffix) {
				inodes[fields[9]] = true
			}
		}
		file.Close()
	}
	return inodes
}

// residentBytes is how much memory a process holds.
func residentBytes(pid int) int64 {
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/statm")
	if err != nil {
		return 0
	}
	fields := strings.Fields(string(text))
	if len(fields) < 2 {
		return 0
	}
	pages, _ := strconv.ParseInt(fields[1], 10, 64)
	return pages * int64(os.Getpagesize())
}

// programReplaced tells whether the file a process was started from is gone
// from its place.
func programReplaced(pid int) bool {
	target, err := os.Readlink("/proc/" + strconv.Itoa(pid) + "/exe")
	return err == nil && strings.HasSuffix(target, " (deleted)")
}
