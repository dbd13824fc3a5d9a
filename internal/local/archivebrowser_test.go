//go:build archive

package local_test

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/inndx/runs/internal/chromium"
	"github.com/inndx/runs/internal/crawl/sitetest"
)

// hostileScript says that it runs, and reads the API of the origin that it runs in.
const hostileScript = `document.documentElement.setAttribute('data-ran', 'yes');` +
	`fetch('/v1/runs').then(r => r.text()).then(t => fetch('/stolen?' + t.includes('"items"')))`

// hostilePages are pages with script of each type that browsers show.
var hostilePages = sitetest.Routes{
	"/": sitetest.Page("/a.html", "/a.svg", "/a.xhtml", "/a.js"),
	"/a.html": sitetest.Body("text/html", `<!DOCTYPE html><p>shown</p><img src="/v1/image"><link rel="stylesheet" href="/v1/style">`+
		`<script>`+hostileScript+`</script>`),
	"/a.svg": sitetest.Body("image/svg+xml", `<svg xmlns="http://www.w3.org/2000/svg"><text>shown</text><script>`+hostileSVG+`</script></svg>`),
	"/a.xhtml": sitetest.Body("application/xhtml+xml", `<html xmlns="http://www.w3.org/1999/xhtml"><head><title>x</title></head>`+
		`<body><p>shown</p><script>`+hostileSVG+`</script></body></html>`),
	"/a.js": sitetest.Body("text/javascript", "window.ran = true"),
}

// hostileSVG is hostileScript in XML.
var hostileSVG = strings.NewReplacer(">", "&gt;", `"`, "&quot;").Replace(hostileScript)

// An origin is the service as a browser sees it. It records the requests, and may leave fields of
// the header of contents out. As on AWS, the service does not learn which page makes the browser
// send a request.
type origin struct {
	*httptest.Server
	browser  *chromium.Browser
	mu       sync.Mutex
	leaveOut []string
	requests []string
}

func newOrigin(t *testing.T, service string) *origin {
	t.Helper()
	target, err := url.Parse(service)
	if err != nil {
		t.Fatal(err)
	}
	b, err := chromium.Start()
	chromium.Skip(t, err)
	t.Cleanup(b.Stop)
	o := &origin{browser: b}
	proxy := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(target)
			for _, field := range []string{"Origin", "Sec-Fetch-Site", "Sec-Fetch-Mode", "Sec-Fetch-Dest"} {
				r.Out.Header.Del(field)
			}
		},
		ModifyResponse: func(r *http.Response) error {
			o.mu.Lock()
			defer o.mu.Unlock()
			for _, field := range o.leaveOut {
				r.Header.Del(field)
			}
			return nil
		},
		ErrorLog: slog.NewLogLogger(slog.DiscardHandler, 0),
	}
	o.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		o.mu.Lock()
		o.requests = append(o.requests, r.URL.RequestURI())
		o.mu.Unlock()
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(o.Close)
	return o
}

// show opens the path without the fields. It returns the document, or "" if the browser saves it,
// and the requests that the browser made after the first one.
func (o *origin) show(t *testing.T, path string, without ...string) (document string, requests []string) {
	t.Helper()
	o.mu.Lock()
	o.leaveOut, o.requests = without, nil
	o.mu.Unlock()
	document = browse(t, o.browser, o.URL+path)
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.requests) == 0 || o.requests[0] != path {
		t.Fatalf("the browser requested %v", o.requests)
	}
	for _, r := range o.requests[1:] {
		if r != "/favicon.ico" && r != path {
			requests = append(requests, r)
		}
	}
	return document, requests
}

// TestArchiveInABrowser opens stored pages with script in Chromium, from the origin of the service.
func TestArchiveInABrowser(t *testing.T) {
	site := sitetest.Start(t, hostilePages)
	s := open(t, t.TempDir(), uuid.Nil)
	crawlArchive(t, s.Stack, site.URL+"/")
	o := newOrigin(t, s.URL)
	blobs := map[string]string{} // by path
	_, list := s.call("GET", "default", "/v1/artifacts?per_page=100&kinds=raw")
	for _, item := range list["items"].([]any) {
		item := item.(map[string]any)
		blobs[strings.TrimPrefix(item["url"].(string), site.URL)] = "/v1/artifacts/" + item["id"].(string) + "/blob"
	}
	const ran, csp, disposition = `data-ran="yes"`, "Content-Security-Policy", "Content-Disposition"
	for _, page := range []string{"/a.html", "/a.svg", "/a.xhtml"} {
		t.Run(page, func(t *testing.T) {
			// The script works where nothing stops it.
			document, requests := o.show(t, blobs[page], csp, disposition)
			if !strings.Contains(document, ran) || !slices.Contains(requests, "/stolen?true") {
				t.Fatalf("without protection, the page is %s, and requests %v", document, requests)
			}
			if document, requests := o.show(t, blobs[page]); document != "" || len(requests) > 0 {
				t.Errorf("the page is shown as %s, and requests %v", document, requests)
			}
			// A browser that shows it all the same does not run the script.
			document, requests = o.show(t, blobs[page], disposition)
			if !strings.Contains(document, "shown") || strings.Contains(document, ran) || len(requests) > 0 {
				t.Errorf("the page is shown as %s, and requests %v", document, requests)
			}
		})
	}

	// The page of another origin can neither run nor read what is stored.
	foreign := sitetest.Start(t, sitetest.Routes{"/": sitetest.Body("text/html", fmt.Sprintf(`<!DOCTYPE html>
		<script src="%[1]s"></script>
		<script>
			const get = mode => fetch('%[2]s', {mode}).then(() => 'sent', () => 'refused');
			Promise.all([get('cors'), get('no-cors')]).then(([cors, none]) =>
				document.title = JSON.stringify({cors: cors, 'no-cors': none, script: Boolean(window.ran)}));
		</script>`, o.URL+blobs["/a.js"], o.URL+blobs["/a.html"]))})
	for _, tt := range []struct {
		without []string
		want    string
	}{
		{[]string{"Cross-Origin-Resource-Policy"}, `{"cors":"refused","no-cors":"sent","script":true}`}, // nothing stops it
		{nil, `{"cors":"refused","no-cors":"refused","script":false}`},
	} {
		o.mu.Lock()
		o.leaveOut = tt.without
		o.mu.Unlock()
		if document := browse(t, o.browser, foreign.URL+"/"); !strings.Contains(document, "<title>"+tt.want+"</title>") {
			t.Errorf("without %v, the page of another origin is %s, want %s", tt.without, document, tt.want)
		}
	}
}

// browse opens a URL in Chromium, in a new profile. It returns the document after its scripts ended,
// or "" if the browser saves the file.
func browse(t *testing.T, b *chromium.Browser, url string) string {
	t.Helper()
	tab := b.Tab(t)
	tab.Allow("") // hostile pages have problems of all kinds
	if err := tab.Navigate(url); err != nil {
		if strings.Contains(err.Error(), "net::ERR_ABORTED") {
			return ""
		}
		t.Fatal(err)
	}
	tab.Pass(3 * time.Second) // with its requests
	return tab.HTML()
}
