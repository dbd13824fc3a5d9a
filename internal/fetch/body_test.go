package fetch

import (
	"bytes"
	"crypto/rand"
	"io"
	"net/http"
	"strings"
	"testing"
)

func TestBodies(t *testing.T) {
	const limit = 1000
	text := bytes.Repeat([]byte("abcdefghij"), 200) // twice the limit
	noise := make([]byte, 500)
	rand.Read(noise)
	broken := gzipped(noise)
	broken[len(broken)/2] ^= 0xff
	for _, tt := range []struct {
		name, encoding string
		wire           []byte
		want           []byte
		truncated      bool
		reason         Reason
	}{
		{"plain", "", text[:limit], text[:limit], false, ""},
		{"too long", "", text[:limit+1], text[:limit], true, ""},
		{"empty", "", nil, nil, false, ""},
		{"gzip", "gzip", gzipped(text[:limit]), text[:limit], false, ""},
		{"x-gzip in upper case", " X-GZIP ", gzipped(noise), noise, false, ""},
		{"gzip too long", "gzip", gzipped(text), text[:limit], true, ""},
		{"gzip in two members", "gzip", append(gzipped(text[:10]), gzipped(text[10:20])...), text[:20], false, ""},
		{"gzip and other bytes behind it", "gzip", append(gzipped(text[:10]), "behind it all"...), text[:10], false, ""},
		{"empty gzip", "gzip", gzipped(nil), nil, false, ""},
		{"an empty body instead of gzip", "gzip", nil, nil, false, ""},
		{"text instead of gzip", "gzip", text[:limit], nil, false, Encoding},
		{"damaged gzip", "gzip", broken, nil, false, Encoding},
		{"half a gzip", "gzip", gzipped(noise)[:300], nil, false, Incomplete},
		{"half a gzip header", "gzip", gzipped(noise)[:5], nil, false, Incomplete},
		{"brotli", "br", noise, nil, false, Encoding},
		{"gzip twice", "gzip, gzip", gzipped(gzipped(text[:limit])), text[:limit], false, ""},
		{"gzip twice, too long", "gzip,\tx-gzip", gzipped(gzipped(text)), text[:limit], true, ""},
		{"gzip three times", "gzip,gzip , GZIP", gzipped(gzipped(gzipped(noise))), noise, false, ""},
		{"gzip once instead of twice", "gzip, gzip", gzipped(noise), nil, false, Encoding},
		{"damaged gzip within gzip", "gzip, gzip", gzipped(broken), nil, false, Encoding},
		{"half a gzip within gzip", "gzip, gzip", gzipped(gzipped(noise)[:300]), nil, false, Incomplete},
		{"an empty body instead of gzip within gzip", "gzip, gzip", gzipped(nil), nil, false, ""},
		{"more layers of gzip than allowed", "gzip, gzip, gzip, gzip, gzip", noise, nil, false, Encoding},
		{"gzip and identity", "gzip, identity", gzipped(noise), noise, false, ""},
		{"identity and gzip", "identity,, gzip", gzipped(noise), noise, false, ""},
		{"identity", "Identity", noise, noise, false, ""},
		{"gzip and brotli", "gzip, br", gzipped(noise), nil, false, Encoding},
		{"deflate", "deflate", noise, nil, false, Encoding},
		{"an encoding that does not exist", "utf-8", text[:10], nil, false, Encoding},
		{"gzip and an encoding that does not exist", "gzip, x", gzipped(noise), nil, false, Encoding},
	} {
		t.Run(tt.name, func(t *testing.T) {
			srv := serve(t, func(w http.ResponseWriter, r *http.Request) {
				if tt.encoding != "" {
					w.Header().Set("Content-Encoding", tt.encoding)
				}
				w.Write(tt.wire)
			})
			res, err := get(t, newTestClient(t, Options{MaxBodyBytes: limit}), srv.URL)
			if reason(err) != tt.reason || (err == nil) != (tt.reason == "") {
				t.Errorf("the error is %v, want %q", err, tt.reason)
			}
			if err == nil && (!bytes.Equal(res.Body, tt.want) || res.Truncated != tt.truncated) {
				t.Errorf("%d bytes, truncated %v; want %d, %v", len(res.Body), res.Truncated, len(tt.want), tt.truncated)
			}
			if err == nil && !tt.truncated && res.Bytes != int64(len(tt.wire)) {
				t.Errorf("%d bytes were transferred, want %d", res.Bytes, len(tt.wire))
			}
		})
	}
}

// A list of content codings may be spread over several header lines.
func TestEncodingInTwoLines(t *testing.T) {
	srv := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header()["Content-Encoding"] = []string{"gzip", "gzip"}
		w.Write(gzipped(gzipped([]byte("hello"))))
	})
	res, err := get(t, newTestClient(t, Options{}), srv.URL)
	if err != nil || string(res.Body) != "hello" {
		t.Errorf("the response is %v, %v", res, err)
	}
}

