package report

import (
	"errors"
	"fmt"
	"iter"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/run"
)

// site returns the log of a small site with one URL of each kind.
func site() []crawllog.Record {
	seed := outcome("/", 200, 5)
	seed.Depth, seed.ContentType, seed.Title = 0, "text/html", "Start"
	partial := outcome("/big", 200, 40)
	partial.Status, partial.Step, partial.ErrorReason = crawllog.Error, crawllog.Parse, "truncated"
	slow := outcome("/slow", 200, 30)
	slow.Status, slow.Step, slow.ErrorReason, slow.ErrorDetail = crawllog.Error, crawllog.Parse, "extract_too_slow", "pipeline pages"
	missing, older := outcome("/missing", 404, 2), redirect("/older", "/missing")
	missing.Referrer, older.Referrer = at("/older"), at("/old")
	sitemap := failed("/sitemap.xml", "invalid_sitemap", "not XML")
	sitemap.Sitemap, sitemap.Depth = true, 0
	return []crawllog.Record{
		&crawllog.Discovered{URL: at("/"), Seed: true},
		edges("/", "/a", "/gone", "/old", "/big", "https://other.example/", "/moved"), seed,
		&crawllog.Discovered{URL: at("/a"), Depth: 1},
		edges("/a", "/gone", "/down"), outcome("/a", 200, 10),
		outcome("/gone", 404, 3),
		redirect("/old", "/older"), older, missing,
		redirect("/moved", "/a"),
		partial, slow,
		failed("/down", "timeout", "no response within 30s"),
		excluded("https://other.example/", "seed_hosts"), excluded("/private", "robots_txt"),
		sitemap,
	}
}

func TestFormats(t *testing.T) {
	for name, tc := range map[string]struct {
		format Format
		all    bool
	}{
		"broken.txt": {Text, false}, "all.txt": {Text, true},
		"broken.json": {JSON, false}, "all.json": {JSON, true},
		"broken.csv": {CSV, false}, "all.csv": {CSV, true},
		"broken.xml": {JUnit, false}, "all.xml": {JUnit, true},
	} {
		t.Run(name, func(t *testing.T) {
			golden(t, name, write(t, read(t, Options{All: tc.all, MaxReferrers: 5}, site()...), tc.format))
		})
	}
}

