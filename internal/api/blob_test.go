package api_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/inndx/runs/internal/api"
	"github.com/inndx/runs/internal/openapi/openapitest"
	"github.com/inndx/runs/internal/store"
)

const digits = "0123456789"

func TestBlob(t *testing.T) {
	c := newArtifactService(t).as("acme")
	w := c.artifactWriter()
	long := strings.Repeat("<p>a page that would be compressed", 1000)
	ids := w.keep(
		page{url: "https://a.example/docs/a.php?x=1", contentType: "text/html; charset=iso-8859-1", body: digits, markdown: "# digits\n"},
		page{url: "https://a.example/again", contentType: "text/plain", body: digits, revisit: true},
		page{url: "https://a.example/", contentType: "text/html", body: long},
		page{url: "https://a.example/empty", contentType: "text/html"},
	)
	t.Run("content and type", func(t *testing.T) {
		for i, want := range []struct{ body, contentType, name string }{
			{digits, "text/html; charset=iso-8859-1", "a.php.html"},
			{"# digits\n", "text/markdown; charset=utf-8", "a.php.md"},
			{digits, "text/plain", "again.txt"},
			{long, "text/html", "index.html"},
			{"", "text/html", "empty.html"},
		} {
			r := c.in(t).do("GET", blobPath(ids[i]), nil).want(200)
			if string(r.body) != want.body || r.header.Get("Content-Type") != want.contentType ||
				r.header.Get("Content-Disposition") != `attachment; filename="`+want.name+`"` {
				t.Errorf("%d: %v %.40q, want %.40q", i, r.header, r.body, want.body)
			}
			if got := c.in(t).raw("GET", blobPath(ids[i]), "gzip"); string(got.body) != want.body || got.header.Get("Content-Encoding") != "" {
				t.Errorf("%d: the body is encoded: %v", i, got.header)
			}
		}
	})
	t.Run("no script runs in the origin of the service", func(t *testing.T) {
		for _, r := range []response{
			c.in(t).do("GET", blobPath(ids[0]), nil), c.in(t).do("HEAD", blobPath(ids[0]), nil),
			c.in(t).do("GET", blobPath(ids[0]), nil, "Range", "bytes=1-2"),
		} {
			for name, want := range map[string]string{
				"Content-Security-Policy":      "sandbox; default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
				"X-Content-Type-Options":       "nosniff",
				"Cross-Origin-Resource-Policy": "same-origin",
				"Cache-Control":                "private, no-cache",
				"Accept-Ranges":                "bytes",
			} {
				if got := r.header.Get(name); got != want {
					t.Errorf("%s: %s %q, want %q", r.call, name, got, want)
				}
			}
			if !strings.HasPrefix(r.header.Get("Content-Disposition"), "attachment") {
				t.Errorf("%s: it is not an attachment", r.call)
			}
		}
	})
	t.Run("HEAD", func(t *testing.T) {
		r := c.in(t).do("HEAD", blobPath(ids[2+1]), nil, "Range", "bytes=0-1").want(200)
		if r.header.Get("Content-Length") != fmt.Sprint(len(long)) || len(r.body) > 0 {
			t.Errorf("%v", r.header)
		}
	})
	tag := c.do("GET", blobPath(ids[0]), nil).header.Get("ETag")
	t.Run("conditions", func(t *testing.T) {
		c := c.in(t)
		if other := c.do("GET", blobPath(ids[1]), nil).header.Get("ETag"); other == tag {
			t.Error("different contents have one entity tag")
		}
		r := c.do("GET", blobPath(ids[0]), nil, "If-None-Match", tag, "Range", "bytes=1-2").want(304)
		if len(r.body) > 0 || r.header.Get("ETag") != tag {
			t.Errorf("%v", r.header)
		}
		c.do("GET", blobPath(ids[0]), nil, "If-None-Match", `"x"`).want(200)
		c.do("GET", blobPath(ids[0]), nil, "If-Match", `"x"`).want(412)
		c.do("GET", blobPath(ids[0]), nil, "If-Match", tag).want(200)
	})
	for _, tt := range []struct {
		request, ifRange string
		status           int
		body, answer     string
	}{
		{"bytes=0-0", "", 206, "0", "bytes 0-0/10"},
		{"bytes=2-4", "", 206, "234", "bytes 2-4/10"},
		{"Bytes=9-", "", 206, "9", "bytes 9-9/10"},
		{"bytes=0-", "", 206, digits, "bytes 0-9/10"},
		{"bytes=7-99999999999999999999", "", 206, "789", "bytes 7-9/10"},
		{"bytes=-3", "", 206, "789", "bytes 7-9/10"},
		{"bytes=-11", "", 206, digits, "bytes 0-9/10"},
		{"bytes=2-4", tag, 206, "234", "bytes 2-4/10"},
		{"bytes=2-4", `"another"`, 200, digits, ""},
		{"bytes=2-4", "W/" + tag, 200, digits, ""},
		{"bytes=2-4", "Sun, 01 Mar 2026 12:00:00 GMT", 200, digits, ""},
		{"bytes=10-", "", 416, "", "bytes */10"},
		{"bytes=99999999999999999999-", "", 416, "", "bytes */10"},
		{"bytes=-0", "", 416, "", "bytes */10"},
		{"bytes=10-", `"another"`, 200, digits, ""},
		{"bytes=4-2", "", 200, digits, ""},
		{"bytes=-", "", 200, digits, ""},
		{"bytes=x", "", 200, digits, ""},
		{"bytes=+1-2", "", 200, digits, ""},
		{"bytes=0-1,3-4", "", 200, digits, ""},
		{"items=0-1", "", 200, digits, ""},
	} {
		t.Run(tt.request+" "+tt.ifRange, func(t *testing.T) {
			header := []string{"Range", tt.request}
			if tt.ifRange != "" {
				header = append(header, "If-Range", tt.ifRange)
			}
			r := c.in(t).do("GET", blobPath(ids[0]), nil, header...).want(tt.status)
			if r.header.Get("Content-Range") != tt.answer || tt.status < 400 && string(r.body) != tt.body {
				t.Errorf("Content-Range %q, body %q", r.header.Get("Content-Range"), r.body)
			}
		})
	}
	c.do("GET", blobPath(ids[4]), nil, "Range", "bytes=0-").want(416)
}

