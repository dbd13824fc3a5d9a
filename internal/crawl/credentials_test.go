package crawl_test

import (
	"compress/gzip"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/inndx/runs/internal/crawl"
	"github.com/inndx/runs/internal/crawl/sitetest"
	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/fault"
	"github.com/inndx/runs/internal/objects"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/tenant"
)

// hiddenValues are the values of all secrets of the tests.
var hiddenValues = map[string]string{
	"password": "hidden-password", "token": "hidden-token", "key": "hidden-key", "cookie": "hidden-cookie", "proxy": "hidden-proxy",
}

// secretsOf returns the hiddenValues to the tenant acme.
func secretsOf(o *crawl.Options) {
	o.Secrets = func(_ context.Context, t tenant.ID, name string) (string, error) {
		if value, ok := hiddenValues[name]; ok && t == acme {
			return value, nil
		}
		return "", fault.New(fault.NotFound, "it does not exist")
	}
}

// logTo makes a crawler log everything to the buffer.
func logTo(b *syncBuffer) func(*crawl.Options) {
	return func(o *crawl.Options) {
		o.Logger = slog.New(slog.NewJSONHandler(b, &slog.HandlerOptions{Level: slog.LevelDebug}))
	}
}

// expectHidden checks that none of the hiddenValues is in anything that the run left behind: the
// log of the process, the run's log with its facts and cookies, its objects, and its entries.
func (s *stack) expectHidden(r run.Run, processLog *syncBuffer) {
	s.t.Helper()
	places := map[string]string{"the log of the process": processLog.text()}
	for part, err := range s.store.LogParts(s.t.Context(), refTo(r.ID), 0) {
		if err != nil {
			s.t.Fatal(err)
		}
		records, err := crawllog.DecodeAll(part.Data)
		if err != nil {
			s.t.Fatal(err)
		}
		text, err := json.Marshal(records)
		if err != nil {
			s.t.Fatal(err)
		}
		places[fmt.Sprint("the part ", part.Seq)] = string(text)
	}
	entries, err := json.Marshal(s.logs(r, crawllog.Filter{}))
	if err != nil {
		s.t.Fatal(err)
	}
	places["the entries"] = string(entries)
	for o, err := range sharedBucket.List(s.t.Context(), objects.Prefix(refTo(r.ID), r.CreatedAt)) {
		if err != nil {
			s.t.Fatal(err)
		}
		places["the object "+o.Name] = readObject(s.t, o.Name)
	}
	for place, text := range places {
		for _, value := range hiddenValues {
			for _, needle := range []string{value, base64.StdEncoding.EncodeToString([]byte("alice:" + value))} {
				if strings.Contains(text, needle) {
					s.t.Errorf("%s has a secret: %s", place, needle)
				}
			}
		}
	}
}

// readObject returns the decompressed text of an object of records.
func readObject(t *testing.T, name string) string {
	t.Helper()
	object, err := sharedBucket.Read(t.Context(), name, 0, -1)
	if err != nil {
		t.Fatal(err)
	}
	defer object.Close()
	z, err := gzip.NewReader(object)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// A recordingSite records the headers of the requests by their paths.
type recordingSite struct {
	*sitetest.Server
	mu  sync.Mutex
	got map[string]http.Header
}

func startRecording(t *testing.T, routes func() sitetest.Routes) *recordingSite {
	s := &recordingSite{got: map[string]http.Header{}}
	s.Server = sitetest.Start(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		s.got[r.URL.Path] = r.Header.Clone()
		s.mu.Unlock()
		routes().ServeHTTP(w, r)
	}))
	return s
}

// header returns what the request for the path sent.
func (s *recordingSite) header(path string) http.Header {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.got[path]
}

