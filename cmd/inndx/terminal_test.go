package main_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/creack/pty"
)

// A terminal is what a person sees the command's standard error on.
type terminal struct {
	*process
	file *os.File
}

// onTerminal starts the command on a terminal of that width.
func onTerminal(t *testing.T, width uint16, env []string, args ...string) *terminal {
	t.Helper()
	p := command(t, append(env, "TERM=xterm"), args...)
	master, slave, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	term := &terminal{p, master}
	term.resize(width)
	p.cmd.Stderr = slave
	p.start()
	slave.Close()
	t.Cleanup(func() { master.Close() })
	go func() {
		for buf := make([]byte, 4096); ; {
			n, err := master.Read(buf)
			if err != nil {
				return
			}
			p.errs.Write(buf[:n])
		}
	}()
	return term
}

func (t *terminal) resize(width uint16) {
	t.t.Helper()
	if err := pty.Setsize(t.file, &pty.Winsize{Rows: 24, Cols: width}); err != nil {
		t.t.Fatal(err)
	}
}

// control is an escape sequence that takes a line off the screen.
var control = regexp.MustCompile(`(?:\x1b\[[0-9]*A)?\r\x1b\[[KJ]`)

// drawn returns the lines that were drawn, one after the other.
func (t *terminal) drawn() (all []string) {
	for _, line := range strings.Split(t.errs.String(), "\n") {
		all = append(all, control.Split(strings.TrimSuffix(line, "\r"), -1)...)
	}
	return all
}

// slowSite asks for a pause before each attempt of its only page.
func slowSite(t *testing.T) *httptest.Server {
	t.Helper()
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/robots.txt" {
			return
		}
		w.Header().Set("Retry-After", "600")
		w.WriteHeader(http.StatusServiceUnavailable)
	}))
	t.Cleanup(site.Close)
	return site
}

// The progress line stays within the terminal, whatever its width is by now, and says why nothing
// moves.
func TestProgressLineFitsTheTerminal(t *testing.T) {
	t.Parallel()
	site := slowSite(t)
	host := strings.TrimPrefix(site.URL, "http://")
	term := onTerminal(t, 200, []string{"DATA_DIR=" + t.TempDir()}, "crawl", manifestFile(t, site.URL+"/"))
	await(t, "the reason to wait", func() bool {
		return regexp.MustCompile(`running  fetched 0 .* waiting \d+m\d+s for Retry-After of ` + host).MatchString(term.errs.String())
	})
	const narrow = 50
	term.resize(narrow)
	wide := len(term.drawn())
	await(t, "lines that fit the narrow terminal", func() bool {
		all := term.drawn()
		return len(all) > wide+4 && len(all[len(all)-2]) < narrow
	})
	if last := term.drawn(); !strings.Contains(last[len(last)-2], "running") || !strings.Contains(last[len(last)-2], "waiting ") {
		t.Errorf("the narrow line is %q", last[len(last)-2])
	}
	// The line that was wrapped was taken off whole: its rows, but the last, were above.
	if !regexp.MustCompile(`\x1b\[[1-9]A\r\x1b\[J`).MatchString(term.errs.String()) {
		t.Error("the rows of the line that was wrapped were left")
	}
	term.resize(20)
	await(t, "lines that fit 20 columns", func() bool {
		all := term.drawn()
		return len(all[len(all)-1]) < 20 && strings.HasPrefix(all[len(all)-1], "running")
	})
	term.signal(os.Interrupt)
	term.wait(130)
}

// What is printed first is the run and, on a line of its own, its URL.
func TestRunURLCanBeClicked(t *testing.T) {
	t.Parallel()
	site := smallSite(t)
	term := onTerminal(t, 200, []string{"DATA_DIR=" + t.TempDir()}, "crawl", manifestFile(t, site.URL+"/"))
	term.wait(0)
	await(t, "the end of the output", func() bool { return strings.Contains(term.errs.String(), "finished  fetched 3") })
	all := term.drawn()
	id := term.finished().ID
	if all[0] != "starting the database" || all[1] != fmt.Sprintf("run %s of test", id) || !runURL.MatchString(all[2]) || !strings.HasSuffix(all[2], id) {
		t.Errorf("drawn:\n%q", all[:3])
	}
}
