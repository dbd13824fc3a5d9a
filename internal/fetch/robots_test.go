package fetch

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/inndx/runs/internal/robots"
)

func TestRobots(t *testing.T) {
	other := serve(t, func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, "User-agent: inndx\nDisallow: /other")
	})
	srv := serve(t, func(w http.ResponseWriter, r *http.Request) {
		// The first label of the host names the case.
		kind := r.Host[:strings.IndexByte(r.Host, '.')]
		n, _ := strconv.Atoi(strings.TrimPrefix(r.URL.Path, "/redirect"))
		switch {
		case kind == "rules" || n > 0 && kind == "redirects"+strconv.Itoa(n):
			io.WriteString(w, "User-agent: inndx\nDisallow: /a\nCrawl-delay: 3\n\nUser-agent: *\nDisallow: /")
		case strings.HasPrefix(kind, "redirects"), kind == "loop":
			http.Redirect(w, r, "/redirect"+strconv.Itoa(n+1), http.StatusFound)
		case kind == "elsewhere":
			http.Redirect(w, r, other.URL+"/rules", http.StatusMovedPermanently)
		case kind == "nowhere":
			w.Header()["Location"] = nil
			w.WriteHeader(http.StatusFound)
		case kind == "mailto":
			w.Header().Set("Location", "mailto:a@example.com")
			w.WriteHeader(http.StatusFound)
		case kind == "long":
			const head, last = "User-agent: *\nDisallow: /a\n", "Disallow: /z\n"
			io.WriteString(w, head+strings.Repeat("#", robots.MaxBytes-len(head+last)-1)+"\n"+last+"Disallow: /")
		case kind == "html":
			io.WriteString(w, "<!doctype html><p>Not found</p>")
		default:
			w.Header().Set("Retry-After", "60")
			status, _ := strconv.Atoi(kind)
			w.WriteHeader(status)
		}
	})
	_, port, _ := strings.Cut(srv.Listener.Addr().String(), ":")
	names := map[string][]string{}
	tests := []struct {
		kind                string
		allowed, disallowed string
		unavailable         bool
	}{
		{"rules", "/b /robots.txt", "/a", false},
		{"redirects1", "/b", "/a", false},
		{"redirects5", "/b", "/a", false},
		{"redirects6", "/a", "", false},
		{"loop", "/a", "", false},
		{"elsewhere", "/a", "/other", false},
		{"nowhere", "/a", "", false},
		{"mailto", "/a", "", false},
		{"long", "/b", "/a /z", false},
		{"html", "/a", "", false},
		{"204", "/a", "", false},
		{"400", "/a", "", false},
		{"401", "/a", "", false},
		{"403", "/a", "", false},
		{"404", "/a", "", false},
		{"410", "/a", "", false},
		{"429", "", "/a", true},
		{"500", "", "/a", true},
		{"503", "", "/a", true},
	}
	for _, tt := range tests {
		names[tt.kind+".test."] = []string{"127.0.0.1"}
	}
	client := newTestClient(t, Options{UserAgent: "Inndx/1.0"})
	client.dialer.Resolver = newNameServer(t, names).resolver()
	for _, tt := range tests {
		t.Run(tt.kind, func(t *testing.T) {
			origin := fmt.Sprintf("http://%s.test:%s", tt.kind, port)
			rules, err := client.Robots(t.Context(), mustParse(t, origin+"/some/page?x"))
			if (err != nil) != tt.unavailable {
				t.Errorf("the error is %v", err)
			}
			if e := (*Error)(nil); errors.As(err, &e) && (e.Reason != RobotsUnavailable || e.RetryAfter != time.Minute || !e.Retryable) {
				t.Errorf("the error is %#v", e)
			}
			for _, path := range strings.Fields(tt.allowed + " " + tt.disallowed) {
				want := strings.Contains(tt.allowed, path)
				if rules.Allowed(mustParse(t, origin+path)) != want {
					t.Errorf("%s is allowed: %v, want %v", path, !want, want)
				}
			}
		})
	}
	t.Run("no such host", func(t *testing.T) {
		if _, err := client.Robots(t.Context(), mustParse(t, "http://gone.test/")); reason(err) != DNS {
			t.Errorf("the error is %v", err)
		}
	})
}
