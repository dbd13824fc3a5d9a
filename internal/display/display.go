// Package display shows the progress of a run on standard error.
package display

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

const (
	// lineInterval is the time between two progress lines without a terminal.
	lineInterval = 5 * time.Second
	// rateWindow is the time over which the rate is averaged.
	rateWindow = 5 * time.Second
	// idleAfter is the time without a processed URL after which the display shows the reason.
	idleAfter = time.Second
)

// A Display shows the progress of a run. On a terminal it redraws one line. Otherwise it writes a
// line at each change of status and every few seconds. It is also an io.Writer, for logs, which it
// writes above the redrawn line. It buffers everything until Release. It is safe for concurrent
// use.
type Display struct {
	mu           sync.Mutex
	w            io.Writer
	buffered     *bytes.Buffer // nil after Release
	live         bool          // on a terminal
	width        func() int    // of the terminal; 0 if unknown
	parts        []part        // of the redrawn line
	line         string        // on the screen, without a newline
	start        time.Time
	printed      time.Time
	status       run.Status
	samples      []sample
	lastProgress time.Time // when the number of processed URLs last changed
	wait         crawl.Wait
}

// A sample is the number of URLs that were processed up to a time.
type sample struct {
	at        time.Time
	processed int64
}

// A part is a part of the progress line. If the line is too long, the part with the highest rank is
// left out first. The text is ASCII, since hosts are in Punycode.
type part struct {
	text string
	rank int
}

// minOptionalRank is the lowest rank that may be left out. Parts of lower ranks may only be cut, so
// numbers have higher ranks.
const minOptionalRank = 2

// New returns a display that writes to a file, such as standard error.
func New(f *os.File) *Display {
	d := newDisplay(f, IsTerminal(f))
	if d.live {
		d.width = func() int { return Width(f) }
	}
	return d
}

// IsTerminal reports whether the file is a terminal that can redraw a line.
func IsTerminal(f *os.File) bool {
	return term.IsTerminal(int(f.Fd())) && os.Getenv("TERM") != "dumb"
}

func newDisplay(w io.Writer, live bool) *Display {
	return &Display{w: w, buffered: new(bytes.Buffer), live: live, width: func() int { return 0 }}
}

// Release writes the buffered output, and ends the buffering.
func (d *Display) Release() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.buffered != nil {
		io.Copy(d.w, d.buffered)
		d.buffered = nil
	}
}

// Write writes above the redrawn line.
func (d *Display) Write(p []byte) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.buffered != nil {
		return d.buffered.Write(p)
	}
	d.erase()
	n, err := d.w.Write(p)
	d.draw()
	return n, err
}

// Println writes a line above the redrawn line.
func (d *Display) Println(line string) { fmt.Fprintln(d, line) }

// ShowLine shows a text in place of the redrawn line. It does nothing without a terminal.
func (d *Display) ShowLine(text string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.live {
		d.erase()
		d.parts = []part{{text, 0}}
		d.draw()
	}
}

// Clear removes the redrawn line.
func (d *Display) Clear() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.erase()
	d.parts = nil
}

// SetWait sets the reason why the run waits.
func (d *Display) SetWait(w crawl.Wait) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.wait = w
}

// Show shows the status and the progress of the run at the time now. waitingFor says why no worker
// crawls the run; it is empty otherwise.
func (d *Display) Show(status run.Status, p run.Progress, waitingFor run.WaitReason, now time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.start.IsZero() {
		d.start, d.lastProgress = now, now
	}
	processed := p.Processed()
	if n := len(d.samples); n > 0 && d.samples[n-1].processed != processed {
		d.lastProgress = now
	}
	d.samples = append(d.samples, sample{now, processed})
	for len(d.samples) > 2 && now.Sub(d.samples[1].at) >= rateWindow {
		d.samples = d.samples[1:]
	}
	wait := d.wait
	if waitingFor != "" {
		wait = crawl.Wait{For: crawl.WaitReason(waitingFor)}
	}
	parts := d.describe(status, p, wait, now)
	switch {
	case d.live:
		d.erase()
		d.parts = parts
		d.draw()
	case status != d.status || now.Sub(d.printed) >= lineInterval:
		fmt.Fprintln(d.w, fit(parts, 0))
		d.printed = now
	}
	d.status = status
}

// describe returns the parts of the progress line.
func (d *Display) describe(status run.Status, p run.Progress, wait crawl.Wait, now time.Time) []part {
	parts := []part{
		{string(status), 0},
		{fmt.Sprintf("fetched %d", p.URLsFetched), 2},
		{fmt.Sprintf("failed %d", p.URLsFailed), 5},
		{fmt.Sprintf("excluded %d", p.URLsExcluded), 6},
		{fmt.Sprintf("queued %d", p.URLsQueued), 3},
		{fmt.Sprintf("%.1f pages/s", d.rate()), 7},
		{now.Sub(d.start).Truncate(time.Second).String(), 4},
	}
	active := status == run.Pending || status == run.Running
	if idle := now.Sub(d.lastProgress) >= idleAfter; idle && active && wait.For != "" {
		parts = append(parts, part{waiting(wait, now), 1})
	}
	return parts
}

// waiting describes a wait.
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

// fit joins the parts to a line of at most width characters. It leaves out parts that do not fit. A
// width of 0 means that there is no limit.
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
		if parts[last].rank < minOptionalRank {
			return line[:width]
		}
		parts = append(parts[:last:last], parts[last+1:]...)
	}
}

// Width returns the width of a terminal in columns, or 0 if it is unknown.
func Width(f *os.File) int {
	width, _, err := term.GetSize(int(f.Fd()))
	if err != nil {
		return 0
	}
	return width
}

// draw writes the progress line. It leaves the last column free, because some terminals wrap after
// it.
func (d *Display) draw() {
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

// rate returns the URLs per second over the samples.
func (d *Display) rate() float64 {
	first, last := d.samples[0], d.samples[len(d.samples)-1]
	seconds := last.at.Sub(first.at).Seconds()
	if seconds == 0 {
		return 0
	}
	return float64(last.processed-first.processed) / seconds
}

// erase removes the progress line from the screen. If the terminal has become narrower, it has
// wrapped the line into several rows.
func (d *Display) erase() {
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

// End leaves the last line on the screen.
func (d *Display) End() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.line != "" {
		fmt.Fprintln(d.w)
	}
	d.line, d.parts = "", nil
}
