package machine

import (
	"bytes"
	"os"
	"strconv"
	"testing"
	"time"
)

func TestProcessorTime(t *testing.T) {
	if processor, memory, load := Describe(); processor == "" || memory == "" || load == "" {
		t.Errorf("the machine is %q, %q, %q", processor, memory, load)
	}
	before := ProcessorTime(strconv.Itoa(os.Getpid()))
	for began := time.Now(); time.Since(began) < 200*time.Millisecond; {
		_ = bytes.Repeat([]byte{1}, 1000)
	}
	if used := ProcessorTime(strconv.Itoa(os.Getpid())) - before; used <= 0 || used > 20*time.Second {
		t.Errorf("%s of processor time in a busy fifth of a second", used)
	}
}
