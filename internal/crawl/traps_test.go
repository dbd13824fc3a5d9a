package crawl

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/weburl"
)

func TestTrapPaths(t *testing.T) {
	bounds := openSettings().traps
	segments := func(n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, "/%d", i)
		}
		return b.String()
	}
	for path, want := range map[string]bool{
		"/": false, "/a": false, "/a/": false,
		segments(32): false, segments(32) + "/": false, segments(33): true,
		"/a/a/a": false, "/a/a/a/": false, "/a/a/a/a": true, "/a/a/a/a/": true, "/a/x/a/y/a/z/a": true,
		"/a/b/a/b/a/b": false, "/a/b/a/b/a/b/a": true,
		"/a/a/a/A": false, "/a/a/a?/a/a/a": false,
		"//x//y": false, "/////x": true, // empty segments are segments
		"/django/django/tree/main/django/core/": false, "/2026/11/11/11": false,
		"/src/main/java/org/apache/hadoop/hdfs/server/namenode/ha/A.java": false,
	} {
		t.Run(path, func(t *testing.T) {
			discovered := &crawllog.Discovered{URL: "https://a.example" + path}
			got := bounds.refuse(newTestFrontier(), nil, discovered)
			if (got == reasonTrapPath) != want || got != "" && got != reasonTrapPath {
				t.Errorf("refused for %q, want it refused: %t", got, want)
			}
		})
	}
}

// The URLs of each list are variants of each other.
func TestTrapGroups(t *testing.T) {
	ids := func(url string) (ids [2]uint64) {
		for _, g := range groupsOf(url) {
			if g.session {
				ids[1] = g.id
			} else {
				ids[0] = g.id
			}
		}
		return ids
	}
	const hex = "0123456789abcdef0123456789ABCDEF"
	for _, same := range [][]string{
		{"/"}, {"/a"}, {"/b"}, {"/wiki/Go_(language)"},
		{"/?", "/?a", "/?a=1&b=2", "/?sid=7", "/;x"}, {"/a?", "/a?b", "/a;b?c", "/a;b=1;c=2"}, {"/a/b?c", "/a;x/b", "/a/b;"},
	} {
		for _, url := range same {
			if got := ids("https://h" + url); got[0] != ids("https://h" + same[0])[0] || got[1] != 0 {
				t.Errorf("%s is in the groups %x, %s in %x", url, got, same[0], ids("https://h"+same[0]))
			}
			if got := ids("https://i" + url); got != [2]uint64{} && got == ids("https://h"+url) {
				t.Errorf("%s is the same of two hosts", url)
			}
		}
	}
	sessions := [][]string{
		{"/a?PHPSESSID=1", "/a?phpsessid=2", "/a;jsessionid=3", "/a;JSESSIONID=x!y", "/a?sid=" + hex, "/a?sessionid=2f1a4c7e-0000-4000-8000-123456789abc",
			"/a?ASPSESSIONIDQQRT=Z", "/a?CFID=1&CFTOKEN=2", "/(S(4x1f))/a", "/(X(1)S(zz))/a?"},
		{"/a?id=5&PHPSESSID=1", "/a?PHPSESSID=2&id=5", "/a;jsessionid=1?id=5"},
		{"/a?id=6&PHPSESSID=1"}, {"/b?PHPSESSID=1"}, {"/a;x?PHPSESSID=1", "/a;x;jsessionid=1"},
	}
	seen := map[uint64]string{}
	for _, same := range sessions {
		first := ids("https://h" + same[0])[1]
		if other, ok := seen[first]; ok || first == 0 {
			t.Errorf("%s is in the group of %q", same[0], other)
		}
		seen[first] = same[0]
		for _, url := range same {
			if got := ids("https://h" + url)[1]; got != first {
				t.Errorf("%s is in the session group %x, %s in %x", url, got, same[0], first)
			}
		}
	}
	for _, url := range []string{"/a?s=" + strings.Repeat("words", 10), "/a?session=17", "/a?sid=24%2F05%2F01%2F1234567", "/a?" + strings.Repeat("x", 1000)} {
		if ids("https://h" + url)[1] != 0 {
			t.Errorf("%s has a session id", url)
		}
	}
}

