package crawl

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/fetch"
	"github.com/inndx/runs/internal/robots"
	"github.com/inndx/runs/internal/weburl"
)

// heavyLinks are those of a page whose links take heavyPlan's patterns long.
const heavyLinks = 300

func heavyPlan(t *testing.T) *settings {
	t.Helper()
	patterns := strings.TrimSuffix(strings.Repeat(`"(?:.?){990}1zz$",`, 25), ",")
	p, err := newSettings([]byte(`{"policies":[],"filters":[{"kind":"regex_patterns","params":{"deny":[` + patterns + `]}}]}`))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// A pageFetcher answers with one page.
type pageFetcher struct {
	body string
	done func()
}

func (f pageFetcher) Get(context.Context, weburl.URL) (*fetch.Response, error) {
	f.done()
	return &fetch.Response{Status: 200, Header: http.Header{}, ContentType: "text/html", Body: []byte(f.body)}, nil
}

func (pageFetcher) Robots(context.Context, weburl.URL) (*robots.Rules, error) {
	return nil, errors.New("robots.txt is not asked for")
}

func (pageFetcher) Close() {}

// visitHeavy visits a page with many links, as a configuration that was stored has them filtered.
func visitHeavy(t *testing.T, ctx context.Context, b budget, done func()) result {
	t.Helper()
	var body strings.Builder
	for i := range heavyLinks {
		fmt.Fprintf(&body, "<a href=/%d%s></a>", i, strings.Repeat("x", 50))
	}
	v := fetcher{settings: heavyPlan(t), client: pageFetcher{body.String(), done}, guard: newGuard(), log: slog.New(slog.DiscardHandler)}
	v.settings.filterBudget = b
	v.guard.open(time.Now().Add(time.Hour))
	return v.fetch(ctx, request{url: "https://a.example/"})
}

// A page whose links take the patterns too long ends, with the links that were read.
func TestFilteringIsBounded(t *testing.T) {
	res := visitHeavy(t, t.Context(), budget{units: 1e8}, func() {})
	o := res.outcome
	if o == nil || o.Status != crawllog.Error || o.ErrorReason != reasonFiltersTooSlow || o.Step != crawllog.Parse || o.HTTPStatus != 200 {
		t.Errorf("the outcome is %+v", o)
	}
	if n := len(res.links); n == 0 || n > heavyLinks/5 {
		t.Errorf("%d links of %d were read", n, heavyLinks)
	}
}

// A visit that is canceled ends between two links, and records nothing.
func TestFilteringIsCanceled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	if res := visitHeavy(t, ctx, budget{1e18, time.Hour}, cancel); res.outcome != nil || res.retry != nil || len(res.links) != 0 || !res.contacted {
		t.Errorf("the visit came to %+v", res)
	}
}

// The budget ends no page of cheap patterns, however slow the machine, and none that is quick.
func TestBudget(t *testing.T) {
	u, err := weburl.Parse("https://a.example/some/page")
	if err != nil {
		t.Fatal(err)
	}
	p := heavyPlan(t)
	for _, test := range []struct {
		name   string
		budget budget
		want   string
	}{
		{"slow, with little to do", budget{1e10, 0}, ""},
		{"much to do, quickly", budget{0, time.Hour}, ""},
		{"much to do, slowly", budget{0, 0}, reasonFiltersTooSlow},
	} {
		w := newWork(t.Context(), test.budget)
		reason := ""
		for range 10 {
			reason = p.filters.refuseURL(u, w)
		}
		if reason != test.want {
			t.Errorf("%s: refused for %q, want %q", test.name, reason, test.want)
		}
	}
}

// Seeds that there was no time for are recorded, not lost.
func TestSeedsAreFilteredWithinBounds(t *testing.T) {
	var got []link
	s := &seeder{fetcher: &fetcher{settings: heavyPlan(t)}, emit: func(batch []link) error { got = append(got, batch...); return nil }}
	s.filtering = newWork(t.Context(), budget{units: 1e7})
	for i := range 50 {
		if err := s.add(weburl.URL{}, fmt.Sprintf("https://a.example/%d", i)); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.flush(); err != nil {
		t.Fatal(err)
	}
	if len(got) != 50 || got[0].refused != "" || got[49].refused != reasonFiltersTooSlow {
		t.Errorf("%d seeds, the last of which is refused for %q", len(got), got[len(got)-1].refused)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	s.filtering = newWork(ctx, seedsBudget)
	if err := s.add(weburl.URL{}, "https://a.example/"); !errors.Is(err, context.Canceled) {
		t.Errorf("a canceled seeder goes on: %v", err)
	}
}
