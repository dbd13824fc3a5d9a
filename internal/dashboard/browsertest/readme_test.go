//go:build browser

package browsertest

import (
	"fmt"
	"hash/fnv"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// words are the segments of the paths of exampleSites.
var words = []string{"guide", "install", "api", "jobs", "runs", "filters", "seeds", "storage", "search", "archive", "news", "cli"}

// exampleSites serves the sites of a few example hosts, as their proxy. No site ends. One page in
// twenty redirects, some are missing, and the shop is slow and fails at times.
func exampleSites(w http.ResponseWriter, r *http.Request) {
	sum := fnv.New32a()
	fmt.Fprint(sum, r.Host, r.URL.Path)
	n := int(sum.Sum32() >> 8)
	delay := time.Duration(20+n%90) * time.Millisecond
	if strings.HasPrefix(r.Host, "shop.") {
		delay = delay*3 + time.Duration(n%400)*time.Millisecond
	}
	time.Sleep(delay)
	switch depth := strings.Count(r.URL.Path, "/"); {
	case r.URL.Path == "/robots.txt":
		http.NotFound(w, r)
	case depth > 1 && n%20 == 0:
		http.Redirect(w, r, "/moved"+r.URL.Path, http.StatusMovedPermanently)
	case depth > 1 && n%27 == 1:
		http.NotFound(w, r)
	case strings.HasPrefix(r.Host, "shop.") && n%19 == 2:
		http.Error(w, "busy", http.StatusServiceUnavailable)
	default:
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprintf(w, "<title>%s</title>%s", r.URL.Path, strings.Repeat("<p>A paragraph of an example.</p>", 30+n%500))
		for i := range 3 {
			fmt.Fprintf(w, `<a href="%s/%s">next</a>`, strings.TrimSuffix(r.URL.Path, "/"), words[(n/7+i*5)%len(words)])
		}
	}
}

// TestReadme takes the picture of README.md, dashboard.png, if SCREENSHOTS names a folder. It shows a
// run that has crawled for two minutes. The hosts exist only behind the proxy of the run.
func TestReadme(t *testing.T) {
	folder := os.Getenv("SCREENSHOTS")
	if folder == "" {
		t.Skip("SCREENSHOTS names no folder")
	}
	u := newUserOf(t, "acme")
	proxy := httptest.NewServer(http.HandlerFunc(exampleSites))
	t.Cleanup(proxy.Close)
	var seeds []string
	for _, host := range []string{"docs", "blog", "shop", "help"} {
		seeds = append(seeds, "http://"+host+".example.com/")
	}
	run := u.create("product docs", "", object{"labels": object{"team": "search", "env": "prod"}, "config": object{
		"seeds":             []any{object{"kind": "static_list", "params": object{"urls": seeds}}},
		"filters":           []any{object{"kind": "seed_hosts"}},
		"fetcher":           object{"proxy": proxy.URL},
		"stopping_criteria": []any{object{"kind": "max_urls", "params": object{"max_urls": 10_000}}},
		"traps":             object{"max_repeated_segments": 12},
	}}).Run.ID
	u.await(run, "running")
	u.visit("/runs/" + run)
	for n := 250; n <= 5000; n += 250 { // in steps, each of which Await has patience for
		u.Await(fmt.Sprint(n, " fetched URLs"), func() bool { return u.fetched() >= n })
	}
	u.Reload()
	u.AwaitText("It is crawling.", "half within", "shop.example.com")
	u.Capture(filepath.Join(folder, "dashboard.png"), 1280, 632)
	u.call("PUT", "/v1/runs/"+run+"/stop", nil, nil)
}
