package report

import (
	"fmt"
	"io"
)

// An output collects what is written, and writes it in large pieces. After an error it drops the
// rest, and err is that error.
type output struct {
	w   io.Writer
	buf []byte
	err error
}

const outputSize = 64 << 10

func (o *output) Write(p []byte) (int, error) {
	if o.err != nil {
		return 0, o.err
	}
	o.buf = append(o.buf, p...)
	if len(o.buf) >= outputSize {
		return len(p), o.flush()
	}
	return len(p), nil
}

func (o *output) printf(format string, args ...any) { fmt.Fprintf(o, format, args...) }

// flush writes what is collected, and returns the first error.
func (o *output) flush() error {
	if o.err == nil && len(o.buf) > 0 {
		_, o.err = o.w.Write(o.buf)
	}
	o.buf = o.buf[:0]
	return o.err
}
