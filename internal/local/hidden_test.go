package local_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/inndx/runs/internal/dynamolocal"
	"github.com/inndx/runs/internal/local"
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

// The whole service shows the value of no secret: in no response, no log line and no object.
func TestSecretsStayHidden(t *testing.T) {
	t.Setenv("INNDX_SECRET_STAGING_PASSWORD", "hidden-password")
	t.Setenv(dynamolocal.EndpointVariable, "")
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		user, password, _ := r.BasicAuth()
		cookie, err := r.Cookie("session")
		if user != "alice" || password != "hidden-password" || r.Header.Get("X-Api-Key") != "hidden-key" || err != nil || cookie.Value != "hidden-cookie" {
			http.Error(w, "no", http.StatusForbidden)
			return
		}
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprint(w, `<title>In</title><a href="/a">a</a>`)
	}))
	defer site.Close()
	dir := t.TempDir()
	var log syncBuffer
	stack, err := local.Start(t.Context(), local.Options{
		Addr: "127.0.0.1:0", DataDir: dir, Logger: slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	})
	if err != nil {
		t.Fatal(err)
	}
	defer stack.Stop()
	s := service{stack, t}
	shown := map[string]string{}
	get := func(path string) string {
		shown[path] = s.text(http.MethodGet, path, "")
		return shown[path]
	}

	run := s.crawl(site.URL, `,"fetcher":{
		"basic_auth":{"username":"alice","password":{"secret":"staging/password"}},
		"headers":{"X-Api-Key":"hidden-key"},"cookies":[{"name":"session","value":"hidden-cookie"}]},
		"pipelines":[{"navigator":{"kind":"anchor"},"steps":[{"kind":"extractor","params":{"kind":"raw"}}],
			"actions":[{"kind":"to_blob","params":{}}]}]`)
	if text := get(run); !strings.Contains(text, `"urls_fetched":2`) {
		t.Fatalf("the run did not log in: %s", text)
	}
	var artifacts struct{ Items []struct{ ID string } }
	if err := json.Unmarshal([]byte(get("/v1/artifacts")), &artifacts); err != nil || len(artifacts.Items) != 2 {
		t.Fatalf("the artifacts are %s", shown["/v1/artifacts"])
	}
	for _, a := range artifacts.Items {
		get("/v1/artifacts/" + a.ID)
		get("/v1/artifacts/" + a.ID + "/blob")
	}
	for _, path := range []string{"/v1/jobs", "/v1/runs", run + "/logs", run + "/links", run + "/edges"} {
		get(path)
	}
	shown["a refused job"] = s.text(http.MethodPost, "/v1/jobs",
		`{"name":"x","config":{"fetcher":{"headers":{"X-A":"hidden-key\u0000"},"bearer":{"token":"hidden-key é"},"proxy":"ftp://hidden-key@p"}}}`)
	if !strings.Contains(shown["a refused job"], "fetcher.proxy") {
		t.Errorf("the job was not refused: %s", shown["a refused job"])
	}
	shown["the log"] = log.String()
	err = filepath.WalkDir(filepath.Join(dir, "objects"), func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			var data []byte
			data, err = os.ReadFile(path) // small records are stored without compression
			shown[path] = string(data)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
	for place, text := range shown {
		for _, secret := range []string{"hidden-", base64.StdEncoding.EncodeToString([]byte("alice:hidden-password"))} {
			if strings.Contains(text, secret) {
				t.Errorf("%s has a secret: %s", place, text)
			}
		}
	}
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
