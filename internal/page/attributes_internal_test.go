package page

import (
	"bytes"
	"reflect"
	"strings"
	"testing"

	"golang.org/x/net/html"
	"pgregory.net/rapid"
)

// What readPlain reads is what the tokenizer reads.
func TestPlainAttributes(t *testing.T) {
	pieces := rapid.SampledFrom([]string{
		" ", "  ", "\n", "\t", "\r", "\f", "\x00", "/", "=", `"`, "'", "<", ">", "&amp;", "&", "ä", "x",
		` href="/a"`, ` href="/b?c=d"`, ` HREF="/c"`, ` href=/d`, ` href='/e'`, ` href = "/f"`, ` href="/g"`, ` href="a&amp;b"`,
		` rel="nofollow"`, ` rel=""`, ` xlink:href="/h"`, ` title="a > b"`, ` data-x="1"`, ` data1="2"`, ` shadowrootmode="open"`,
		"\nsrc=\"i\n.png\"", ` src="/j`, ` name`, ` content="k"`, ` size="3"`, ` class="l"`, ` type="m"`, ` style="n"`, ` a="/"`,
	})
	plain := 0
	rapid.Check(t, func(t *rapid.T) {
		tag := rapid.SampledFrom([]string{"<a", "<A", "<link"}).Draw(t, "name") +
			strings.Join(rapid.SliceOfN(pieces, 0, 10).Draw(t, "pieces"), "") + rapid.SampledFrom([]string{">", "/>", " />"}).Draw(t, "end")
		z := html.NewTokenizer(strings.NewReader(tag))
		if tt := z.Next(); tt != html.StartTagToken && tt != html.SelfClosingTagToken {
			return
		}
		x := new(extractor)
		raw := z.Raw()
		rest := bytes.Clone(raw[len("<")+len(x.tagName(raw[len("<"):])):])
		var got, want attributes
		if !got.readPlain(rest) {
			return
		}
		plain++
		for more := true; more; {
			var name, value []byte
			name, value, more = z.TagAttr()
			want.set(name, value)
		}
		if !reflect.DeepEqual(got.texts(), want.texts()) {
			t.Errorf("%q has the attributes %q, want %q", tag, got.texts(), want.texts())
		}
	})
	if plain == 0 {
		t.Error("no tag was plain")
	}
}

// Most tags are read without the tokenizer's copies.
func TestPlainTags(t *testing.T) {
	for tag, want := range map[string]bool{
		` href="/a">`: true, ` class="b" href="/a?b=c#d" title="e > f" />`: true, `>`: true, `/>`: true, ` >`: true,
		` href='/a'>`: false, ` href=/a>`: false, ` HREF="/a">`: false, ` href="/a?b&amp;c">`: false,
		` href="/a" href="/b">`: false, ` href="/a"rel="b">`: false, ` hidden>`: false, ` href="a` + "\r\n" + `b">`: false,
		` href="/a">` + "\x00": false, strings.Repeat(` a="1"`, 2) + `>`: false,
	} {
		if got := new(attributes).readPlain([]byte(tag)); got != want {
			t.Errorf("%q: %t, want %t", tag, got, want)
		}
	}
}

// texts returns the attributes as texts; missing ones differ from empty ones where that matters.
func (a *attributes) texts() []string {
	var all []string
	for _, v := range [][]byte{
		a.href, a.src, a.rel, a.typ, a.name, a.content, a.httpEquiv, a.charset, a.xlinkHref, a.encoding,
		a.srcset, a.imageSrcset, a.poster, a.data, a.background, a.style, a.anchor,
	} {
		all = append(all, string(v))
	}
	for _, b := range []bool{a.hasHref, a.hasSrc, a.hasXlinkHref, a.shadowRoot, a.fontStyle} {
		all = append(all, map[bool]string{true: "yes", false: "no"}[b])
	}
	return all
}
