//go:build !linux

package main

import "time"

// Elsewhere the report goes without processor times and hardware.
func processorTime(int) time.Duration           { return 0 }
func machine() (processor, memory, load string) { return "", "", "" }
