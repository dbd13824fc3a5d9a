package pipeline

import (
	"context"
	"time"

	"golang.org/x/net/html"

	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/page"
	"github.com/inndx/runs/internal/weburl"
)

// An evaluation is the state of Apply: a page, and what is made of it once for all pipelines.
type evaluation struct {
	page Page
	meter

	decoded bool
	content []byte // see text

	parsed   bool
	doc      *html.Node // see document
	parseErr error
	release  []func() // see close
	alone    bool     // see expand
}

func newEvaluation(ctx context.Context, p Page) *evaluation {
	return &evaluation{page: p, meter: meter{ctx: ctx, began: time.Now()}}
}

// close returns the memory that is bounded for all pages together.
func (ev *evaluation) close() {
	for _, release := range ev.release {
		release()
	}
}

// text returns the body in UTF-8.
func (ev *evaluation) text() []byte {
	if !ev.decoded {
		ev.decoded = true
		ev.content = page.Text(ev.page.ContentType, ev.page.Body)
		ev.spendBytes(len(ev.page.Body))
	}
	return ev.content
}

// isPage reports whether the response is an HTML page whose content can be extracted: the body of
// a redirect or an error is none.
func (ev *evaluation) isPage() bool {
	return ev.page.Status >= 200 && ev.page.Status < 300 && page.IsHTML(ev.page.ContentType, ev.page.Body)
}

// document returns the tree of the page. Extractors must not change it.
func (ev *evaluation) document() (*html.Node, error) {
	if !ev.parsed {
		ev.parsed = true
		ev.parseErr = errUnfinished // if a panic ends the parsing
		ev.doc, ev.parseErr = ev.parse()
	}
	return ev.doc, ev.parseErr
}

// raw extracts the response itself.
func raw(ev *evaluation) (Content, bool, error) {
	return Content{Kind: crawllog.Raw, ContentType: ev.page.ContentType}, true, nil
}

// baseURL returns the URL that the links of the page are relative to: that of its first base
// element, or its own.
func (ev *evaluation) baseURL() weburl.URL {
	if base := firstElement(ev.doc, "base", &ev.meter); base != nil {
		if u, err := ev.page.URL.Resolve(attribute(base, "href")); err == nil {
			return u
		}
	}
	return ev.page.URL
}

// firstElement returns the first element below n with the given name, or nil.
func firstElement(n *html.Node, name string, m *meter) *html.Node {
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		m.spend(1)
		if c.Type == html.ElementNode && c.Data == name {
			return c
		}
		if found := firstElement(c, name, m); found != nil {
			return found
		}
	}
	return nil
}
