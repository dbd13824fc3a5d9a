//go:build !linux

package dynamolocal

import (
	"os/exec"
	"syscall"
)

// startBound starts the command in its own process group, so that Ctrl-C on the terminal
// goes to this process alone, and closes the channel when it has ended.
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
