package crawl

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/inndx/runs/internal/crawllog"
)

func TestJar(t *testing.T) {
	j := newJar()
	setCookies(t, j, "https://www.a.example/in/page", "here=1", "root=2; Path=/", "all=3; Domain=.a.example; Path=/", "safe=4; Secure; Path=/",
		"quoted=\"5\"; Path=/", "foreign=6; Domain=b.example", "suffix=7; Domain=example; Path=/", "old=8; Expires=Thu, 01 Jan 1970 00:00:00 GMT")
	setCookies(t, j, "https://a.co.uk/", "uk=1; Domain=co.uk")
	for raw, want := range map[string]string{
		"https://www.a.example/in/x": `here=1; root=2; all=3; safe=4; quoted="5"`,
		"http://www.a.example/":      `root=2; all=3; quoted="5"`,
		"http://b.a.example/in/":     "all=3",
		"http://a.example/":          "all=3",
		"http://b.example/":          "",
		"https://b.co.uk/":           "",
	} {
		t.Run(raw, func(t *testing.T) {
			if got := cookiesFor(t, j, raw); got != want {
				t.Errorf("%q, want %q", got, want)
			}
		})
	}
}

// The records of a jar make the same jar again.
func TestJarIsTheFoldOfItsRecords(t *testing.T) {
	hosts := []string{"https://a.example", "http://www.a.example:8080", "https://b.example"}
	rapid.Check(t, func(t *rapid.T) {
		live := newJar()
		var log []crawllog.Record
		for range rapid.IntRange(1, 60).Draw(t, "responses") {
			cookie := fmt.Sprintf("n%d=%d%s%s%s", rapid.IntRange(0, 4).Draw(t, "name"), rapid.IntRange(0, 2).Draw(t, "value"),
				rapid.SampledFrom([]string{"", "; Path=/", "; Path=/in"}).Draw(t, "path"),
				rapid.SampledFrom([]string{"", "; Domain=a.example", "; Domain=example"}).Draw(t, "domain"),
				rapid.SampledFrom([]string{"", "; Max-Age=0", "; Max-Age=7200", "; Secure", "; Expires=Fri, 01 Jan 2100 00:00:00 GMT"}).Draw(t, "rest"))
			setCookies(t, live, rapid.SampledFrom(hosts).Draw(t, "host")+rapid.SampledFrom([]string{"/", "/in/x"}).Draw(t, "page"), cookie)
			if rapid.IntRange(0, 3).Draw(t, "commit") == 0 {
				for _, c := range live.changes() {
					log = append(log, c)
				}
			}
		}
		for _, c := range live.changes() {
			log = append(log, c)
		}
		folded := newTestFrontier()
		for _, part := range crawllog.Encode(log) {
			records, err := crawllog.DecodeAll(part)
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range records {
				folded.apply(r)
			}
		}
		for _, host := range hosts {
			for _, path := range []string{"/", "/in/x", "/in"} {
				set := func(j *jar) map[string]bool {
					m := map[string]bool{}
					for _, c := range j.Cookies(mustURL(t, host+path)) {
						m[c.String()] = true
					}
					return m
				}
				if diff := cmp.Diff(set(live), set(folded.cookies)); diff != "" {
					t.Fatalf("%s%s (-live +folded):\n%s", host, path, diff)
				}
			}
		}
		if n := len(folded.cookies.changes()); n != 0 {
			t.Fatalf("%d cookies that were read from the log would be recorded again", n)
		}
	})
}

// A cookie that the log has is set again and deleted again between two commits. Its deletion is
// recorded.
func TestCookieThatIsDeletedTwice(t *testing.T) {
	j := newJar()
	folded := newTestFrontier()
	commit := func() {
		for _, c := range j.changes() {
			folded.apply(c)
		}
	}
	setCookies(t, j, "https://a.example/", "n=1")
	commit()
	setCookies(t, j, "https://a.example/", "n=1; Max-Age=0", "n=1", "n=1; Max-Age=0")
	commit()
	if got := cookiesFor(t, folded.cookies, "https://a.example/"); got != "" {
		t.Errorf("the log has the cookie %q, which was deleted", got)
	}
}

// Of the cookies of one response, the last ones are kept, as many as a site may have.
func TestCookiesOfOneResponseAreBounded(t *testing.T) {
	u := &url.URL{Scheme: "https", Host: "a.example", Path: "/"}
	set := []*http.Cookie{{Name: "first", Value: "1"}}
	for range maxSiteCookies - 1 {
		set = append(set, &http.Cookie{Name: "again", Value: "1"})
	}
	j := newJar()
	j.SetCookies(u, append(set, &http.Cookie{Name: "last", Value: "1"}))
	if got := fmt.Sprint(j.Cookies(u)); got != "[again=1 last=1]" {
		t.Errorf("the cookies are %s", got)
	}
}

// The jar and its records stay small, even if a site sets many and large cookies.
func TestJarIsBounded(t *testing.T) {
	j := newJar()
	value := strings.Repeat("v", 3000)
	recorded, maxAtOnce := 0, 0
	for i := range 30_000 {
		setCookies(t, j, fmt.Sprintf("https://h%d.site-%d.example/", i%7, i/500), fmt.Sprintf("n%d=%s%d", i, value, i))
		if i%100 == 0 {
			n := 0
			for _, r := range j.changes() {
				n += cookieSize(r)
			}
			recorded, maxAtOnce = recorded+n, max(maxAtOnce, n)
		}
		for site, n := range j.sites {
			if n > maxSiteCookies {
				t.Fatalf("%d cookies of %s", n, site)
			}
		}
	}
	if j.bytes > maxCookieBytes || len(j.kept) != j.order.Len() || len(j.changed) > 2*len(j.kept)+100 {
		t.Errorf("%d bytes, %d cookies kept and %d in order, %d to record", j.bytes, len(j.kept), j.order.Len(), len(j.changed))
	}
	if recorded > maxCookieLog || maxAtOnce > maxCookieCommit+crawllog.MaxStringBytes {
		t.Errorf("%d bytes were recorded, up to %d at once", recorded, maxAtOnce)
	}
	if got := cookiesFor(t, j, "https://h1.site-0.example/"); got != "" {
		t.Errorf("the oldest cookies are still there")
	}
	setCookies(t, j, "https://a.example/", "big="+strings.Repeat("v", 5000))
	if got := cookiesFor(t, j, "https://a.example/"); got != "" {
		t.Error("a cookie of 5,000 bytes was kept")
	}
}

// A session cookie that each response prolongs is recorded once.
func TestProlongedCookiesAreRecordedOnce(t *testing.T) {
	j := newJar()
	recorded := 0
	for i := range 100 {
		setCookies(t, j, "https://a.example/", fmt.Sprintf("session=abc; Max-Age=%d", 7200+i))
		recorded += len(j.changes())
	}
	if recorded != 1 {
		t.Errorf("it was recorded %d times", recorded)
	}
}

// Versions before cookies read a recorded cookie as a retry, which must not change their frontier.
func TestOlderFrontiersIgnoreCookies(t *testing.T) {
	f := newTestFrontier()
	now := time.Now()
	f.apply(&crawllog.Discovered{URL: "https://a.example/", Seed: true})
	before := durable(f)
	f.apply(&crawllog.Retry{URL: `cookie:{"o":"https://a.example","p":"/","n":"a","v":"b"}`, OccurredAt: now, Due: now})
	if diff := cmp.Diff(before, durable(f)); diff != "" || len(f.retries) != 0 {
		t.Errorf("the frontier changed:\n%s", diff)
	}
}
