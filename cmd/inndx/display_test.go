package main

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/inndx/runs/internal/run"
)

func at(fetched int64) state {
	return state{Status: run.Running, Progress: run.Progress{URLsFetched: fetched, URLsQueued: 7}}
}

func TestDisplayRedrawsOneLine(t *testing.T) {
	var screen bytes.Buffer
	d := newDisplay(&screen, true)
	d.release()
	start := time.Now()
	d.show(at(0), start)
	d.show(at(20), start.Add(2*time.Second))
	fmt.Fprintln(d, "a log line")
	d.end()
	const first = "running  fetched 0  failed 0  excluded 0  queued 7  0.0 pages/s  0s"
	const second = "running  fetched 20  failed 0  excluded 0  queued 7  10.0 pages/s  2s"
	const erase = "\r\x1b[K"
	// The log line takes the place of the progress line, which is drawn again below it.
	want := first + erase + second + erase + "a log line\n" + second + "\n"
	if got := screen.String(); got != want {
		t.Errorf("written:\n%q\nwant:\n%q", got, want)
	}
}

func TestDisplayWritesPlainLines(t *testing.T) {
	var text bytes.Buffer
	d := newDisplay(&text, false)
	start := time.Now()
	for i := range 50 { // twelve seconds of looks
		d.show(at(int64(i)), start.Add(time.Duration(i)*pollEvery))
	}
	paused := at(50)
	paused.Status = run.Paused
	d.show(paused, start.Add(50*pollEvery))
	d.end()
	lines := strings.Split(strings.TrimSpace(text.String()), "\n")
	if len(lines) != 4 || !strings.HasSuffix(lines[2], " 4.0 pages/s  10s") || !strings.HasPrefix(lines[3], "paused  fetched 50") {
		t.Errorf("written, want a line at 0, 5 and 10 seconds and one for the pause:\n%s", text.String())
	}
}
