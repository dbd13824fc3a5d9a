package dynamolocal

import (
	"os/exec"
	"runtime"
	"syscall"
)

// startBound starts the command, and returns a channel that is closed when the command has ended.
// The kernel kills the command when this process ends, even by SIGKILL. The command has its own
// process group, so that a Ctrl-C on the terminal reaches only this process, which may need the
// database for an orderly end.
//
// The kernel sends Pdeathsig when the thread that started the command ends, so startBound keeps
// that thread until the command has ended.
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
