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

// maxSaid bounds what is kept of the output, in bytes.
const maxSaid = 16 << 10

// The lines of DynamoDB Local's output that mean something.
var (
	listeningLine = regexp.MustCompile(`^listening on 127\.0\.0\.1:(\d+)$`)
	sqliteLine    = regexp.MustCompile(`SQLiteException: \[(\d+)\] (?:DB\[\d+\] )?(.*)`)
)

// An output is what DynamoDB Local prints. It answers a write before it commits it, and so an
// error of the file, such as a full disk, is seen in the output and nowhere else.
type output struct {
	r, w    *os.File
	dataDir string
	port    chan int // gets the port it listens on
	fail    func()   // is called when the database cannot be used any more

	mu   sync.Mutex
	line []byte // the beginning of a line whose end is still to come
	said []byte // the first lines
	err  *DataError
}

func newOutput(dataDir string) (*output, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	return &output{r: r, w: w, dataDir: dataDir, port: make(chan int, 1)}, nil
}

// read takes in the output until its end.
func (o *output) read() {
	defer o.r.Close()
	conn, err := o.r.SyscallConn()
	if err != nil {
		return
	}
	_ = conn.Read(func(fd uintptr) bool {
		return !o.take(int(fd))
	})
}

// catchUp takes in what was printed until now.
func (o *output) catchUp() {
	if conn, err := o.r.SyscallConn(); err == nil {
		_ = conn.Control(func(fd uintptr) { o.take(int(fd)) })
	}
}

// take takes in what can be read without waiting, and reports whether more may come.
func (o *output) take(fd int) (more bool) {
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
			o.hear(string(line))
		}
		if len(o.line) > maxSaid {
			o.line = o.line[:0]
		}
	}
}

func (o *output) hear(line string) {
	if m := listeningLine.FindStringSubmatch(line); m != nil {
		port, _ := strconv.Atoi(m[1])
		select {
		case o.port <- port:
		default:
		}
		return
	}
	if len(o.said) < maxSaid {
		o.said = fmt.Appendln(o.said, line)
	}
	if m := sqliteLine.FindStringSubmatch(line); m != nil && o.err == nil {
		code, _ := strconv.Atoi(m[1])
		if o.err = dataError(o.dataDir, code, strings.TrimSpace(m[2])); o.err != nil {
			o.fail()
		}
	}
}

// failure returns why the database cannot be used any more, or nil.
func (o *output) failure() error {
	o.catchUp()
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.err == nil {
		return nil
	}
	return o.err
}

// beginning returns the first lines of the output as one.
func (o *output) beginning() string {
	o.catchUp()
	o.mu.Lock()
	defer o.mu.Unlock()
	return beginning(append(o.said, o.line...))
}
