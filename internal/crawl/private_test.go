package crawl_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/inndx/runs/internal/crawl"
	"github.com/inndx/runs/internal/crawl/sitetest"
	"github.com/inndx/runs/internal/fetch"
	"github.com/inndx/runs/internal/robots"
	"github.com/inndx/runs/internal/weburl"
)

// A publicSite is a client for which one server on loopback is public, and no other address there.
type publicSite struct {
	*fetch.Client // refuses all of loopback
	open          *fetch.Client
	host          string
}

func newPublicSite(host string) func(fetch.Options) crawl.Client {
	return func(o fetch.Options) crawl.Client {
		strict := o
		o.AllowPrivate = true
		return &publicSite{fetch.New(strict), fetch.New(o), host}
	}
}

func (p *publicSite) client(u weburl.URL) *fetch.Client {
	if u.Host() == p.host {
		return p.open
	}
	return p.Client
}

func (p *publicSite) Get(ctx context.Context, u weburl.URL) (*fetch.Response, error) {
	return p.client(u).Get(ctx, u)
}

func (p *publicSite) Check(ctx context.Context, method string, u weburl.URL) (*fetch.Response, error) {
	return p.client(u).Check(ctx, method, u)
}

func (p *publicSite) Robots(ctx context.Context, u weburl.URL) (*robots.Rules, error) {
	return p.client(u).Robots(ctx, u)
}

func (p *publicSite) Close() {
	p.Client.Close()
	p.open.Close()
}

// A crawl does not connect to private addresses, wherever it finds them.
func TestPrivateAddressesAreNotFetched(t *testing.T) {
	t.Parallel()
	const want = "error address_refused"
	for name, policy := range map[string]string{
		"no policy":  `[]`,
		"robots_txt": `[{'kind': 'robots_txt', 'params': {'default_delay': '0s'}}]`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			private := sitetest.Start(t, sitetest.Routes{"/": sitetest.Page("/in")})
			html := func(format string, name string) http.HandlerFunc {
				return sitetest.Body("text/html", fmt.Sprintf(format, private.URL+"/"+name))
			}
			site := sitetest.Start(t, sitetest.Routes{
				"/": sitetest.Page("/link", "/base", "/refresh", "/iframe", "/frame", "/canonical", "/area", "/redirect", "/hops", "/schemes",
					"http://169.254.169.254/latest/meta-data/", "http://[::1]:"+port(private)+"/six", "http://0x7f.1:"+port(private)+"/hex"),
				"/link":      html("<a href='%s'></a>", "link"),
				"/base":      html("<base href='%s/'><a href=x></a>", "base"),
				"/refresh":   html("<meta http-equiv=refresh content='0; url=%s'>", "refresh"),
				"/iframe":    html("<iframe src='%s'></iframe>", "iframe"),
				"/frame":     html("<frame src='%s'>", "frame"),
				"/canonical": html("<link rel=canonical href='%s'>", "canonical"),
				"/area":      html("<area href='%s'>", "area"),
				"/redirect":  sitetest.Redirect(private.URL + "/redirect"),
				"/hops":      sitetest.Redirect("/hop"),
				"/hop":       sitetest.Redirect("//" + private.Host() + "/hops"),
				"/schemes": sitetest.Body("text/html", `<a href="file:///etc/passwd"></a><iframe src="gopher://127.0.0.1:6379/x"></iframe>
					<a href="ftp://127.0.0.1/"></a><base href="file:///etc/"><a href="passwd"></a><meta http-equiv=refresh content="0;url=file:///etc/hosts">`),
				"/passwd":     sitetest.Page(), // relative to an invalid base
				"/ftp":        sitetest.Redirect("ftp://127.0.0.1/"),
				"/robots.txt": sitetest.Body("text/plain", "Sitemap: "+private.URL+"/named.xml\nSitemap: file:///etc/passwd"),
				"/index.xml":  sitetest.Body("application/xml", "<sitemapindex><sitemap><loc>"+private.URL+"/sitemap.xml</loc></sitemap><sitemap><loc>file:///etc/passwd</loc></sitemap></sitemapindex>"),
				"/moved.xml":  sitetest.Redirect(private.URL + "/moved.xml"),
				"/listed.xml": sitetest.Body("application/xml", "<urlset><url><loc>"+private.URL+"/listed</loc></url><url><loc>ftp://127.0.0.1/</loc></url></urlset>"),
			})
			s := newStack(t, func(o *crawl.Options) { o.AllowPrivate, o.NewClient = false, newPublicSite(site.Host()) })
			r := s.crawl(fastConfig(site.URL+"/', '"+private.URL+"/seed", fmt.Sprintf(`{'filters': [], 'policies': %s, 'fetcher': {'max_retries': 0},
				'seeds': [{'kind': 'static_list', 'params': {'urls': ['%[2]s/', '%[2]s/ftp', '%[3]s/seed']}},
					{'kind': 'sitemap', 'params': {'urls': ['%[2]s/index.xml', '%[2]s/moved.xml', '%[2]s/listed.xml', '%[3]s/sitemap2.xml'], 'hosts': ['%[2]s', '%[3]s', '169.254.169.254']}}]}`,
				policy, site.URL, private.URL)))
			got := map[string]string{}
			for url, what := range outcomesByPath(site, s.history(r)) {
				if strings.HasPrefix(url, "http") || strings.HasPrefix(url, "ftp") {
					got[strings.TrimPrefix(url, private.URL)] = what
				} else if !strings.HasPrefix(what, "ok") && url != "/ftp" {
					t.Errorf("%s: %s", url, what)
				}
			}
			wanted := map[string]string{
				"http://169.254.169.254/latest/meta-data/": want, "http://[::1]:" + port(private) + "/six": want,
				"/hex": want, "ftp://127.0.0.1/": "excluded invalid_url",
			}
			for _, name := range strings.Fields("link base/x refresh iframe frame canonical area redirect hops listed seed") {
				wanted["/"+name] = want
			}
			if diff := cmp.Diff(wanted, got); diff != "" {
				t.Errorf("what happened to URLs elsewhere (-want +got):\n%s", diff)
			}
			if hits := private.All(); len(hits) != 0 {
				t.Errorf("the private server got requests for %v", hits)
			}
		})
	}
}