// A run behind a login fetches all pages of its hosts, and nothing of what it sends is seen by
// another host or left behind.
func TestCredentials(t *testing.T) {
	t.Parallel()
	other := startRecording(t, func() sitetest.Routes {
		return sitetest.Routes{"/from-link": sitetest.Page(), "/from-redirect": sitetest.Page()}
	})
	guarded := func(next http.HandlerFunc) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			user, password, _ := r.BasicAuth()
			cookie, _ := r.Cookie("session")
			if user != "alice" || password != "hidden-password" || r.Header.Get("X-Api-Key") != "hidden-key" || cookie == nil || cookie.Value != "hidden-cookie" {
				http.Error(w, "who are you?", http.StatusUnauthorized)
				return
			}
			http.SetCookie(w, &http.Cookie{Name: "session", Value: cookie.Value, Path: "/", MaxAge: 3600})
			next(w, r)
		}
	}
	site := startRecording(t, func() sitetest.Routes {
		return sitetest.Routes{
			"/":           guarded(sitetest.Page("/a", "/out", other.URL+"/from-link")),
			"/a":          guarded(sitetest.Page()),
			"/out":        guarded(sitetest.Redirect(other.URL + "/from-redirect")),
			"/robots.txt": guarded(sitetest.Body("text/plain", "User-agent: *\nDisallow: /no")),
		}
	})
	var log syncBuffer
	s := newStack(t, secretsOf, logTo(&log))
	r := s.crawl(fastConfig(site.URL+"/", `{'filters': []}`, keepRaw, `{'fetcher': {
		'basic_auth': {'username': 'alice', 'password': {'secret': 'password'}},
		'headers': {'X-Api-Key': 'hidden-key'},
		'cookies': [{'name': 'session', 'value': {'secret': 'cookie'}}],
		'accept_language': 'de'}}`))
	s.expect(r, run.MaxEmptyEvaluations, 5, 0, 0, 0)
	for _, path := range []string{"/from-link", "/from-redirect", "/robots.txt"} {
		h := other.header(path)
		if h.Get("Authorization")+h.Get("X-Api-Key")+h.Get("Cookie") != "" || h.Get("Accept-Language") != "de" {
			t.Errorf("another host gets %s with %v", path, h)
		}
	}
	if h := site.header("/robots.txt"); h.Get("Authorization") == "" {
		t.Errorf("robots.txt is fetched without credentials: %v", h)
	}
	s.expectHidden(r, &log)
	archive := s.archive(r)
	if text := readObject(t, objects.WARC(objects.Prefix(refTo(r.ID), r.CreatedAt), archive.Objects[0])); !strings.Contains(text, "Accept-Language: de") || strings.Contains(text, "X-Api-Key") {
		t.Errorf("the records have other headers than expected:\n%s", text)
	}
}

// A run whose secret cannot be had ends without a request. An error that may pass is one of the
// wake-up, which is repeated.
func TestSecretsThatAreMissing(t *testing.T) {
	t.Parallel()
	site := sitetest.Start(t, sitetest.Routes{"/": sitetest.Page()})
	for name, tt := range map[string]struct {
		secrets  crawl.Secrets
		hopeless bool
	}{
		"no secrets": {nil, true},
		"not found":  {func(context.Context, tenant.ID, string) (string, error) { return "", fault.New(fault.NotFound, "gone") }, true},
		"forbidden": {func(context.Context, tenant.ID, string) (string, error) {
			return "", fault.New(fault.Forbidden, "denied")
		}, true},
		"invalid":       {func(context.Context, tenant.ID, string) (string, error) { return "hidden-token hidden-token", nil }, true},
		"no connection": {func(context.Context, tenant.ID, string) (string, error) { return "", errors.New("throttled") }, false},
	} {
		t.Run(name, func(t *testing.T) {
			var log syncBuffer
			s := &stack{t: t, store: sharedStore(t), queue: newStack(t).queue}
			c := s.crawler(logTo(&log), func(o *crawl.Options) { o.Secrets, o.Queue = tt.secrets, &recordingQueue{} })
			r := s.create(fastConfig(site.URL+"/", `{'fetcher': {'bearer': {'token': {'secret': 'token'}}}}`))
			err := c.Crawl(t.Context(), refTo(r.ID))
			got := s.run(r.ID)
			switch {
			case tt.hopeless && (err != nil || got.Status != run.Finished || got.StopReason != run.Unknown):
				t.Errorf("the run is %s %s, %v", got.Status, got.StopReason, err)
			case tt.hopeless && !(strings.Contains(log.text(), `fetcher.bearer.token`) && strings.Contains(log.text(), `the secret`)):
				t.Errorf("the log does not say why: %s", log.text())
			case !tt.hopeless && (err == nil || got.Status != run.Running):
				t.Errorf("the run is %s, %v", got.Status, err)
			}
			s.expectHidden(got, &log)
		})
	}
	if site.All()["/"] != 0 || site.All()["/robots.txt"] != 0 {
		t.Errorf("requests without the secret: %v", site.All())
	}
}

