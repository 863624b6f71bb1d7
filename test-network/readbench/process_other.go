//go:build !linux

package main

import (
	"os"
	"time"
)

func processorTime(string) time.Duration { return 0 }

func memory(string, string) int64 { return 0 }

func machine() (processor, memory, load string) { return "", "", "" }

func allocated(i os.FileInfo) int64 { return i.Size() }
