package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"golang.org/x/term"

	"github.com/inndx/runs/internal/crawl"
	"github.com/inndx/runs/internal/run"
)

// plainEvery is the time between two lines when no terminal is there to redraw one.
const plainEvery = 5 * time.Second

// rateWindow is the time that the shown rate is averaged over.
const rateWindow = 5 * time.Second

// stillAfter is how long nothing has to be processed before the reason is shown.
const stillAfter = time.Second

// A display shows how a run gets on: one line that is redrawn on a terminal, else a line
// every few seconds and at each change of status. It is also an io.Writer, for logs that
// must not tear that line. Until release, what is written is held back. It is safe for
// concurrent use.
type display struct {
	mu      sync.Mutex
	w       io.Writer
	held    *bytes.Buffer // nil after release
	live    bool
	width   func() int // of the terminal; 0 when it is not known
	parts   []part     // of the redrawn line
	line    string     // on the screen, without a newline
	start   time.Time
	printed time.Time
	status  run.Status
	samples []sample
	moved   time.Time // when something was last processed
	wait    crawl.Wait
}

// sample is how many URLs were processed at a time.
type sample struct {
	at        time.Time
	processed int64
}

// A part of the progress line. Those with a higher rank make room for the others. All of it is
// ASCII: hosts are written in Punycode.
type part struct {
	text string
	rank int
}

// The ranks below this one are cut instead of left out. Numbers have higher ones.
const firstRankLeftOut = 2

func newDisplay(w io.Writer, live bool) *display {
	return &display{w: w, held: new(bytes.Buffer), live: live, width: func() int { return 0 }}
}

// release writes what was held back.
func (d *display) release() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.held != nil {
		io.Copy(d.w, d.held)
		d.held = nil
	}
}

// Write writes above the redrawn line.
func (d *display) Write(p []byte) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.held != nil {
		return d.held.Write(p)
	}
	d.erase()
	n, err := d.w.Write(p)
	d.draw()
	return n, err
}

func (d *display) println(line string) { fmt.Fprintln(d, line) }

// waitsFor says what the run waits for.
func (d *display) waitsFor(w crawl.Wait) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.wait = w
}

// show shows the run as it is at now.
func (d *display) show(s state, now time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.start.IsZero() {
		d.start, d.moved = now, now
	}
	processed := s.Progress.Processed()
	if n := len(d.samples); n > 0 && d.samples[n-1].processed != processed {
		d.moved = now
	}
	d.samples = append(d.samples, sample{now, processed})
	for len(d.samples) > 2 && now.Sub(d.samples[1].at) >= rateWindow {
		d.samples = d.samples[1:]
	}
	parts := d.describe(s, now)
	switch {
	case d.live:
		d.erase()
		d.parts = parts
		d.draw()
	case s.Status != d.status || now.Sub(d.printed) >= plainEvery:
		fmt.Fprintln(d.w, fit(parts, 0))
		d.printed = now
	}
	d.status = s.Status
}

// describe returns the parts of the progress line.
func (d *display) describe(s state, now time.Time) []part {
	parts := []part{
		{string(s.Status), 0},
		{fmt.Sprintf("fetched %d", s.Progress.URLsFetched), 2},
		{fmt.Sprintf("failed %d", s.Progress.URLsFailed), 5},
		{fmt.Sprintf("excluded %d", s.Progress.URLsExcluded), 6},
		{fmt.Sprintf("queued %d", s.Progress.URLsQueued), 3},
		{fmt.Sprintf("%.1f pages/s", d.rate()), 7},
		{now.Sub(d.start).Truncate(time.Second).String(), 4},
	}
	if still := now.Sub(d.moved) >= stillAfter; still && s.Status == run.Running && d.wait.For != "" {
		parts = append(parts, part{waiting(d.wait, now), 1})
	}
	return parts
}

// waiting says what is waited for.
func waiting(w crawl.Wait, now time.Time) string {
	text := "waiting for " + string(w.For)
	if left := w.Until.Sub(now); left > 0 {
		text = fmt.Sprintf("waiting %s for %s", (left + time.Second - 1).Truncate(time.Second), w.For)
	}
	if w.Host != "" {
		text += " " + w.Host
	}
	return text
}

// fit returns the parts as one line of at most width characters, without those that have no
// room. A width of 0 has room for all.
func fit(parts []part, width int) string {
	for {
		texts, last := make([]string, len(parts)), 0
		for i, p := range parts {
			texts[i] = p.text
			if p.rank > parts[last].rank {
				last = i
			}
		}
		line := strings.Join(texts, "  ")
		if width <= 0 || len(line) <= width {
			return line
		}
		if parts[last].rank < firstRankLeftOut {
			return line[:width]
		}
		parts = append(parts[:last:last], parts[last+1:]...)
	}
}

// widthOf returns the width of a terminal, or 0.
func widthOf(f *os.File) int {
	width, _, err := term.GetSize(int(f.Fd()))
	if err != nil {
		return 0
	}
	return width
}

// draw writes the redrawn line. The last column stays free: a terminal may go to the next line
// after it.
func (d *display) draw() {
	if d.parts == nil {
		return
	}
	width := d.width()
	if width > 0 {
		width = max(width-1, 1)
	}
	d.line = fit(d.parts, width)
	io.WriteString(d.w, d.line)
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

// erase takes the redrawn line off the screen. A terminal that became narrower since it was drawn
// has wrapped it.
func (d *display) erase() {
	if d.line == "" {
		return
	}
	if width := d.width(); width > 0 && len(d.line) > width {
		fmt.Fprintf(d.w, "\x1b[%dA\r\x1b[J", (len(d.line)-1)/width)
	} else {
		io.WriteString(d.w, "\r\x1b[K")
	}
	d.line = ""
}

// end leaves the last line on the screen.
func (d *display) end() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.line != "" {
		fmt.Fprintln(d.w)
	}
	d.line, d.parts = "", nil
}