// A run with a proxy sends everything through it. The proxy sees the credentials of http URLs, and
// what the run leaves behind has nothing of the proxy, also when it fails.
func TestProxyOfARun(t *testing.T) {
	t.Parallel()
	site := startRecording(t, func() sitetest.Routes {
		return sitetest.Routes{"/": sitetest.Page("/a"), "/a": sitetest.Page()}
	})
	const proxyAuthorization = "Basic YWxpY2U6aGlkZGVuLXByb3h5" // alice:hidden-proxy
	var asked sync.Map
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Store(r.RequestURI, r.Header.Get("Proxy-Authorization"))
		if r.Header.Get("Proxy-Authorization") != proxyAuthorization {
			http.Error(w, "hidden-proxy", http.StatusProxyAuthRequired)
			return
		}
		r.Header.Del("Proxy-Authorization")
		r.RequestURI = ""
		res, err := http.DefaultTransport.RoundTrip(r)
		if err != nil {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		defer res.Body.Close()
		w.Header().Set("Content-Type", res.Header.Get("Content-Type"))
		w.WriteHeader(res.StatusCode)
		io.Copy(w, res.Body)
	}))
	defer proxy.Close()
	for name, tt := range map[string]struct{ proxy, password string }{
		"given":    {`'http://alice:%s@%s'`, hiddenValues["proxy"]},
		"referred": {`{'secret': 'url'}`, hiddenValues["proxy"]},
		"refused":  {`'http://alice:%s@%s'`, hiddenValues["password"]},
	} {
		t.Run(name, func(t *testing.T) {
			asked.Clear()
			host := strings.TrimPrefix(proxy.URL, "http://")
			var log syncBuffer
			s := newStack(t, logTo(&log), func(o *crawl.Options) {
				o.Secrets = func(context.Context, tenant.ID, string) (string, error) {
					return "http://alice:" + tt.password + "@" + host + "\n", nil
				}
			})
			value := tt.proxy
			if strings.Contains(value, "%") {
				value = fmt.Sprintf(value, tt.password, host)
			}
			r := s.crawl(fastConfig(site.URL+"/", keepRaw, `{'fetcher': {'max_retries': 0, 'proxy': `+value+`}}`))
			s.expectHidden(r, &log)
			if name == "refused" {
				s.expect(r, run.MaxEmptyEvaluations, 0, 1, 0, 0)
				for url, o := range s.history(r) {
					if o.ErrorReason != "proxy" || strings.Contains(o.ErrorDetail, host) {
						t.Errorf("%s: %s %s", url, o.ErrorReason, o.ErrorDetail)
					}
				}
				return
			}
			s.expect(r, run.MaxEmptyEvaluations, 2, 0, 0, 0)
			for _, path := range []string{"/robots.txt", "/", "/a"} {
				if got, ok := asked.Load(site.URL + path); !ok || got != proxyAuthorization {
					t.Errorf("the proxy was asked for %s with %v", path, got)
				}
			}
			if got := site.header("/a").Get("Proxy-Authorization"); got != "" {
				t.Errorf("the site gets the password of the proxy: %s", got)
			}
		})
	}
}
