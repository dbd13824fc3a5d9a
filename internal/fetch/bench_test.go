package fetch

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/inndx/runs/internal/weburl"
)

// BenchmarkGet fetches a page of 10 KB from a server in the same process, and reports the time as a
// ratio to that of http.Get.
func BenchmarkGet(b *testing.B) {
	page := bytes.Repeat([]byte("<p>hello "), 1200)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		w.Write(page)
	}))
	defer srv.Close()
	c := New(Options{UserAgent: "inndx/test", AllowPrivate: true})
	defer c.Close()
	u, err := weburl.Parse(srv.URL)
	if err != nil {
		b.Fatal(err)
	}
	var ours, theirs time.Duration
	for b.Loop() { // alternating, so that load on the machine affects both alike
		start := time.Now()
		res, err := c.Get(b.Context(), u)
		if err != nil || len(res.Body) != len(page) {
			b.Fatal(err)
		}
		res.Close()
		ours += time.Since(start)

		start = time.Now()
		std, err := http.Get(srv.URL)
		if err != nil {
			b.Fatal(err)
		}
		if body, err := io.ReadAll(std.Body); err != nil || len(body) != len(page) {
			b.Fatal(err)
		}
		std.Body.Close()
		theirs += time.Since(start)
	}
	b.ReportMetric(float64(ours)/float64(b.N), "ns/op")
	b.ReportMetric(float64(ours)/float64(theirs), "of-http.Get")
}
