package weburl_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/inndx/runs/internal/weburl"
)

// check checks what must hold for every URL.
func check(t interface{ Errorf(string, ...any) }, u weburl.URL) {
	s := u.String()
	if len(s) > weburl.MaxLength {
		t.Errorf("%q has %d bytes", s, len(s))
	}
	again, err := weburl.Parse(s)
	if err != nil || again != u {
		t.Errorf("%q parses to %q, %v", s, again, err)
	}
	std, err := url.Parse(s)
	if err != nil {
		t.Errorf("net/url refuses %q: %v", s, err)
		return
	}
	if std.Scheme != u.Scheme() || std.Host != u.Host() || std.RequestURI() != u.RequestURI() {
		t.Errorf("net/url reads %q as %q %q %q", s, std.Scheme, std.Host, std.RequestURI())
	}
	if u.Scheme()+"://"+u.Host()+u.RequestURI() != s {
		t.Errorf("the parts of %q do not add up to it", s)
	}
	if host := weburl.HostOf(s); host != u.Host() {
		t.Errorf("HostOf(%q) = %q, want %q", s, host, u.Host())
	}
	origin, path, query := weburl.Split(s)
	if _, want, _ := strings.Cut(u.RequestURI(), "?"); origin != u.Origin() || path != u.Path() || query != want {
		t.Errorf("Split(%q) = %q, %q, %q; want %q, %q, %q", s, origin, path, query, u.Origin(), u.Path(), want)
	}
	if weburl.KeyOf(s) != u.Key() || weburl.KeyOfText(s) != u.Key() {
		t.Errorf("KeyOf or KeyOfText of %q differs from its Key", s)
	}
	for _, segment := range strings.Split(u.Path(), "/") {
		if segment == "." || segment == ".." {
			t.Errorf("%q has the segment %q", s, segment)
		}
	}
}

var pieces = rapid.SampledFrom([]string{
	"http:", "https:", "HTTP:", "ftp:", "/", "//", "\\", "a", "B", ".", "..", "%2e", "%2E", "%", "%4", "31", "%41",
	"?", "#", "@", ":", ":80", ":443", ":8080", "[", "]", "[::1]", "::", "1", "0x7f", "017", "127.0.0.1", "ä", "ß",
	"xn--", "xn--bcher-kva", "-", "_", "~", " ", "\t", "\n", "\x00", "\xff", "'", "\"", "*", "$", "=", "&", "+", "。", "\u00ad",
})

func TestNormalisedStaysAsItIs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		base, err := weburl.Parse("http://h/" + strings.Join(rapid.SliceOf(pieces).Draw(t, "base"), ""))
		if err != nil {
			t.Skip(err)
		}
		check(t, base)
		ref := strings.Join(rapid.SliceOf(pieces).Draw(t, "ref"), "")
		u, err := base.Resolve(ref)
		if err != nil {
			return
		}
		check(t, u)
		if v, err := base.ResolveBytes([]byte(ref)); err != nil || v != u {
			t.Errorf("ResolveBytes = %q, %v; Resolve = %q", v, err, u)
		}
		checkAllocator(t, base, ref, u)
		if v, err := base.Resolve(u.String()); err != nil || v != u {
			t.Errorf("%q resolved against %q is %q, %v", u, base, v, err)
		}
	})
}

// TestResolvesLikeNetURL compares paths that need no normalising.
func TestResolvesLikeNetURL(t *testing.T) {
	segment := rapid.SampledFrom([]string{"a", "bc", ".", "..", "", "d.e", "..."})
	rapid.Check(t, func(t *rapid.T) {
		base := "http://h/" + strings.Join(rapid.SliceOf(segment).Draw(t, "base"), "/")
		ref := "/" + strings.Join(rapid.SliceOfN(segment, 1, 6).Draw(t, "ref"), "/")
		if rapid.Bool().Draw(t, "relative") {
			ref = "x" + ref
		}
		if strings.HasPrefix(ref, "//") {
			return
		}
		u := mustParse(t, base)
		std, err := url.Parse(u.String())
		if err != nil {
			t.Fatal(err)
		}
		want, err := std.Parse(ref)
		if err != nil {
			t.Fatal(err)
		}
		got, err := u.Resolve(ref)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(base+ref, "//") && strings.Contains(ref, "..") {
			return // net/url and browsers differ in what .. removes after an empty segment
		}
		if got.String() != want.String() {
			t.Errorf("%s resolved against %s is %s, by net/url %s", ref, base, got, want)
		}
	})
}

