package dynamolocal

import (
	"os/exec"
	"runtime"
	"syscall"
)

// startBound starts the command so that the kernel ends it when this process ends, even by
// SIGKILL, and closes the channel when it has ended. It has its own process group: Ctrl-C
// on the terminal goes to this process alone, which may still need the database to stop.
//
// Pdeathsig is bound to the thread that started the command, so that thread is kept.
func startBound(cmd *exec.Cmd) (<-chan struct{}, error) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	started := make(chan error)
	exited := make(chan struct{})
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			cmd.Wait()
			close(exited)
		}
	}()
	return exited, <-started
}