// What a site sends as a type or has in a URL cannot break the header.
func TestBlobOfHostilePages(t *testing.T) {
	c := newArtifactService(t).as("acme")
	w := c.artifactWriter()
	for _, tt := range []struct{ url, contentType, wantType, wantName string }{
		{"https://a.example/a%0D%0ASet-Cookie:%20x=y", "text/html", "text/html", "a_Set-Cookie_x_y.html"},
		{"https://a.example/%22;%20filename=%22x.exe", "text/html", "text/html", "_filename_x.exe.html"},
		{"https://a.example/%E2%80%AEfdp.exe", "application/pdf", "application/pdf", "_fdp.exe.pdf"},
		{"https://a.example/%2e%2e%2f%2e%2e%2fetc%2fpasswd", "text/plain", "text/plain", "passwd.txt"},
		{"https://a.example/.bashrc", "application/x-sh", "application/x-sh", "bashrc"},
		{"https://a.example/..", "", "application/octet-stream", "index"},
		{"https://a.example/%00", "image/svg+xml", "image/svg+xml", "index.svg"},
		{"https://a.example/" + strings.Repeat("a", 2000), "text/html", "text/html", strings.Repeat("a", 100) + ".html"},
		{"https://a.example/a." + strings.Repeat("b", 300), "x/y", "x/y", "a." + strings.Repeat("b", 98)},
		{"https://a.example/x", "text/html\r\nSet-Cookie: a=b", "application/octet-stream", "x"},
		{"https://a.example/x", "text/html; charset=\"a\r\nb\"", "application/octet-stream", "x"},
		{"https://a.example/x", "text", "application/octet-stream", "x"},
		{"https://a.example/x", "ünı/cöde", "application/octet-stream", "x"},
		{"https://a.example/x", "TEXT/HTML;x=\"<script>\"", `text/html; x="<script>"`, "x.html"},
		{"https://a.example/x", strings.Repeat("x", 200) + "/y", "application/octet-stream", "x"},
	} {
		t.Run(tt.url+" "+tt.contentType, func(t *testing.T) {
			id := w.keep(page{url: tt.url, contentType: tt.contentType, body: "<script>alert(1)</script>"})[0]
			r := c.in(t).do("GET", blobPath(id), nil).want(200)
			name := strings.TrimSuffix(strings.TrimPrefix(r.header.Get("Content-Disposition"), `attachment; filename="`), `"`)
			if got := r.header.Get("Content-Type"); got != tt.wantType || name != tt.wantName || r.header.Get("Set-Cookie") != "" {
				t.Errorf("type %q, name %q, want %q, %q", got, name, tt.wantType, tt.wantName)
			}
		})
	}
}

