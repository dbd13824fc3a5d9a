package control

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"golang.org/x/term"

	"github.com/inndx/runs/internal/visible"
)

// sizeInterval is the time between two checks of the size of the terminal.
const sizeInterval = 200 * time.Millisecond

// The keys that end top, besides q.
const (
	ctrlC = 3
	ctrlD = 4
)

// The control sequences of a screen (XTerm Control Sequences, https://invisible-island.net/xterm/).
const (
	enter      = "\x1b[?1049h\x1b[?25l" // the alternate screen, without a cursor
	leave      = "\x1b[?25h\x1b[?1049l"
	home       = "\x1b[H"
	eraseLine  = "\x1b[K" // to the end of the line
	eraseBelow = "\x1b[J" // to the end of the screen
)

// A screen is the terminal of standard output while a table is redrawn on it. What was there before
// returns at its end.
type screen struct {
	out           *os.File
	keys          chan byte   // nothing is sent unless standard input is a terminal
	input         *term.State // to be restored; nil unless standard input is a terminal
	width, height int
}

func openScreen() (*screen, error) {
	s := &screen{out: os.Stdout, keys: make(chan byte)}
	if in := int(os.Stdin.Fd()); term.IsTerminal(in) {
		state, err := term.MakeRaw(in)
		if err != nil {
			return nil, err
		}
		s.input = state
		go s.readKeys()
	}
	s.resized()
	_, err := io.WriteString(s.out, enter)
	return s, err
}

func (s *screen) close() {
	_, _ = io.WriteString(s.out, leave)
	if s.input != nil {
		_ = term.Restore(int(os.Stdin.Fd()), s.input)
	}
}

// readKeys sends the keys that are pressed. It ends with the process.
func (s *screen) readKeys() {
	for key := make([]byte, 1); ; {
		if n, err := os.Stdin.Read(key); err != nil {
			return
		} else if n == 1 {
			s.keys <- key[0]
		}
	}
}

// resized reads the size of the terminal, and reports whether it has changed.
func (s *screen) resized() bool {
	width, height, err := term.GetSize(int(s.out.Fd()))
	if err != nil || width <= 0 || height <= 0 {
		width, height = 80, 24
	}
	changed := width != s.width || height != s.height
	s.width, s.height = width, height
	return changed
}

// draw draws the table. Rows that do not fit are left out.
func (s *screen) draw(t *top, problem string) {
	now := time.Now()
	rows := t.items(now)
	var text bytes.Buffer
	_ = (&table{w: &text, columns: topColumns, width: s.width}).write(rows)
	lines := []string{cut("inndx top  "+t.count()+"  "+now.UTC().Format("15:04:05")+" UTC  q quits", s.width)}
	if problem != "" {
		lines = append(lines, cut(visible.Text(problem), s.width))
	}
	lines = append(lines, strings.Split(strings.TrimSuffix(text.String(), "\n"), "\n")...)
	if left := len(lines) - s.height; left > 0 {
		lines = append(lines[:s.height-1], cut(fmt.Sprintf("and %d more", left+1), s.width))
	}
	// A frame is one write, so that it does not flicker.
	_, _ = io.WriteString(s.out, home+strings.Join(lines, eraseLine+"\r\n")+eraseLine+eraseBelow)
}
