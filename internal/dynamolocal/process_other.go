//go:build !linux

package dynamolocal

import (
	"os/exec"
	"syscall"
)

// startBound starts the command, and returns a channel that is closed when the command has ended.
// The command has its own process group, so that a Ctrl-C on the terminal reaches only this
// process, which may need the database for an orderly end.
func startBound(cmd *exec.Cmd) (<-chan struct{}, error) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	exited := make(chan struct{})
	go func() {
		cmd.Wait()
		close(exited)
	}()
	return exited, nil
}
