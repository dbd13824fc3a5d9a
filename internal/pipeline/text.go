package pipeline

import (
	"bytes"
	"fmt"
	"net/url"

	"codeberg.org/readeck/go-readability/v2"
	"golang.org/x/net/html"

	"github.com/inndx/runs/internal/crawllog"
)

// The bounds of a page whose main content is searched, which cannot be interrupted.
const (
	// maxReadable bounds the cost of the search in units, as readableCost estimates it.
	maxReadable = 5e7
	// maxReadableTogether bounds the nodes of a page that is searched beside others. The search
	// copies the tree.
	maxReadableTogether = 100_000
)

// errNotReadable says that the main content of a page cannot be searched.
var errNotReadable = fmt.Errorf("%w: it is too large or too deeply nested to search for its main content", errTooSlow)

// mainText extracts the main content of a page as plain text. It uses a port of the algorithm of
// Firefox's reader view. Of the libraries for this, it starts in milliseconds: go-trafilatura,
// whose results on documentation are about as good, compiles expressions for 400 milliseconds when
// a process starts, takes ten times as long for a page, and joins all paragraphs.
func mainText(ev *evaluation) (Content, bool, error) {
	if !ev.isPage() {
		return Content{}, false, nil
	}
	doc, err := ev.document()
	if err != nil {
		return Content{}, false, err
	}
	var c readableCost
	c.add(doc, 0, &ev.meter)
	if c.units > maxReadable {
		return Content{}, false, errNotReadable
	}
	if c.nodes > maxReadableTogether {
		if err := ev.expand(); err != nil {
			return Content{}, false, err
		}
	}
	p := readability.NewParser()
	p.DisableJSONLD = true
	u, err := url.Parse(ev.page.URL.String())
	if err != nil {
		return Content{}, false, err
	}
	article, err := p.ParseDocument(doc, u)
	ev.spend(c.units)
	if err != nil || article.Node == nil {
		return Content{}, false, err
	}
	var b bytes.Buffer
	if err := article.RenderText(&b); err != nil {
		return Content{}, false, err
	}
	body := bytes.TrimSpace(b.Bytes())
	ev.produce(len(body))
	return Content{Kind: crawllog.Parsed, ContentType: "text/plain; charset=utf-8", Body: body}, len(body) > 0, nil
}

// A readableCost estimates the time to search a page for its main content: about 4 microseconds a
// node, and a tenth for each level of its nesting.
type readableCost struct {
	nodes int
	units int64
}

func (c *readableCost) add(n *html.Node, depth int64, m *meter) {
	m.spend(1)
	c.nodes++
	c.units += 80 + 2*depth
	if n.Type == html.TextNode {
		c.units += int64(len(n.Data)) * (1 + depth) / 8
	}
	for child := n.FirstChild; child != nil; child = child.NextSibling {
		c.add(child, depth+1, m)
	}
}
