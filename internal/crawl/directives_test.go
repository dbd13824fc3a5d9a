package crawl_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/inndx/runs/internal/config"
	"github.com/inndx/runs/internal/fetch"
	"github.com/inndx/runs/internal/robots"
)

// Links are not followed if the page or the server asks this crawler not to follow them.
func TestNoFollowIsRespected(t *testing.T) {
	tagged := func(value string, links ...string) (*fetch.Response, error) {
		a, _ := htmlResponse(200, links...)
		a.Header.Add("X-Robots-Tag", "noarchive")
		a.Header.Add("X-Robots-Tag", value)
		return a, nil
	}
	body := func(html string) (*fetch.Response, error) {
		return &fetch.Response{Status: 200, Header: http.Header{}, ContentType: "text/html", Body: []byte(html)}, nil
	}
	site := &simSite{page: func(uri string, _ int) (*fetch.Response, error) {
		switch uri {
		case "/":
			return htmlResponse(200, "/header", "/header-none", "/header-us", "/header-other", "/meta", "/meta-us", "/meta-other", "/rel")
		case "/header":
			return tagged("noindex, nofollow", "/no1")
		case "/header-none":
			return tagged("none", "/no2")
		case "/header-us":
			return tagged("ACME-Bot: nofollow", "/no3")
		case "/header-other":
			return tagged("otherbot: nofollow", "/yes1")
		case "/meta":
			return body("<a href=/no4></a><meta name=Robots content='noindex,NOFOLLOW'>")
		case "/meta-us":
			return body("<meta name=acme-bot content=nofollow><a href=/no5></a>")
		case "/meta-other":
			return body("<meta name=otherbot content=nofollow><a href=/yes2></a>")
		case "/rel":
			return body("<a rel='noopener nofollow ugc' href=/no6></a><a rel=NoFollow href=/no7></a><a rel=noopener href=/yes3></a><area rel=nofollow href=/no8>")
		}
		return htmlResponse(200)
	}}
	simulate(t, site, `{'user_agent': 'Acme-Bot/2 (+https://acme.example/bot)'}`, false, 0, func(r *simRun) {
		for _, uri := range []string{"/yes1", "/yes2", "/yes3"} {
			if !slices.Contains(site.uris(), uri) {
				t.Errorf("%s was not followed", uri)
			}
		}
		for _, uri := range site.uris() {
			if strings.HasPrefix(uri, "/no") {
				t.Errorf("%s was followed", uri)
			}
		}
	})
}

// The crawler identifies itself and says where to complain, unless the configuration says it.
func TestUserAgent(t *testing.T) {
	for given, want := range map[string]string{
		`{}`: config.DefaultUserAgent,
		`{'user_agent': 'acme-bot/2 (+https://acme.example/bot)'}`: "acme-bot/2 (+https://acme.example/bot)",
	} {
		t.Run(given, func(t *testing.T) {
			site := &simSite{page: pages(1)}
			simulate(t, site, given, false, 0, func(*simRun) {
				if site.opts.UserAgent != want {
					t.Errorf("the user agent is %q, want %q", site.opts.UserAgent, want)
				}
			})
		})
	}
	if name, rest, ok := strings.Cut(config.DefaultUserAgent, "/"); robots.Product(config.DefaultUserAgent) != name || !ok || !strings.Contains(rest, "(+https://") {
		t.Errorf("the user agent %q does not say who and where to complain", config.DefaultUserAgent)
	}
}
