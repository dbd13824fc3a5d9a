package main

import (
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/inndx/runs/internal/run"
)

// plainEvery is the time between two lines when no terminal is there to redraw one.
const plainEvery = 5 * time.Second

// rateWindow is the time that the shown rate is averaged over.
const rateWindow = 5 * time.Second

// A display shows how a run gets on: one line that is redrawn on a terminal, else a line
// every few seconds and at each change of status. It is also an io.Writer, for logs that
// must not tear that line. It is safe for concurrent use.
type display struct {
	mu      sync.Mutex
	w       io.Writer
	live    bool
	line    string // on the screen, without a newline
	start   time.Time
	printed time.Time
	status  run.Status
	samples []sample
}

// sample is how many URLs were processed at a time.
type sample struct {
	at        time.Time
	processed int64
}

func newDisplay(w io.Writer, live bool) *display {
	return &display{w: w, live: live}
}

// Write writes above the redrawn line.
func (d *display) Write(p []byte) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.erase()
	n, err := d.w.Write(p)
	io.WriteString(d.w, d.line)
	return n, err
}

func (d *display) println(line string) { fmt.Fprintln(d, line) }

// show shows the run as it is at now.
func (d *display) show(s state, now time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.start.IsZero() {
		d.start = now
	}
	d.samples = append(d.samples, sample{now, s.Progress.Processed()})
	for len(d.samples) > 2 && now.Sub(d.samples[1].at) >= rateWindow {
		d.samples = d.samples[1:]
	}
	line := fmt.Sprintf("%s  fetched %d  failed %d  excluded %d  queued %d  %.1f pages/s  %s",
		s.Status, s.Progress.URLsFetched, s.Progress.URLsFailed, s.Progress.URLsExcluded, s.Progress.URLsQueued,
		d.rate(), now.Sub(d.start).Truncate(time.Second))
	switch {
	case d.live:
		d.erase()
		d.line = line
		io.WriteString(d.w, line)
	case s.Status != d.status || now.Sub(d.printed) >= plainEvery:
		fmt.Fprintln(d.w, line)
		d.printed = now
	}
	d.status = s.Status
}

// rate returns the URLs processed a second over the samples.
func (d *display) rate() float64 {
	first, last := d.samples[0], d.samples[len(d.samples)-1]
	seconds := last.at.Sub(first.at).Seconds()
	if seconds == 0 {
		return 0
	}
	return float64(last.processed-first.processed) / seconds
}

// erase takes the redrawn line off the screen.
func (d *display) erase() {
	if d.line != "" {
		io.WriteString(d.w, "\r\x1b[K")
	}
}

// end leaves the last line on the screen.
func (d *display) end() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.line != "" {
		fmt.Fprintln(d.w)
		d.line = ""
	}
}
