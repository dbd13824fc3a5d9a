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

// A terminal is a process whose standard error is a terminal.
type terminal struct {
	*process
	file *os.File
}

// onTerminal starts the command on a terminal of the given width.
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

// control matches the escape sequences that erase a line.
var control = regexp.MustCompile(`(?:\x1b\[[0-9]*A)?\r\x1b\[[KJ]`)

// drawn returns all lines that were drawn, including the erased ones.
func (t *terminal) drawn() (all []string) {
	for _, line := range strings.Split(t.errs.String(), "\n") {
		all = append(all, control.Split(strings.TrimSuffix(line, "\r"), -1)...)
	}
	return all
}

// slowSite responds to each request for a page with a Retry-After of ten minutes.
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

// The progress line fits the current width of the terminal, and gives the reason for a wait.
func TestProgressLineFitsTheTerminal(t *testing.T) {
	t.Parallel()
	site := slowSite(t)
	host := strings.TrimPrefix(site.URL, "http://")
	term := onTerminal(t, 200, []string{"DATA_DIR=" + t.TempDir()}, "crawl", manifestFile(t, site.URL+"/"))
	await(t, "the reason for the wait", func() bool {
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
	// All rows of the wrapped line are erased, also those above the last one.
	if !regexp.MustCompile(`\x1b\[[1-9]A\r\x1b\[J`).MatchString(term.errs.String()) {
		t.Error("rows of the wrapped line were not erased")
	}
	term.resize(20)
	await(t, "lines that fit 20 columns", func() bool {
		all := term.drawn()
		return len(all[len(all)-1]) < 20 && strings.HasPrefix(all[len(all)-1], "running")
	})
	term.signal(os.Interrupt)
	term.wait(130)
}

// The command first prints the run and, on a line of its own, the run's URL, so that a terminal
// makes it a link.
func TestRunURLHasItsOwnLine(t *testing.T) {
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
