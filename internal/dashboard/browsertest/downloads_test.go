//go:build browser

package browsertest

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

// On AWS a download is redirected to the bucket, which is another origin. The browser leaves the
// token out, and asks the bucket for the other header fields. The bucket's rule in template.yaml must
// allow them, and the origin.
func TestRedirectedDownload(t *testing.T) {
	var mu sync.Mutex
	var asked, sent http.Header
	bucket := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		w.Header().Set("Access-Control-Allow-Origin", r.Header.Get("Origin"))
		w.Header().Set("Access-Control-Allow-Headers", r.Header.Get("Access-Control-Request-Headers"))
		w.Header().Set("Access-Control-Expose-Headers", "Content-Disposition")
		w.Header().Set("Content-Disposition", `attachment; filename="log.csv"`)
		if r.Method == http.MethodOptions {
			asked = r.Header.Clone()
			return
		}
		sent = r.Header.Clone()
		io.WriteString(w, "content")
	}))
	t.Cleanup(bucket.Close)
	service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/v1/file" {
			w.Header().Set("Content-Type", "text/html")
			w.Header().Set("Content-Security-Policy", "default-src 'none'; img-src data:; connect-src 'self' "+bucket.URL)
			io.WriteString(w, `<link rel=icon href=data:,><h1>page</h1>`)
			return
		}
		if r.Header.Get("Authorization") == "" {
			t.Error("the service gets no token")
		}
		http.Redirect(w, r, bucket.URL+"/signed", http.StatusTemporaryRedirect)
	}))
	t.Cleanup(service.Close)
	u := newUser(t)
	u.Allow("a request goes to another host: GET "+bucket.URL, "a request goes to another host: OPTIONS "+bucket.URL)
	u.Open(service.URL + "/")
	var got string
	u.Eval(`fetch('/v1/file', {headers: {Authorization: 'Bearer x', 'X-Tenant-Id': 'acme'}})
		.then(async r => await r.text() + ' ' + r.headers.get('Content-Disposition'))`, &got)
	if got != `content attachment; filename="log.csv"` {
		t.Errorf("the page gets %s", got)
	}
	mu.Lock()
	defer mu.Unlock()
	if fields := asked.Get("Access-Control-Request-Headers"); strings.ToLower(fields) != "x-tenant-id" {
		t.Errorf("the browser asks the bucket for %s", fields)
	}
	if origin := asked.Get("Origin"); origin != service.URL || sent.Get("Origin") != origin {
		t.Errorf("the origin is %s, and then %s, want %s", origin, sent.Get("Origin"), service.URL)
	}
	if token := sent.Get("Authorization"); token != "" {
		t.Errorf("the bucket gets the token %s", token)
	}
}
