package api

import (
	"bufio"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/inndx/runs/internal/run"
)

// The first line of a request and the values of its header have one common bound. The names in the
// header do not count.
func TestHeadIsBounded(t *testing.T) {
	server := httptest.NewServer(New(Options{
		Store: stubStore{run: func() (run.Run, error) { return run.Run{}, nil }}, Queue: queueFunc(noQueue),
		MaxHead: GatewayHead, Logger: slog.New(slog.DiscardHandler),
	}).Handler())
	defer server.Close()
	host := strings.TrimPrefix(server.URL, "http://")
	const rest = len("GET /v1/nope HTTP/1.1") // of a request with no header but Host
	room := GatewayHead - rest - len(host)
	lists := func(names ...string) string {
		var query []string
		for range 100 {
			for _, name := range names {
				query = append(query, name+"="+uuid.NewString())
			}
		}
		return "/v1/nope?" + strings.Join(query, "&")
	}
	const signature = 1200 // size of an AWS signature with a session token
	for name, tc := range map[string]struct {
		target string
		header []string
		want   int
	}{
		"a small request":          {"/v1/nope", nil, 404},
		"the longest target":       {"/v1/nope?" + strings.Repeat("a", room-1), nil, 404},
		"a target too long":        {"/v1/nope?" + strings.Repeat("a", room), nil, 431},
		"the longest value":        {"/v1/nope", []string{"X: " + strings.Repeat("a", room)}, 404},
		"a value too long":         {"/v1/nope", []string{"X: " + strings.Repeat("a", room+1)}, 431},
		"a long name":              {"/v1/nope", []string{strings.Repeat("X", 200) + ": " + strings.Repeat("a", room)}, 404},
		"many values":              {"/v1/nope", slices.Repeat([]string{"X: " + strings.Repeat("a", 1000)}, 11), 431},
		"one list of ids, signed":  {lists("include_ids"), []string{"Authorization: " + strings.Repeat("a", signature)}, 404},
		"two lists of ids, signed": {lists("include_ids", "exclude_ids"), []string{"Authorization: " + strings.Repeat("a", signature)}, 431},
		"two lists, with brackets": {lists("include_ids%5B%5D", "exclude_ids%5B%5D"), nil, 431},
	} {
		t.Run(name, func(t *testing.T) {
			resp := send(t, host, "GET "+tc.target+" HTTP/1.1", append([]string{"Host: " + host}, tc.header...)...)
			body, err := io.ReadAll(resp.Body)
			if err != nil || resp.StatusCode != tc.want || resp.Header.Get("X-Request-Id") == "" {
				t.Errorf("%d %s (%v), want %d", resp.StatusCode, body, err, tc.want)
			}
			if tc.want == 431 && !strings.Contains(string(body), "at most 10240") {
				t.Errorf("%s does not name the bound", body)
			}
		})
	}
}

// send sends a raw request.
func send(t *testing.T, host, line string, header ...string) *http.Response {
	t.Helper()
	conn, err := net.Dial("tcp", host)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	if _, err := fmt.Fprintf(conn, "%s\r\n%s\r\n\r\n", line, strings.Join(header, "\r\n")); err != nil {
		t.Fatal(err)
	}
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	return resp
}
