package dynamolocal

import (
	"bytes"
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
)

// maxKept bounds the part of the output that is kept, in bytes.
const maxKept = 16 << 10

// The lines of DynamoDB Local's output that the package reads.
var (
	listeningLine = regexp.MustCompile(`^listening on 127\.0\.0\.1:(\d+)$`)
	sqliteLine    = regexp.MustCompile(`SQLiteException: \[(\d+)\] (?:DB\[\d+\] )?(.*)`)
)

// An output reads what DynamoDB Local prints. DynamoDB Local responds to a write before it commits,
// so it reports an error of the file, such as a full disk, only in its output.
type output struct {
	r, w    *os.File
	dataDir string
	port    chan int // receives the port that DynamoDB Local listens on
	fail    func()   // called when the database can no longer be used

	mu   sync.Mutex
	line []byte // the beginning of an unfinished line
	kept []byte // the first lines
	err  *DataError
}

// newOutput returns an output with an open pipe. The caller sets fail before it starts read.
func newOutput(dataDir string) (*output, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	return &output{r: r, w: w, dataDir: dataDir, port: make(chan int, 1)}, nil
}

// read reads the output to its end.
func (o *output) read() {
	defer o.r.Close()
	conn, err := o.r.SyscallConn()
	if err != nil {
		return
	}
	_ = conn.Read(func(fd uintptr) bool {
		return !o.drain(int(fd))
	})
}

// catchUp reads what has been printed so far.
func (o *output) catchUp() {
	if conn, err := o.r.SyscallConn(); err == nil {
		_ = conn.Control(func(fd uintptr) { o.drain(int(fd)) })
	}
}

// drain reads what can be read without waiting, and reports whether more may follow.
func (o *output) drain(fd int) (more bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for buf := make([]byte, 4096); ; {
		n, err := syscall.Read(fd, buf)
		switch {
		case err == syscall.EINTR:
			continue
		case n <= 0:
			return err == syscall.EAGAIN
		}
		o.line = append(o.line, buf[:n]...)
		for {
			line, rest, ok := bytes.Cut(o.line, []byte("\n"))
			if !ok {
				break
			}
			o.line = rest
			o.process(string(line))
		}
		if len(o.line) > maxKept {
			o.line = o.line[:0]
		}
	}
}

// process handles one line of the output.
func (o *output) process(line string) {
	if m := listeningLine.FindStringSubmatch(line); m != nil {
		port, _ := strconv.Atoi(m[1])
		select {
		case o.port <- port:
		default:
		}
		return
	}
	if len(o.kept) < maxKept {
		o.kept = fmt.Appendln(o.kept, line)
	}
	if m := sqliteLine.FindStringSubmatch(line); m != nil && o.err == nil {
		code, _ := strconv.Atoi(m[1])
		if o.err = dataError(o.dataDir, code, strings.TrimSpace(m[2])); o.err != nil {
			o.fail()
		}
	}
}

// failure returns why the database can no longer be used, or nil.
func (o *output) failure() error {
	o.catchUp()
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.err == nil {
		return nil
	}
	return o.err
}

// beginning returns the first lines of the output as one line.
func (o *output) beginning() string {
	o.catchUp()
	o.mu.Lock()
	defer o.mu.Unlock()
	return beginning(append(o.kept, o.line...))
}
