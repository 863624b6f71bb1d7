//go:build unix && !linux

package supervisor

import "syscall"

// childAttributes: without Linux's parent-death signal, children outlive a
// supervisor that was killed; the next `up` finds their ports taken and says so.
func childAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true}
}
