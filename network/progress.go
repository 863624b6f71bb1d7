package network

import (
	"fmt"
	"io"
	"sync"
	"time"
)

// Progress is told what Up and Down are doing. Methods are called from one
// goroutine at a time.
type Progress interface {
	// Begin opens a step; the caller ends it before opening the next.
	Begin(english, chinese string) Step
}

// Step is one thing being done.
type Step interface {
	Detail(text string) // what within the step is going on
	End(err error)      // nil: done
}

// Silent tells nobody.
type Silent struct{}

// Begin implements Progress.
func (Silent) Begin(string, string) Step { return silentStep{} }

type silentStep struct{}

func (silentStep) Detail(string) {}
func (silentStep) End(error)     {}

// PlainProgress writes one line when a step begins slowly and one when it ends;
// for logs and pipes.
type PlainProgress struct {
	mu  sync.Mutex
	out io.Writer
}

// NewPlainProgress writes to out.
func NewPlainProgress(out io.Writer) *PlainProgress { return &PlainProgress{out: out} }

// Begin implements Progress.
func (p *PlainProgress) Begin(english, chinese string) Step {
	p.print("… %s / %s\n", english, chinese)
	return &plainStep{p: p, title: english, began: time.Now(), said: time.Now()}
}

func (p *PlainProgress) print(format string, args ...any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	fmt.Fprintf(p.out, format, args...)
}

type plainStep struct {
	p           *PlainProgress
	title       string
	began, said time.Time
}

// detailEvery keeps a long step visible in a log without filling it.
const detailEvery = 15 * time.Second

func (s *plainStep) Detail(text string) {
	if time.Since(s.said) >= detailEvery {
		s.said = time.Now()
		s.p.print("… %s: %s (%s)\n", s.title, text, time.Since(s.began).Round(time.Second))
	}
}

func (s *plainStep) End(err error) {
	mark := "✓"
	if err != nil {
		mark = "✗"
	}
	s.p.print("%s %s (%s)\n", mark, s.title, time.Since(s.began).Round(100*time.Millisecond))
}