// A content that is larger than a response may be is copied once, and the client is redirected to
// the copy, which has the type and the disposition.
func TestBlobIsRedirected(t *testing.T) {
	s := newServiceWith(t, api.Options{MaxContent: 20}, store.WithClock(noonClock))
	c := s.as("acme")
	w := c.artifactWriter()
	large := strings.Repeat(digits, 3)
	ids := w.keep(
		page{url: "https://a.example/large", contentType: "text/html", body: large},
		page{url: "https://a.example/small", contentType: "text/html", body: digits},
		page{url: "https://a.example/again", contentType: "text/plain", body: large, revisit: true},
	)
	tag := c.do("GET", artifactPath(ids[0]), nil).header.Get("ETag")
	redirect := func(id string, header ...string) response {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), "GET", c.url+blobPath(id), nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("X-Tenant-Id", "acme")
		for i := 0; i < len(header); i += 2 {
			req.Header.Set(header[i], header[i+1])
		}
		resp, err := http.DefaultTransport.RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		openapitest.Check(t, req, nil, resp, body)
		return response{t: t, status: resp.StatusCode, header: resp.Header, body: body}
	}
	for range 2 {
		r := redirect(ids[0]).want(307)
		to := r.header.Get("Location")
		name, expires, _ := strings.Cut(strings.TrimPrefix(to, "https://bucket.example/"), "?expires=")
		if !strings.HasPrefix(name, "acme/"+w.lease.Ref.ID.String()) || expires != "5m0s" || r.header.Get("Cache-Control") != "no-store" {
			t.Errorf("Location %s, Cache-Control %s", to, r.header.Get("Cache-Control"))
		}
		if !strings.Contains(s.bucket.everything(c), name+"\n"+large) {
			t.Error("the copy has another content")
		}
	}
	redirect(ids[2]).want(307)
	redirect(ids[0], "Range", "bytes=0-1").want(307)
	redirect(ids[0], "Range", "bytes=30-").want(416)
	redirect(ids[0], "If-None-Match", blobTag(c, ids[2])).want(304) // the same content
	redirect(ids[0], "If-None-Match", tag).want(307)
	if r := c.do("GET", blobPath(ids[1]), nil).want(200); string(r.body) != digits {
		t.Errorf("%q", r.body)
	}
	if r := c.do("GET", blobPath(ids[1]), nil, "Range", "bytes=8-").want(206); string(r.body) != "89" {
		t.Errorf("%q", r.body)
	}
	s.as("stranger").do("GET", blobPath(ids[0]), nil).want(404)

	c.do("DELETE", artifactPath(ids[0]), nil).want(204)
	if left := s.bucket.everything(c); strings.Contains(left, large) {
		t.Errorf("copies of the deleted content are left: %s", left)
	}
	for _, id := range []string{ids[0], ids[2]} {
		c.do("GET", blobPath(id), nil).want(404)
	}
}

func blobTag(c client, id string) string {
	return c.do("HEAD", blobPath(id), nil).header.Get("ETag")
}

// A content that cannot be read is an error of the service, not a missing artifact.
func TestBlobWithoutObject(t *testing.T) {
	for _, bound := range []int64{0, 20} {
		s := newServiceWith(t, api.Options{MaxContent: bound}, store.WithClock(noonClock))
		c := s.as("acme")
		w := c.artifactWriter()
		id := w.keep(page{url: "https://a.example/", contentType: "text/html", body: digits})[0]
		for o, err := range s.bucket.List(t.Context(), "") {
			if err != nil {
				t.Fatal(err)
			}
			if err := s.bucket.Delete(t.Context(), o.Name); err != nil {
				t.Fatal(err)
			}
		}
		if r := c.do("GET", blobPath(id), nil).want(500); strings.Contains(string(r.body), "warc") {
			t.Errorf("%s", r.body)
		}
	}
}
