package fetch

import (
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"

	"github.com/inndx/runs/internal/weburl"
)

// Each request is judged by its own URL, also those for robots.txt and along its redirects.
func TestCredentialsGoToTheirURLs(t *testing.T) {
	var got []http.Header
	other := serve(t, func(_ http.ResponseWriter, r *http.Request) { got = append(got, r.Header) })
	site := serve(t, func(w http.ResponseWriter, r *http.Request) {
		got = append(got, r.Header)
		if r.URL.Path == "/robots.txt" {
			http.Redirect(w, r, other.URL+"/robots.txt", http.StatusFound)
		}
	})
	to := func(u weburl.URL) bool { return "http://"+u.Host() == site.URL }
	c := newTestClient(t, Options{
		Headers: []Header{{"Authorization", "Bearer token", to}, {"Accept-Language", "de", nil}, {"Accept", "text/html", to}},
		Cookies: []Cookie{{"session", "abc", to}},
	})
	for _, u := range []string{site.URL + "/a", other.URL + "/a"} {
		if _, err := get(t, c, u); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := c.Robots(t.Context(), mustParse(t, site.URL)); err != nil {
		t.Fatal(err)
	}
	with, without := `Bearer token|session=abc|text/html|de`, `||`+accept+`|de`
	for i, want := range []string{with, without, with, without} {
		h := got[i]
		if s := h.Get("Authorization") + "|" + h.Get("Cookie") + "|" + h.Get("Accept") + "|" + h.Get("Accept-Language"); s != want {
			t.Errorf("request %d has %s, want %s", i, s, want)
		}
	}
}

// A cookie that the host sets replaces the configured one of its name, until it ends. The value of
// a configured cookie never gets into the jar.
func TestConfiguredCookies(t *testing.T) {
	var sent string
	var set []string
	srv := serve(t, func(w http.ResponseWriter, r *http.Request) {
		sent = r.Header.Get("Cookie")
		for _, s := range set {
			w.Header().Add("Set-Cookie", s)
		}
	})
	jar, _ := cookiejar.New(nil)
	c := newTestClient(t, Options{Jar: jar, Cookies: []Cookie{{"session", "first", func(weburl.URL) bool { return true }}}})
	u, _ := url.Parse(srv.URL)
	for _, step := range []struct {
		sends string
		sets  []string
	}{
		{"session=first", []string{"session=first; Path=/; Max-Age=3600", "other=1"}},
		{"session=first; other=1", []string{"session=second; Path=/"}},
		{"session=second; other=1", nil},
		{"session=second; other=1", []string{"session=; Path=/; Max-Age=0"}},
		{"session=first; other=1", []string{"session=second; Path=/"}},
		{"session=second; other=1", []string{"session=first; Path=/"}},
		{"session=first; other=1", nil},
	} {
		set = step.sets
		if _, err := get(t, c, srv.URL+"/"); err != nil {
			t.Fatal(err)
		}
		if got := sortedCookies(sent); got != sortedCookies(step.sends) {
			t.Errorf("sent %s, want %s", got, step.sends)
		}
		for _, kept := range jar.Cookies(u) {
			if kept.Value == "first" {
				t.Error("the configured cookie is in the jar")
			}
		}
	}
}

func sortedCookies(header string) string {
	parts := strings.Split(header, "; ")
	if len(parts) == 2 && parts[0] > parts[1] {
		parts[0], parts[1] = parts[1], parts[0]
	}
	return strings.Join(parts, "; ")
}
