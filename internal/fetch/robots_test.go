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
		// The test asks for a robots.txt below the host's root by way of a redirect.
		kind := r.Host[:strings.IndexByte(r.Host, '.')]
		n, _ := strconv.Atoi(strings.TrimPrefix(r.URL.Path, "/hop"))
		switch {
		case kind == "rules" || n > 0 && kind == "hops"+strconv.Itoa(n):
			io.WriteString(w, "User-agent: inndx\nDisallow: /a\nCrawl-delay: 3\n\nUser-agent: *\nDisallow: /")
		case strings.HasPrefix(kind, "hops"), kind == "loop":
			http.Redirect(w, r, "/hop"+strconv.Itoa(n+1), http.StatusFound)
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
		{"hops1", "/b", "/a", false},
		{"hops5", "/b", "/a", false},
		{"hops6", "/a", "", false},
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
	for _, c := range tests {
		names[c.kind+".test."] = []string{"127.0.0.1"}
	}
	client := newTestClient(t, Options{UserAgent: "Inndx/1.0"})
	client.dialer.Resolver = newNameServer(t, names).resolver()
	for _, c := range tests {
		origin := fmt.Sprintf("http://%s.test:%s", c.kind, port)
		rules, err := client.Robots(t.Context(), mustParse(t, origin+"/some/page?x"))
		if (err != nil) != c.unavailable {
			t.Errorf("%s: the error is %v", c.kind, err)
		}
		if e := (*Error)(nil); errors.As(err, &e) && (e.Reason != RobotsUnavailable || e.RetryAfter != time.Minute || !e.Retryable) {
			t.Errorf("%s: the error is %#v", c.kind, e)
		}
		for _, path := range strings.Fields(c.allowed + " " + c.disallowed) {
			want := strings.Contains(c.allowed, path)
			if rules.Allowed(mustParse(t, origin+path)) != want {
				t.Errorf("%s: %s is allowed: %v, want %v", c.kind, path, !want, want)
			}
		}
	}
	if _, err := client.Robots(t.Context(), mustParse(t, "http://gone.test/")); reason(err) != DNS {
		t.Errorf("no such host gives %v", err)
	}
}