// A gzip file stays compressed although its server sends gzip as the content encoding.
func TestGzipFiles(t *testing.T) {
	file := gzipped([]byte("<a href=/tar></a> a file in an archive"))
	page := []byte("<a href=/page></a>")
	for _, tt := range []struct {
		name, path, contentType string
		wire, want              []byte
	}{
		{"file of another type", "/x.tar.gz", "application/x-tar", file, file},
		{"file of an unknown type", "/x.tar.gz", "application/octet-stream", file, file},
		{"file without a type", "/X.TGZ?a=b", "", file, file},
		{"gzip type", "/x.tar.gz", "application/gzip", file, file},
		{"gzip type without a file name", "/download?file=x", "Application/X-Gzip; charset=binary", file, file},
		{"gzip type, compressed for its transfer", "/x.tar.gz", "application/gzip", gzipped(file), file},
		{"file of an unknown type, compressed for its transfer", "/x.gz", "application/octet-stream", gzipped(file), file},
		{"gzip type, not compressed at all", "/x.gz", "application/gzip", page, page},
		{"gzip type, empty body", "/x.gz", "application/gzip", nil, nil},
		{"page with the name of a file", "/page.html.gz", "text/html", gzipped(page), page},
		{"sitemap", "/sitemap.xml.gz", "text/xml", gzipped(page), page},
		{"page without a type", "/page", "", gzipped(page), page},
		{"page of an unknown type", "/page.gz/", "application/octet-stream", gzipped(page), page},
	} {
		t.Run(tt.name, func(t *testing.T) {
			srv := serve(t, func(w http.ResponseWriter, r *http.Request) {
				w.Header()["Content-Type"] = []string{tt.contentType}
				w.Header().Set("Content-Encoding", "gzip")
				w.Write(tt.wire)
			})
			res, err := get(t, newTestClient(t, Options{}), srv.URL+tt.path)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(res.Body, tt.want) || res.Bytes != int64(len(tt.wire)) {
				t.Errorf("the body is %.20q after %d transferred bytes, want %.20q after %d", res.Body, res.Bytes, tt.want, len(tt.wire))
			}
		})
	}
}

// A small body that decompresses to a huge one takes no more memory than its limit.
func TestBomb(t *testing.T) {
	bomb := gzipped(make([]byte, 8*maxPooled))
	srv := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		w.Write(bomb)
	})
	res, err := get(t, newTestClient(t, Options{MaxBodyBytes: 16 << 10}), srv.URL)
	if err != nil {
		t.Fatal(err)
	}
	// A pooled buffer may have grown for another body.
	if len(res.Body) != 16<<10 || !res.Truncated || cap(res.Body) > maxPooled {
		t.Errorf("the body has %d bytes and a capacity of %d, truncated %v", len(res.Body), cap(res.Body), res.Truncated)
	}
}

// emptyBlock is a block of gzip data that decompresses to nothing (RFC 1951, section 3.2.4).
var emptyBlock = []byte{0, 0, 0, 0xff, 0xff}

// A huge layer within another layer is not read to its end.
func TestBombWithinGzip(t *testing.T) {
	bomb := gzipped(append(gzipped(nil)[:10], bytes.Repeat(emptyBlock, 20<<20)...))
	srv := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Encoding", "gzip, gzip")
		w.Write(bomb)
	})
	res, err := get(t, newTestClient(t, Options{MaxBodyBytes: 16 << 10}), srv.URL)
	if err != nil {
		t.Fatal(err)
	}
	if len(res.Body) != 0 || !res.Truncated || res.Bytes > int64(len(bomb))/10 {
		t.Errorf("the body has %d bytes after %d transferred ones, truncated %v", len(res.Body), res.Bytes, res.Truncated)
	}
}

// The fetch of an endless body that decompresses to nothing ends.
func TestEndlessEmptyBlocks(t *testing.T) {
	srv := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		w.Write(gzipped(nil)[:10])
		for r.Context().Err() == nil {
			if _, err := w.Write(bytes.Repeat(emptyBlock, 1000)); err != nil {
				return
			}
		}
	})
	res, err := get(t, newTestClient(t, Options{MaxBodyBytes: 1000}), srv.URL)
	if err != nil {
		t.Fatal(err)
	}
	if len(res.Body) != 0 || !res.Truncated || res.Bytes > 128<<10 {
		t.Errorf("the body has %d bytes after %d transferred ones, truncated %v", len(res.Body), res.Bytes, res.Truncated)
	}
}

// A body that is in use is not overwritten by another one.
func TestBodiesAreSeparate(t *testing.T) {
	srv := serve(t, func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, strings.Repeat(r.URL.Path, 100)) })
	c := newTestClient(t, Options{})
	for range 20 {
		a, err := c.Get(t.Context(), mustParse(t, srv.URL+"/a"))
		if err != nil {
			t.Fatal(err)
		}
		b, err := c.Get(t.Context(), mustParse(t, srv.URL+"/b"))
		if err != nil {
			t.Fatal(err)
		}
		if string(a.Body) != strings.Repeat("/a", 100) || string(b.Body) != strings.Repeat("/b", 100) {
			t.Fatal("bodies are mixed up")
		}
		a.Close()
		b.Close()
		a.Close() // has no effect
	}
}
