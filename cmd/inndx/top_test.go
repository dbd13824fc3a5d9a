package main_test

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"reflect"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/creack/pty"
	"golang.org/x/term"
)

// A fullTerminal is a process whose standard files are all the same terminal. Its errs have what is
// on the screen.
type fullTerminal struct {
	*process
	master *os.File
	slave  *os.File
	modes  *term.State // before the process
}

// onFullTerminal starts the command on a terminal of the given width.
func onFullTerminal(t *testing.T, width uint16, env []string, args ...string) *fullTerminal {
	t.Helper()
	p := command(t, append(env, "TERM=xterm"), args...)
	master, slave, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	modes, err := term.GetState(int(slave.Fd()))
	if err != nil {
		t.Fatal(err)
	}
	f := &fullTerminal{p, master, slave, modes}
	f.resize(width)
	p.cmd.Stdin, p.cmd.Stdout, p.cmd.Stderr = slave, slave, slave
	p.start()
	t.Cleanup(func() {
		slave.Close()
		master.Close()
	})
	go func() {
		for buf := make([]byte, 4096); ; {
			n, err := master.Read(buf)
			if err != nil {
				return
			}
			p.errs.Write(buf[:n])
		}
	}()
	return f
}

func (f *fullTerminal) resize(width uint16) {
	f.t.Helper()
	if err := pty.Setsize(f.master, &pty.Winsize{Rows: 24, Cols: width}); err != nil {
		f.t.Fatal(err)
	}
}

// restored checks that the terminal is as it was before the process.
func (f *fullTerminal) restored() {
	f.t.Helper()
	await(f.t, "the screen of before", func() bool { return strings.HasSuffix(f.errs.String(), "\x1b[?25h\x1b[?1049l") })
	if after, err := term.GetState(int(f.slave.Fd())); err != nil || !reflect.DeepEqual(after, f.modes) {
		f.t.Errorf("the modes of the terminal are not restored: %v", err)
	}
}

// keys presses keys.
func (f *fullTerminal) keys(text string) {
	f.t.Helper()
	if _, err := f.master.WriteString(text); err != nil {
		f.t.Fatal(err)
	}
}

// frame returns the lines of the last complete frame that was drawn.
func (f *fullTerminal) frame() []string {
	frames := strings.Split(f.errs.String(), "\x1b[H")
	for n := len(frames) - 1; n > 0; n-- {
		if text, _, ok := strings.Cut(frames[n], "\x1b[J"); ok {
			return strings.Split(strings.ReplaceAll(text, "\x1b[K", ""), "\r\n")
		}
	}
	return nil
}

// top shows live progress with one request for all runs each time, fits the terminal, and leaves the
// terminal as it was.
func TestTop(t *testing.T) {
	t.Parallel()
	s := serve(t, "DATA_DIR="+t.TempDir())
	site := newChain(t, 40, 20)
	job, id := s.startRun(site.URL + "/0")
	for range 4 {
		s.call("POST", "/v1/jobs/"+job+"/runs", "{}", 201)
	}
	target, err := url.Parse(s.url)
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	var paths []string
	proxy := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(target) }}
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		paths = append(paths, r.URL.Path+" "+strings.Join(r.URL.Query()["statuses"], ","))
		mu.Unlock()
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(front.Close)
	env := []string{"INNDX_URL=" + front.URL, "DEFAULT_TENANT_ID=acme"}
	p := onFullTerminal(t, 120, env, "top", "--interval", "1s")
	has := func(what, pattern string) {
		t.Helper()
		re := regexp.MustCompile(pattern)
		await(t, what, func() bool { return re.MatchString(strings.Join(p.frame(), "\n")) })
	}
	has("the running runs", `(?s)^inndx top  5 running, 0 pending, 0 paused .*\nSTATUS .*running .* 20 .* test  `+id)
	s.call("PUT", "/v1/runs/"+id+"/pause", "", 200)
	has("the paused run", `4 running, 0 pending, 1 paused`)
	p.resize(60)
	await(t, "lines that fit", func() bool {
		all := p.frame()
		for _, line := range all {
			if len([]rune(line)) > 60 {
				return false
			}
		}
		return len(all) > 5 && strings.HasSuffix(all[2], "…")
	})
	p.resize(120)
	s.call("PUT", "/v1/runs/"+id+"/resume", "", 200)
	site.open()
	has("the finished runs", `(?s)0 running, .*(finished .* 40 .*max_empty_evaluations  test .*){5}`)
	p.keys("xq")
	p.wait(0)
	p.restored()
	mu.Lock()
	finished := 0
	for _, path := range paths {
		switch path {
		case "/v1/runs pending,running,paused":
		case "/v1/runs finished":
			finished++
		default:
			t.Errorf("top requests %s", path)
		}
	}
	if finished > 7 || len(paths) < 3 {
		t.Errorf("%d requests for finished runs of %d", finished, len(paths))
	}
	mu.Unlock()
	p = onFullTerminal(t, 120, env, "top")
	has("the table", "STATUS")
	p.keys("\x03") // Ctrl-C, which is a key
	p.wait(0)
	p.restored()
	out, _ := s.control(0, "", "top")
	if all := lines(out); len(all) != 6 || !strings.HasPrefix(all[0], "STATUS") || strings.Contains(out, "\x1b") {
		t.Errorf("without a terminal it prints\n%s", out)
	}
}

// A service that goes away and comes back is waited for.
func TestTopWithoutService(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	gone := false
	service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		if gone {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		_, _ = w.Write([]byte(`{"items": [], "next_page": null, "searched_until": null}`))
	}))
	t.Cleanup(service.Close)
	p := onFullTerminal(t, 120, []string{"INNDX_URL=" + service.URL}, "top", "--interval", "1s")
	await(t, "a frame", func() bool { return len(p.frame()) > 1 })
	set := func(to bool) {
		mu.Lock()
		defer mu.Unlock()
		gone = to
	}
	problem := func() bool { return strings.Contains(strings.Join(p.frame(), "\n"), "the service does not respond: ") }
	set(true)
	await(t, "the problem", problem)
	set(false)
	await(t, "the end of the problem", func() bool { return !problem() })
	p.signal(os.Interrupt)
	p.wait(0)
	p.restored()
}
