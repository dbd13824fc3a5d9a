package bench

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// startSelf starts this test binary with a variable of the environment, which makes TestMain serve
// something until the end of the benchmark. It returns the process and the first line that it
// prints. The error says that it printed none.
func startSelf(b *testing.B, variable string) (pid int, line string, err error) {
	b.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), variable)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		in.Close()
		cmd.Wait()
	})
	line, err = bufio.NewReader(out).ReadString('\n')
	return cmd.Process.Pid, strings.TrimSpace(line), err
}

// A process is a process of this machine whose resources are measured. Only Linux has the files.
type process int

// children returns the processes with a name that this one started.
func children(b *testing.B, name string) (all []process) {
	b.Helper()
	files, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		b.Fatal(err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			continue // it has ended
		}
		command, fields := cutStat(string(text))
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(file)))
		if err == nil && command == name && fields[1] == fmt.Sprint(os.Getpid()) {
			all = append(all, process(pid))
		}
	}
	return all
}

// cutStat returns the command of a line of /proc/PID/stat, and the fields after it, from the state
// on. See proc_pid_stat(5).
func cutStat(line string) (command string, fields []string) {
	from, to := strings.IndexByte(line, '('), strings.LastIndexByte(line, ')')
	return line[from+1 : to], strings.Fields(line[to+1:])
}

// cpu returns the time that the process has computed, in user and system mode.
func (p process) cpu(b *testing.B) time.Duration {
	b.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", int(p)))
	if err != nil {
		b.Fatal(err)
	}
	_, fields := cutStat(string(text))
	var ticks int
	for _, field := range fields[11:13] { // utime, stime
		n, err := strconv.Atoi(field)
		if err != nil {
			b.Fatal(err)
		}
		ticks += n
	}
	return time.Duration(ticks) * time.Second / 100 // USER_HZ
}

// memory returns the bytes of memory that are resident.
func (p process) memory(b *testing.B) int64 {
	b.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", int(p)))
	if err != nil {
		b.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		var kB int64
		if n, _ := fmt.Sscanf(line, "VmRSS: %d kB", &kB); n == 1 {
			return kB << 10
		}
	}
	b.Fatalf("process %d has no VmRSS", p)
	return 0
}
