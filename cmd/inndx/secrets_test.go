package main_test

import (
	"fmt"
	"strings"
	"testing"
)

// Secrets that the machine does not have are reported before the crawl, all of them.
func TestCrawlWithoutSecrets(t *testing.T) {
	t.Parallel()
	site := newCountedSite(t, 1)
	manifest := manifestWith(t, fmt.Sprintf(`{"seeds": [{"kind": "static_list", "params": {"urls": [%q]}}], "fetcher": {
		"basic_auth": {"username": "me", "password": {"secret": "site/password"}, "hosts": ["127.0.0.1"]},
		"cookies": [{"name": "a", "value": {"secret": "cookie"}, "hosts": ["127.0.0.1"]}, {"name": "b", "value": {"secret": "wrong"}, "hosts": ["127.0.0.1"]}]}}`, site.URL))
	env := []string{"DATA_DIR=" + t.TempDir(), "INNDX_SECRET_WRONG=a;b"}
	p := command(t, env, "crawl", manifest).start()
	p.wait(2)
	for _, e := range []string{
		`config.fetcher.basic_auth.password: the secret "site/password": the environment variable INNDX_SECRET_SITE_PASSWORD must be set to it`,
		`config.fetcher.cookies[0].value: the secret "cookie": the environment variable INNDX_SECRET_COOKIE must be set to it`,
		`config.fetcher.cookies[1].value: the secret "wrong"`,
	} {
		if !strings.Contains(p.errs.String(), e) {
			t.Errorf("standard error does not say %q", e)
		}
	}
	if site.requests.Load() != 0 || strings.Contains(p.errs.String(), "a;b") {
		t.Error("the site was requested, or a secret is shown")
	}
	command(t, env, "crawl", manifest, "--print-manifest").start().wait(0)
	command(t, append(env, "INNDX_SECRET_SITE_PASSWORD=x", "INNDX_SECRET_COOKIE=y", "INNDX_SECRET_WRONG=z"), "crawl", manifest).start().wait(0)
}
