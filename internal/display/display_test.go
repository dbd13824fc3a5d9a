package display

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/inndx/runs/internal/crawl"
	"github.com/inndx/runs/internal/run"
)

// show shows a running run with fetched URLs.
func show(d *Display, status run.Status, fetched int64, now time.Time) {
	d.Show(status, run.Progress{URLsFetched: fetched, URLsQueued: 7}, "", now)
}

func TestDisplayRedrawsOneLine(t *testing.T) {
	var screen bytes.Buffer
	d := newDisplay(&screen, true)
	d.Release()
	start := time.Now()
	show(d, run.Running, 0, start)
	show(d, run.Running, 20, start.Add(2*time.Second))
	fmt.Fprintln(d, "a log line")
	d.End()
	const first = "running  fetched 0  failed 0  excluded 0  queued 7  0.0 pages/s  0s"
	const second = "running  fetched 20  failed 0  excluded 0  queued 7  10.0 pages/s  2s"
	const erase = "\r\x1b[K"
	// The log line replaces the progress line, which is drawn again below it.
	want := first + erase + second + erase + "a log line\n" + second + "\n"
	if got := screen.String(); got != want {
		t.Errorf("written:\n%q\nwant:\n%q", got, want)
	}
}

func TestDisplayWritesPlainLines(t *testing.T) {
	var text bytes.Buffer
	d := newDisplay(&text, false)
	start := time.Now()
	for i := range 50 { // twelve seconds of polls
		show(d, run.Running, int64(i), start.Add(time.Duration(i)*(250*time.Millisecond)))
	}
	show(d, run.Paused, 50, start.Add(50*(250*time.Millisecond)))
	d.End()
	lines := strings.Split(strings.TrimSpace(text.String()), "\n")
	if len(lines) != 4 || !strings.HasSuffix(lines[2], " 4.0 pages/s  10s") || !strings.HasPrefix(lines[3], "paused  fetched 50") {
		t.Errorf("written, want a line at 0, 5 and 10 seconds and one for the pause:\n%s", text.String())
	}
}

// A run that no worker crawls waits for what the API says, whatever its last worker waited for.
func TestDisplayShowsWhatNoWorkerIsFor(t *testing.T) {
	var text bytes.Buffer
	d := newDisplay(&text, false)
	d.Release()
	d.SetWait(crawl.Wait{For: crawl.WaitSeeds})
	start := time.Now()
	for _, after := range []time.Duration{0, lineInterval} {
		d.Show(run.Pending, run.Progress{}, run.WaitMemory, start.Add(after))
	}
	if !strings.HasSuffix(text.String(), "  waiting for memory\n") {
		t.Errorf("written:\n%s", text.String())
	}
}

// The parts with the highest rank are left out first.
func TestFit(t *testing.T) {
	parts := []part{{"running", 0}, {"fetched 10", 2}, {"failed 0", 5}, {"queued 7", 3}, {"waiting for the seeds", 1}}
	for width, want := range map[int]string{
		0:   "running  fetched 10  failed 0  queued 7  waiting for the seeds",
		200: "running  fetched 10  failed 0  queued 7  waiting for the seeds",
		62:  "running  fetched 10  failed 0  queued 7  waiting for the seeds",
		61:  "running  fetched 10  queued 7  waiting for the seeds",
		42:  "running  fetched 10  waiting for the seeds",
		41:  "running  waiting for the seeds",
		20:  "running  waiting for",
		3:   "run",
	} {
		t.Run(fmt.Sprint("width ", width), func(t *testing.T) {
			if got := fit(parts, width); got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
}

func TestDisplayBuffersUntilRelease(t *testing.T) {
	var screen bytes.Buffer
	d := newDisplay(&screen, false)
	d.Println("early")
	if screen.Len() > 0 {
		t.Errorf("written before release: %q", screen.String())
	}
	d.Release()
	d.Println("late")
	if got := screen.String(); got != "early\nlate\n" {
		t.Errorf("written: %q", got)
	}
}

func TestWaiting(t *testing.T) {
	now := time.Now()
	for want, w := range map[string]crawl.Wait{
		"waiting for the seeds":                         {For: crawl.WaitSeeds},
		"waiting for a response from a.example":         {For: crawl.WaitResponse, Host: "a.example"},
		"waiting 5s for Retry-After of a.example":       {For: crawl.WaitRetryAfter, Host: "a.example", Until: now.Add(4100 * time.Millisecond)},
		"waiting 1m0s for the crawl delay of a.example": {For: crawl.WaitDelay, Host: "a.example", Until: now.Add(time.Minute)},
		"waiting for another attempt at a.example":      {For: crawl.WaitAttempt, Host: "a.example", Until: now.Add(-time.Second)},
	} {
		t.Run(string(w.For), func(t *testing.T) {
			if got := waiting(w, now); got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
}
