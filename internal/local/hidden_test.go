package local_test

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"

	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/dynamolocal"
	"github.com/inndx/runs/internal/export"
	"github.com/inndx/runs/internal/local"
	"github.com/inndx/runs/internal/report"
	"github.com/inndx/runs/internal/run"
)

// A syncBuffer is a buffer that goroutines may write to.
type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// Every secret of these tests begins so, or is one of the encoded ones.
const hidden = "hidden-"

func encodedSecrets() []string {
	return []string{
		base64.StdEncoding.EncodeToString([]byte("alice:hidden-password")),
		base64.StdEncoding.EncodeToString([]byte("bob:hidden-proxy")),
	}
}

// secretSite serves pages to those that the function admits, and sets cookies.
func secretSite(t *testing.T, admits func(*http.Request) bool) *httptest.Server {
	t.Helper()
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !admits(r) {
			http.Error(w, "no", http.StatusForbidden)
			return
		}
		http.SetCookie(w, &http.Cookie{Name: "set", Value: "hidden-set"})
		w.Header().Set("Content-Type", "text/html")
		switch r.URL.Path {
		case "/missing":
			w.WriteHeader(http.StatusNotFound)
		case "/moved":
			w.Header().Set("Location", "/a")
			w.WriteHeader(http.StatusFound)
		default:
			fmt.Fprint(w, `<title>In</title><h1>In</h1><a href="/a">a</a><a href="/missing">b</a><a href="/moved">c</a>`+
				`<img src="/image"><a href="http://no-such-host.invalid/">d</a>`)
		}
	}))
	t.Cleanup(site.Close)
	return site
}

// secretProxy forwards requests that have its user name and password.
func secretProxy(t *testing.T) *httptest.Server {
	t.Helper()
	forward := &httputil.ReverseProxy{Rewrite: func(*httputil.ProxyRequest) {}, ErrorLog: slog.NewLogLogger(slog.DiscardHandler, 0)}
	want := "Basic " + base64.StdEncoding.EncodeToString([]byte("bob:hidden-proxy"))
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Proxy-Authorization") != want {
			w.WriteHeader(http.StatusProxyAuthRequired)
			return
		}
		r.Header.Set("X-Forwarded-By", "the proxy")
		forward.ServeHTTP(w, r)
	}))
	t.Cleanup(proxy.Close)
	return proxy
}

// The whole service shows the value of no secret: in no response, no log line, no object, no export
// and no report.
func TestSecretsStayHidden(t *testing.T) {
	t.Setenv("INNDX_SECRET_STAGING_PASSWORD", "hidden-password")
	t.Setenv(dynamolocal.EndpointVariable, "")
	proxy := secretProxy(t)
	withPassword := secretSite(t, func(r *http.Request) bool {
		user, password, _ := r.BasicAuth()
		cookie, err := r.Cookie("session")
		return user == "alice" && password == "hidden-password" && r.Header.Get("X-Api-Key") == "hidden-key" &&
			err == nil && cookie.Value == "hidden-cookie" && r.Header.Get("X-Forwarded-By") != ""
	})
	withToken := secretSite(t, func(r *http.Request) bool { return r.Header.Get("Authorization") == "Bearer hidden-token" })
	dir := t.TempDir()
	var log syncBuffer
	stack, err := local.Start(t.Context(), local.Options{
		Addr: "127.0.0.1:0", DataDir: dir, Logger: slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	})
	if err != nil {
		t.Fatal(err)
	}
	defer stack.Stop()
	s := revealing{service{stack, t}, map[string]string{}}

	const keeps = `,"external":"check","record":{"edges":true},"pipelines":[
		{"navigator":{"kind":"anchor"},"steps":[{"kind":"extractor","params":{"kind":"raw"}}],"actions":[{"kind":"to_blob","params":{}},{"kind":"log","params":{"event":"Seen"}}]},
		{"navigator":{"kind":"assets"},"steps":[{"kind":"extractor","params":{"kind":"markdown"}}],"actions":[{"kind":"to_blob","params":{"include_assets":true}}]}]`
	s.expectRun(s.crawl(withPassword.URL, `,"fetcher":{"max_retries":0,
		"basic_auth":{"username":"alice","password":{"secret":"staging/password"}},
		"proxy":"`+strings.Replace(proxy.URL, "//", "//bob:hidden-proxy@", 1)+`",
		"headers":{"X-Api-Key":"hidden-key"},"cookies":[{"name":"session","value":"hidden-cookie"}]}`+keeps), `"urls_fetched":4,`)
	s.expectRun(s.crawl(withToken.URL, `,"fetcher":{"max_retries":0,"bearer":{"token":"hidden-token"}}`+keeps), `"urls_fetched":4,`)
	refused := s.crawl(withToken.URL, `,"fetcher":{"max_retries":0,"bearer":{"token":"hidden-token"},
		"proxy":"`+strings.Replace(proxy.URL, "//", "//bob:hidden-wrong@", 1)+`"}`)
	if text := s.get(refused + "/logs"); !strings.Contains(text, `"proxy"`) {
		t.Errorf("the proxy did not refuse the run: %s", text)
	}
	s.report(refused)

	for _, path := range []string{"/v1/jobs", "/v1/runs"} {
		s.get(path)
	}
	s.shown["a refused job"] = s.text(http.MethodPost, "/v1/jobs",
		`{"name":"x","config":{"fetcher":{"headers":{"X-A":"hidden-key\u0000"},"bearer":{"token":"hidden-key é"},"proxy":"ftp://hidden-key@p"}}}`)
	if !strings.Contains(s.shown["a refused job"], "fetcher.proxy") {
		t.Errorf("the job was not refused: %s", s.shown["a refused job"])
	}
	s.shown["the log of the service"] = log.String()
	if !strings.Contains(log.String(), `"Seen"`) {
		t.Error("the pipeline logged nothing")
	}
	for _, path := range filesBelow(t, filepath.Join(dir, "objects")) {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		s.shown[path] = string(data)
	}
	for place, text := range s.shown {
		for part, content := range unpacked(t, place, []byte(text)) {
			for _, secret := range append(encodedSecrets(), hidden) {
				if i := strings.Index(content, secret); i >= 0 {
					t.Errorf("%s has a secret: %.200s", part, content[max(0, i-100):])
				}
			}
		}
	}
}