func FuzzNormalize(f *testing.F) {
	for _, seed := range []string{
		"http://example.com/a/../b?c#d", "HTTP:\\\\EX\tample.com:80\\..", "http://bücher.example/%4%31",
		"http://[::ffff:1.2.3.4]:0443", "http://0x7f.1", "//h/%2e%2e", "?q", "http:a", "\u00ad.h", "http://xn--a",
	} {
		f.Add("http://h/a/b", seed)
		f.Add(seed, seed)
	}
	f.Fuzz(func(t *testing.T, base, ref string) {
		b, err := weburl.Parse(base)
		if err == nil {
			check(t, b)
		}
		u, err := b.Resolve(ref)
		if err != nil {
			if !u.IsZero() {
				t.Errorf("Resolve = %q with the error %v", u, err)
			}
			return
		}
		check(t, u)
		if v, err := b.ResolveBytes([]byte(ref)); err != nil || v != u {
			t.Errorf("ResolveBytes = %q, %v; Resolve = %q", v, err, u)
		}
		checkAllocator(t, b, ref, u)
	})
}

// checkAllocator checks that an Allocator resolves ref against base to want, which other URLs do
// not change.
func checkAllocator(t interface{ Errorf(string, ...any) }, base weburl.URL, ref string, want weburl.URL) {
	var a weburl.Allocator
	var all []weburl.URL
	for i := range 30 { // more than a block has room for
		if _, err := a.Resolve(base, fmt.Append(nil, "http://h/other/", i)); err != nil {
			t.Errorf("%v", err)
		}
		u, err := a.Resolve(base, []byte(ref))
		if err != nil {
			t.Errorf("Allocator.Resolve(%q): %v", ref, err)
			return
		}
		all = append(all, u)
	}
	for _, u := range all {
		if u != want {
			t.Errorf("Allocator.Resolve(%q) = %q, want %q", ref, u, want)
			return
		}
	}
}

// TestOwnOrigin compares references that begin with the origin of their base with the same URLs
// without a base.
func TestOwnOrigin(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		host := rapid.SampledFrom([]string{"h", "h:80", "h:443", "h:8080", "127.0.0.1", "127.0.0.1:81", "[::1]", "xn--bcher-kva.example", "h."}).Draw(t, "host")
		base := mustParse(t, rapid.SampledFrom([]string{"http", "https"}).Draw(t, "scheme")+"://"+host+"/a/b")
		ref := rapid.SampledFrom([]string{"http:", "https:", "HTTP:"}).Draw(t, "ref") +
			rapid.SampledFrom([]string{"//", "///", `\\`}).Draw(t, "slashes") + host + strings.Join(rapid.SliceOf(pieces).Draw(t, "pieces"), "")
		got, err := base.Resolve(ref)
		want, wantErr := weburl.Parse(ref)
		if got != want || err != wantErr {
			t.Errorf("%q resolved against %q is %q, %v; want %q, %v", ref, base, got, err, want, wantErr)
		}
	})
}

// TestPlainPaths compares paths that may be normalised already with the same ones after a space,
// which is removed.
func TestPlainPaths(t *testing.T) {
	path := rapid.OneOf(pieces, rapid.SampledFrom([]string{"/a", "/b.c", "/..d", "e/", "/-", strings.Repeat("/f", 1000)}))
	rapid.Check(t, func(t *rapid.T) {
		base := mustParse(t, rapid.SampledFrom([]string{"http://h/", "https://h:81/a/b?c"}).Draw(t, "base"))
		ref := "/" + strings.Join(rapid.SliceOfN(path, 0, 6).Draw(t, "path"), "")
		got, err := base.Resolve(ref)
		want, wantErr := base.Resolve(" " + ref)
		if got != want || err != wantErr {
			t.Errorf("%q resolved against %q is %q, %v; want %q, %v", ref, base, got, err, want, wantErr)
		}
		if got, want := base.Beginning(ref), base.Beginning(" "+ref); got != want {
			t.Errorf("%q begins %q, want %q", ref, got, want)
		}
	})
}

// TestPlainIPv4 compares addresses that may be normalised already with the same ones with an
// encoded digit, which is decoded.
func TestPlainIPv4(t *testing.T) {
	number := rapid.SampledFrom([]string{"", "0", "00", "1", "01", "9", "10", "127", "255", "256", "0x1", "1.", "65536"})
	rapid.Check(t, func(t *rapid.T) {
		host := "1" + strings.Join(rapid.SliceOfN(number, 1, 5).Draw(t, "numbers"), ".")
		got, err := weburl.Parse("http://" + host + "/")
		want, wantErr := weburl.Parse("http://%31" + host[1:] + "/")
		if got != want || err != wantErr {
			t.Errorf("%s is %q, %v; want %q, %v", host, got, err, want, wantErr)
		}
	})
}
