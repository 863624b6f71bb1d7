//go:build !linux

package machine

import "time"

// ProcessorTime is 0 here: the report goes without processor times.
func ProcessorTime(string) time.Duration { return 0 }

// Describe says nothing here: the report goes without hardware.
func Describe() (processor, memory, load string) { return "", "", "" }
