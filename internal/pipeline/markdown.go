package pipeline

import (
	"bytes"
	"context"
	"io"
	"regexp"
	"strings"
	"sync"

	"github.com/JohannesKaufmann/html-to-markdown/v2/converter"
	"github.com/JohannesKaufmann/html-to-markdown/v2/marker"
	"github.com/JohannesKaufmann/html-to-markdown/v2/plugin/base"
	"github.com/JohannesKaufmann/html-to-markdown/v2/plugin/commonmark"
	"github.com/JohannesKaufmann/html-to-markdown/v2/plugin/table"
	"golang.org/x/net/html"

	"github.com/inndx/runs/internal/config"
	"github.com/inndx/runs/internal/crawllog"
)

// skippedTags are the elements that never become Markdown.
var skippedTags = strings.Fields(`script style noscript iframe template head svg canvas object embed form button input
	textarea select label option dialog`)

// markdown compiles the extractor markdown.
func (c compiler) markdown(params *config.Markdown) extractor {
	skip := map[string]bool{}
	for _, tag := range append(params.SkipTags, skippedTags...) {
		skip[tag] = true
	}
	var content *xpathExpression
	if params.ContentXPath != "" {
		content = c.at(".params.content_xpath").xpath(params.ContentXPath)
	}
	return func(ev *evaluation) (Content, bool, error) {
		if !ev.isPage() {
			return Content{}, false, nil
		}
		doc, err := ev.document()
		if err != nil {
			return Content{}, false, err
		}
		parts := []*html.Node{doc}
		if content != nil {
			if parts, err = content.elements(doc, &ev.meter); err != nil {
				return Content{}, false, err
			}
		}
		body, err := ev.toMarkdown(parts, skip)
		return Content{Kind: crawllog.Parsed, ContentType: "text/markdown; charset=utf-8", Body: body}, len(body) > 0, err
	}
}

// toMarkdown returns the Markdown of parts of the page. A part inside another one is not repeated.
func (ev *evaluation) toMarkdown(parts []*html.Node, skip map[string]bool) ([]byte, error) {
	c := copier{ev: ev, base: ev.baseURL(), skip: skip, parts: map[*html.Node]bool{}}
	for _, n := range parts {
		c.parts[n] = true
	}
	root := &html.Node{Type: html.DocumentNode}
	for _, n := range parts {
		if !c.insidePart(n) {
			c.copy(root, n)
			c.flush(root)
		}
	}
	ctx := context.WithValue(ev.ctx, meterKey{}, &ev.meter)
	body, err := markdownConverter().ConvertNode(root, converter.WithContext(ctx))
	if err == nil {
		ev.produce(len(body))
	}
	return body, err
}

// reference matches what may be a character reference (CommonMark, section 2.5).
var reference = regexp.MustCompile(`&(#?[0-9A-Za-z]{1,40};)`)

// meterKey is the key of the *meter in the context of a conversion.
type meterKey struct{}

// markdownConverter returns the converter of all pages. It spends a unit for each element that it
// converts, so that a conversion can be ended.
var markdownConverter = sync.OnceValue(func() *converter.Converter {
	c := converter.NewConverter(converter.WithPlugins(
		base.NewBasePlugin(),
		commonmark.NewCommonmarkPlugin(commonmark.WithListEndComment(false)),
		table.NewTablePlugin(table.WithCellPaddingBehavior(table.CellPaddingBehaviorMinimal)),
	))
	c.Register.Renderer(func(ctx converter.Context, _ converter.Writer, _ *html.Node) converter.RenderStatus {
		ctx.Value(meterKey{}).(*meter).spend(1)
		return converter.RenderTryNext
	}, converter.PriorityEarly)
	// The converter leaves text alone that Markdown reads as a character reference.
	c.Register.TextTransformer(func(_ converter.Context, text string) string {
		return reference.ReplaceAllString(text, "&amp;$1")
	}, converter.PriorityEarly)
	c.Register.RendererFor("blockquote", converter.TagTypeBlock, renderQuote, converter.PriorityEarly+1)
	c.Register.UnEscaper(mustEscape, converter.PriorityEarly)
	return c
})

// mustEscape returns 1 if the character of text at i must be escaped, and -1 if the converter
// decides. The converter searches the rest of the line for the end of a link, which takes a time
// that grows with the square of the number of brackets.
func mustEscape(text []byte, i int) int {
	if text[i] == '[' {
		return 1
	}
	return -1
}

// renderQuote renders a blockquote. The converter's own renderer ends the quote at the first line
// of code, and does not see that the text after the mark of a quote begins a line.
func renderQuote(ctx converter.Context, w converter.Writer, n *html.Node) converter.RenderStatus {
	var b bytes.Buffer
	ctx.RenderChildNodes(ctx, &b, n)
	content := emptyLines.ReplaceAll(bytes.TrimSpace(b.Bytes()), []byte("\n\n"))
	if len(content) == 0 {
		return converter.RenderSuccess
	}
	content = ctx.UnEscapeContent(content)
	for _, end := range []string{"\n", string(marker.BytesMarkerCodeBlockNewline)} {
		content = bytes.ReplaceAll(content, []byte(end), []byte(end+"> "))
	}
	io.WriteString(w, "\n\n> "+string(content)+"\n\n")
	return converter.RenderSuccess
}

var emptyLines = regexp.MustCompile(`\n(?: *\n){2,}`)