// A revealing is a service that remembers everything it shows, by place.
type revealing struct {
	service
	shown map[string]string
}

func (s revealing) get(path string) string {
	s.t.Helper()
	s.shown[path] = s.text(http.MethodGet, path, "")
	return s.shown[path]
}

// expectRun checks that the run has the text, and remembers all that the service shows of it.
func (s revealing) expectRun(run, want string) {
	s.t.Helper()
	if text := s.get(run); !strings.Contains(text, want) {
		s.t.Fatalf("the run did not log in: %s\n%s", text, s.get(run+"/logs"))
	}
	var artifacts struct{ Items []struct{ ID string } }
	list := "/v1/artifacts?per_page=100&run_ids=" + strings.TrimPrefix(run, "/v1/runs/")
	// Two pages, a redirect, the Markdown of the pages, and an asset.
	if err := json.Unmarshal([]byte(s.get(list)), &artifacts); err != nil || len(artifacts.Items) < 6 {
		s.t.Fatalf("the artifacts are %s", s.shown[list])
	}
	for _, a := range artifacts.Items {
		s.get("/v1/artifacts/" + a.ID)
		s.get("/v1/artifacts/" + a.ID + "/blob")
	}
	for _, list := range []string{"/config", "/logs?per_page=100", "/links?per_page=100", "/edges?per_page=100"} {
		s.get(run + list)
	}
	for _, f := range export.Formats() {
		e := s.post(run+"/exports", fmt.Sprintf(`{"format":%q}`, f))
		path := run + "/exports/" + e["id"].(string)
		await(s.t, "the export", func() bool { return strings.Contains(s.get(path), `"finished"`) })
		if file := s.get(path + "/file"); len(file) < 100 {
			s.t.Errorf("the export as %s is %s", f, file)
		}
	}
	s.get(run + "/exports")
	s.report(run)
}

// report remembers the reports of the run.
func (s revealing) report(path string) {
	s.t.Helper()
	ref := run.Ref{Tenant: "acme", ID: uuid.MustParse(strings.TrimPrefix(path, "/v1/runs/"))}
	log := func() iter.Seq2[crawllog.Record, error] {
		return func(yield func(crawllog.Record, error) bool) {
			for part, err := range s.Store.LogParts(s.t.Context(), ref, 0) {
				if err != nil {
					s.t.Error(err)
					return
				}
				for record, err := range crawllog.Decode(part.Data) {
					if !yield(record, err) {
						return
					}
				}
			}
		}
	}
	r, err := report.Read(log, report.Run{ID: ref.ID, Status: run.Finished, JSON: json.RawMessage(s.get(path))}, report.Options{All: true})
	if err != nil {
		s.t.Fatal(err)
	}
	for _, f := range report.Formats() {
		var text bytes.Buffer
		if err := r.Write(&text, f); err != nil {
			s.t.Fatal(err)
		}
		s.shown[fmt.Sprint("the report of ", path, " as ", f)] = text.String()
	}
}

// unpacked returns the data by its name, and what is in it if it is an archive or compressed.
func unpacked(t *testing.T, name string, data []byte) map[string]string {
	t.Helper()
	all := map[string]string{name: string(data)}
	add := func(name string, r io.Reader, err error) {
		if err != nil {
			t.Fatal(name, err)
		}
		inner, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(name, err)
		}
		for name, text := range unpacked(t, name, inner) {
			all[name] = text
		}
	}
	switch {
	case bytes.HasPrefix(data, []byte("PK\x03\x04")):
		archive, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
		if err != nil {
			t.Fatal(name, err)
		}
		for _, f := range archive.File {
			r, err := f.Open()
			add(name+": "+f.Name, r, err)
		}
	case bytes.HasPrefix(data, []byte("\x1f\x8b")):
		r, err := gzip.NewReader(bytes.NewReader(data))
		add(name+", decompressed", r, err)
	}
	return all
}

// text sends a request and returns the body of the response.
func (s service) text(method, path, body string) string {
	s.t.Helper()
	req, err := http.NewRequestWithContext(s.t.Context(), method, s.URL+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header.Set("X-Tenant-Id", "acme")
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return string(text)
}
