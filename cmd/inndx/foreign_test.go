package main_test

import (
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
)

// Other names and other origins do not get in, unless CORS_ORIGINS names them, and what is no
// request is answered as errors are.
func TestServeOnlyThisMachine(t *testing.T) {
	s := serve(t, "DATA_DIR="+t.TempDir(), "CORS_ORIGINS=http://console.localhost:3000")
	for _, tt := range []struct {
		host, origin string
		status       int
		body         string
	}{
		{"", "", 200, ""},
		{"localhost", "", 200, ""},
		{"", "http://console.localhost:3000", 200, ""},
		{"rebound.example", "", 403, "foreign_host"},
		{"", "http://evil.example", 403, "foreign_origin"},
	} {
		req, err := http.NewRequestWithContext(t.Context(), "GET", s.url+"/v1/runs", nil)
		if err != nil {
			t.Fatal(err)
		}
		if tt.host != "" {
			req.Host = tt.host
		}
		if tt.origin != "" {
			req.Header.Set("Origin", tt.origin)
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil || resp.StatusCode != tt.status || !strings.Contains(string(body), tt.body) {
			t.Errorf("Host %q, Origin %q: %d %s (%v)", tt.host, tt.origin, resp.StatusCode, body, err)
		}
		if got := resp.Header.Get("Access-Control-Allow-Origin"); (got != "") != (tt.origin != "" && tt.status == 200) {
			t.Errorf("Origin %q: Access-Control-Allow-Origin %q", tt.origin, got)
		}
	}
	c, err := net.Dial("tcp", strings.TrimPrefix(s.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := io.WriteString(c, "GET / HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	answer, err := io.ReadAll(c)
	if text := string(answer); err != nil || !strings.HasPrefix(text, "HTTP/1.1 400 ") || !strings.Contains(text, `"reason":"malformed_request"`) {
		t.Errorf("two Hosts: %s (%v)", text, err)
	}
}
