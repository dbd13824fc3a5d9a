package weburl_test

import (
	"net/url"
	"testing"
	"time"

	"github.com/inndx/runs/internal/weburl"
)

// links are of the most frequent kinds.
var links = []string{
	"/articles/2024/05/the-quick-brown-fox.html",
	"../images/index.html",
	"page-2?sort=asc&view=list",
	"https://www.example.com/docs/guide/introduction/",
	"https://other.example.org/path/to/page.php?id=12345&lang=en#top",
}

// BenchmarkResolve resolves links of all kinds, and reports the time as a ratio to that of net/url,
// which does not normalise.
func BenchmarkResolve(b *testing.B) {
	const raw = "https://www.example.com/docs/guide/start.html"
	base := mustParse(b, raw)
	std, err := url.Parse(raw)
	if err != nil {
		b.Fatal(err)
	}
	refs := make([][]byte, len(links))
	for i, l := range links {
		refs[i] = []byte(l)
	}
	const batch = 100
	var ours, theirs time.Duration
	for b.Loop() { // alternating, so that load on the machine affects both alike
		start := time.Now()
		for i := range batch {
			if _, err := base.ResolveBytes(refs[i%len(refs)]); err != nil {
				b.Fatal(err)
			}
		}
		ours += time.Since(start)
		start = time.Now()
		for i := range batch {
			u, err := std.Parse(links[i%len(links)])
			if err != nil {
				b.Fatal(err)
			}
			_ = u.String()
		}
		theirs += time.Since(start)
	}
	b.ReportMetric(float64(ours)/float64(b.N)/batch, "ns/op")
	b.ReportMetric(float64(ours)/float64(theirs), "of-net/url")
}

func BenchmarkParseNormalised(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := weburl.Parse("https://www.example.com/docs/guide/start.html?a=b"); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkKey(b *testing.B) {
	const raw = "https://www.example.com/docs/guide/introduction/start.html?a=b"
	u := mustParse(b, raw)
	b.Run("URL", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			u.Key()
		}
	})
	b.Run("text", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			weburl.KeyOf(raw)
		}
	})
}