func TestBroken(t *testing.T) {
	loop := failed("/l2", "redirect_loop", "")
	loop.Step, loop.HTTPStatus = crawllog.Parse, 302
	noTarget := failed("/n", "invalid_redirect", "the redirect has no Location")
	noTarget.Step, noTarget.HTTPStatus = crawllog.Parse, 302
	linked := outcome("/gone", 404, 1)
	linked.Referrer = at("/first")
	for name, tc := range map[string]struct {
		records []crawllog.Record
		want    map[string][]string
	}{
		"nothing": {[]crawllog.Record{edges("/", "/a"), outcome("/", 200, 1), outcome("/a", 200, 1), redirect("/b", "/a")}, map[string][]string{}},
		"a chain": {
			[]crawllog.Record{edges("/", "/1"), outcome("/", 200, 1), redirect("/1", "/2"), redirect("/2", "/3"), outcome("/3", 404, 1)},
			map[string][]string{
				"/1": {"redirects to https://example.com/3, which failed: 404 Not Found", "/"},
				"/2": {"redirects to https://example.com/3, which failed: 404 Not Found", "[/1]"},
				"/3": {"404 Not Found", "[/2]"},
			},
		},
		"a chain whose end comes first": {
			[]crawllog.Record{outcome("/3", 500, 1), redirect("/1", "/3")},
			map[string][]string{
				"/1": {"redirects to https://example.com/3, which failed: 500 Internal Server Error"},
				"/3": {"500 Internal Server Error", "[/1]"},
			},
		},
		"a circle": {
			[]crawllog.Record{edges("/", "/l1"), outcome("/", 200, 1), redirect("/l1", "/l2"), loop},
			map[string][]string{"/l1": {"redirects to https://example.com/l2, which failed: redirect_loop", "/"}, "/l2": {"redirect_loop", "[/l1]"}},
		},
		"a circle that ends": {[]crawllog.Record{redirect("/l1", "/l2"), redirect("/l2", "/l1")}, map[string][]string{}},
		"too many redirects": {
			[]crawllog.Record{redirect("/1", "/2"), excluded("/2", "max_redirects")},
			map[string][]string{"/1": {"redirects to https://example.com/2, which failed: max_redirects"}},
		},
		"a reference that is not valid": {
			[]crawllog.Record{edges("/", "http://[bad"), outcome("/", 200, 1), excluded("http://[bad", "invalid_url")},
			map[string][]string{"http://[bad": {"invalid_url", "/"}},
		},
		"an excluded target":  {[]crawllog.Record{redirect("/1", "/2"), excluded("/2", "robots_txt")}, map[string][]string{}},
		"an invalid redirect": {[]crawllog.Record{noTarget}, map[string][]string{"/n": {"invalid_redirect: the redirect has no Location"}}},
		"edges that were recorded twice": {
			[]crawllog.Record{edges("/", "/gone", "/x"), edges("/", "/y"), edges("/", "/gone"), outcome("/", 200, 1), outcome("/gone", 404, 1)},
			map[string][]string{"/gone": {"404 Not Found", "/"}},
		},
		"a page without an outcome": {
			[]crawllog.Record{outcome("/gone", 404, 1), edges("/", "/gone")},
			map[string][]string{"/gone": {"404 Not Found", "/"}},
		},
		"a log without edges": {[]crawllog.Record{linked}, map[string][]string{"/gone": {"404 Not Found", "/first"}}},
		"a page that links to itself": {
			[]crawllog.Record{edges("/gone", "/gone"), outcome("/gone", 404, 1)},
			map[string][]string{"/gone": {"404 Not Found", "/gone"}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := read(t, Options{}, tc.records...)
			got := brokenRows(t, r)
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if r.Summary().Broken != int64(len(tc.want)) {
				t.Errorf("the summary has %d broken URLs, want %d", r.Summary().Broken, len(tc.want))
			}
		})
	}
}

// All referrers are counted, and as many as asked for are listed.
func TestMaxReferrers(t *testing.T) {
	records := []crawllog.Record{outcome("/gone", 404, 1)}
	for i := range 8 {
		page := fmt.Sprintf("/%d", i)
		records = append(records, edges(page, "/gone", "/other"), outcome(page, 200, 1))
	}
	for most, want := range map[int]string{0: "/0 /1 /2 /3 /4 /5 /6 /7", 5: "/0 /1 /2 /3 /4", 8: "/0 /1 /2 /3 /4 /5 /6 /7"} {
		r := read(t, Options{MaxReferrers: most}, records...)
		if got := strings.Join(brokenRows(t, r)["/gone"][1:], " "); got != want {
			t.Errorf("at most %d: listed %s, want %s", most, got, want)
		}
		if text := write(t, r, Text); strings.Contains(text, "and from 3 other pages") != (most == 5) {
			t.Errorf("at most %d:\n%s", most, text)
		}
		if text := write(t, r, JSON); !strings.Contains(text, `"referrer_count":8`) {
			t.Errorf("at most %d:\n%s", most, text)
		}
	}
}

