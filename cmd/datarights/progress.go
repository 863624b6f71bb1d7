package main

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/datarights/datarights/network"
	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// newProgress shows a spinner on a terminal and plain lines elsewhere.
func newProgress(out io.Writer) network.Progress {
	if file, ok := out.(*os.File); ok && term.IsTerminal(int(file.Fd())) {
		return spinner{file}
	}
	return network.NewPlainProgress(out)
}

type spinner struct{ out *os.File }

func (s spinner) Begin(english, chinese string) network.Step {
	title := chinese + " / " + english
	step := &spinnerStep{out: s.out, title: title, began: time.Now(), done: make(chan struct{})}
	step.bar = progressbar.NewOptions(-1,
		progressbar.OptionSetWriter(s.out), progressbar.OptionSpinnerType(14), progressbar.OptionSetDescription(title),
		progressbar.OptionSetElapsedTime(true), progressbar.OptionClearOnFinish(), progressbar.OptionSetRenderBlankState(true))
	step.turning.Go(step.turn)
	return step
}

type spinnerStep struct {
	out     *os.File
	title   string
	began   time.Time
	bar     *progressbar.ProgressBar
	done    chan struct{}
	turning sync.WaitGroup
}

func (s *spinnerStep) turn() {
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-s.done:
			return
		case <-tick.C:
			_ = s.bar.Add(1) // only drawing can fail
		}
	}
}

func (s *spinnerStep) Detail(text string) { s.bar.Describe(s.title + ": " + text) }

func (s *spinnerStep) End(err error) {
	close(s.done)
	s.turning.Wait()
	_ = s.bar.Finish() // only drawing can fail
	mark := "✓"
	if err != nil {
		mark = "✗"
	}
	fmt.Fprintf(s.out, "%s %s (%s)\n", mark, s.title, time.Since(s.began).Round(100*time.Millisecond))
}
