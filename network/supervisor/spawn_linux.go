package supervisor

import "syscall"

// childAttributes: the kernel kills a child whose supervisor has died, however
// it died; a group of its own lets us kill what the child may have started.
func childAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