// A URL that was excluded because its host had no seed, and that joined later, is one URL.
func TestSupersededExclusion(t *testing.T) {
	late := outcome("https://www.example.com/a", 200, 1)
	refused := excluded("https://www.example.com/b", "robots_txt")
	r := read(t, Options{All: true},
		excluded("https://www.example.com/a", "seed_hosts"), excluded("https://www.example.com/b", "seed_hosts"),
		excluded("https://www.example.com/c", "seed_hosts"),
		&crawllog.Discovered{URL: "https://www.example.com/a", Depth: 1}, &crawllog.Discovered{URL: "https://www.example.com/b", Depth: 1},
		late, refused)
	var got []string
	for row := range r.rows() {
		got = append(got, row.URL[len("https://www.example.com"):]+" "+string(row.Result)+" "+row.ErrorReason)
	}
	if diff := cmp.Diff([]string{"/c excluded seed_hosts", "/a ok ", "/b excluded robots_txt"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if c := r.Summary().Classes; c != (Classes{Success: 1, Excluded: 2}) {
		t.Errorf("the counts are %+v", c)
	}
}

func TestLatencies(t *testing.T) {
	var records []crawllog.Record
	for i := range 100 {
		records = append(records, outcome(fmt.Sprintf("/%d", i), 200, i+1))
	}
	for i := range 12 {
		records = append(records, outcome(fmt.Sprintf("https://h%02d.example/", i), 200, 1000-i))
	}
	records = append(records, failed("https://dead.example/", "dns", "no such host"))
	s := read(t, Options{}, records...).Summary()
	if len(s.Hosts) != maxHosts || s.MoreHosts != 3 || s.Hosts[0].Name != "h00.example" || s.Hosts[9].Name != "h09.example" {
		t.Errorf("the hosts are %+v and %d more", s.Hosts, s.MoreHosts)
	}
	s = read(t, Options{}, records[:100]...).Summary()
	want := Host{Name: "example.com", Responses: 100, P50: 50 * time.Millisecond, P90: 90 * time.Millisecond, Max: 100 * time.Millisecond}
	if len(s.Hosts) != 1 || s.Hosts[0] != want {
		t.Errorf("the hosts are %+v, want %+v", s.Hosts, want)
	}
}

// A run that did not end by itself has a report that says so in every format.
func TestPartial(t *testing.T) {
	stopped := finished()
	stopped.StopReason, stopped.Queued = run.Manual, 1
	r, err := Read(logOf(new(int), site()...), stopped, Options{})
	if err != nil {
		t.Fatal(err)
	}
	for format, want := range map[Format]string{
		Text:  "PARTIAL REPORT: the run did not end by itself (manual), and 1 URL was still queued\n",
		JSON:  `"partial":true`,
		JUnit: `<property name="partial" value="true"/>`,
	} {
		if got := write(t, r, format); !strings.Contains(got, want) {
			t.Errorf("%s lacks %q:\n%s", format, want, got)
		}
	}
}

// A log is read only as often as needed.
func TestReads(t *testing.T) {
	for name, tc := range map[string]struct {
		options Options
		records []crawllog.Record
		want    int
	}{
		"nothing is broken":           {Options{}, []crawllog.Record{outcome("/", 200, 1)}, 1},
		"nothing is broken, list all": {Options{All: true}, []crawllog.Record{outcome("/", 200, 1)}, 2},
		"something is broken":         {Options{}, site(), 3},
	} {
		t.Run(name, func(t *testing.T) {
			reads := 0
			r, err := Read(logOf(&reads, tc.records...), finished(), tc.options)
			if err != nil {
				t.Fatal(err)
			}
			write(t, r, JSON)
			if reads != tc.want {
				t.Errorf("the log was read %d times, want %d", reads, tc.want)
			}
		})
	}
}

// An error of the log or of the output ends each format.
func TestErrors(t *testing.T) {
	damaged := errors.New("damaged")
	for _, format := range Formats() {
		reads := 0
		log := func() iter.Seq2[crawllog.Record, error] {
			reads++
			return func(yield func(crawllog.Record, error) bool) {
				if yield(outcome("/gone", 404, 1), nil) && reads == 3 {
					yield(nil, damaged)
				}
			}
		}
		r, err := Read(log, finished(), Options{})
		if err != nil {
			t.Fatal(err)
		}
		if err := r.Write(new(strings.Builder), format); !errors.Is(err, damaged) {
			t.Errorf("%s: %v, want an error of the log", format, err)
		}
		reads = 3
		if err := r.Write(full{}, format); !errors.Is(err, errFull) {
			t.Errorf("%s: %v, want an error of the output", format, err)
		}
	}
	if _, err := Read(func() iter.Seq2[crawllog.Record, error] {
		return func(yield func(crawllog.Record, error) bool) { yield(nil, damaged) }
	}, finished(), Options{}); !errors.Is(err, damaged) {
		t.Errorf("read: %v", err)
	}
}

var errFull = errors.New("full")

// full is an output that cannot be written.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, errFull }
