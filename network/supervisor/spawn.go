package supervisor

import (
	"os/exec"
	"runtime"
)

// spawner starts every child from one operating-system thread that lives as
// long as the supervisor. A child's parent-death signal fires when the thread
// that forked it ends, not the process; Go retires threads at will, so a child
// started from an ordinary goroutine could be killed while we are well.
type spawner struct{ jobs chan spawnJob }

type spawnJob struct {
	cmd  *exec.Cmd
	done chan error
}

func newSpawner() *spawner {
	s := &spawner{jobs: make(chan spawnJob)}
	go func() {
		runtime.LockOSThread() // never unlocked
		for job := range s.jobs {
			job.done <- job.cmd.Start()
		}
	}()
	return s
}

func (s *spawner) start(cmd *exec.Cmd) error {
	job := spawnJob{cmd, make(chan error, 1)}
	s.jobs <- job
	return <-job.done
}