// Bounds are exact. Seeds are counted but not refused, and the fold of the log has the same counts.
func TestTrapBoundsAreExact(t *testing.T) {
	for _, test := range []struct {
		name string
		set  func(*traps)
		url  func(i int) string
		why  string
	}{
		{"queries", func(b *traps) { b.variants = 3 }, func(i int) string { return fmt.Sprint("/a?", i) }, reasonTrapVariants},
		{"parameters", func(b *traps) { b.variants = 3 }, func(i int) string { return fmt.Sprint("/a;", i) }, reasonTrapVariants},
		{"sessions", func(b *traps) { b.sessions = 3 }, func(i int) string { return fmt.Sprint("/a?b=1&PHPSESSID=", i) }, reasonTrapVariants},
		{"a host", func(b *traps) { b.hostURLs = 3 }, func(i int) string { return fmt.Sprint("/", i) }, reasonTrapHost},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := openSettings()
			test.set(&s.traps)
			a, c := newTestAdmission(s)
			for i := range 6 { // 0 is a seed
				a.admit(testLink("https://a.example"+test.url(i)), crawllog.Discovered{Depth: min(i, 1), Seed: i == 0})
			}
			a.admit(testLink("https://a.example"+test.url(7)), crawllog.Discovered{Seed: true})
			var got []string
			for _, r := range c.pending.open.records {
				if o, ok := r.(*crawllog.Outcome); ok {
					got = append(got, o.ErrorReason)
				} else {
					got = append(got, "")
				}
			}
			if diff := cmp.Diff([]string{"", "", "", test.why, test.why, test.why, ""}, got); diff != "" {
				t.Errorf("refused for (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(durable(c.frontier), durable(fold(t, c.frontier, c.pending.open.records))); diff != "" {
				t.Errorf("the fold of the log differs (-live +fold):\n%s", diff)
			}
		})
	}
}

// Checking any URL does no harm, and the content of the query makes no difference to the group.
func FuzzTraps(f *testing.F) {
	for _, seed := range []string{"", "a/b;c=d;jsessionid=1/e?f=g&sid=0123456789abcdef", "(S(x))/;?&=&", "//a//a//a//a?PHPSESSID", "((;))"} {
		f.Add(seed)
	}
	bounds := openSettings().traps
	f.Fuzz(func(t *testing.T, raw string) {
		u, err := weburl.Parse("https://h.example/" + raw)
		if err != nil {
			return
		}
		fr := newTestFrontier()
		discovered := &crawllog.Discovered{URL: u.String(), Depth: 1}
		if bounds.refuse(fr, nil, discovered) == "" {
			fr.apply(discovered)
			fr.apply(&crawllog.Discovered{URL: u.String(), Depth: 1})
		}
		plain := func(url string) (id uint64) {
			for _, g := range groupsOf(url) {
				if fr.variants[g.id] > 1 {
					t.Errorf("%s was counted %d times", url, fr.variants[g.id])
				}
				if !g.session {
					id = g.id
				}
			}
			return id
		}
		withQuery, _, _ := strings.Cut(u.String(), "?")
		if got, want := plain(u.String()), plain(withQuery+"?any"); got != want && got != 0 {
			t.Errorf("%s is in the group %x, and with another query in %x", u, got, want)
		}
	})
}

// The criterion max_depth replaces the bound of the trap.
func TestTrapDepth(t *testing.T) {
	for config, want := range map[string]string{
		`{"traps":{"max_depth":2}}`: reasonTrapDepth,
		`{"traps":{"max_depth":3}}`: "",
		`{"traps":{"max_depth":2},"stopping_criteria":[{"kind":"max_depth","params":{"max_depth":1000}}]}`: "",
	} {
		t.Run(config, func(t *testing.T) {
			s, err := newSettings([]byte(config))
			if err != nil {
				t.Fatal(err)
			}
			discovered := &crawllog.Discovered{URL: "https://a.example/", Depth: 3}
			if got := s.traps.refuse(newTestFrontier(), nil, discovered); got != want {
				t.Errorf("depth 3 is refused for %q, want %q", got, want)
			}
		})
	}
}
