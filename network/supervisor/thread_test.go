package supervisor_test

import "runtime"

// lockAndEnd makes the runtime end an operating-system thread.
func lockAndEnd() { runtime.LockOSThread() }
