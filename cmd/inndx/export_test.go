package main_test

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

func TestExportCommand(t *testing.T) {
	t.Parallel()
	s := serve(t, "DATA_DIR="+t.TempDir())
	_, id := s.startRun(threePages(t))
	s.awaitRun(id, "the run to finish", func(r response) bool { return r.Status == "finished" })
	env := []string{"INNDX_URL=" + s.url, "DEFAULT_TENANT_ID=acme"}
	file := filepath.Join(t.TempDir(), "log.csv")
	command(t, env, "export", id, "--format", "csv", "-o", file).start().wait(0)
	checkLog(t, file, 3)
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if left, err := os.ReadDir(filepath.Dir(file)); len(left) != 1 || err != nil {
		t.Errorf("the folder has %v, %v", left, err)
	}
	if exports := s.call("GET", "/v1/runs/"+id+"/exports", "", 200); len(exports.Items) != 0 {
		t.Error("the export is left at the service")
	}

	p := command(t, env, "export", id, "--format", "wacz", "-o", file).start()
	p.wait(1)
	if !strings.Contains(p.errs.String(), "keeps no artifacts") {
		t.Errorf("stderr: %s", p.errs.String())
	}
	checkLog(t, file, 3) // the file stays
	command(t, []string{"INNDX_URL=" + s.url, "DEFAULT_TENANT_ID=rival"}, "export", id, "--format", "csv", "-o", file).start().wait(5)
	out := command(t, env, "export", id, "--format", "ndjson", "-o", "-").start()
	out.wait(0)
	if n := len(lines(out.out.String())); n != 3 {
		t.Errorf("%d lines on standard output", n)
	}

	link := filepath.Join(t.TempDir(), "link.csv")
	if err := os.Symlink(file, link); err != nil {
		t.Fatal(err)
	}
	device := command(t, env, "export", id, "--format", "csv", "-o", "/dev/stdout").start()
	device.wait(0)
	onTTY := onTerminal(t, 80, env, "export", id, "--format", "csv", "-o", link)
	onTTY.wait(0)
	after, err := os.ReadFile(file)
	if target, linkErr := os.Readlink(link); err != nil || linkErr != nil || target != file ||
		string(after) != string(want) || device.out.String() != string(want) {
		t.Errorf("a device has %q, a link to %s has %q, want %q", device.out.String(), target, after, want)
	}
	if got := fmt.Sprintf("csv: %d of %d bytes", len(want), len(want)); !slices.Contains(onTTY.drawn(), got) || device.errs.String() != "" {
		t.Errorf("a terminal shows %q, standard error of others has %q", onTTY.drawn(), device.errs.String())
	}
	t.Run("a line that breaks", func(t *testing.T) { testBreaks(t, s, id, want) })
	t.Run("signed requests", func(t *testing.T) { testSigned(t, s, id, want) })
}

// A badProxy is a proxy in front of a service that breaks off every download after some bytes, and
// whose first response to any other request is lost.
type badProxy struct {
	*httputil.ReverseProxy
	t       *testing.T
	rewrite func(*http.Request) // of requests for files
	etag    string              // of files after the first request, if not empty

	mu    sync.Mutex
	seen  map[string]bool
	files []http.Header // of the requests for the file
}

// brokenAfter is how many bytes of a download arrive.
const brokenAfter = 300

func newBadProxy(t *testing.T, to string) *badProxy {
	t.Helper()
	target, err := url.Parse(to)
	if err != nil {
		t.Fatal(err)
	}
	p := &badProxy{t: t, rewrite: func(*http.Request) {}, seen: map[string]bool{}}
	p.ReverseProxy = &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(target)
			if strings.HasSuffix(r.In.URL.Path, "/file") {
				p.rewrite(r.Out)
			}
		},
		ModifyResponse: p.modify, FlushInterval: -1,
	}
	return p
}

func (p *badProxy) modify(resp *http.Response) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if strings.HasSuffix(resp.Request.URL.Path, "/file") {
		p.files = append(p.files, resp.Request.Header)
		if p.etag != "" && len(p.files) > 1 {
			resp.Header.Set("ETag", p.etag)
		}
		left := int64(brokenAfter)
		if resp.StatusCode == http.StatusOK {
			left *= int64(len(p.files))
		}
		resp.Body = io.NopCloser(io.MultiReader(io.LimitReader(resp.Body, left), broken{}))
		return nil
	}
	if what := resp.Request.Method + resp.Request.URL.Path; !p.seen[what] {
		p.seen[what] = true
		resp.StatusCode, resp.ContentLength, resp.Body = http.StatusBadGateway, -1, http.NoBody
		resp.Header = http.Header{}
	}
	return nil
}

// broken is a connection that breaks.
type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, errors.New("broken") }

// A download over a connection that breaks gets the file as a whole.
func testBreaks(t *testing.T, s *server, id string, want []byte) {
	attempts := len(want)/brokenAfter + 1
	for name, tc := range map[string]struct {
		rewrite func(*http.Request)
		etag    string
		code    int
		ranges  bool
	}{
		"ranges":                   {ranges: true},
		"a server without ranges":  {rewrite: func(r *http.Request) { r.Header.Del("Range") }},
		"another content later":    {etag: `"other"`, code: 1},
		"a server of another mind": {rewrite: func(r *http.Request) { r.Header.Del("If-Range"); r.Header.Set("Range", "bytes=1-") }, code: 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			proxy := newBadProxy(t, s.url)
			proxy.etag = tc.etag
			if tc.rewrite != nil {
				proxy.rewrite = tc.rewrite
			}
			front := httptest.NewServer(proxy)
			t.Cleanup(front.Close)
			file := filepath.Join(t.TempDir(), "log.csv")
			if err := os.WriteFile(file, []byte("old"), 0o600); err != nil {
				t.Fatal(err)
			}
			p := command(t, []string{"INNDX_URL=" + front.URL, "DEFAULT_TENANT_ID=acme"}, "export", id, "--format", "csv", "-o", file).start()
			p.wait(tc.code)
			got, err := os.ReadFile(file)
			if whole := string(cmp.Or(map[int]string{0: string(want)}[tc.code], "old")); err != nil || string(got) != whole {
				t.Errorf("the file has %q, want %q", got, whole)
			}
			if left, err := os.ReadDir(filepath.Dir(file)); len(left) != 1 || err != nil {
				t.Errorf("the folder has %v, %v", left, err)
			}
			if tc.code == 0 && len(proxy.files) != attempts {
				t.Errorf("%d requests for the file, want %d", len(proxy.files), attempts)
			}
			for i, h := range proxy.files[:min(len(proxy.files), attempts)] {
				from := fmt.Sprintf("bytes=%d-", i*brokenAfter)
				if tc.ranges && i > 0 && (h.Get("Range") != from || h.Get("If-Range") == "") {
					t.Errorf("request %d has the range %q, If-Range %q, want %q", i, h.Get("Range"), h.Get("If-Range"), from)
				}
			}
		})
	}
}
