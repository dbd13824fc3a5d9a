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

// slowLinks is how many links the page of fetchSlow has.
const slowLinks = 300

// slowSettings returns settings with patterns that take long to match.
func slowSettings(t *testing.T) *settings {
	t.Helper()
	patterns := strings.TrimSuffix(strings.Repeat(`"(?:.?){990}1zz$",`, 25), ",")
	s, err := newSettings([]byte(`{"policies":[],"filters":[{"kind":"regex_patterns","params":{"deny":[` + patterns + `]}}]}`))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// A pageClient responds to every request with the same page.
type pageClient struct {
	body string
	done func()
}

func (c pageClient) Get(context.Context, weburl.URL) (*fetch.Response, error) {
	c.done()
	return &fetch.Response{Status: 200, Header: http.Header{}, ContentType: "text/html", Body: []byte(c.body)}, nil
}

func (c pageClient) Check(ctx context.Context, _ string, u weburl.URL) (*fetch.Response, error) {
	return c.Get(ctx, u)
}

func (pageClient) Robots(context.Context, weburl.URL) (*robots.Rules, error) {
	return nil, errors.New("robots.txt is not requested")
}

func (pageClient) Close() {}

// fetchSlow fetches a page with many links, which slowSettings filter within a budget. It calls
// done before the response.
func fetchSlow(t *testing.T, ctx context.Context, b filterBudget, done func()) result {
	t.Helper()
	var body strings.Builder
	for i := range slowLinks {
		fmt.Fprintf(&body, "<a href=/%d%s></a>", i, strings.Repeat("x", 50))
	}
	ft := fetcher{
		settings: slowSettings(t), client: pageClient{body.String(), done}, guard: newGuard(),
		share: newTestShare(), log: slog.New(slog.DiscardHandler),
	}
	ft.settings.filterBudget = b
	ft.guard.open(time.Now().Add(time.Hour))
	return ft.fetch(ctx, request{url: "https://a.example/"})
}

// A page whose links exceed the budget ends with the links that were read.
func TestFilteringIsBounded(t *testing.T) {
	res := fetchSlow(t, t.Context(), filterBudget{units: 1e8}, func() {})
	o := res.outcome
	if o == nil || o.Status != crawllog.Error || o.ErrorReason != reasonFiltersTooSlow || o.Step != crawllog.Parse || o.HTTPStatus != 200 {
		t.Errorf("the outcome is %+v", o)
	}
	if n := len(res.links); n == 0 || n > slowLinks/5 {
		t.Errorf("%d links of %d were read", n, slowLinks)
	}
}

// A fetch that is canceled ends between two links, and records nothing.
func TestFilteringIsCanceled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	res := fetchSlow(t, ctx, filterBudget{1e18, time.Hour}, cancel)
	if res.outcome != nil || res.retry != nil || len(res.links) != 0 || !res.requested {
		t.Errorf("the result is %+v", res)
	}
}

// The budget ends no page of cheap patterns on a slow machine, and no page that is quick.
func TestBudget(t *testing.T) {
	u, err := weburl.Parse("https://a.example/some/page")
	if err != nil {
		t.Fatal(err)
	}
	s := slowSettings(t)
	for _, test := range []struct {
		name   string
		budget filterBudget
		want   string
	}{
		{"slow, with little to do", filterBudget{1e10, 0}, ""},
		{"much to do, quickly", filterBudget{0, time.Hour}, ""},
		{"much to do, slowly", filterBudget{0, 0}, reasonFiltersTooSlow},
	} {
		t.Run(test.name, func(t *testing.T) {
			f := newFiltering(t.Context(), test.budget)
			reason := ""
			for range 10 {
				reason = s.filters.refuseURL(u, f)
			}
			if reason != test.want {
				t.Errorf("refused for %q, want %q", reason, test.want)
			}
		})
	}
}

// Seeds beyond the budget are recorded, not lost.
func TestSeedsAreFilteredWithinBounds(t *testing.T) {
	var got []link
	s := &seedReader{
		fetcher: &fetcher{settings: slowSettings(t)},
		emit:    func(batch []link) error { got = append(got, batch...); return nil },
	}
	s.filtering = newFiltering(t.Context(), filterBudget{units: 1e7})
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
	s.filtering = newFiltering(ctx, seedsBudget)
	if err := s.add(weburl.URL{}, "https://a.example/"); !errors.Is(err, context.Canceled) {
		t.Errorf("a canceled reader continues: %v", err)
	}
}
